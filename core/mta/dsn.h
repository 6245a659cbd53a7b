// SPDX-License-Identifier: Apache-2.0
// Delivery status notifications (RFC 3464 in the multipart/report of RFC 6522, RFC 6533 where addresses are not ASCII),
// as what was asked for at submission (RFC 3461) wants them. Pure.
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
std::string_view name_of(DsnAction action);         // as the Action field says it: "failed"

// What is said of one recipient.
struct DsnRecipient {
  mail::EnvelopePath path;  // its parameters hold ORCPT and NOTIFY
  std::string status;       // RFC 3463: "5.1.1"; what is none becomes the general one of the action
  std::string diagnostic;   // "x-graph; 403 ErrorSendAsDenied: ..." or "smtp; 550 5.1.1 ..."; empty: none
  std::string remote_mta = "graph.microsoft.com";  // who said so; empty: nobody else
};

enum class DsnOriginal { Header, Whole };  // what of the original is put in

struct DsnContent {
  DsnAction action = DsnAction::Failed;
  DsnOriginal original = DsnOriginal::Header;
  std::string hostname = {};  // Reporting-MTA, and the domain of From and Message-ID
  std::string entry_id = {};  // in the Message-ID: the same notification sent again carries the same one
  const mail::Envelope& envelope;
  std::vector<DsnRecipient> recipients = {};
  TimePoint now{};
  std::optional<TimePoint> retry_until = {};  // of a delay
  std::string copy_to = {};  // a copy for this address, with a Message-ID of its own; empty: for the sender
};

// Those recipients that are to be told of `action`: by NOTIFY (RFC 3461 section 4.1), which without a word, or with one
// that is malformed, means failures and delays, never success. Nobody if the sender is the null sender. Indexes into
// envelope.recipients.
std::vector<std::size_t> wants_notice(const mail::Envelope& envelope, DsnAction action);

// True if RET=FULL asks for the whole message (RFC 3461 section 4.3); only with a failure.
bool wants_whole_message(const mail::Envelope& envelope, DsnAction action);

struct DsnMail {
  std::unique_ptr<ByteSource> content;
  SmtpMail envelope;  // null sender, to the envelope sender (or the copy's address)
};

// The whole notification with CRLF: what a person reads, what a program reads, and the original's header, or all of it.
// `original` outlives what is returned. Streams: a message of any size costs no memory. The To field: the envelope
// sender. 7bit, unless an address is not ASCII, or a header field of a message that came with SMTPUTF8, or the original
// is whole and not 7bit. Permanent: the sender is the null sender, or no address that could stand in a header. Other
// errors: what reading `original` failed with.
Result<DsnMail> compose_dsn(const DsnContent& content, ByteSource& original);

}  // namespace graph_milter::mta
