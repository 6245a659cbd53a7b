// SPDX-License-Identifier: Apache-2.0
#include "core/intake/content_digest.h"

#include <algorithm>
#include <array>

#include "core/base/digest.h"
#include "core/base/text.h"

namespace graph_milter::intake {

namespace {

constexpr std::array<std::string_view, 14> kFields = {
    "from", "sender",  "reply-to", "to",       "cc",          "bcc",        "message-id",
    "date", "subject", "comments", "keywords", "in-reply-to", "references", "mime-version"};

Status add_range(Sha256& digest, ByteSource& message, ByteRange range) {
  std::string block(std::size_t{128} * 1024, '\0');
  while (!range.empty()) {
    const auto wanted = static_cast<std::size_t>(std::min<ByteCount>(block.size(), range.size()));
    GM_TRY_ASSIGN(const std::size_t got, message.read_at(range.begin, writable(block).first(wanted)));
    if (got != wanted) return fail(ErrorKind::System, "message file", "ends too early");
    digest.update(std::string_view(block).substr(0, got));
    range.begin += got;
  }
  return {};
}

}  // namespace

bool is_authors_field(std::string_view lower_name) {
  return lower_name.starts_with("content-") || lower_name.starts_with("resent-") ||
         std::find(kFields.begin(), kFields.end(), lower_name) != kFields.end();
}

Result<std::string> content_digest(const mail::MessageFacts& facts, ByteSource& message) {
  Sha256 digest;
  for (const mail::HeaderField& field : facts.headers) {
    if (is_authors_field(field.name)) GM_TRY(add_range(digest, message, field.range));
  }
  // Ends the header, so that no field can pass for the beginning of a body.
  digest.update("\r\n");
  GM_TRY(add_range(digest, message, {facts.header.end, message.size()}));
  return to_hex(digest.finish());
}

}  // namespace graph_milter::intake
