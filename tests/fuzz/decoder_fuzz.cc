// SPDX-License-Identifier: Apache-2.0
// What a decoder accepts must not depend on how the input is cut, on the room for the output or on the processor; what
// base64 accepts must be the only form of its bytes; a part source must give what the decoder gives.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/base64.h"
#include "core/mail/decoder.h"
#include "core/mail/part_source.h"

namespace {

using namespace graph_milter;

void require(bool condition) {
  if (!condition) std::abort();
}

template <class Decoder>
std::optional<std::string> decode(Decoder decoder, std::string_view text, std::size_t in_size, std::size_t out_size) {
  std::string out;
  std::string room(out_size, '\0');
  while (!text.empty()) {
    const mail::DecodeStep step = decoder.decode(text.substr(0, in_size), writable(room));
    if (!step.fault.empty()) return std::nullopt;
    require(step.consumed + step.produced > 0 && step.produced <= out_size);
    out.append(room, 0, step.produced);
    text.remove_prefix(step.consumed);
  }
  if (!decoder.finish().empty()) return std::nullopt;
  return out;
}

void compare_with_source(std::string_view text, mail::TransferEncoding encoding,
                         const std::optional<std::string>& whole, std::size_t step) {
  StringSource message{std::string(text)};
  const ByteCount size = whole ? whole->size() : 1;
  const auto source = mail::make_part_source(message, {{0, text.size()}, encoding, size});
  std::string out(static_cast<std::size_t>(size), '\0');
  const auto length = source->read_at(0, writable(out));
  require(length.has_value() == whole.has_value());
  if (!whole) return;
  require(out == *whole);
  // Backwards, in pieces.
  for (std::size_t end = out.size(); end > 0;) {
    const std::size_t begin = end > step ? end - step : 0;
    std::string piece(end - begin, '\0');
    require(source->read_at(begin, writable(piece)).value_or(0) == piece.size());
    require(piece == whole->substr(begin, piece.size()));
    end = begin;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::size_t in_size = 1 + data[0];
  const std::size_t out_size = mail::kDecoderRoom + data[1];
  const std::string_view text(reinterpret_cast<const char*>(data) + 2, size - 2);
  const std::size_t whole = text.size() + mail::kDecoderRoom;

  const auto base64 = decode(mail::Base64Decoder(), text, whole, whole);
  require(decode(mail::Base64Decoder(), text, in_size, out_size) == base64);
  require(decode(mail::Base64Decoder(mail::Base64Kernel::Scalar), text, in_size, out_size) == base64);
  if (base64) {
    std::string unbroken(text);
    unbroken.erase(std::remove_if(unbroken.begin(), unbroken.end(), [](char c) { return c == '\r' || c == '\n'; }),
                   unbroken.end());
    require(base64_encode(*base64) == unbroken);
  }
  compare_with_source(text, mail::TransferEncoding::Base64, base64, in_size);

  const auto quoted = decode(mail::QuotedPrintableDecoder(), text, whole, whole);
  require(decode(mail::QuotedPrintableDecoder(), text, in_size, out_size) == quoted);
  compare_with_source(text, mail::TransferEncoding::QuotedPrintable, quoted, in_size);
  return 0;
}
