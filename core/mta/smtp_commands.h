// SPDX-License-Identifier: Apache-2.0
// The commands of one message, checked before any of them goes on the wire. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/mta/smtp_client.h"
#include "core/mta/smtp_reply.h"

namespace graph_milter::mta {

// May stand between angle brackets: no control characters, blanks or angle brackets, and UTF-8. Permanent if not, in
// words that say which of `what` ("recipient").
Status check_address(std::string_view address, std::string_view what);

struct SmtpCommands {
  std::string mail;
  std::vector<std::string> recipients;  // RCPT, parallel to SmtpMail::recipients
};

// Permanent if something may not go on the wire, or if the server lacks what the message needs. `size` of the content.
Result<SmtpCommands> make_commands(const SmtpMail& mail, const Extensions& offered, std::uint64_t size);

// The message can't do without EHLO.
bool needs_extension(const SmtpMail& mail);

}  // namespace graph_milter::mta
