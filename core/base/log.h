// SPDX-License-Identifier: Apache-2.0
// The log: one line per event, in key=value form, the MTA's queue id first. Thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/base/error.h"
#include "core/base/result.h"

namespace graph_milter {

enum class LogLevel { Debug, Info, Warning, Error };
enum class LogTarget { Stderr, Syslog, Journald };

struct LogSettings {
  LogTarget target = LogTarget::Stderr;
  LogLevel level = LogLevel::Info;
  std::string facility = "mail";  // syslog only
  std::string ident = "graph-milter";
};

// Replaces the process-wide sink. Before the first call, lines go to stderr. Journald is stderr with the <N> priority
// prefix that systemd reads (sd-daemon(3)).
Status open_log(const LogSettings& settings);

// One line. `queue_id` is the MTA's ("" prints NOQUEUE, as Postfix does). Values are escaped and quoted where needed,
// so a line can't be forged by what a message carries. Written when the object goes.
//
//   LogLine(LogLevel::Info, queue_id, "sent").field("entry", id).field("status", 202);
class LogLine {
 public:
  LogLine(LogLevel level, std::string_view queue_id, std::string_view event);
  ~LogLine();
  LogLine(const LogLine&) = delete;
  LogLine& operator=(const LogLine&) = delete;

  LogLine& field(std::string_view key, std::string_view value, std::size_t limit = 256);
  LogLine& field(std::string_view key, const char* value) { return field(key, std::string_view(value)); }
  LogLine& field(std::string_view key, std::uint64_t value);
  LogLine& field(std::string_view key, int value);
  LogLine& error(const Error& error);  // reason=, hint=, request-id=, code=, status= as far as they are set

 private:
  LogLevel level_;
  bool wanted_;
  std::string line_;
};

// A sentence that belongs to no message.
void log_text(LogLevel level, std::string_view sentence);

}  // namespace graph_milter
