// SPDX-License-Identifier: Apache-2.0
#include "core/mta/smtp_commands.h"

#include <algorithm>

#include "core/base/format.h"
#include "core/base/text.h"

namespace graph_milter::mta {
namespace {

// `code`: what RFC 3463 calls it.
tl::unexpected<Error> refuse(std::string_view code, std::string what, std::string hint = {}) {
  Error error = make_error(ErrorKind::Permanent, "", std::move(what), std::move(hint));
  error.code = code;
  return fail(std::move(error));
}

bool is_control_or_blank(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte <= 0x20 || byte == 0x7F;
}

Status check_parameter(std::string_view parameter) {
  if (parameter.empty() || std::any_of(parameter.begin(), parameter.end(), is_control_or_blank))
    return refuse("5.5.4",
                  format("the parameter \"{}\" can't stand in an SMTP command", escape_for_log(parameter, 100)));
  return {};
}

bool has_keyword(std::string_view parameter, std::string_view keyword) {
  return equal_ignoring_case(parameter.substr(0, parameter.find('=')), keyword);
}

bool goes_with_mail(std::string_view parameter, const Extensions& offered) {
  if (has_keyword(parameter, "RET") || has_keyword(parameter, "ENVID")) return offered.dsn;
  return has_keyword(parameter, "AUTH") && offered.auth;
}

bool goes_with_rcpt(std::string_view parameter, const Extensions& offered) {
  return offered.dsn && (has_keyword(parameter, "NOTIFY") || has_keyword(parameter, "ORCPT"));
}

bool needs_utf8(const SmtpMail& mail) {
  return mail.utf8 || !is_ascii(mail.sender) ||
         std::any_of(mail.recipients.begin(), mail.recipients.end(),
                     [](const SmtpRecipient& recipient) { return !is_ascii(recipient.address); });
}

Status check_offered(const SmtpMail& mail, const Extensions& offered, std::uint64_t size) {
  if (mail.eight_bit && !offered.eight_bit)
    return refuse("5.6.3", "the message has bytes beyond ASCII, and the server does not offer 8BITMIME");
  if (needs_utf8(mail) && !offered.utf8)
    return refuse("5.6.7", "an address or a header field is not ASCII, and the server does not offer SMTPUTF8");
  if (offered.largest && size > *offered.largest)
    return refuse("5.3.4", format("the message has {} bytes, and the server takes {} at most", size, *offered.largest),
                  "raise message_size_limit (Postfix) or MaxMessageSize (Sendmail)");
  return {};
}

}  // namespace

Status check_address(std::string_view address, std::string_view what) {
  const bool odd = std::any_of(address.begin(), address.end(),
                               [](char c) { return is_control_or_blank(c) || c == '<' || c == '>'; });
  if (odd || !is_valid_utf8(address))
    return refuse("5.1.3",
                  format("the {} address \"{}\" can't stand in an SMTP command", what, escape_for_log(address, 100)));
  return {};
}

bool needs_extension(const SmtpMail& mail) { return mail.eight_bit || needs_utf8(mail); }

Result<SmtpCommands> make_commands(const SmtpMail& mail, const Extensions& offered, std::uint64_t size) {
  SmtpCommands commands;
  GM_TRY(check_address(mail.sender, "sender"));
  commands.mail = format("MAIL FROM:<{}>", mail.sender);
  if (offered.size) commands.mail += format(" SIZE={}", size);
  if (mail.eight_bit) commands.mail += " BODY=8BITMIME";
  if (needs_utf8(mail)) commands.mail += " SMTPUTF8";
  for (const std::string& parameter : mail.parameters) {
    GM_TRY(check_parameter(parameter));
    if (goes_with_mail(parameter, offered)) commands.mail += ' ' + parameter;
  }
  for (const SmtpRecipient& recipient : mail.recipients) {
    GM_TRY(check_address(recipient.address, "recipient"));
    if (recipient.address.empty()) return refuse("5.1.3", "a recipient without an address");
    std::string command = format("RCPT TO:<{}>", recipient.address);
    for (const std::string& parameter : recipient.parameters) {
      GM_TRY(check_parameter(parameter));
      if (goes_with_rcpt(parameter, offered)) command += ' ' + parameter;
    }
    commands.recipients.push_back(std::move(command));
  }
  GM_TRY(check_offered(mail, offered, size));
  return commands;
}

}  // namespace graph_milter::mta
