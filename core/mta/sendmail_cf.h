// SPDX-License-Identifier: Apache-2.0
// What sendmail.cf says of mail filters (Sendmail Installation and Operation Guide, "X -- Mail Filter Definitions" and
// "O -- Set Option"). What is no such line is passed over.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/bytes.h"
#include "core/base/clock.h"
#include "core/base/result.h"

namespace graph_milter::mta {

// The parts of T=; not set: Sendmail's own.
struct CfTimeouts {
  std::optional<Duration> connect, send, reply, end;  // C S R E; zero: no limit
  std::vector<std::string> unreadable;                // pieces of T= that say nothing
};

// "Xgraph-milter, S=unix:/path, F=T, T=C:30s;S:30s;R:2m;E:10m"
struct CfFilter {
  std::string name;
  std::string socket;  // as written
  std::string flags;   // F=: "", "T", "R" or "4"
  CfTimeouts timeouts;
  std::size_t line = 0;  // counted from 1
};

// "O DaemonPortOptions=Name=REINJECT, Port=10026, InputMailFilters="
struct CfDaemon {
  std::string name;
  std::string port;                                      // number or service
  std::optional<std::vector<std::string>> mail_filters;  // not set: those of InputMailFilters
  std::size_t line = 0;
};

struct SendmailCf {
  std::vector<CfFilter> filters;          // known, used or not
  std::vector<std::string> mail_filters;  // O InputMailFilters: used, in this order
  std::size_t mail_filters_line = 0;      // 0: there is no such line
  std::vector<CfDaemon> daemons;
  std::string run_as_user;         // O RunAsUser without its group; empty: root
  ByteCount max_message_size = 0;  // 0: no limit
  std::size_t max_message_size_line = 0;
};

SendmailCf parse_sendmail_cf(std::string_view text);

// Sendmail asks no other file: what m4 has made is what it does. `path`: empty for Sendmail's own,
// /etc/mail/sendmail.cf.
inline constexpr std::string_view kSendmailCf = "/etc/mail/sendmail.cf";
Result<SendmailCf> read_sendmail_cf(const std::string& path);

}  // namespace graph_milter::mta
