// SPDX-License-Identifier: Apache-2.0
#include "core/plan/draft_fields.h"

#include <algorithm>

#include "core/base/clock.h"
#include "core/base/format.h"
#include "core/base/text.h"
#include "core/mail/address.h"

namespace graph_milter::plan {

namespace {

// The instance's name as a label of a domain, since RFC 5322 wants a dot-atom behind the @.
std::string make_message_id(std::string_view entry_id, std::string_view instance, std::string_view mailbox) {
  std::string label;
  for (const char c : to_lower(instance)) {
    const bool allowed = is_ascii_digit(c) || (c >= 'a' && c <= 'z');
    if (allowed) {
      label += c;
    } else if (!label.empty() && label.back() != '-') {
      label += '-';
    }
  }
  while (!label.empty() && label.back() == '-') label.pop_back();
  if (!label.empty()) label += '.';
  return format("<{}@{}{}>", entry_id, label, mail::domain_of(mailbox));
}

// RFC 5322 section 3.6.4, less what nobody writes: "<", one "@" with something on both sides, ">", no blanks.
bool is_message_id(std::string_view text) {
  constexpr std::size_t kLongest = 250;
  if (text.size() < 5 || text.size() > kLongest || text.front() != '<' || text.back() != '>') return false;
  const std::string_view inside = text.substr(1, text.size() - 2);
  const std::size_t at = inside.find('@');
  if (at == 0 || at >= inside.size() - 1) return false;  // npos too
  return std::count(inside.begin(), inside.end(), '@') == 1 && std::all_of(inside.begin(), inside.end(), [](char c) {
           return c > ' ' && c < '\x7f' && c != '<' && c != '>';
         });
}

std::string join(const std::vector<std::string>& addresses) {
  std::string out;
  for (const std::string& address : addresses) out += (out.empty() ? "" : ", ") + address;
  return out;
}

// As an address in a header field: "Name <address>".
std::string written(const std::string& address, const std::vector<mail::Mailbox>& mailboxes) {
  const auto named = std::find_if(mailboxes.begin(), mailboxes.end(),
                                  [&](const mail::Mailbox& mailbox) { return mailbox.address == address; });
  if (named == mailboxes.end() || named->display_name.empty()) return address;
  return mail::make_phrase(named->display_name) + " <" + address + ">";
}

// To and Cc anew, of those alone whom Graph mails.
void trim_fields(mail::SkeletonRequest& request, const mail::MessageFacts& facts, const Recipients& recipients) {
  request.drop_fields.insert(request.drop_fields.end(), {"to", "cc"});
  const auto add = [&](std::string_view name, const std::vector<std::string>& addresses,
                       const std::vector<mail::Mailbox>& mailboxes) {
    std::string value;
    for (const std::string& address : addresses) value += (value.empty() ? "" : ", ") + written(address, mailboxes);
    if (!value.empty()) request.add_fields.push_back(mail::make_field(name, value));
  };
  add("To", recipients.to, facts.to);
  add("Cc", recipients.cc, facts.cc);
  if (recipients.to.empty() && recipients.cc.empty()) {
    request.add_fields.push_back(mail::make_field("To", "undisclosed-recipients:;"));
  }
}

bool lacks(const mail::MessageFacts& facts, std::string_view name) {
  const mail::HeaderField* field = facts.find_header(name);
  return field == nullptr || trim(field->value).empty();
}

}  // namespace

bool is_reserved_field(std::string_view lower_name) {
  return lower_name.starts_with("x-ms-exchange-organization-") || lower_name.starts_with("x-ms-exchange-forest-");
}

bool asks_for_no_replies(const mail::MessageFacts& facts) {
  const mail::HeaderField* field = facts.find_header("auto-submitted");
  if (field == nullptr || facts.find_header("x-auto-response-suppress") != nullptr) return false;
  return starts_with_ignoring_case(field->value, "auto-");  // and not "no"
}

bool has_foreign_sender(const mail::MessageFacts& facts, std::string_view mailbox) {
  const auto is_foreign = [&](const mail::Mailbox& sender) {
    if (mail::same_address(sender.address, mailbox)) return false;
    return facts.from.size() != 1 || !mail::same_address(sender.address, facts.from.front().address);
  };
  return std::any_of(facts.headers.begin(), facts.headers.end(), [&](const mail::HeaderField& field) {
    if (field.name != "sender") return false;
    const auto senders = mail::parse_mailbox_list(field.value);
    return !senders || std::any_of(senders->begin(), senders->end(), is_foreign);
  });
}

std::string make_marker(std::string_view instance, std::string_view entry_id) {
  return format("{}/{}", instance, entry_id);
}

DraftFields make_draft_fields(const PlanInput& input, const Recipients& recipients, std::string_view mailbox) {
  const mail::MessageFacts& facts = input.facts;
  DraftFields fields;
  fields.request.drop_fields = {to_lower(kMarkerField), to_lower(kSealField), "bcc", "resent-bcc", "return-path"};
  if (has_foreign_sender(facts, mailbox)) fields.request.drop_fields.emplace_back("sender");
  for (const mail::HeaderField& field : facts.headers) {
    if (is_reserved_field(field.name)) fields.request.drop_fields.push_back(field.name);
  }
  const auto fill_in = [&](std::string_view name, std::string_view value) {
    fields.request.drop_fields.push_back(to_lower(name));
    fields.request.add_fields.push_back(mail::make_field(name, value));
  };
  if (facts.new_author) {
    fill_in("From", facts.new_author->from);
    if (!facts.new_author->reply_to.empty()) fill_in("Reply-To", facts.new_author->reply_to);
  }
  if (lacks(facts, "message-id")) {
    const std::string_view of_the_mta = trim(input.envelope.message_id);
    fields.message_id =
        is_message_id(of_the_mta) ? std::string(of_the_mta) : make_message_id(input.entry_id, input.instance, mailbox);
    fill_in("Message-ID", fields.message_id);
  } else {
    fields.message_id = std::string(trim(facts.find_header("message-id")->value));
  }
  if (lacks(facts, "date")) fill_in("Date", rfc5322_date(input.now));
  if (recipients.is_trimmed) {
    trim_fields(fields.request, facts, recipients);
  } else if (lacks(facts, "to") && lacks(facts, "cc")) {
    fill_in("To", "undisclosed-recipients:;");
  }
  if (!recipients.bcc.empty()) fields.request.add_fields.push_back(mail::make_field("Bcc", join(recipients.bcc)));
  if (asks_for_no_replies(facts)) {
    fields.request.add_fields.push_back(mail::make_field(kSuppressField, kSuppressed));
  }
  fields.request.add_fields.push_back(mail::make_field(kMarkerField, make_marker(input.instance, input.entry_id)));
  if (!input.seal.empty()) fields.request.add_fields.push_back(mail::make_field(kSealField, input.seal));
  return fields;
}

}  // namespace graph_milter::plan
