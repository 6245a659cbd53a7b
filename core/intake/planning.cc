// SPDX-License-Identifier: Apache-2.0
#include "core/intake/planning.h"

#include <algorithm>
#include <utility>

#include "core/base/format.h"
#include "core/intake/fallback.h"
#include "core/intake/share.h"
#include "core/mail/new_author.h"
#include "core/mail/second_reader.h"
#include "core/mail/tolerance.h"

namespace graph_milter::intake {

namespace {

plan::ReturnBy return_by(config::Return choice) {
  switch (choice) {
    case config::Return::Dsn:
      return plan::ReturnBy::Dsn;
    case config::Return::Mta:
      return plan::ReturnBy::Mta;
    case config::Return::Hold:
      break;
  }
  return plan::ReturnBy::Hold;
}

Result<mail::MessageFacts> scan(const IntakeSettings& settings, ByteSource& message) {
  mail::Scanner scanner(settings.scan);
  std::string block(std::size_t{64} * 1024, '\0');
  for (ByteCount at = 0; at < message.size();) {
    GM_TRY_ASSIGN(const std::size_t got, message.read_at(at, writable(block)));
    if (got == 0) return fail(ErrorKind::Corrupt, "message file", "ends too early");
    scanner.feed(std::string_view(block).substr(0, got));
    at += got;
  }
  return scanner.finish();
}

tl::unexpected<Error> still_not(const queue::Entry& entry, std::string_view reason, std::string_view text) {
  return fail(ErrorKind::Usage, "entry " + entry.id, format("the rules in force do not relay it: {}: {}", reason, text),
              "mend what that says and release it again; or return it, hand it back or delete it");
}

}  // namespace

plan::Handling handling_of(const IntakeSettings& settings, const policy::Rule& rule) {
  plan::Handling handling;
  handling.return_by = return_by(rule.return_by.value_or(settings.return_by));
  handling.sent_copy_for = rule.sent_copy_for;
  if (rule.sent_copy_for && *rule.sent_copy_for > Duration{0}) {
    handling.sent_copy_for = std::max({*rule.sent_copy_for, settings.send_settle, settings.resend_window});
  }
  return handling;
}

mail::MessageFacts read_as(const policy::Decision& decision, mail::MessageFacts facts) {
  if (decision.rule->mime == policy::MimeReading::Tolerant) facts = mail::tolerate(std::move(facts));
  if (decision.new_author) facts = mail::with_new_author(std::move(facts), *decision.new_author);
  return facts;
}

Planning make_planning(const PlanningContext& context, const policy::Decision& decision, const mail::Envelope& envelope,
                       mail::MessageFacts facts, ByteSource& message, const std::string& entry_id) {
  if (facts.is_clean()) facts = mail::confirm_with_second_reader(std::move(facts), message);
  const IntakeSettings& settings = context.settings;
  plan::Outcome outcome = plan::make_plan(
      {envelope, facts, *decision.rule, limits_for(settings, context.policy, decision), entry_id, settings.instance,
       context.now, context.seal, context.policy.tenant_domains(), draft_wish(settings, *decision.rule), &message,
       decision.mailbox, handling_of(settings, *decision.rule)});
  return {std::move(facts), std::move(outcome)};
}

Result<plan::Plan> plan_anew(const IntakeContext& context, const queue::Entry& entry, ByteSource& message) {
  GM_TRY_ASSIGN(mail::MessageFacts facts, scan(context.settings, message));
  const policy::Decision decision = context.policy.decide(entry.envelope, facts);
  if (decision.action == policy::Action::Relay && pretends(context.settings, *decision.rule)) {
    return still_not(entry, "pretend", format("rule {} only pretends", decision.rule->name));
  }
  if (decision.action != policy::Action::Relay) return still_not(entry, decision.reason, decision.text);
  if (context.guard != nullptr && context.guard->has_seal(facts)) {
    return still_not(entry, "loop", "it left through us before and came back");
  }
  std::string seal;
  if (context.guard != nullptr) seal = context.guard->seal(plan::make_marker(context.settings.instance, entry.id));
  const PlanningContext planning_context{context.settings, context.policy, std::move(seal), context.clock->now()};
  Planning planning =
      make_planning(planning_context, decision, entry.envelope, read_as(decision, std::move(facts)), message, entry.id);
  if (const auto* why = std::get_if<plan::LeaveAlone>(&planning.outcome)) {
    return still_not(entry, why->reason, why->text);
  }
  auto plan = std::get<plan::Plan>(std::move(planning.outcome));
  if (is_wider(entry.envelope, addresses_of(plan))) {
    return still_not(entry, "take-recipients",
                     format("rule {} takes some of its recipients only, and the MTA has none of them any more",
                            decision.rule->name));
  }
  return plan;
}

}  // namespace graph_milter::intake
