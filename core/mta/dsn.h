// SPDX-License-Identifier: Apache-2.0
// Delivery status notifications (RFC 3464 in the multipart/report of RFC 6522), as what was asked for at submission
// (RFC 3461) wants them. Pure.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/bytes.h"
#include "core/base/clock.h"
#include "core/mail/envelope.h"
#include "core/mta/smtp_client.h"

namespace graph_milter::mta {

enum class DsnAction { Failed, Delayed, Relayed };  // RFC 3464 section 2.3.3

// What is said of one recipient.
struct DsnRecipient {
  mail::EnvelopePath path;  // its parameters hold ORCPT and NOTIFY
  std::string status;       // RFC 3463: "5.1.1"
  std::string diagnostic;   // "x-graph; 403 ErrorSendAsDenied: ..." or "smtp; 550 5.1.1 ..."; empty: none
};

struct DsnContent {
  DsnAction action = DsnAction::Failed;
  std::string hostname;  // Reporting-MTA, and the domain of From and Message-ID
  std::string entry_id;  // in the Message-ID: the same notification sent again carries the same one
  const mail::Envelope& envelope;
  std::vector<DsnRecipient> recipients;
  std::string subject;             // of the original, as it stands in its header; for people
  TimePoint now{};
  std::optional<TimePoint> retry_until;  // of a delay
};

// Those recipients that are to be told of `action`: by NOTIFY (RFC 3461 section 4.1), which without a word means
// failures and delays, never success. Indexes into envelope.recipients.
std::vector<std::size_t> wants_notice(const mail::Envelope& envelope, DsnAction action);

// True if RET=FULL asks for the whole message (RFC 3461 section 4.3); only with a failure.
bool wants_whole_message(const mail::Envelope& envelope, DsnAction action);

// The whole notification with CRLF: what a person reads, what a program reads, and the original's header
// (text/rfc822-headers), or all of it (message/rfc822). `original` outlives what is returned. Streams: a message of any
// size costs no memory. To: the envelope sender. 7bit unless the original is not.
struct DsnMail {
  std::unique_ptr<ByteSource> content;
  SmtpMail envelope;  // null sender, to the envelope sender
};
Result<DsnMail> compose_dsn(const DsnContent& content, ByteSource& original);

}  // namespace graph_milter::mta
