// SPDX-License-Identifier: Apache-2.0
// Policies from text, and the facts and envelopes that they judge.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/config/conf_text.h"
#include "core/mail/address.h"
#include "core/policy/policy.h"

namespace graph_milter::policy::test {

inline Result<Policy> try_read(std::string_view text,
                               const std::vector<std::string>& tenant_domains = {"contoso.com"}) {
  GM_TRY_ASSIGN(const config::ConfText conf, config::read_conf_text(text, "test.conf"));
  return Policy::read(conf, tenant_domains);
}

inline Policy read(std::string_view text, const std::vector<std::string>& tenant_domains = {"contoso.com"}) {
  auto policy = try_read(text, tenant_domains);
  if (!policy) throw std::runtime_error(policy.error().text());
  return *std::move(policy);
}

inline const std::string kScanners =
    "[rule scanners]\n"
    "client    = 10.1.20.0/24\n"
    "from      = scanner@contoso.com\n"
    "part-size = 3M\n"
    "action    = relay\n";

// A mail of a scanner: header fields as given, one PDF of `part_size` decoded bytes.
inline mail::MessageFacts facts_of(const std::vector<std::pair<std::string, std::string>>& fields,
                                   ByteCount part_size = 20'000'000) {
  mail::MessageFacts facts;
  for (const auto& [name, value] : fields) {
    facts.headers.push_back(mail::HeaderField{name, value, {}});
    if (name != "from") continue;
    if (auto list = mail::parse_mailbox_list(value)) {
      facts.from.insert(facts.from.end(), list->begin(), list->end());
    }
  }
  mail::Part part;
  part.type = "application/pdf";
  part.disposition = "attachment";
  part.body.decoded_size = part_size;
  facts.parts = {part};
  facts.attachment_count = 1;
  facts.size = part_size * 4 / 3;
  facts.verdict = mail::Verdict::Clean;
  return facts;
}

inline mail::MessageFacts facts_from(const std::string& from) { return facts_of({{"from", from}}); }

inline mail::Envelope envelope_of(const std::string& client, const std::string& login = "",
                                  const std::string& sender = "<scanner@contoso.com>") {
  mail::Envelope envelope;
  envelope.client_address = client;
  envelope.login = login;
  envelope.sender = mail::make_envelope_path(sender);
  envelope.recipients = {mail::make_envelope_path("<anna@contoso.com>")};
  return envelope;
}

}  // namespace graph_milter::policy::test
