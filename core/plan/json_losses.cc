// SPDX-License-Identifier: Apache-2.0
#include "core/plan/json_losses.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <utility>

#include "core/base/format.h"
#include "core/base/text.h"
#include "core/mail/address.h"
#include "core/plan/draft_fields.h"
#include "core/plan/found.h"
#include "core/plan/json_draft.h"

namespace graph_milter::plan {
namespace {

using Text = std::optional<std::string>;

Text text_of(const Found& found, std::string_view instead) {
  if (found.empty()) return std::nullopt;
  return found.text() + std::string(instead);
}

Text other_texts(const mail::MessageFacts& facts) {
  const std::size_t kept = text_of_json_draft(facts);
  const std::vector<bool> body = mail::body_text_parts(facts);
  Found found;
  for (std::size_t i = 0; i < facts.parts.size(); ++i) {
    if (body[i] && i != kept) found.add(escape_for_log(facts.parts[i].type, 60));
  }
  return text_of(found, format(" (a JSON draft has one text, {})", facts.parts[kept].type));
}

// The charset is no loss: the draft says the same in UTF-8.
Text text_form(const mail::MessageFacts& facts) {
  const std::size_t index = text_of_json_draft(facts);
  const mail::Part& text = facts.parts[index];
  Found found;
  for (const auto& [name, value] : text.parameters) {
    if (name != "charset") found.add(format("{}={}", escape_for_log(name, 40), escape_for_log(value, 60)));
  }
  if (index > 0) {  // else they are fields of the message
    for (const std::string& name : text.other_fields) found.add(escape_for_log(name, 60));
  }
  return text_of(found, " of the text (a JSON draft has its words only)");
}

Text fields(const mail::MessageFacts& facts) {
  Found found;
  for (const mail::HeaderField& field : facts.headers) {
    const bool is_ours = equal_ignoring_case(field.name, kMarkerField) || equal_ignoring_case(field.name, kSealField);
    if (!is_kept_field(field.name) || is_ours || is_in_json_draft(facts, field)) continue;
    found.add(escape_for_log(field.name, 60));
  }
  return text_of(found, " (a JSON draft has no place for it)");
}

// Of a value that can be read: outside quotes, a parenthesis begins a comment, and comments hold none.
std::vector<std::string_view> comments_in(std::string_view value) {
  std::vector<std::string_view> comments;
  bool is_quoted = false;
  for (std::size_t i = 0; i < value.size(); ++i) {
    if (value[i] == '\\') {
      ++i;
    } else if (value[i] == '"') {
      is_quoted = !is_quoted;
    } else if (value[i] == '(' && !is_quoted) {
      const std::size_t end = std::min(value.find(')', i), value.size());
      comments.push_back(value.substr(i + 1, end - i - 1));
      i = end;
    }
  }
  return comments;
}

// A comment behind a bare address is the name that the draft has, as programs show it; others are lost.
bool loses_comment(std::string_view value) {
  const auto mailboxes = mail::parse_mailbox_list(value);
  const auto is_name = [&](std::string_view comment) {
    return mailboxes && std::any_of(mailboxes->begin(), mailboxes->end(),
                                    [&](const mail::Mailbox& each) { return each.display_name == comment; });
  };
  const std::vector<std::string_view> comments = comments_in(value);
  return !std::all_of(comments.begin(), comments.end(), is_name);
}

Text address_forms(const mail::MessageFacts& facts) {
  Found found;
  for (const char* name : {"from", "to", "cc", "reply-to"}) {
    const mail::HeaderField* field = facts.find_header(name);
    if (field == nullptr) continue;
    if (mail::has_group(field->value)) found.add(format("the groups in {}", name));
    if (loses_comment(field->value)) found.add(format("the comments in {}", name));
  }
  return text_of(found, " (a JSON draft has names and addresses only)");
}

struct Row {
  std::string_view code;
  Text (*find)(const mail::MessageFacts&);
};
constexpr std::array<Row, 4> kRows = {{{"other-texts", other_texts},
                                       {"text-form", text_form},
                                       {"json-fields", fields},
                                       {"address-forms", address_forms}}};

}  // namespace

std::span<const std::string_view> json_loss_codes() {
  static const std::array<std::string_view, kRows.size()> codes = [] {
    std::array<std::string_view, kRows.size()> out;
    for (std::size_t i = 0; i < kRows.size(); ++i) out[i] = kRows[i].code;
    return out;
  }();
  return codes;
}

std::vector<Loss> find_json_losses(const mail::MessageFacts& facts) {
  std::vector<Loss> losses;
  for (const Row& row : kRows) {
    if (Text text = row.find(facts)) losses.push_back({std::string(row.code), *std::move(text)});
  }
  return losses;
}

}  // namespace graph_milter::plan
