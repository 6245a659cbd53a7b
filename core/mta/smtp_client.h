// SPDX-License-Identifier: Apache-2.0
// A small SMTP client (RFC 5321) for our own MTA on this host: one message, a reply for each recipient, and the truth
// about what became of it.
#pragma once

#include <cstdint>
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
  std::string path;  // of a unix socket; host and port don't count then
  std::string text() const;  // for error words: "127.0.0.1:25"
};

struct SmtpSettings {
  SmtpServer server;
  std::string helo;                                      // the name of this host
  Duration connect_timeout = std::chrono::seconds(30);
  Duration reply_timeout = std::chrono::minutes(5);      // RFC 5321 section 4.5.3.2; the end of data has ten minutes
};

struct SmtpRecipient {
  std::string address;                  // without angle brackets
  std::vector<std::string> parameters;  // "NOTIFY=NEVER", "ORCPT=rfc822;a@b": sent only if the server offers DSN
};

struct SmtpMail {
  std::string sender;  // empty: the null sender <>
  std::vector<std::string> parameters;  // "ENVID=...", "RET=HDRS" only with DSN; BODY, SMTPUTF8 and SIZE are ours
  std::vector<SmtpRecipient> recipients;
  bool eight_bit = false;  // the content has bytes beyond ASCII: BODY=8BITMIME is needed
  bool utf8 = false;       // an address or a header field is not ASCII: SMTPUTF8 is needed (RFC 6531)
};

struct SmtpReply {
  int code = 0;          // 250
  std::string enhanced;  // "2.1.5"; empty: the server gave none
  std::string text;      // one line, printable
  bool ok() const { return code >= 200 && code < 300; }
  bool is_final() const { return code >= 500; }
};

// The server heard everything and answered. `taken`: it has the message for every recipient whose reply is ok.
struct SmtpOutcome {
  bool taken = false;
  std::vector<SmtpReply> recipients;  // parallel to SmtpMail::recipients
  SmtpReply end;                      // of the last command that was answered: of the end of data, if it came to that
};

// Sends `content` (CRLF line ends; dots are stuffed here). Blocks; one connection, closed after it. A message without
// any taken recipient is not sent: `taken` is false. Errors: Transient (nothing was taken: no connection, 4xx to
// EHLO, MAIL or DATA, the stream broke before the final dot), Permanent (5xx to MAIL or DATA; the server lacks an
// extension that the content needs, RFC 6152, RFC 6531), Unclear (the final dot went out and no answer came: it may have
// been taken), Cancelled. `where` names the server.
Result<SmtpOutcome> send_mail(const SmtpSettings& settings, const SmtpMail& mail, ByteSource& content);

}  // namespace graph_milter::mta
