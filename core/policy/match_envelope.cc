// SPDX-License-Identifier: Apache-2.0
// Conditions on what SMTP said before the message.
#include <array>

#include "core/base/format.h"
#include "core/policy/check_parts.h"

namespace graph_milter::policy {

namespace {

// A list that is asked about one thing that the envelope names.
template <std::optional<MatchList> Rule::*Member, const Subject& (Question::*Ask)()>
Holds list_holds(const Rule& rule, Question& question) {
  return holds_by((rule.*Member)->find((question.*Ask)(), question.work()).match);
}

template <const auto& Name, std::optional<MatchList> Rule::*Member, const Subject& (Question::*Ask)()>
std::string list_why_not(const Rule& rule, Question& question) {
  return why_not_in(*(rule.*Member), Name, (question.*Ask)(), question);
}

constexpr std::string_view kClient = "client";
constexpr std::string_view kDaemon = "daemon";
constexpr std::string_view kLogin = "login";
constexpr std::string_view kSender = "sender";

template <const Subject& (Question::*Ask)()>
Names subject_names(Question& question) {
  Names names;
  add_names((question.*Ask)(), names);
  return names;
}

template <const auto& Name, std::optional<MatchList> Rule::*Member, const Subject& (Question::*Ask)()>
constexpr Check kListCheck = {Name,
                              false,
                              is_set<Member>,
                              list_holds<Member, Ask>,
                              list_why_not<Name, Member, Ask>,
                              member_includes<Member>,
                              member_text<Member>,
                              member_names<Member>,
                              subject_names<Ask>};

Holds map_knows_login(const Rule& rule, Question& question) {
  return holds_if(rule.sender_map->knows(question.envelope().login));
}

std::string map_knows_not(const Rule& rule, Question& question) {
  return format("login {} is not in {}", shown(question.envelope().login), rule.sender_map->path());
}

constexpr std::array kChecks = {
    kListCheck<kClient, &Rule::client, &Question::client>,
    kListCheck<kDaemon, &Rule::daemon, &Question::daemon>,
    kListCheck<kLogin, &Rule::login, &Question::login>,
    Check{"sender-map", false, is_set<&Rule::sender_map>, map_knows_login, map_knows_not, same_map, map_path},
    kListCheck<kSender, &Rule::sender, &Question::sender>,
};

}  // namespace

std::span<const Check> envelope_checks() { return kChecks; }

}  // namespace graph_milter::policy
