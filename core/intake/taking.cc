// SPDX-License-Identifier: Apache-2.0
#include "core/intake/taking.h"

#include <algorithm>
#include <utility>

#include "core/base/failpoint.h"
#include "core/base/id.h"
#include "core/base/text.h"
#include "core/intake/content_digest.h"
#include "core/intake/fallback.h"
#include "core/intake/planning.h"
#include "core/mail/address.h"
#include "core/queue/resend_key.h"

namespace graph_milter::intake {

namespace {

// So long a message that we sent is looked for when one of its Message-ID arrives.
constexpr auto kComesBackWithin = std::chrono::hours(24);

std::string field_value(const mail::MessageFacts& facts, std::string_view lower_name) {
  const mail::HeaderField* field = facts.find_header(lower_name);
  return field != nullptr ? std::string(trim(field->value)) : std::string();
}

bool is_with_us(const queue::TraceRecord& record) {
  return record.outcome == queue::Outcome::None || record.outcome == queue::Outcome::Sent;
}

}  // namespace

plan::ServiceLimits limits_for(const IntakeSettings& settings, const policy::Policy& policy,
                               const policy::Decision& decision) {
  plan::ServiceLimits limits = settings.service;
  limits.max_message_size = policy.message_limit(decision.mailbox, limits.max_message_size);
  return limits;
}

std::optional<Answer> Taking::recognise(const mail::MessageFacts& facts, const std::function<bool()>& mta_still_there) {
  // What can't be read alike by all is passed as it always was, unless the rule does something else with it.
  if (!facts.is_clean() && !refuses() && otherwise() == config::Otherwise::Pass) return std::nullopt;
  if (context_.guard != nullptr && context_.guard->has_seal(facts)) {
    return answers_.pass(LogLevel::Warning, &facts, rule(), "loop",
                         "it left through us before and came back; look for a forwarding or a connector that sends "
                         "mail of Microsoft 365 here");
  }
  if (auto answer = recognise_resend(facts, mta_still_there)) return answer;
  if (refuses()) return std::nullopt;  // a Message-ID alone proves nothing, and the rule speaks of this very message
  return recognise_return(facts);
}

std::optional<Answer> Taking::recognise_resend(const mail::MessageFacts& facts,
                                               const std::function<bool()>& mta_still_there) {
  // Where readers differ about the header, nobody knows which fields are the author's.
  const auto digest = facts.is_clean() ? content_digest(facts, file_) : file_.sha256_hex();
  if (!digest) return answers_.refuse(try_later(), &facts, digest.error());
  resend_key_ =
      queue::make_resend_key(envelope_, field_value(facts, "message-id"), field_value(facts, "date"), *digest);
  if (resend_key_.empty()) return std::nullopt;
  const auto known = context_.queue->find_resend(resend_key_);
  if (!known) return answers_.refuse(try_later(), &facts, known.error());
  if (!*known) return std::nullopt;
  return answer_known(**known, facts, mta_still_there);
}

// Nothing: it was withdrawn meanwhile, so what the client sends now is a new message.
std::optional<Answer> Taking::answer_known(const std::string& id, const mail::MessageFacts& facts,
                                           const std::function<bool()>& mta_still_there) {
  const auto entry = context_.queue->find(id);
  if (!entry) return answers_.refuse(try_later(), &facts, entry.error());
  if (!*entry) return std::nullopt;
  const queue::Outlook outlook = queue::outlook_of(**entry);
  if (outlook.prospect == queue::Prospect::NotTaken) return std::nullopt;
  const Addresses recipients = addresses_of((*entry)->envelope);
  if (outlook.prospect == queue::Prospect::Taken) return tell_mta(answers_.adopted(facts, id), recipients);
  Awaiting awaiting(*context_.queue, context_.clock, context_.settings.accept_deadline);
  if (!awaiting.begin(id, context_.settings.accept_waiting)) return too_many_wait(facts);
  return settle(awaiting, id, recipients, facts, mta_still_there);
}

// What Graph delivers is never byte for byte what we were given. Equal bytes are another copy of the same message, for
// other recipients.
std::optional<Answer> Taking::recognise_return(const mail::MessageFacts& facts) {
  const std::string message_id = field_value(facts, "message-id");
  if (message_id.empty()) return std::nullopt;
  const auto sent = context_.queue->find_sent(message_id, context_.clock->now() - kComesBackWithin);
  if (!sent) return answers_.refuse(try_later(), &facts, sent.error());
  if (!*sent) return std::nullopt;
  const auto entry = context_.queue->find((*sent)->id);
  if (!entry) return answers_.refuse(try_later(), &facts, entry.error());
  const auto digest = file_.sha256_hex();
  if (!digest) return answers_.refuse(try_later(), &facts, digest.error());
  if (*entry && (*entry)->sha256 == *digest) return std::nullopt;
  return answers_.pass(LogLevel::Error, &facts, rule(), "message-id-came-back",
                       "entry " + (*sent)->id +
                           " of this Message-ID was sent within a day; look for a loop, or for a "
                           "program that repeats its Message-ID");
}

config::Otherwise Taking::otherwise() const { return otherwise_of(context_.settings, *decision_.rule); }

std::string Taking::make_seal(const std::string& id) const {
  return context_.guard == nullptr ? std::string()
                                   : context_.guard->seal(plan::make_marker(context_.settings.instance, id));
}

Answer Taking::take(mail::MessageFacts facts, const std::function<bool()>& mta_still_there) {
  const TimePoint now = context_.clock->now();
  const std::string id = make_entry_id(now);
  const Planning planning = make_planning({context_.settings, context_.policy, make_seal(id), now}, decision_,
                                          envelope_, std::move(facts), file_, id);
  const mail::MessageFacts& read = planning.facts;
  if (read.verdict == mail::Verdict::Error) {
    const std::string detail = read.findings.empty() ? std::string("unreadable") : read.findings.front().detail;
    return answers_.refuse(try_later(), &read, make_error(ErrorKind::System, "reading the message", detail));
  }
  if (const auto* why = std::get_if<plan::LeaveAlone>(&planning.outcome)) {
    return fall_back(read, *why, LogLevel::Warning, mta_still_there);
  }
  const auto& plan = std::get<plan::Plan>(planning.outcome);
  if (pretends(context_.settings, *decision_.rule)) return answers_.would_relay(read, plan);
  if (auto answer = check_service(read, plan)) return *std::move(answer);
  return commit_within_limits(id, plan, read, mta_still_there);
}

Answer Taking::refuse(const mail::MessageFacts& facts) {
  const Answer answer = reply_of(*decision_.rule);
  if (pretends(context_.settings, *decision_.rule)) {
    return answers_.would_refuse(answer, facts, rule(), decision_.reason, decision_.text);
  }
  return answers_.refuse(answer, facts, rule(), decision_.reason, decision_.text);
}

Answer Taking::fall_back(const mail::MessageFacts& facts, const plan::LeaveAlone& why, LogLevel level,
                         const std::function<bool()>& mta_still_there) {
  switch (otherwise()) {
    case config::Otherwise::Pass:
      break;
    case config::Otherwise::Reject:
      return fall_back_to_refusal(facts, why, true);
    case config::Otherwise::TempFail:
      return fall_back_to_refusal(facts, why, false);
    case config::Otherwise::Hold:
      return hold(facts, why, mta_still_there);
  }
  return answers_.pass(level, &facts, rule(), why.reason, why.text);
}

Answer Taking::fall_back_unheld(const mail::MessageFacts& facts, const plan::LeaveAlone& why) {
  if (otherwise() == config::Otherwise::Reject) return fall_back_to_refusal(facts, why, true);
  if (otherwise() == config::Otherwise::TempFail) return fall_back_to_refusal(facts, why, false);
  return answers_.pass(LogLevel::Warning, &facts, rule(), why.reason, why.text);
}

Answer Taking::fall_back_to_refusal(const mail::MessageFacts& facts, const plan::LeaveAlone& why, bool permanent) {
  const Answer answer = refusal_of(why.reason, why.text, permanent);
  if (pretends(context_.settings, *decision_.rule)) {
    return answers_.would_refuse(answer, facts, rule(), why.reason, why.text);
  }
  return answers_.refuse(answer, facts, rule(), why.reason, why.text);
}

// Taken like any other, so nothing is lost; only that nobody but the administrator goes on with it. Recipients whose
// addresses nobody can compare stay with the MTA.
Answer Taking::hold(const mail::MessageFacts& facts, const plan::LeaveAlone& why,
                    const std::function<bool()>& mta_still_there) {
  if (addresses_of(envelope_).empty()) {
    return answers_.pass(LogLevel::Warning, &facts, rule(), why.reason, why.text);
  }
  if (pretends(context_.settings, *decision_.rule)) return answers_.would_hold(facts, rule(), why.reason, why.text);
  plan::Plan plan = plan::make_no_plan(facts, rule(), decision_.mailbox, why);
  plan.handling = handling_of(context_.settings, *decision_.rule);
  return commit(make_entry_id(context_.clock->now()), plan, facts, mta_still_there);
}

Answer Taking::commit_within_limits(const std::string& id, const plan::Plan& plan, const mail::MessageFacts& facts,
                                    const std::function<bool()>& mta_still_there) {
  if (context_.quotas == nullptr) return commit(id, plan, facts, mta_still_there);
  const std::vector<pace::Payer> payers = payers_of(context_.settings, envelope_, plan.mailbox);
  if (const auto refusal = context_.quotas->take(payers, file_.size(), context_.clock->now())) {
    return over_limit(facts, describe(payers[refusal->payer], refusal->limit), mta_still_there);
  }
  Answer answer = commit(id, plan, facts, mta_still_there);
  if (!is_taken(answer.kind)) context_.quotas->give_back(payers, file_.size());
  return answer;
}

Answer Taking::over_limit(const mail::MessageFacts& facts, const OverLimit& why,
                          const std::function<bool()>& mta_still_there) {
  if (context_.settings.when_over_limit == WhenOverLimit::Pass) {
    return fall_back(facts, {why.reason, why.text}, LogLevel::Warning, mta_still_there);
  }
  return answers_.refuse(too_much(), &facts, make_error(ErrorKind::Transient, why.reason, why.text));
}

std::optional<Answer> Taking::check_service(const mail::MessageFacts& facts, const plan::Plan& plan) {
  const WhenDown what = context_.settings.when_down;
  if (what == WhenDown::Queue || context_.service == nullptr) return std::nullopt;
  const queue::ServiceReport report = context_.service->report(plan.mailbox);
  if (report.condition == queue::Condition::Up) return std::nullopt;
  if (what == WhenDown::Pass) {
    return answers_.pass(LogLevel::Warning, &facts, rule(), "service-down", report.why);
  }
  const ErrorKind kind =
      report.condition == queue::Condition::Misconfigured ? ErrorKind::Configuration : ErrorKind::Transient;
  return answers_.refuse(service_down(), &facts, make_error(kind, "mailbox " + plan.mailbox, report.why));
}

Answer Taking::commit(const std::string& id, const plan::Plan& plan, const mail::MessageFacts& facts,
                      const std::function<bool()>& mta_still_there) {
  constexpr bool kKnownToBeNew = false;
  if (const Status room = context_.queue->check_room(file_.size()); !room) {
    return storage_failed(facts, room.error(), kKnownToBeNew);
  }
  if (!mta_still_there()) return answers_.mta_gone(facts);
  GM_FAILPOINT(C7);
  if (is_to_be_delivered() && !plan.unplanned) return commit_and_wait(id, plan, facts, mta_still_there);
  const Addresses recipients = plan.unplanned ? addresses_of(envelope_) : addresses_of(plan);
  const auto kept = context_.queue->commit(id, file_, with_recipients(envelope_, recipients), plan, resend_key_);
  if (!kept) return storage_failed(facts, kept.error(), kKnownToBeNew);
  if (kept->adopted) return answer_known(kept->id, facts, mta_still_there).value_or(try_later());
  return tell_mta(answers_.taken(facts, kept->id, plan, [&] { return resend_key_.empty() && !mta_still_there(); }),
                  recipients);
}

bool Taking::is_to_be_delivered() const {
  return decision_.rule->accept.value_or(context_.settings.accept) == config::Accept::Delivered;
}

// `accept = delivered`: what is committed is nobody's promise before Graph has it.
Answer Taking::commit_and_wait(const std::string& id, const plan::Plan& plan, const mail::MessageFacts& facts,
                               const std::function<bool()>& mta_still_there) {
  Awaiting awaiting(*context_.queue, context_.clock, context_.settings.accept_deadline);
  if (!awaiting.begin(id, context_.settings.accept_waiting)) return too_many_wait(facts);
  const Addresses recipients = addresses_of(plan);
  const auto kept = context_.queue->commit(id, file_, with_recipients(envelope_, recipients), plan, resend_key_);
  if (!kept || kept->adopted) awaiting.cancel();
  if (!kept) return storage_failed(facts, kept.error(), false);
  if (kept->adopted) return answer_known(kept->id, facts, mta_still_there).value_or(try_later());
  answers_.awaited(facts, id, plan);
  return settle(awaiting, id, recipients, facts, mta_still_there);
}

Answer Taking::settle(Awaiting& awaiting, const std::string& id, const Addresses& recipients,
                      const mail::MessageFacts& facts, const std::function<bool()>& mta_still_there) {
  const auto outlook = awaiting.finish(mta_still_there);
  if (!outlook) return answers_.refuse(try_later(), &facts, outlook.error());
  switch (outlook->prospect) {
    case queue::Prospect::Taken:
      return tell_mta(answers_.delivered(facts, id, [&] { return resend_key_.empty() && !mta_still_there(); }),
                      recipients);
    case queue::Prospect::NotTaken:
      return answers_.withdrawn(facts, id, outlook->why);
    case queue::Prospect::Open:
      break;
  }
  return answers_.refuse(not_in_time(), &facts,
                         make_error(ErrorKind::Transient, "entry " + id, "another connection waits for it"));
}

Answer Taking::too_many_wait(const mail::MessageFacts& facts) {
  return answers_.refuse(too_many_waiting(), &facts,
                         make_error(ErrorKind::Transient, "accept-waiting", "so many messages wait for Graph already"));
}

// DISCARD would destroy the mail of recipients whom Graph does not mail.
Answer Taking::tell_mta(Answer taken, const Addresses& recipients) const {
  if (how_to_take() == config::Take::Discard && !is_wider(envelope_, recipients)) return taken;
  taken.kind = AnswerKind::Share;
  taken.taken = forms_of(envelope_, recipients);
  return taken;
}

Answer Taking::not_stored(const mail::MessageFacts& facts, const Error& why) {
  return storage_failed(facts, why, may_be_known(facts));
}

Answer Taking::storage_failed(const mail::MessageFacts& facts, const Error& why, bool may_be_known) {
  if (!is_lack_of_room(why)) return answers_.refuse(try_later(), &facts, why);
  // After a failed journal nobody knows what is on disk: passing could deliver the message twice.
  if (context_.settings.when_full == WhenFull::Pass && !may_be_known && !context_.queue->failed()) {
    return answers_.pass(LogLevel::Warning, &facts, rule(), "spool-full", why.text());
  }
  return answers_.refuse(no_room(), &facts, why);
}

// Without its bytes a message can't be recognised, only suspected.
bool Taking::may_be_known(const mail::MessageFacts& facts) {
  const std::string message_id = field_value(facts, "message-id");
  if (message_id.empty()) return false;
  const auto records = context_.queue->trace(message_id);
  if (!records) return true;
  const TimePoint since = context_.clock->now() - context_.settings.resend_window;
  return std::any_of(records->begin(), records->end(), [&](const queue::TraceRecord& record) {
    return is_with_us(record) && record.accepted >= since &&
           mail::same_address(record.sender, envelope_.sender.address);
  });
}

}  // namespace graph_milter::intake
