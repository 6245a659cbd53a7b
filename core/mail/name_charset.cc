// SPDX-License-Identifier: Apache-2.0
#include "core/mail/name_charset.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "core/base/text.h"
#include "core/mail/encoded_word.h"
#include "core/mail/name_certainty.h"

namespace graph_milter::mail {

namespace {

void read_raw_name(Part& part, std::string_view charset) {
  std::optional<std::string> name = to_utf8(part.raw_name, charset);
  if (!name || !is_certain_name(*name)) return;
  part.name = *std::move(name);
  const bool is_message = part.type.starts_with("message/");
  part.inexact = is_message ? make_message_finding(part.body.range.begin) : Finding{};
  part.exact = !is_message;
}

}  // namespace

bool is_name_charset(std::string_view charset) {
  const bool is_ascii = equal_ignoring_case(charset, "us-ascii") || equal_ignoring_case(charset, "ascii");
  return !is_ascii && to_utf8("a", charset) == "a";
}

bool has_raw_names(const MessageFacts& facts) {
  return std::any_of(facts.parts.begin(), facts.parts.end(), [](const Part& part) { return !part.raw_name.empty(); });
}

MessageFacts read_raw_names(MessageFacts facts, std::string_view charset) {
  for (Part& part : facts.parts) {
    if (!part.raw_name.empty()) read_raw_name(part, charset);
  }
  return facts;
}

}  // namespace graph_milter::mail
