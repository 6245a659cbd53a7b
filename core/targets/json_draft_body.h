// SPDX-License-Identifier: Apache-2.0
// The body of a POST that makes a draft from JSON: the text of the mail is decoded, converted and escaped on the fly.
#pragma once

#include <optional>
#include <string>

#include "core/mail/text_reader.h"
#include "core/plan/plan.h"

namespace graph_milter::targets {

// Both outlive it. Holds some hundred KiB, whatever the size of the text. Reading fails with Corrupt if the text is not
// as long as the plan says.
class JsonDraftBody final : public ByteSource {
 public:
  JsonDraftBody(ByteSource& message, const plan::JsonDraft& draft);
  ByteCount size() const override { return draft_.size(); }
  Result<std::size_t> read_at(ByteCount offset, std::span<char> out) override;

 private:
  Status move_to(ByteCount at);
  Result<std::size_t> read_text(ByteCount at, std::span<char> out);

  ByteSource& message_;
  const plan::JsonDraft& draft_;
  std::optional<mail::TextReader> reader_;
  ByteCount window_begin_ = 0;  // in the escaped text
  std::string window_;
};

}  // namespace graph_milter::targets
