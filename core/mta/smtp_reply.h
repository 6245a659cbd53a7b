// SPDX-License-Identifier: Apache-2.0
// What an SMTP server says: lines to replies, and the extensions it offers. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/result.h"
#include "core/mta/smtp_client.h"

namespace graph_milter::mta {

// Collects the lines of one reply (RFC 5321 section 4.2). A server that talks without end is cut off.
class ReplyReader {
 public:
  static constexpr std::size_t kLineBytes = 4096;  // RFC 5321 section 4.5.3.1.5 wants 512
  static constexpr std::size_t kLines = 200;

  // A line without its line end. True: the reply is complete. Transient: this is not SMTP.
  Result<bool> add(std::string_view line);

  const SmtpReply& reply() const { return reply_; }
  // The text of every line behind its code, parted by LF: what EHLO offers. Raw.
  const std::string& lines() const { return lines_; }

 private:
  SmtpReply reply_;
  std::string lines_;
  std::size_t count_ = 0;
};

// "2.1.5" at the front of `text` (RFC 2034), of the class of `code`; empty if there is none.
std::string_view enhanced_code(int code, std::string_view text);

// What EHLO offered (RFC 1869): those extensions that we know how to use.
struct Extensions {
  bool eight_bit = false;                // 8BITMIME (RFC 6152)
  bool utf8 = false;                     // SMTPUTF8 (RFC 6531)
  bool dsn = false;                      // DSN (RFC 3461)
  bool auth = false;                     // AUTH (RFC 4954), for the parameter of MAIL
  bool size = false;                     // SIZE (RFC 1870)
  std::optional<std::uint64_t> largest;  // message that it takes; nullopt: it does not say
};
Extensions parse_extensions(std::string_view lines);

}  // namespace graph_milter::mta
