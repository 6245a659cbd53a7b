// SPDX-License-Identifier: Apache-2.0
#include "core/plan/losses.h"

#include <algorithm>
#include <array>
#include <optional>

#include "core/base/format.h"
#include "core/base/text.h"
#include "core/mail/address.h"
#include "core/mail/encoded_word.h"
#include "core/mail/utf8.h"
#include "core/plan/draft_fields.h"
#include "core/plan/found.h"
#include "core/plan/json_losses.h"
#include "core/plan/partition.h"

namespace graph_milter::plan {

namespace {

using Field = mail::HeaderField;

constexpr std::size_t kLongestSubject = 255;  // characters

struct Message {
  const mail::Envelope& envelope;
  const mail::MessageFacts& facts;
  const Plan& plan;
};

using Text = std::optional<std::string>;

// --- the message header ---

enum class Group { Kept, Automatic, List, Resent, Trace, Signature, Reserved, Other };

bool is_one_of(std::string_view name, std::initializer_list<std::string_view> names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

Group group_of(std::string_view name) {
  if (is_reserved_field(name)) return Group::Reserved;
  if (is_kept_field(name)) return Group::Kept;
  if (name == "auto-submitted") return Group::Automatic;
  if (name.starts_with("list-")) return Group::List;
  if (name.starts_with("resent-")) return Group::Resent;
  if (is_one_of(name, {"received", "return-path", "delivered-to"})) return Group::Trace;
  if (is_one_of(name, {"dkim-signature", "domainkey-signature"}) || name.starts_with("arc-")) return Group::Signature;
  return Group::Other;
}

Text fields_of(const Message& message, Group group, std::string_view instead) {
  Found found;
  for (const Field& field : message.facts.headers) {
    if (group_of(field.name) == group) found.add(escape_for_log(field.name, 60));
  }
  if (found.empty()) return std::nullopt;
  return found.text() + std::string(instead);
}

Text automatic(const Message& message) {
  const Field* field = message.facts.find_header("auto-submitted");
  if (field == nullptr) return std::nullopt;
  const std::string what = "auto-submitted: " + escape_for_log(field->value, 60);
  if (!asks_for_no_replies(message.facts)) return what;
  return what + " (the draft says X-Auto-Response-Suppress)";
}

Text lists(const Message& message) { return fields_of(message, Group::List, ""); }
Text resent(const Message& message) { return fields_of(message, Group::Resent, ""); }
Text trace(const Message& message) { return fields_of(message, Group::Trace, " (Exchange writes its own)"); }
Text signatures(const Message& message) {
  return fields_of(message, Group::Signature, " (Exchange signs as the tenant is set up)");
}
Text reserved(const Message& message) { return fields_of(message, Group::Reserved, ""); }
Text others(const Message& message) { return fields_of(message, Group::Other, ""); }

Text sender_field(const Message& message) {
  if (!has_foreign_sender(message.facts, message.plan.mailbox)) return std::nullopt;
  return format("sender: {} (only the mailbox can be the sender)",
                escape_for_log(message.facts.find_header("sender")->value, 100));
}

bool names_only(const Field& field, std::string_view address) {
  const auto mailboxes = mail::parse_mailbox_list(field.value);
  return mailboxes && mailboxes->size() == 1 && mail::same_address(mailboxes->front().address, address);
}

Text receipt_address(const Message& message) {
  Found found;
  for (const std::string_view name : {"disposition-notification-to", "return-receipt-to"}) {
    const Field* field = message.facts.find_header(name);
    if (field == nullptr || field->value.empty() || names_only(*field, message.plan.mailbox)) continue;
    found.add(format("the address in {}: {}", name, escape_for_log(field->value, 100)));
  }
  if (found.empty()) return std::nullopt;
  return found.text() + format(" (receipts go to {})", escape_for_log(message.plan.mailbox, 100));
}

Text long_subject(const Message& message) {
  const Field* field = message.facts.find_header("subject");
  if (field == nullptr) return std::nullopt;
  const std::string subject = mail::decode_encoded_words(field->value).value_or(field->value);
  std::size_t length = 0;
  for (std::string_view rest = subject; !rest.empty(); ++length) mail::take_code_point(rest);
  if (length <= kLongestSubject) return std::nullopt;
  return format("the end of the subject ({} of its {} characters stay)", kLongestSubject, length);
}

// --- the envelope ---

Text envelope_sender(const Message& message) {
  const std::string& sender = message.envelope.sender.address;
  if (mail::same_address(sender, message.plan.mailbox)) return std::nullopt;
  return format("the envelope sender <{}> (non-delivery reports go to {})", escape_for_log(sender, 100),
                escape_for_log(message.plan.mailbox, 100));
}

void find_parameters(const mail::EnvelopePath& path, std::initializer_list<std::string_view> keywords, Found& found) {
  for (const std::string& parameter : path.parameters) {
    const std::string_view keyword = std::string_view(parameter).substr(0, parameter.find('='));
    for (const std::string_view wanted : keywords) {
      if (equal_ignoring_case(keyword, wanted)) found.add(std::string(wanted));
    }
  }
}

Text parameters(const Message& message, std::initializer_list<std::string_view> keywords, std::string_view instead) {
  Found found;
  find_parameters(message.envelope.sender, keywords, found);
  for (const mail::EnvelopePath& path : message.envelope.recipients) find_parameters(path, keywords, found);
  if (found.empty()) return std::nullopt;
  return found.text() + std::string(instead);
}

Text delivery_reports(const Message& message) {
  return parameters(message, {"RET", "ENVID", "NOTIFY", "ORCPT"}, " of the envelope (Exchange reports in its own way)");
}
// Whom To and Cc name and Graph does not mail.
Text header_recipients(const Message& message) {
  Found found;
  const auto look = [&](const std::vector<mail::Mailbox>& field) {
    for (const mail::Mailbox& mailbox : field) {
      const auto names = [&](const std::vector<std::string>& list) {
        return std::find(list.begin(), list.end(), mailbox.address) != list.end();
      };
      if (!names(message.plan.to) && !names(message.plan.cc)) found.add(escape_for_log(mailbox.address, 100));
    }
  };
  look(message.facts.to);
  look(message.facts.cc);
  if (found.empty()) return std::nullopt;
  return found.text() + " in To and Cc (named to nobody whom Graph mails)";
}
Text priority(const Message& message) { return parameters(message, {"MT-PRIORITY"}, " of the envelope"); }

// --- the parts that leave the skeleton ---

template <class Describe>
Text of_parts(const Message& message, std::string_view instead, Describe describe) {
  Found found;
  for (const PlannedPart& part : message.plan.parts) {
    if (Text what = describe(part, message.facts.parts[part.index])) found.add(*std::move(what));
  }
  if (found.empty()) return std::nullopt;
  return found.text() + std::string(instead);
}

std::string quoted(std::string_view name) { return format("\"{}\"", escape_for_log(name, 100)); }

Text part_names(const Message& message) {
  return of_parts(message, "", [](const PlannedPart& planned, const mail::Part& part) -> Text {
    if (part.name.empty() || part.name == planned.name || part.type == "message/rfc822") return std::nullopt;
    return format("the name {} (it becomes {})", quoted(part.name), quoted(planned.name));
  });
}

Text part_types(const Message& message) {
  static constexpr std::string_view kSession = "application/octet-stream";
  return of_parts(message, " (by upload session, all become application/octet-stream)",
                  [](const PlannedPart& planned, const mail::Part&) -> Text {
                    if (planned.way != Way::Session || planned.content_type == kSession) return std::nullopt;
                    return format("the type {} of {}", escape_for_log(planned.content_type, 100), quoted(planned.name));
                  });
}

Text part_parameters(const Message& message) {
  return of_parts(message, "", [](const PlannedPart& planned, const mail::Part& part) -> Text {
    Found found;
    for (const auto& [name, value] : part.parameters) {
      if (name != "name") found.add(format("{}={}", escape_for_log(name, 40), escape_for_log(value, 60)));
    }
    if (found.empty()) return std::nullopt;
    return format("{} of {}", found.text(), quoted(planned.name));
  });
}

Text part_fields(const Message& message) {
  return of_parts(message, "", [](const PlannedPart& planned, const mail::Part& part) -> Text {
    Found found;
    for (const std::string& name : part.other_fields) found.add(escape_for_log(name, 60));
    if (found.empty()) return std::nullopt;
    return format("{} of {}", found.text(), quoted(planned.name));
  });
}

Text messages_as_files(const Message& message) {
  return of_parts(message, "", [](const PlannedPart& planned, const mail::Part& part) -> Text {
    if (part.type != "message/rfc822") return std::nullopt;
    return format("a message inside the message (it becomes the file {})", quoted(planned.name));
  });
}

// Text behind a part says that its sender wanted it there; the service puts it behind all text.
Text part_places(const Message& message) {
  const std::vector<PartRole> roles = assign_roles(message.facts);
  std::vector<bool> is_cut(roles.size(), false);
  for (const PlannedPart& part : message.plan.parts) is_cut[part.index] = true;
  std::size_t last_text = 0;
  for (std::size_t i = 0; i < roles.size(); ++i) {
    if (is_cut[i]) continue;
    if (roles[i] == PartRole::Body || roles[i] == PartRole::Fixed) last_text = i;
  }
  return of_parts(message, " (behind all text)", [&](const PlannedPart& planned, const mail::Part&) -> Text {
    if (planned.index > last_text || planned.is_inline) return std::nullopt;
    return "the place of " + quoted(planned.name);
  });
}

struct Row {
  std::string_view code;
  Text (*find)(const Message&);
};

constexpr std::array<Row, 20> kRows = {{{"auto-submitted", automatic},
                                        {"list-fields", lists},
                                        {"resent-fields", resent},
                                        {"trace-fields", trace},
                                        {"signature-fields", signatures},
                                        {"reserved-fields", reserved},
                                        {"other-fields", others},
                                        {"sender-field", sender_field},
                                        {"receipt-address", receipt_address},
                                        {"long-subject", long_subject},
                                        {"envelope-sender", envelope_sender},
                                        {"header-recipients", header_recipients},
                                        {"delivery-reports", delivery_reports},
                                        {"priority", priority},
                                        {"message-as-file", messages_as_files},
                                        {"part-names", part_names},
                                        {"part-types", part_types},
                                        {"part-parameters", part_parameters},
                                        {"part-fields", part_fields},
                                        {"part-places", part_places}}};

}  // namespace

std::span<const std::string_view> loss_codes() {
  static const std::vector<std::string_view> codes = [] {
    const auto of_json = json_loss_codes();
    std::vector<std::string_view> out;
    out.reserve(kRows.size() + of_json.size());
    for (const Row& row : kRows) out.push_back(row.code);
    out.insert(out.end(), of_json.begin(), of_json.end());
    return out;
  }();
  return codes;
}

std::vector<Loss> find_losses(const mail::Envelope& envelope, const mail::MessageFacts& facts, const Plan& plan) {
  const Message message{envelope, facts, plan};
  std::vector<Loss> losses;
  for (const Row& row : kRows) {
    if (Text text = row.find(message)) losses.push_back({std::string(row.code), *std::move(text)});
  }
  if (!plan.json) return losses;
  for (Loss& loss : find_json_losses(facts)) losses.push_back(std::move(loss));
  return losses;
}

std::string join_codes(const std::vector<Loss>& losses) {
  std::string out;
  for (const Loss& loss : losses) out += (out.empty() ? "" : ",") + loss.code;
  return out;
}

bool is_kept_field(std::string_view lower_name) {
  if (is_reserved_field(lower_name)) return false;
  if (lower_name.starts_with("x-") || lower_name.starts_with("content-")) return true;
  return is_one_of(lower_name, {"from",
                                "sender",
                                "to",
                                "cc",
                                "bcc",
                                "reply-to",
                                "subject",
                                "date",
                                "message-id",
                                "in-reply-to",
                                "references",
                                "mime-version",
                                "importance",
                                "priority",
                                "sensitivity",
                                "thread-topic",
                                "thread-index",
                                "accept-language",
                                "disposition-notification-to",
                                "return-receipt-to",
                                "keywords",
                                "comments",
                                "list-help",
                                "list-subscribe",
                                "list-unsubscribe"});
}

}  // namespace graph_milter::plan
