// SPDX-License-Identifier: Apache-2.0
// Conditions that are asked when the message is there: recipients, header, sizes, parts.
#include <array>

#include "core/base/format.h"
#include "core/policy/check_parts.h"

namespace graph_milter::policy {

namespace {

const Subject& itself(const Subject& subject) { return subject; }

// --- recipients ---

Holds recipient_holds(const Rule& rule, Question& question) {
  return some_hold(*rule.recipient, question.recipients(), question.work(), itself);
}

std::string recipient_why_not(const Rule& rule, Question& question) {
  const std::size_t count = question.envelope().recipient_count();
  if (count == 1) return why_not_in(*rule.recipient, "recipient", question.recipients().front(), question);
  return format("recipient: none of {} is in {}", count, rule.recipient->text());
}

Names recipient_names(Question& question) {
  Names names;
  for (const Subject& recipient : question.recipients()) add_names(recipient, names);
  return names;
}

Holds all_recipients_hold(const Rule& rule, Question& question) {
  // Of those that were not kept nobody can say so.
  if (question.recipients().empty() || question.envelope().further_recipients > 0) return Holds::No;
  Holds holds = Holds::Yes;
  for (const Subject& recipient : question.recipients()) {
    const Holds one = holds_by(rule.all_recipients->find(recipient, question.work()).match);
    if (one == Holds::No) return one;
    if (one == Holds::Unknown) holds = one;
  }
  return holds;
}

std::string all_recipients_why_not(const Rule& rule, Question& question) {
  for (const Subject& recipient : question.recipients()) {
    const auto found = rule.all_recipients->find(recipient, question.work());
    if (found.match == Match::No)
      return "all-recipients: " + rule.all_recipients->why_not("recipient", recipient, found);
  }
  return format("all-recipients: there are {} recipients", question.envelope().recipient_count());
}

Holds recipients_are_hold(const Rule& rule, Question& question) {
  if (question.recipients_are().key.empty()) return Holds::No;
  return holds_by(rule.recipients_are->find(question.recipients_are(), question.work()).match);
}

std::string recipients_are_not(const Rule& rule, Question& question) {
  return format("recipients-are: they are {}, not {}", shown(question.recipients_are().text),
                rule.recipients_are->text());
}

// --- header ---

std::string no_single_from(const Question& question) { return question.no_from() + ", where one mailbox is asked for"; }

Holds from_holds(const Rule& rule, Question& question) {
  const Subject* from = question.from();
  return from == nullptr ? Holds::No : holds_by(rule.from->find(*from, question.work()).match);
}

Names from_names(Question& question) {
  Names names;
  if (question.from() != nullptr) add_names(*question.from(), names);
  return names;
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

bool has_headers(const Rule& rule) { return !rule.headers.empty(); }

Holds headers_hold(const Rule& rule, Question& question) {
  Holds holds = Holds::Yes;
  for (const HeaderCondition& header : rule.headers) {
    const Holds one = holds_by(header.find(question.facts(), question.work()));
    if (one == Holds::No) return one;
    if (one == Holds::Unknown) holds = one;
  }
  return holds;
}

std::string headers_why_not(const Rule& rule, Question& question) {
  for (const HeaderCondition& header : rule.headers) {
    if (header.find(question.facts(), question.work()) == Match::No) return header.why_not();
  }
  return "header";
}

bool headers_include(const Rule& outer, const Rule& inner) {
  return std::all_of(outer.headers.begin(), outer.headers.end(), [&](const HeaderCondition& wanted) {
    return std::any_of(inner.headers.begin(), inner.headers.end(),
                       [&](const HeaderCondition& header) { return header.text() == wanted.text(); });
  });
}

std::string headers_text(const Rule& rule) {
  std::string out;
  for (const HeaderCondition& header : rule.headers) out += header.text() + "\n";
  return out;
}

// --- sizes and parts ---

Holds message_size_holds(const Rule& rule, Question& question) {
  return holds_if(rule.message_size->holds(question.facts().size));
}

std::string message_size_why_not(const Rule& rule, Question& question) {
  return "message-size: the message " + rule.message_size->why_not(question.facts().size);
}

Holds part_size_holds(const Rule& rule, Question& question) {
  return holds_if(rule.part_size->holds(question.largest_part()));
}

std::string part_size_why_not(const Rule& rule, Question& question) {
  return "part-size: the largest part " + rule.part_size->why_not(question.largest_part());
}

ByteCount large_parts(const Rule& rule, Question& question) {
  return question.size_of_parts(rule.threshold().value_or(0));
}

Holds large_parts_hold(const Rule& rule, Question& question) {
  return holds_if(rule.large_parts_size->holds(large_parts(rule, question)));
}

std::string large_parts_why_not(const Rule& rule, Question& question) {
  return format("large-parts-size: what is in parts of at least {} bytes {}", rule.threshold().value_or(0),
                rule.large_parts_size->why_not(large_parts(rule, question)));
}

bool large_parts_include(const Rule& outer, const Rule& inner) {
  return outer.threshold() == inner.threshold() && outer.large_parts_size->includes(*inner.large_parts_size);
}

std::string large_parts_text(const Rule& rule) {
  return format("{} of at least {}", rule.large_parts_size->text(), rule.threshold().value_or(0));
}

template <std::optional<MatchList> Rule::*Member, Subject Question::PartSubject::*Of>
Holds some_part_holds(const Rule& rule, Question& question) {
  return some_hold(*(rule.*Member), question.parts(), question.work(),
                   [](const Question::PartSubject& part) -> const Subject& { return part.*Of; });
}

std::string part_type_why_not(const Rule& rule, Question& question) {
  return format("part-type: none of {} is in {}", question.parts().size(), rule.part_type->text());
}

std::string part_name_why_not(const Rule& rule, Question& question) {
  return format("part-name: none of {} is in {}", question.parts().size(), rule.part_name->text());
}

constexpr std::array kChecks = {
    Check{"from", true, is_set<&Rule::from>, from_holds, from_why_not, member_includes<&Rule::from>,
          member_text<&Rule::from>, member_names<&Rule::from>, from_names},
    Check{"sender-map", true, is_set<&Rule::sender_map>, map_allows_from, map_allows_not, same_map, map_path},
    Check{"recipient", true, is_set<&Rule::recipient>, recipient_holds, recipient_why_not,
          member_includes<&Rule::recipient>, member_text<&Rule::recipient>, member_names<&Rule::recipient>,
          recipient_names},
    Check{"all-recipients", true, is_set<&Rule::all_recipients>, all_recipients_hold, all_recipients_why_not,
          member_includes<&Rule::all_recipients>, member_text<&Rule::all_recipients>,
          member_names<&Rule::all_recipients>, recipient_names},
    Check{"recipients-are", true, is_set<&Rule::recipients_are>, recipients_are_hold, recipients_are_not,
          member_includes<&Rule::recipients_are>, member_text<&Rule::recipients_are>},
    Check{"part-size", true, is_set<&Rule::part_size>, part_size_holds, part_size_why_not,
          member_includes<&Rule::part_size>, member_text<&Rule::part_size>},
    Check{"message-size", true, is_set<&Rule::message_size>, message_size_holds, message_size_why_not,
          member_includes<&Rule::message_size>, member_text<&Rule::message_size>},
    Check{"large-parts-size", true, is_set<&Rule::large_parts_size>, large_parts_hold, large_parts_why_not,
          large_parts_include, large_parts_text},
    Check{"part-type", true, is_set<&Rule::part_type>, some_part_holds<&Rule::part_type, &Question::PartSubject::type>,
          part_type_why_not, member_includes<&Rule::part_type>, member_text<&Rule::part_type>},
    Check{"part-name", true, is_set<&Rule::part_name>, some_part_holds<&Rule::part_name, &Question::PartSubject::name>,
          part_name_why_not, member_includes<&Rule::part_name>, member_text<&Rule::part_name>},
    Check{"header", true, has_headers, headers_hold, headers_why_not, headers_include, headers_text},
};

}  // namespace

std::span<const Check> content_checks() { return kChecks; }

}  // namespace graph_milter::policy
