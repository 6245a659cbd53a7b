// SPDX-License-Identifier: Apache-2.0
// A small SMTP client (RFC 5321) for our own MTA on this host: one message, a reply for each recipient, and the truth
// about what became of it.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/base/bytes.h"
#include "core/base/clock.h"
#include "core/base/result.h"

namespace graph_milter::mta {

// Where the server listens: a host and a port, or a unix socket.
struct SmtpServer {
  std::string host = "127.0.0.1";
  std::uint16_t port = 25;
  std::string path;          // of a unix socket; host and port don't count then
  std::string text() const;  // for error words: "127.0.0.1:25"
};

struct SmtpSettings {
  SmtpServer server;
  std::string helo;  // the name of this host
  Duration connect_timeout = std::chrono::seconds(30);
  Duration reply_timeout = std::chrono::minutes(5);  // of each whole reply and of each block of content (RFC 5321
                                                     // section 4.5.3.2); the end of data has twice as long
  std::shared_ptr<const std::atomic<bool>> stop;     // once true, what waits ends within a second; null: never
};

struct SmtpRecipient {
  std::string address;                  // without angle brackets
  std::vector<std::string> parameters;  // "NOTIFY=NEVER", "ORCPT=rfc822;a@b": sent only if the server offers DSN
};

struct SmtpMail {
  std::string sender;  // empty: the null sender <>
  std::vector<std::string>
      parameters;  // "ENVID=...", "RET=HDRS": only with DSN; "AUTH=<>": only with AUTH (RFC 4954).
                   // BODY, SMTPUTF8 and SIZE are ours: those given here, and unknown ones, don't go
  std::vector<SmtpRecipient> recipients;
  bool eight_bit = false;  // the content has bytes beyond ASCII: BODY=8BITMIME is needed
  bool utf8 = false;       // a header field is not ASCII: SMTPUTF8 is needed (RFC 6531), as for an address that is not
};

struct SmtpReply {
  int code = 0;          // 250; 0: the server was not asked
  std::string enhanced;  // "2.1.5"; empty: the server gave none
  std::string text;      // one line, printable, at most 500 bytes, without the codes
  bool ok() const { return code >= 200 && code < 300; }
  bool is_final() const { return code >= 500; }
  std::string words() const;  // "550 5.1.1 no such user"
};

// The server heard everything and answered. `taken`: it has the message for every recipient whose reply is ok.
struct SmtpOutcome {
  bool taken = false;
  std::vector<SmtpReply> recipients;  // parallel to SmtpMail::recipients
  SmtpReply end;                      // of the last command that was answered: of the end of data, if it came to that
};

// Sends `content` (dots are stuffed here, and a CRLF is put behind the last line if it has none; no other byte is
// altered). Blocks; one connection, closed after it. A message without any taken recipient is not sent: `taken` is
// false. The content is read only after a recipient was taken. Errors:
//   Transient  nothing was taken: no connection, no SMTP, 4xx or 5xx to the greeting or to EHLO, 4xx to MAIL or DATA,
//   421 at
//              any command, the stream broke before the final dot
//   Permanent  5xx to MAIL or DATA; the server lacks an extension that the message needs (RFC 6152, RFC 6531) or takes
//              no message of that size; an address or parameter holds what may not stand in a command (CR, LF, NUL,
//              other controls, blanks, angle brackets); the content has a dot alone between line ends one of which is a
//              CR or LF alone, which a careless server takes for the end
//   Unclear    the final dot may have gone out and no answer came: it may have been taken
//   Cancelled  `stop`, before the final dot
//   any other  what reading `content` failed with
// `where` names the server; of a reply `where` also names the verb and `what` is SmtpReply::words(). `code` is an
// enhanced status code (RFC 3463), if there is one.
Result<SmtpOutcome> send_mail(const SmtpSettings& settings, const SmtpMail& mail, ByteSource& content);

}  // namespace graph_milter::mta
