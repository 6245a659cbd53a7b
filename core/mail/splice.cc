// SPDX-License-Identifier: Apache-2.0
#include "core/mail/splice.h"

#include <algorithm>
#include <cstring>
#include <iterator>
#include <utility>

namespace graph_milter::mail {

namespace {

ByteCount size_of(const SplicePiece& piece) {
  if (const auto* range = std::get_if<ByteRange>(&piece)) return range->size();
  return std::get<std::string>(piece).size();
}

Status read_piece(ByteSource& message, const SplicePiece& piece, ByteCount skip, std::span<char> out) {
  if (const auto* text = std::get_if<std::string>(&piece)) {
    std::memcpy(out.data(), text->data() + skip, out.size());
    return {};
  }
  const auto& range = std::get<ByteRange>(piece);
  GM_TRY_ASSIGN(const std::size_t length, message.read_at(range.begin + skip, out));
  if (length != out.size()) {
    return fail(ErrorKind::Corrupt, "splice", "the message is shorter than the ranges taken from it");
  }
  return {};
}

}  // namespace

ByteCount Splice::size() const {
  ByteCount total = 0;
  for (const SplicePiece& piece : pieces) total += size_of(piece);
  return total;
}

void Splice::add(ByteRange range) {
  if (range.empty()) return;
  if (!pieces.empty()) {
    auto* last = std::get_if<ByteRange>(&pieces.back());
    if (last != nullptr && last->end == range.begin) {
      last->end = range.end;
      return;
    }
  }
  pieces.emplace_back(range);
}

void Splice::add(std::string text) {
  if (text.empty()) return;
  if (!pieces.empty()) {
    if (auto* last = std::get_if<std::string>(&pieces.back())) {
      last->append(text);
      return;
    }
  }
  pieces.emplace_back(std::move(text));
}

SpliceSource::SpliceSource(ByteSource& message, const Splice& splice) : message_(message), splice_(splice) {
  starts_.reserve(splice.pieces.size() + 1);
  starts_.push_back(0);
  for (const SplicePiece& piece : splice.pieces) starts_.push_back(starts_.back() + size_of(piece));
}

ByteCount SpliceSource::size() const { return starts_.back(); }

Result<std::size_t> SpliceSource::read_at(ByteCount offset, std::span<char> out) {
  if (offset >= size()) return std::size_t{0};
  const auto length = static_cast<std::size_t>(std::min<ByteCount>(out.size(), size() - offset));
  const auto after = std::upper_bound(starts_.begin(), starts_.end(), offset);
  auto index = static_cast<std::size_t>(std::distance(starts_.begin(), after)) - 1;
  for (std::size_t done = 0; done < length; ++index) {
    const ByteCount skip = offset + done - starts_[index];
    const auto take =
        static_cast<std::size_t>(std::min<ByteCount>(length - done, size_of(splice_.pieces[index]) - skip));
    GM_TRY(read_piece(message_, splice_.pieces[index], skip, out.subspan(done, take)));
    done += take;
  }
  return length;
}

}  // namespace graph_milter::mail
