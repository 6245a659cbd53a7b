// SPDX-License-Identifier: Apache-2.0
#include "core/base/bytes.h"

#include <algorithm>
#include <cstring>

namespace graph_milter {

StringSource::StringSource(std::string bytes) : bytes_(std::move(bytes)) {}

ByteCount StringSource::size() const { return bytes_.size(); }

Result<std::size_t> StringSource::read_at(ByteCount offset, std::span<char> out) {
  if (offset >= bytes_.size()) return std::size_t{0};
  const std::size_t length = std::min(out.size(), bytes_.size() - static_cast<std::size_t>(offset));
  if (length > 0) std::memcpy(out.data(), bytes_.data() + offset, length);
  return length;
}

RangeSource::RangeSource(ByteSource& source, ByteRange range) : source_(source), range_(range) {}

ByteCount RangeSource::size() const { return range_.size(); }

Result<std::size_t> RangeSource::read_at(ByteCount offset, std::span<char> out) {
  if (offset >= range_.size()) return std::size_t{0};
  const auto length = static_cast<std::size_t>(std::min<ByteCount>(out.size(), range_.size() - offset));
  return source_.read_at(range_.begin + offset, out.first(length));
}

Result<std::string> read_all(ByteSource& source, ByteCount limit) {
  if (source.size() > limit) {
    return fail(ErrorKind::Usage, "read_all",
                std::to_string(source.size()) + " bytes, more than the limit of " + std::to_string(limit));
  }
  std::string out(static_cast<std::size_t>(source.size()), '\0');
  GM_TRY_ASSIGN(const std::size_t length, source.read_at(0, writable(out)));
  out.resize(length);
  return out;
}

}  // namespace graph_milter
