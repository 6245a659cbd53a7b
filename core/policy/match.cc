// SPDX-License-Identifier: Apache-2.0
#include "core/policy/match.h"

#include <algorithm>
#include <array>

#include "core/base/format.h"
#include "core/base/text.h"

namespace graph_milter::policy {

namespace {

std::string shown(std::string_view value) { return value.empty() ? "(none)" : escape_for_log(value, 120); }

Holds holds_if(bool condition) { return condition ? Holds::Yes : Holds::No; }

Holds holds_by(Match match) {
  if (match == Match::Unknown) return Holds::Unknown;
  return holds_if(match != Match::No);
}

template <auto Member>
bool is_set(const Rule& rule) {
  return (rule.*Member).has_value();
}

// A list that is asked about one thing that the envelope names.
template <std::optional<MatchList> Rule::*Member, const Subject& (Question::*Ask)()>
Holds list_holds(const Rule& rule, Question& question) {
  return holds_by((rule.*Member)->find((question.*Ask)(), question.work()).match);
}

std::string why_not_in(const MatchList& list, std::string_view what, const Subject& subject, Question& question) {
  return list.why_not(what, subject, list.find(subject, question.work()));
}

template <const auto& Name, std::optional<MatchList> Rule::*Member, const Subject& (Question::*Ask)()>
std::string list_why_not(const Rule& rule, Question& question) {
  return why_not_in(*(rule.*Member), Name, (question.*Ask)(), question);
}

constexpr std::string_view kClient = "client";
constexpr std::string_view kDaemon = "daemon";
constexpr std::string_view kLogin = "login";
constexpr std::string_view kSender = "sender";

template <const auto& Name, std::optional<MatchList> Rule::*Member, const Subject& (Question::*Ask)()>
constexpr Check kListCheck = {Name, false, is_set<Member>, list_holds<Member, Ask>, list_why_not<Name, Member, Ask>};

Holds map_knows_login(const Rule& rule, Question& question) {
  return holds_if(rule.sender_map->knows(question.envelope().login));
}

std::string map_knows_not(const Rule& rule, Question& question) {
  return format("login {} is not in {}", shown(question.envelope().login), rule.sender_map->path());
}

std::string no_single_from(const Question& question) { return question.no_from() + ", where one mailbox is asked for"; }

Holds from_holds(const Rule& rule, Question& question) {
  const Subject* from = question.from();
  return from == nullptr ? Holds::No : holds_by(rule.from->find(*from, question.work()).match);
}

std::string from_why_not(const Rule& rule, Question& question) {
  const Subject* from = question.from();
  return from == nullptr ? no_single_from(question) : why_not_in(*rule.from, "from", *from, question);
}

Holds map_allows_from(const Rule& rule, Question& question) {
  const Subject* from = question.from();
  return holds_if(from != nullptr && rule.sender_map->allows(question.envelope().login, from->text));
}

std::string map_allows_not(const Rule& rule, Question& question) {
  const Subject* from = question.from();
  if (from == nullptr) return no_single_from(question);
  return format("from {} is not what login {} may use by {}", shown(from->text), shown(question.envelope().login),
                rule.sender_map->path());
}

Holds part_size_holds(const Rule& rule, Question& question) {
  return holds_if(question.largest_part() >= *rule.part_size);
}

std::string part_size_why_not(const Rule& rule, Question& question) {
  return format("part-size: the largest part has {} bytes, fewer than {}", question.largest_part(), *rule.part_size);
}

Holds message_size_holds(const Rule& rule, Question& question) {
  return holds_if(question.facts().size >= *rule.message_size);
}

std::string message_size_why_not(const Rule& rule, Question& question) {
  return format("message-size: the message has {} bytes, fewer than {}", question.facts().size, *rule.message_size);
}

constexpr std::array kChecks = {
    kListCheck<kClient, &Rule::client, &Question::client>,
    kListCheck<kDaemon, &Rule::daemon, &Question::daemon>,
    kListCheck<kLogin, &Rule::login, &Question::login>,
    Check{"sender-map", false, is_set<&Rule::sender_map>, map_knows_login, map_knows_not},
    kListCheck<kSender, &Rule::sender, &Question::sender>,
    Check{"from", true, is_set<&Rule::from>, from_holds, from_why_not},
    Check{"sender-map", true, is_set<&Rule::sender_map>, map_allows_from, map_allows_not},
    Check{"part-size", true, is_set<&Rule::part_size>, part_size_holds, part_size_why_not},
    Check{"message-size", true, is_set<&Rule::message_size>, message_size_holds, message_size_why_not},
};

Outcome ask(const Rule& rule, const Checks& checks, Question& question, bool with_content) {
  Outcome unknown;
  for (const Check* check : checks) {
    if (check->asks_content && !with_content) continue;
    const Holds holds = check->holds(rule, question);
    if (holds == Holds::No) return {holds, check};
    // One condition that surely does not hold settles what another one leaves open.
    if (holds == Holds::Unknown && unknown.decided == nullptr) unknown = {holds, check};
  }
  return unknown;
}

}  // namespace

std::span<const Check> all_checks() { return kChecks; }

Checks checks_of(const Rule& rule) {
  Checks checks;
  for (const Check& check : kChecks) {
    if (check.is_set(rule)) checks.push_back(&check);
  }
  return checks;
}

Outcome ask_all(const Rule& rule, const Checks& checks, Question& question) {
  return ask(rule, checks, question, true);
}

Outcome ask_envelope(const Rule& rule, const Checks& checks, Question& question) {
  return ask(rule, checks, question, false);
}

std::string describe(const Rule& rule, const Outcome& outcome, Question& question) {
  if (outcome.holds == Holds::No) return outcome.decided->why_not(rule, question);
  return format("{}: a pattern needs more steps than all patterns together may take for one message",
                outcome.decided->key);
}

}  // namespace graph_milter::policy
