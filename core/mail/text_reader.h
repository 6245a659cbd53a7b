// SPDX-License-Identifier: Apache-2.0
// The text of a part in UTF-8, from front to back, converted on the fly.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "core/base/bytes.h"
#include "core/mail/facts.h"

namespace graph_milter::mail {

// Over `message`, which must outlive it. Holds some hundred KiB, whatever the size of the text. One thread at a time.
class TextReader {
 public:
  // `charset` as the part names it; empty: US-ASCII (RFC 2045 section 5.2). Permanent for a charset that not all
  // readers know alike (encoded_word.h).
  static Result<TextReader> open(ByteSource& message, const EncodedRange& body, std::string_view charset);
  ~TextReader();
  TextReader(TextReader&&) noexcept;
  TextReader& operator=(TextReader&&) noexcept;

  // Whole characters, as many as fit; 0: the end. Permanent if the text is not valid in its charset; Corrupt as
  // make_part_source(). REQUIRES: room for at least 16 bytes.
  Result<std::size_t> read(std::span<char> out);

 private:
  struct State;
  explicit TextReader(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace graph_milter::mail
