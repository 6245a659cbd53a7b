// SPDX-License-Identifier: Apache-2.0
#include "core/intake/answers.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <exception>
#include <utility>

#include "core/plan/losses.h"

namespace graph_milter::intake {

namespace {

Answer discard() { return {AnswerKind::Discard, "", "", ""}; }

// The queue has the message: no trouble with a log line may make the MTA keep it too.
template <class Function>
void log_in_any_case(Function log) {
  try {
    log();
  } catch (const std::exception&) {
    return;
  }
}

}  // namespace

Answer try_later() {
  return {AnswerKind::TempFail, "451", "4.3.0", "The mail could not be processed now; try again later"};
}

Answer no_room() { return {AnswerKind::TempFail, "452", "4.3.1", "No room to store the mail now; try again later"}; }

Answer service_down() {
  return {AnswerKind::TempFail, "451", "4.4.1", "Microsoft 365 does not take mail now; try again later"};
}

Answer too_much() { return {AnswerKind::TempFail, "450", "4.7.1", "Too much mail within an hour; try again later"}; }

Answer not_in_time() {
  return {AnswerKind::TempFail, "451", "4.4.7", "Microsoft 365 has not taken the mail in time; try again later"};
}

Answer too_many_waiting() {
  return {AnswerKind::TempFail, "451", "4.3.2", "Too many messages wait for Microsoft 365; try again later"};
}

Answer not_taken(const queue::GiveUp& why) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 4> kCodes = {
      {{"5.3.4", "552"}, {"5.2.2", "552"}, {"5.1.", "550"}, {"5.7.", "550"}}};
  if (!why.status.starts_with('5')) return not_in_time();
  const auto code = std::find_if(kCodes.begin(), kCodes.end(),
                                 [&](const auto& row) { return std::string_view(why.status).starts_with(row.first); });
  std::string text = "Microsoft 365 refused the mail: " + why.diagnostic;
  std::replace(text.begin(), text.end(), '%', ' ');
  return {AnswerKind::Reject, std::string(code == kCodes.end() ? "554" : code->second), why.status, std::move(text)};
}

bool is_lack_of_room(const Error& error) { return error.status == ENOSPC || error.status == EDQUOT; }

EventSubject Answers::subject(const mail::MessageFacts* facts) const {
  return {envelope_, facts, size_, context_.settings.log_recipients, context_.clock->now()};
}

Answer Answers::pass(LogLevel level, const mail::MessageFacts* facts, std::string_view rule, std::string_view reason,
                     std::string_view text) const {
  log_passed(level, subject(facts), rule, reason, text);
  return {};
}

Answer Answers::refuse(Answer answer, const mail::MessageFacts* facts, const Error& why) const {
  log_refused(subject(facts), answer, why);
  return answer;
}

Answer Answers::refuse(Answer answer, const mail::MessageFacts& facts, std::string_view rule, std::string_view reason,
                       std::string_view text) const {
  log_refused(subject(&facts), rule, answer, reason, text);
  return answer;
}

Answer Answers::pretended(const mail::MessageFacts& facts, std::string_view rule) const {
  return pass(LogLevel::Info, &facts, rule, "pretend", "the rule only pretends");
}

Answer Answers::would_relay(const mail::MessageFacts& facts, const plan::Plan& plan) const {
  log_would_relay(subject(&facts), plan, plan::join_codes(plan::find_losses(envelope_, facts, plan)));
  return pretended(facts, plan.rule);
}

Answer Answers::would_refuse(const Answer& answer, const mail::MessageFacts& facts, std::string_view rule,
                             std::string_view reason, std::string_view text) const {
  log_would_refuse(subject(&facts), rule, answer, reason, text);
  return pretended(facts, rule);
}

Answer Answers::would_hold(const mail::MessageFacts& facts, std::string_view rule, std::string_view reason,
                           std::string_view text) const {
  log_would_hold(subject(&facts), rule, reason, text);
  return pretended(facts, rule);
}

Answer Answers::mta_gone(const mail::MessageFacts& facts) const {
  return refuse(try_later(), &facts,
                make_error(ErrorKind::Cancelled, "end of message", "the MTA has gone; the message was not taken"));
}

Answer Answers::taken(const mail::MessageFacts& facts, std::string_view entry_id, const plan::Plan& plan,
                      const std::function<bool()>& may_be_doubled) const {
  log_in_any_case([&] {
    log_received(subject(&facts), entry_id, plan, may_be_doubled() ? Receipt::Unheard : Receipt::Queued);
    if (plan.unplanned) return log_kept(subject(&facts), entry_id, plan);
    log_planned(subject(&facts), entry_id, plan, plan::join_codes(plan::find_losses(envelope_, facts, plan)));
  });
  return discard();
}

void Answers::awaited(const mail::MessageFacts& facts, std::string_view entry_id, const plan::Plan& plan) const {
  log_in_any_case([&] {
    log_received(subject(&facts), entry_id, plan, Receipt::Awaited);
    log_planned(subject(&facts), entry_id, plan, plan::join_codes(plan::find_losses(envelope_, facts, plan)));
  });
}

Answer Answers::delivered(const mail::MessageFacts& facts, std::string_view entry_id,
                          const std::function<bool()>& may_be_doubled) const {
  log_in_any_case([&] { log_answered(subject(&facts), entry_id, may_be_doubled()); });
  return discard();
}

Answer Answers::withdrawn(const mail::MessageFacts& facts, std::string_view entry_id, const queue::GiveUp& why) const {
  Answer answer = not_taken(why);
  log_in_any_case([&] { log_withdrawn(subject(&facts), entry_id, answer, why); });
  return answer;
}

Answer Answers::adopted(const mail::MessageFacts& facts, std::string_view entry_id) const {
  log_in_any_case([&] { log_adopted(subject(&facts), entry_id); });
  return discard();
}

}  // namespace graph_milter::intake
