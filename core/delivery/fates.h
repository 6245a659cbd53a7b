// SPDX-License-Identifier: Apache-2.0
// What the MTA's answers mean for each recipient of an original that was handed back. Pure.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "core/base/error.h"
#include "core/mta/smtp_client.h"
#include "core/queue/entry.h"

namespace graph_milter::delivery {

// Who has neither been taken nor refused yet; indexes into the envelope's recipients.
std::vector<std::size_t> waiting_recipients(const queue::Entry& entry);

// The original for `recipients`, with every ESMTP parameter that it came with and that means something to the MTA.
mta::SmtpMail hand_back_mail(const mail::Envelope& envelope, const std::vector<std::size_t>& recipients,
                             bool eight_bit);

// Notes the answers; `asked` are the recipients of the outcome, in its order. 5xx is Refused; 4xx stays Waiting, unless
// `patience_is_over`, then it is Refused too.
void note_answers(queue::Progress& progress, const std::vector<std::size_t>& asked, const mta::SmtpOutcome& outcome,
                  bool patience_is_over);

// All of `asked` are Refused for this reason.
void note_refusal(queue::Progress& progress, const std::vector<std::size_t>& asked, const Error& why);

// What the first recipient who must wait was told; nullopt: nobody must.
std::optional<mta::SmtpReply> first_put_off(const mta::SmtpOutcome& outcome);

}  // namespace graph_milter::delivery
