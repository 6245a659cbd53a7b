// SPDX-License-Identifier: Apache-2.0
#include "core/mta/original_header.h"

#include <algorithm>

#include "core/mail/encoded_word.h"
#include "core/mail/scanner.h"

namespace graph_milter::mta {
namespace {

constexpr std::size_t kHeaderBytes = 256 * 1024;
constexpr std::size_t kMessageIdBytes = 900;  // in one line of 998

// The end of the last field in `start`, the first bytes of a message.
std::size_t end_of_fields(std::string_view start, bool is_all) {
  if (start.substr(0, 2) == "\r\n" || start.substr(0, 1) == "\n") return 0;
  const std::size_t crlf = start.find("\r\n\r\n");
  const std::size_t lf = start.find("\n\n");
  if (crlf < lf) return crlf + 2;
  if (lf != std::string_view::npos) return lf + 1;
  return is_all ? start.size() : start.rfind('\n') + 1;  // no LF at all: npos + 1, nothing
}

bool can_stand_in_a_field(std::string_view id) {
  return id.size() > 2 && id.size() <= kMessageIdBytes && id.front() == '<' && id.back() == '>' &&
         std::all_of(id.begin(), id.end(), [](char c) { return c > ' ' && c <= '~'; });
}

}  // namespace

Result<OriginalHeader> read_original_header(ByteSource& original) {
  std::string start(static_cast<std::size_t>(std::min<ByteCount>(original.size(), kHeaderBytes)), '\0');
  GM_TRY_ASSIGN(const std::size_t got, original.read_at(0, writable(start)));
  start.resize(end_of_fields(std::string_view(start).substr(0, got), got == original.size()));

  mail::Scanner scanner;
  scanner.feed(start);
  scanner.feed("\r\n");
  const mail::MessageFacts facts = scanner.finish();
  OriginalHeader header;
  if (const auto* field = facts.find_header("subject"))
    header.subject = mail::decode_encoded_words(field->value).value_or("");
  if (const auto* field = facts.find_header("message-id"); field != nullptr && can_stand_in_a_field(field->value))
    header.message_id = field->value;
  header.bytes = std::move(start);
  return header;
}

}  // namespace graph_milter::mta
