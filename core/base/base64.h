// SPDX-License-Identifier: Apache-2.0
// Writing base64 (RFC 4648 section 4, padded, no line breaks), also as a source that encodes another one on the fly.
// Reading base64 strictly, as mail needs it, is core/mail's.
#pragma once

#include <string>
#include <string_view>

#include "core/base/bytes.h"

namespace graph_milter {

constexpr ByteCount base64_length(ByteCount raw) { return (raw + 2) / 3 * 4; }

std::string base64_encode(std::string_view raw);
std::string base64url_encode(std::string_view raw);  // RFC 4648 section 5, without padding

// The base64 form of `raw`, which must outlive it. Holds at most 48 KiB.
class Base64Source final : public ByteSource {
 public:
  explicit Base64Source(ByteSource& raw) : raw_(raw) {}
  ByteCount size() const override { return base64_length(raw_.size()); }
  Result<std::size_t> read_at(ByteCount offset, std::span<char> out) override;

 private:
  ByteSource& raw_;
  std::string block_;
};

}  // namespace graph_milter
