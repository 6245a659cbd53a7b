// SPDX-License-Identifier: Apache-2.0
#include "core/policy/policy.h"

#include <algorithm>
#include <map>
#include <utility>

#include "core/base/format.h"
#include "core/base/text.h"
#include "core/policy/address_patterns.h"
#include "core/policy/inquiry.h"
#include "core/policy/objection.h"
#include "core/policy/rule_reader.h"
#include "core/policy/rule_warnings.h"
#include "core/policy/set_from.h"

namespace graph_milter::policy {

namespace {

// REQUIRES: nothing speaks against relaying it.
std::string mailbox_of(const Rule& rule, const std::string& from) {
  if (rule.mailbox_map) return rule.mailbox_map->find(from);
  return rule.mailbox.empty() ? from : rule.mailbox;
}

Result<std::vector<std::string>> canonical_domains(const std::vector<std::string>& domains) {
  std::vector<std::string> out;
  for (const std::string& domain : domains) {
    std::string canonical = canonical_domain(domain);
    if (canonical.empty()) {
      return fail(ErrorKind::Usage, "tenant-domains", format("\"{}\" is not a domain", escape_for_log(domain, 80)),
                  "write contoso.com");
    }
    out.push_back(std::move(canonical));
  }
  return out;
}

Decision refused(const Rule& rule, const mail::Envelope& envelope) {
  // Who sent it is not waiting for an answer: what is refused would be lost.
  if (envelope.has_null_sender()) {
    return {&rule, Action::Pass, "", "null-sender", "mail from the null sender <> is never refused", {}};
  }
  return {&rule, rule.action, "", "rule", format("rule {} says {}", rule.name, name_of(rule.action)), {}};
}

Decision decided(const Rule& rule, Question& question, const std::vector<std::string>& tenant_domains) {
  if (rule.action == Action::Pass) return {&rule, Action::Pass, "", "rule", format("rule {} says pass", rule.name), {}};
  if (rule.action != Action::Relay) return refused(rule, question.envelope());
  if (auto found = objection(rule, question, tenant_domains)) {
    return {&rule, Action::Pass, "", std::move(found->reason), std::move(found->text), {}};
  }
  auto author = new_author(rule, question, tenant_domains);
  std::string mailbox = mailbox_of(rule, author ? author->from : question.from()->text);
  std::string text = format("rule {} relays through {}", rule.name, mailbox);
  return {&rule, Action::Relay, std::move(mailbox), "", std::move(text), std::move(author)};
}

// The smallest message that may match; nullopt: none does. No transfer encoding is shorter than what it encodes, so a
// message is at least as large as its parts.
std::optional<ByteCount> smallest_message(const Rule& rule) {
  ByteCount least = 0;
  for (const auto* sizes : {&rule.message_size, &rule.part_size, &rule.large_parts_size}) {
    if (!*sizes) continue;
    if ((*sizes)->is_empty()) return std::nullopt;
    least = std::max(least, (*sizes)->smallest());
  }
  return least;
}

// Whether the rule matches is open, and so is what a later rule might do: nobody relays.
Decision undecided(const Rule& rule, const Outcome& outcome, Question& question) {
  return {&rule, Action::Pass, "", "pattern-limit", format("rule {}: {}", rule.name, describe(rule, outcome, question)),
          {}};
}

std::string describe(const Rule& rule, const Decision& decision) {
  if (decision.action == Action::Relay) {
    std::string words = format("matches: relay through {}", decision.mailbox);
    if (decision.new_author) words += format(", From becomes {}", decision.new_author->from);
    return words;
  }
  if (decision.reason == "rule") return format("matches: {}", name_of(decision.action));
  return format("matches, but is not {}: {}", rule.action == Action::Relay ? "relayed" : "refused", decision.text);
}

}  // namespace

Result<Policy> Policy::read(const config::ConfText& conf, const std::vector<std::string>& tenant_domains,
                            std::shared_ptr<MapStore> maps) {
  Policy policy;
  if (maps == nullptr) maps = std::make_shared<MapStore>();
  GM_TRY_ASSIGN(policy.tenant_domains_, canonical_domains(tenant_domains));
  GM_TRY_ASSIGN(const Defaults defaults, read_defaults(conf, *maps));
  std::vector<Rule> rules;
  std::map<std::string, std::string> places;
  for (const config::ConfSection& section : conf.sections) {
    if (section.name != "rule" && !section.name.starts_with("rule ")) continue;
    GM_TRY_ASSIGN(Rule rule, read_rule(section, defaults, policy.tenant_domains_, *maps));
    const auto [place, is_new] = places.emplace(rule.name, section.where());
    if (!is_new) {
      return fail(ErrorKind::Usage, section.where(), format("there are two rules named {}", rule.name),
                  format("the other one is in {}; rename one of them", place->second));
    }
    rules.push_back(std::move(rule));
  }
  policy.conditions_ = std::make_shared<const Conditions>(rules);
  policy.interests_ = std::make_shared<const std::vector<Interest>>(interests_of(rules));
  policy.rules_ = std::make_shared<const std::vector<Rule>>(std::move(rules));
  policy.maps_ = std::move(maps);
  return policy;
}

Decision Policy::decide(const mail::Envelope& envelope, const mail::MessageFacts& facts) const {
  Question question(envelope, facts, tenant_domains_);
  Inquiry inquiry(*rules_, *conditions_, question);
  const Rule* closest = nullptr;
  Outcome furthest;
  for (std::size_t i = 0; i < rules_->size(); ++i) {
    const Rule& rule = (*rules_)[i];
    const Outcome outcome = inquiry.ask_all(i);
    if (outcome.holds == Holds::Yes) return decided(rule, question, tenant_domains_);
    if (outcome.holds == Holds::Unknown) return undecided(rule, outcome, question);
    // Checks stand in their table in the order in which they are asked.
    if ((closest != nullptr && outcome.decided <= furthest.decided) || rule.action != Action::Relay) continue;
    closest = &rule;
    furthest = outcome;
  }
  std::string text = "no rule relays";
  if (closest != nullptr) {
    text = format("no rule matches; rule {}: {}", closest->name, describe(*closest, furthest, question));
  }
  return {nullptr, Action::Pass, "", "no-rule", std::move(text), {}};
}

std::vector<Policy::Interest> Policy::interests_of(const std::vector<Rule>& rules) {
  std::vector<Interest> out;
  for (std::size_t i = 0; i < rules.size(); ++i) {
    const auto least = smallest_message(rules[i]);
    if (rules[i].action != Action::Pass && least) out.push_back({i, *least});
  }
  return out;
}

std::optional<ByteCount> Policy::smallest_interesting_size(const mail::Envelope& envelope) const {
  std::optional<ByteCount> smallest;
  if (envelope.has_null_sender()) return smallest;
  Question question(envelope);
  Inquiry inquiry(*rules_, *conditions_, question);
  for (const Interest& interest : *interests_) {
    if (inquiry.ask_envelope(interest.rule).holds == Holds::No) continue;
    smallest = std::min(smallest.value_or(interest.least), interest.least);
    if (*smallest == 0) break;
  }
  return smallest;
}

std::vector<Error> Policy::warnings(ByteCount part, ByteCount message) const {
  return find_warnings(*rules_, {part, largest_message_limit(message)});
}

ByteCount Policy::message_limit(std::string_view mailbox, ByteCount otherwise) const {
  return sizes_ == nullptr ? otherwise : sizes_->find(mailbox).value_or(otherwise);
}

ByteCount Policy::largest_message_limit(ByteCount otherwise) const {
  return sizes_ == nullptr ? otherwise : std::max(otherwise, sizes_->largest());
}

std::string Policy::explain(const mail::Envelope& envelope, const mail::MessageFacts& facts) const {
  Question question(envelope, facts, tenant_domains_);
  Inquiry inquiry(*rules_, *conditions_, question);
  Question retold(envelope, facts, tenant_domains_);  // what words cost must not change what comes behind them
  std::string out;
  bool decided_already = false;
  for (std::size_t i = 0; i < rules_->size(); ++i) {
    const Rule& rule = (*rules_)[i];
    std::string words = "not asked";
    if (!decided_already) {
      const Outcome outcome = inquiry.ask_all(i);
      decided_already = outcome.holds != Holds::No;
      if (outcome.holds == Holds::No) {
        words = "does not match: " + describe(rule, outcome, retold);
      } else if (outcome.holds == Holds::Unknown) {
        words = "nobody knows whether it matches, so it is not relayed: " + describe(rule, outcome, retold);
      } else {
        words = describe(rule, decided(rule, question, tenant_domains_));
      }
    }
    out += format("rule {} ({}:{}): {}\n", rule.name, rule.file, rule.line, words);
  }
  if (!decided_already) out += "no rule matches: pass\n";
  return out;
}

}  // namespace graph_milter::policy
