// SPDX-License-Identifier: Apache-2.0
#include "core/plan/recipients.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <unordered_set>
#include <utility>

#include "core/base/format.h"
#include "core/base/text.h"
#include "core/mail/address.h"
#include "core/policy/subject.h"

namespace graph_milter::plan {

namespace {

// ESMTP parameters that ask for nothing Graph could not do, or only for reports that Exchange makes in its own way.
// Others are promises (REQUIRETLS, HOLDFOR, BY, RRVS, XVERP...) that we can't keep.
constexpr std::array<std::string_view, 9> kHonoured = {"AUTH",  "BODY", "ENVID", "MT-PRIORITY", "NOTIFY",
                                                       "ORCPT", "RET",  "SIZE",  "SMTPUTF8"};

std::optional<LeaveAlone> check_parameters(const mail::EnvelopePath& path) {
  for (const std::string& parameter : path.parameters) {
    const std::string_view keyword = std::string_view(parameter).substr(0, parameter.find('='));
    const bool honoured = std::any_of(kHonoured.begin(), kHonoured.end(), [keyword](std::string_view known) {
      return equal_ignoring_case(known, keyword);
    });
    if (!honoured) {
      return LeaveAlone{"esmtp-parameter",
                        format("the client asks for {}, which Graph can't be asked for", escape_for_log(keyword, 40))};
    }
  }
  return std::nullopt;
}

bool is_for_graph(const mail::EnvelopePath& path, const policy::Rule& rule) {
  return !rule.take_recipients || rule.take_recipients->matches(policy::address_subject(path.address));
}

// The envelope's recipients whom the rule takes, in canonical form, in order, each once.
std::variant<std::vector<std::string>, LeaveAlone> read_envelope(const mail::Envelope& envelope,
                                                                 const policy::Rule& rule) {
  if (auto refusal = check_parameters(envelope.sender)) return *std::move(refusal);
  std::vector<std::string> addresses;
  std::unordered_set<std::string> seen;
  for (const mail::EnvelopePath& path : envelope.recipients) {
    if (!is_for_graph(path, rule)) continue;
    if (auto refusal = check_parameters(path)) return *std::move(refusal);
    std::optional<std::string> address = mail::canonical_address(path.address);
    if (!address) {
      return LeaveAlone{"recipient-address", format("the recipient \"{}\" is not an address that Graph could mail",
                                                    escape_for_log(path.address, 100))};
    }
    if (address->starts_with('"')) {
      return LeaveAlone{"recipient-address", format("the recipient \"{}\" has a quoted local part, and nobody knows "
                                                    "whether Graph mails it",
                                                    escape_for_log(path.address, 100))};
    }
    if (!is_ascii(*address)) {
      return LeaveAlone{"smtputf8", format("the recipient \"{}\" is not ASCII", escape_for_log(path.address, 100))};
    }
    if (seen.insert(*address).second) addresses.push_back(*std::move(address));
  }
  return addresses;
}

// The mailboxes of one header field that were not named before.
std::vector<std::string> take_new(const std::vector<mail::Mailbox>& field, std::unordered_set<std::string>& named) {
  std::vector<std::string> addresses;
  for (const mail::Mailbox& mailbox : field) {
    if (named.insert(mailbox.address).second) addresses.push_back(mailbox.address);
  }
  return addresses;
}

// A header that writes a domain in raw UTF-8 (RFC 6531): nobody knows how Graph reads it.
bool has_raw_domain(const mail::MessageFacts& facts, std::string_view field_name,
                    const std::vector<mail::Mailbox>& mailboxes) {
  const mail::HeaderField* field = facts.find_header(field_name);
  if (field == nullptr || is_ascii(field->value)) return false;
  const std::string written = to_lower(field->value);
  return std::any_of(mailboxes.begin(), mailboxes.end(), [&](const mail::Mailbox& mailbox) {
    return written.find(mail::domain_of(mailbox.address)) == std::string::npos;
  });
}

std::optional<LeaveAlone> check_fields(const mail::MessageFacts& facts) {
  const std::pair<std::string_view, const std::vector<mail::Mailbox>*> fields[] = {
      {"from", &facts.from}, {"to", &facts.to}, {"cc", &facts.cc}};
  for (const auto& [name, mailboxes] : fields) {
    if (!has_raw_domain(facts, name, *mailboxes)) continue;
    return LeaveAlone{"smtputf8", format("{} has a domain in raw UTF-8", name)};
  }
  return std::nullopt;
}

void trim(Recipients& recipients, const std::unordered_set<std::string>& addressed) {
  for (auto* field : {&recipients.to, &recipients.cc}) {
    const auto others =
        std::remove_if(field->begin(), field->end(), [&](const std::string& a) { return !addressed.contains(a); });
    recipients.is_trimmed |= others != field->end();
    field->erase(others, field->end());
  }
}

}  // namespace

std::variant<Recipients, LeaveAlone> match_recipients(const mail::Envelope& envelope, const mail::MessageFacts& facts,
                                                      const policy::Rule& rule, std::size_t limit) {
  if (auto refusal = check_fields(facts)) return *std::move(refusal);
  auto outcome = read_envelope(envelope, rule);
  if (auto* refusal = std::get_if<LeaveAlone>(&outcome)) return std::move(*refusal);
  const auto& addresses = std::get<std::vector<std::string>>(outcome);
  if (addresses.empty()) {
    return LeaveAlone{"no-recipients", envelope.recipients.empty() ? "the envelope has no recipient"
                                                                   : "none of the recipients is in take-recipients"};
  }
  if (addresses.size() > limit || envelope.further_recipients > 0) {
    return LeaveAlone{"too-many-recipients", format("{} recipients, and Graph takes {}",
                                                    addresses.size() + envelope.further_recipients, limit)};
  }
  const std::unordered_set<std::string> addressed(addresses.begin(), addresses.end());
  std::unordered_set<std::string> named;
  Recipients recipients;
  recipients.to = take_new(facts.to, named);
  recipients.cc = take_new(facts.cc, named);
  if (rule.header_only == policy::HeaderOnly::Trim) trim(recipients, addressed);
  for (const auto* field : {&recipients.to, &recipients.cc}) {
    for (const std::string& address : *field) {
      if (addressed.contains(address)) continue;
      return LeaveAlone{"recipients-wider", format("the header names {}, to whom the client did not address the "
                                                   "message and Graph would mail it",
                                                   escape_for_log(address, 100))};
    }
  }
  for (const std::string& address : addresses) {
    if (!named.contains(address)) recipients.bcc.push_back(address);
  }
  return recipients;
}

}  // namespace graph_milter::plan
