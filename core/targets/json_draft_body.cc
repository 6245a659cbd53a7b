// SPDX-License-Identifier: Apache-2.0
#include "core/targets/json_draft_body.h"

#include <algorithm>
#include <array>

#include "core/json/json.h"

namespace graph_milter::targets {
namespace {

Error other_length() {
  return make_error(ErrorKind::Corrupt, "draft",
                    "the text of the message is not as long as it was when it was planned");
}

}  // namespace

JsonDraftBody::JsonDraftBody(ByteSource& message, const plan::JsonDraft& draft) : message_(message), draft_(draft) {}

// Makes the window hold `at`, a position in the escaped text.
Status JsonDraftBody::move_to(ByteCount at) {
  if (!reader_ || at < window_begin_) {
    GM_TRY_ASSIGN(reader_, mail::TextReader::open(message_, draft_.text, draft_.charset));
    window_begin_ = 0;
    window_.clear();
  }
  std::array<char, 16 * 1024> block;
  while (at >= window_begin_ + window_.size()) {
    window_begin_ += window_.size();
    GM_TRY_ASSIGN(const std::size_t got, reader_->read(block));
    if (got == 0) return fail(other_length());
    window_ = json::escape({block.data(), got});
    if (window_begin_ + window_.size() > draft_.text_length) return fail(other_length());
  }
  return {};
}

Result<std::size_t> JsonDraftBody::read_text(ByteCount at, std::span<char> out) {
  GM_TRY(move_to(at));
  return std::string_view(window_).copy(out.data(), out.size(), static_cast<std::size_t>(at - window_begin_));
}

Result<std::size_t> JsonDraftBody::read_at(ByteCount offset, std::span<char> out) {
  const ByteCount text_begin = draft_.before.size();
  const ByteCount text_end = text_begin + draft_.text_length;
  std::size_t done = 0;
  while (done < out.size() && offset + done < size()) {
    const ByteCount at = offset + done;
    const auto room = out.subspan(done);
    if (at < text_begin) {
      done += draft_.before.copy(room.data(), room.size(), static_cast<std::size_t>(at));
    } else if (at < text_end) {
      GM_TRY_ASSIGN(const std::size_t got, read_text(at - text_begin, room));
      done += got;
    } else {
      done += plan::kJsonDraftEnd.copy(room.data(), room.size(), static_cast<std::size_t>(at - text_end));
    }
  }
  return done;
}

}  // namespace graph_milter::targets
