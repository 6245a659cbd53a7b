// SPDX-License-Identifier: Apache-2.0
#include "core/mta/dsn.h"

#include <algorithm>
#include <utility>

#include "core/base/digest.h"
#include "core/base/format.h"
#include "core/base/text.h"
#include "core/mail/skeleton.h"
#include "core/mail/splice.h"
#include "core/mta/dsn_request.h"
#include "core/mta/dsn_text.h"
#include "core/mta/mime_text.h"
#include "core/mta/original_header.h"
#include "core/mta/smtp_commands.h"
#include "core/mta/smtp_reply.h"

namespace graph_milter::mta {
namespace {

constexpr std::size_t kFieldBytes = 900;  // of one value, in a line of 998

// A splice, and the source over it.
class SplicedMail final : public ByteSource {
 public:
  SplicedMail(ByteSource& original, mail::Splice splice) : splice_(std::move(splice)), source_(original, splice_) {}
  ByteCount size() const override { return source_.size(); }
  Result<std::size_t> read_at(ByteCount offset, std::span<char> out) override { return source_.read_at(offset, out); }

 private:
  const mail::Splice splice_;
  mail::SpliceSource source_;
};

// RFC 3463, and of the class that RFC 3464 section 2.3.4 wants with the action.
std::string status_of(DsnAction action, const std::string& status) {
  if (action == DsnAction::Relayed) return enhanced_code(200, status) == status && !status.empty() ? status : "2.0.0";
  const bool temporary = enhanced_code(400, status) == status;
  const bool final = enhanced_code(500, status) == status;
  if (!status.empty() && (temporary || (final && action == DsnAction::Failed))) return status;
  return action == DsnAction::Failed ? "5.0.0" : "4.0.0";
}

// An address that is not ASCII needs the forms of RFC 6533.
bool is_global(const DsnContent& content) {
  return std::any_of(content.recipients.begin(), content.recipients.end(), [](const DsnRecipient& recipient) {
    return !is_ascii(recipient.path.address) || !is_ascii(original_recipient(recipient.path).value_or(""));
  });
}

std::string message_fields(const DsnContent& content) {
  std::string out = format("Reporting-MTA: dns; {}\r\n", content.hostname);
  if (const auto id = envelope_id(content.envelope)) out += format("Original-Envelope-Id: {}\r\n", *id);
  if (content.envelope.received != TimePoint{})
    out += format("Arrival-Date: {}\r\n", rfc5322_date(content.envelope.received));
  return out + format("X-Graph-Milter-Entry: {}\r\n", content.entry_id);
}

std::string recipient_fields(const DsnContent& content, const DsnRecipient& recipient) {
  const std::string& address = recipient.path.address;
  std::string out = "\r\n";
  if (const auto original = original_recipient(recipient.path)) out += format("Original-Recipient: {}\r\n", *original);
  out += format("Final-Recipient: {}; {}\r\n", is_ascii(address) ? "rfc822" : "utf-8", one_line(address, kFieldBytes));
  out += format("Action: {}\r\n", name_of(content.action));
  out += format("Status: {}\r\n", status_of(content.action, recipient.status));
  if (!recipient.remote_mta.empty())
    out += format("Remote-MTA: dns; {}\r\n", one_ascii_line(recipient.remote_mta, 255));
  const std::string diagnostic = one_ascii_line(recipient.diagnostic, kFieldBytes);
  if (!diagnostic.empty()) out += mail::make_field("Diagnostic-Code", diagnostic) + "\r\n";
  if (content.action == DsnAction::Delayed && content.retry_until)
    out += format("Will-Retry-Until: {}\r\n", rfc5322_date(*content.retry_until));
  return out;
}

std::string status_part(const DsnContent& content) {
  std::string out = "Content-Description: Delivery status\r\n";
  out += is_global(content) ? "Content-Type: message/global-delivery-status\r\nContent-Transfer-Encoding: 8bit\r\n"
                            : "Content-Type: message/delivery-status\r\nContent-Transfer-Encoding: 7bit\r\n";
  out += "\r\n" + message_fields(content);
  for (const DsnRecipient& recipient : content.recipients) out += recipient_fields(content, recipient);
  return out;
}

// RFC 6533 section 6.1: fields in UTF-8 are no RFC 822 fields.
bool is_global_header(const std::string& header, bool utf8) {
  return utf8 && !is_ascii(header) && is_valid_utf8(header);
}

std::string header_part(const std::string& header, bool utf8) {
  std::string out = "Content-Description: Header of the message\r\n";
  if (is_global_header(header, utf8))
    return out + "Content-Type: message/global-headers\r\nContent-Transfer-Encoding: 8bit\r\n\r\n" + header;
  out += "Content-Type: text/rfc822-headers\r\nContent-Transfer-Encoding: ";
  return out + (is_ascii(header) ? "7bit\r\n\r\n" + header : "quoted-printable\r\n\r\n" + quoted_printable(header));
}

std::string whole_part_head(bool utf8, bool eight_bit) {
  return format(
      "Content-Description: The message\r\n"
      "Content-Type: {}\r\n"
      "Content-Transfer-Encoding: {}\r\n"
      "\r\n",
      utf8 && eight_bit ? "message/global" : "message/rfc822", eight_bit ? "8bit" : "7bit");
}

// What must be known of all bytes before the first one is written.
struct Survey {
  bool eight_bit = false;
  std::string boundary;
};

// The boundary is a digest over the original and a number that its sender could not know: it can't occur in it.
Result<Survey> survey(ByteSource& original, DsnOriginal part, const std::string& header, const std::string& entry_id) {
  Survey survey;
  Sha256 digest;
  digest.update(entry_id);
  digest.update(header);
  std::string block(64 * 1024, '\0');
  for (ByteCount at = 0; part == DsnOriginal::Whole && at < original.size();) {
    GM_TRY_ASSIGN(const std::size_t got, original.read_at(at, writable(block)));
    if (got == 0) return fail(ErrorKind::Corrupt, "notification", "the message ends too early");
    const std::string_view bytes = std::string_view(block).substr(0, got);
    digest.update(bytes);
    survey.eight_bit = survey.eight_bit || !is_ascii(bytes);
    at += got;
  }
  survey.boundary = "=_" + to_hex(digest.finish()).substr(0, 40);
  return survey;
}

std::string head_of(const DsnContent& content, const OriginalHeader& header) {
  MailHead head;
  head.hostname = content.hostname;
  head.to = content.envelope.sender.address;
  const std::string subject = dsn_subject(content.action, header.subject);
  head.subject = subject;
  head.message_id =
      format("{}.{}{}", content.entry_id, name_of(content.action), content.copy_to.empty() ? "" : ".copy");
  head.auto_submitted = "auto-replied";
  head.now = content.now;
  std::string out = write_head(head);
  if (!header.message_id.empty()) out += format("In-Reply-To: {0}\r\nReferences: {0}\r\n", header.message_id);
  return out;
}

std::string parts_before_original(const DsnContent& content, const OriginalHeader& header,
                                  const std::string& boundary) {
  return format(
      "Content-Type: multipart/report; report-type={1};\r\n"
      " boundary=\"{0}\"\r\n"
      "\r\n"
      "This is a delivery status notification (RFC 3464).\r\n"
      "\r\n"
      "--{0}\r\n"
      "Content-Description: Notification\r\n"
      "{2}"
      "\r\n--{0}\r\n"
      "{3}"
      "\r\n--{0}\r\n",
      boundary, is_global(content) ? "global-delivery-status" : "delivery-status",
      text_entity("text/plain", dsn_text(content, header.subject)), status_part(content));
}

}  // namespace

std::string_view name_of(DsnAction action) {
  switch (action) {
    case DsnAction::Failed:
      return "failed";
    case DsnAction::Delayed:
      return "delayed";
    case DsnAction::Relayed:
      return "relayed";
  }
  return "failed";
}

std::vector<std::size_t> wants_notice(const mail::Envelope& envelope, DsnAction action) {
  std::vector<std::size_t> wanted;
  if (envelope.has_null_sender()) return wanted;
  for (std::size_t i = 0; i < envelope.recipients.size(); ++i) {
    const Notify notify = notify_of(envelope.recipients[i]);
    const bool asked = action == DsnAction::Failed    ? notify.failure
                       : action == DsnAction::Delayed ? notify.delay
                                                      : notify.success;
    if (asked) wanted.push_back(i);
  }
  return wanted;
}

bool wants_whole_message(const mail::Envelope& envelope, DsnAction action) {
  const auto value = parameter_value(envelope.sender.parameters, "RET");
  return action == DsnAction::Failed && value && equal_ignoring_case(*value, "FULL");
}

Result<DsnMail> compose_dsn(const DsnContent& content, ByteSource& original) {
  if (content.envelope.has_null_sender())
    return fail(ErrorKind::Permanent, "notification", "the null sender is told nothing");
  GM_TRY(check_address(content.envelope.sender.address, "sender"));
  GM_TRY_ASSIGN(const OriginalHeader header, read_original_header(original));
  GM_TRY_ASSIGN(const Survey seen, survey(original, content.original, header.bytes, content.entry_id));
  const auto& parameters = content.envelope.sender.parameters;
  const bool utf8 =
      is_global(content) || std::any_of(parameters.begin(), parameters.end(),
                                        [](const std::string& word) { return equal_ignoring_case(word, "SMTPUTF8"); });

  mail::Splice splice;
  splice.add(head_of(content, header) + parts_before_original(content, header, seen.boundary));
  if (content.original == DsnOriginal::Whole) {
    splice.add(whole_part_head(utf8, seen.eight_bit));
    splice.add(ByteRange{0, original.size()});
  } else {
    splice.add(header_part(header.bytes, utf8));
  }
  splice.add(format("\r\n--{}--\r\n", seen.boundary));

  DsnMail mail;
  mail.envelope.recipients.push_back({content.copy_to.empty() ? content.envelope.sender.address : content.copy_to, {}});
  const bool header_only = content.original == DsnOriginal::Header;
  mail.envelope.eight_bit =
      seen.eight_bit || is_global(content) || (header_only && is_global_header(header.bytes, utf8));
  mail.envelope.utf8 = !is_ascii(content.envelope.sender.address);
  mail.content = std::make_unique<SplicedMail>(original, std::move(splice));
  return mail;
}

}  // namespace graph_milter::mta
