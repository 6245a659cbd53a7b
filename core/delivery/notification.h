// SPDX-License-Identifier: Apache-2.0
// Who is to be told what of an entry. Pure, and the one way by which a DSN goes to the MTA.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/base/bytes.h"
#include "core/delivery/returning.h"
#include "core/mta/dsn.h"
#include "core/mta/smtp_client.h"
#include "core/queue/entry.h"

namespace graph_milter::delivery {

// Whom the sender wants to hear of now, with what is said of each: of a failure, all recipients, or those whom the MTA
// refused when it got the original back.
std::vector<mta::DsnRecipient> recipients_to_report(const queue::Entry& entry, mta::DsnAction action,
                                                    const ReturnSettings& settings);

// Gives the DSN to the MTA, whole if RET wants that and the MTA takes it so, else with the header alone. `copy`: to
// notify_address, with the header alone. Success: the MTA has it. Errors as send_mail, and Transient or Permanent by
// the MTA's reply to its one recipient.
Status send_dsn(const queue::Entry& entry, ByteSource& message, mta::DsnAction action, bool copy,
                const ReturnSettings& settings, TimePoint now);

// Success if the one recipient of a mail was taken, else why not.
Status taken_or_why(const Result<mta::SmtpOutcome>& outcome, const mta::SmtpServer& server);

// A reply or an error as the value of a Diagnostic-Code field: "smtp; 550 5.1.1 no such user".
std::string diagnostic_of(const mta::SmtpReply& reply);
std::string diagnostic_of(const Error& error);

}  // namespace graph_milter::delivery
