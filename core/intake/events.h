// SPDX-License-Identifier: Apache-2.0
// The log lines of the arriving half, one function per event; the field names are part of what administrators search
// for.
#pragma once

#include <string_view>

#include "core/base/error.h"
#include "core/base/log.h"
#include "core/intake/intake.h"
#include "core/mail/facts.h"
#include "core/plan/plan.h"

namespace graph_milter::intake {

// Of whom a line speaks. `facts` is null while nothing was read.
struct EventSubject {
  const mail::Envelope& envelope;
  const mail::MessageFacts* facts = nullptr;
  ByteCount size = 0;
  std::size_t log_recipients = 10;
  TimePoint now{};
};

enum class Receipt {
  Queued,   // from here on the message is ours
  Unheard,  // the same, but its client did not hear so, and nothing will tell what it sends again from a new message
            // (possible_duplicate=W1)
  Awaited,  // its client waits until Graph has it, and it is nobody's promise yet
};

// The queue has it.
void log_received(const EventSubject& subject, std::string_view entry_id, const plan::Plan& plan, Receipt receipt);

// Its client waited and hears that it is taken. `may_be_doubled`: it does not hear so (W1).
void log_answered(const EventSubject& subject, std::string_view entry_id, bool may_be_doubled);

// Its client waited and hears `answer`, a 4xx or 5xx; the entry is gone, or goes once its draft is gone.
void log_withdrawn(const EventSubject& subject, std::string_view entry_id, const Answer& answer,
                   const queue::GiveUp& why);

// The queue had it already: its client did not hear the first answer, or nobody knows. Nothing new was kept.
void log_adopted(const EventSubject& subject, std::string_view entry_id);

// The queue has it, but without a plan: it waits for the administrator, for this reason.
void log_kept(const EventSubject& subject, std::string_view entry_id, const plan::Plan& plan);

// What would become of it, if the rule did not only pretend.
void log_would_relay(const EventSubject& subject, const plan::Plan& plan, std::string_view lost);
void log_would_refuse(const EventSubject& subject, std::string_view rule, const Answer& answer, std::string_view reason,
                      std::string_view text);
void log_would_hold(const EventSubject& subject, std::string_view rule, std::string_view reason, std::string_view text);

// What delivery is going to do with it. `lost`: codes of what the service won't keep (core/plan/losses.h).
void log_planned(const EventSubject& subject, std::string_view entry_id, const plan::Plan& plan, std::string_view lost);

// The MTA goes on with the untouched message. `rule` may be empty.
void log_passed(LogLevel level, const EventSubject& subject, std::string_view rule, std::string_view reason,
                std::string_view text);

// The MTA hears a 4xx or 5xx.
void log_refused(const EventSubject& subject, const Answer& answer, const Error& why);

// The same, because a rule wants it so: by its action ("rule") or, where it can't relay the message, for that reason.
void log_refused(const EventSubject& subject, std::string_view rule, const Answer& answer, std::string_view reason,
                 std::string_view text);

}  // namespace graph_milter::intake
