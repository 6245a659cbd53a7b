// SPDX-License-Identifier: Apache-2.0
// Whatever a conf file holds is read or refused with file and line; no rule that was read lets mail out without saying
// who and which From, and nothing goes out for a foreign domain.
#include <cstdlib>
#include <string>
#include <string_view>

#include "core/config/conf_text.h"
#include "core/policy/policy.h"

namespace {

using namespace graph_milter;

void require(bool holds) {
  if (!holds) std::abort();
}

mail::MessageFacts facts_from(const std::string& from) {
  mail::MessageFacts facts;
  facts.verdict = mail::Verdict::Clean;
  facts.size = 5'000'000;
  facts.parts.emplace_back();
  facts.parts[0].type = "application/pdf";
  facts.parts[0].body.decoded_size = 4'000'000;
  facts.from = {{"", from}};
  mail::HeaderField field;
  field.name = "from";
  field.value = from;
  facts.headers.push_back(field);
  return facts;
}

void decide(const policy::Policy& policy, const std::string& client, const std::string& login, const std::string& from,
            const std::string& sender) {
  mail::Envelope envelope;
  envelope.client_address = client;
  envelope.login = login;
  envelope.sender = mail::make_envelope_path("<" + sender + ">");
  const mail::MessageFacts facts = facts_from(from);
  const policy::Decision decision = policy.decide(envelope, facts);
  require(!policy.explain(envelope, facts).empty() || policy.rules().empty());
  require(decision.reason != "pattern-limit" || decision.action != policy::Action::Relay);
  if (decision.action != policy::Action::Relay) return;
  require(decision.rule != nullptr && decision.rule->action == policy::Action::Relay);
  require(!sender.empty() && (from.ends_with("@contoso.com") || decision.new_author));
  require(decision.mailbox.ends_with("@contoso.com"));
  const auto smallest = policy.smallest_interesting_size(envelope);
  require(smallest && *smallest <= facts.size);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  // Other files are no business of a fuzzer.
  if (text.find("include") != text.npos || text.find("map:") != text.npos || text.find("cidr:") != text.npos ||
      text.find("pcre:") != text.npos) {
    return 0;
  }
  const auto conf = config::read_conf_text(text, "fuzz.conf");
  if (!conf) {
    require(conf.error().where.starts_with("fuzz.conf"));
    return 0;
  }
  const auto policy = policy::Policy::read(*conf, {"contoso.com"});
  if (!policy) {
    require(policy.error().where.starts_with("fuzz.conf") && !policy.error().what.empty());
    return 0;
  }
  for (const Error& warning : policy->warnings(1 << 20, 1 << 25)) require(warning.where.starts_with("fuzz.conf"));
  for (const policy::Rule& rule : policy->rules()) {
    if (rule.action != policy::Action::Relay) continue;
    require((rule.client && !rule.client->holds_everybody()) || (rule.login && !rule.login->is_negative()));
    require((rule.from && !rule.from->is_negative()) || !rule.set_from.empty());
  }
  for (const char* client : {"10.1.20.7", "2001:db8::1", ""}) {
    for (const char* login : {"scanner@contoso.com", "anna", ""}) {
      decide(*policy, client, login, "scanner@contoso.com", "bounce@example.com");
      decide(*policy, client, login, "anna@contoso.com", "anna@contoso.com");
      decide(*policy, client, login, "anna@example.com", "anna@example.com");
      decide(*policy, client, login, "scanner@contoso.com", "");
    }
  }
  return 0;
}
