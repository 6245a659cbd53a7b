// SPDX-License-Identifier: Apache-2.0
#include "core/base/log.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/sinks/syslog_sink.h>
#include <spdlog/spdlog.h>
#include <syslog.h>

#include <array>
#include <atomic>
#include <memory>

#include "core/base/format.h"
#include "core/base/text.h"

namespace graph_milter {

namespace {

struct Facility {
  std::string_view name;
  int value;
};
constexpr std::array kFacilities = {
    Facility{"mail", LOG_MAIL},     Facility{"daemon", LOG_DAEMON}, Facility{"user", LOG_USER},
    Facility{"local0", LOG_LOCAL0}, Facility{"local1", LOG_LOCAL1}, Facility{"local2", LOG_LOCAL2},
    Facility{"local3", LOG_LOCAL3}, Facility{"local4", LOG_LOCAL4}, Facility{"local5", LOG_LOCAL5},
    Facility{"local6", LOG_LOCAL6}, Facility{"local7", LOG_LOCAL7}};

spdlog::level::level_enum to_spdlog(LogLevel level) {
  switch (level) {
    case LogLevel::Debug:
      return spdlog::level::debug;
    case LogLevel::Info:
      return spdlog::level::info;
    case LogLevel::Warning:
      return spdlog::level::warn;
    case LogLevel::Error:
      return spdlog::level::err;
  }
  return spdlog::level::info;
}

std::shared_ptr<spdlog::logger> make_stderr_logger(const char* pattern) {
  auto logger = std::make_shared<spdlog::logger>("log", std::make_shared<spdlog::sinks::stderr_sink_mt>());
  logger->set_pattern(pattern);
  return logger;
}

// Reload replaces the logger while other threads write.
std::shared_ptr<spdlog::logger>& current_logger() {
  static std::shared_ptr<spdlog::logger> logger = make_stderr_logger("%Y-%m-%dT%H:%M:%S.%e %^%l%$ %v");
  return logger;
}

std::shared_ptr<spdlog::logger> logger() { return std::atomic_load(&current_logger()); }

// sd-daemon(3) priority prefixes.
const char* journald_prefix(LogLevel level) {
  switch (level) {
    case LogLevel::Debug:
      return "<7>";
    case LogLevel::Info:
      return "<6>";
    case LogLevel::Warning:
      return "<4>";
    case LogLevel::Error:
      return "<3>";
  }
  return "<6>";
}

std::atomic<bool> with_journald_prefix{false};

bool needs_quotes(std::string_view value) {
  return value.empty() || value.find_first_of(" =,;") != std::string_view::npos;
}

void write_line(LogLevel level, std::string_view line) {
  if (with_journald_prefix.load()) {
    logger()->log(to_spdlog(level), "{}{}", journald_prefix(level), line);
  } else {
    logger()->log(to_spdlog(level), "{}", line);
  }
}

}  // namespace

Status open_log(const LogSettings& settings) {
  std::shared_ptr<spdlog::logger> fresh;
  switch (settings.target) {
    case LogTarget::Stderr:
      fresh = make_stderr_logger("%Y-%m-%dT%H:%M:%S.%e %l %v");
      break;
    case LogTarget::Journald:
      fresh = make_stderr_logger("%v");
      break;
    case LogTarget::Syslog: {
      int facility = -1;
      for (const auto& known : kFacilities) {
        if (known.name == settings.facility) facility = known.value;
      }
      if (facility < 0) {
        return fail(ErrorKind::Usage, "syslog-facility", "no facility is named " + settings.facility,
                    "mail, daemon, user, local0 to local7");
      }
      fresh = std::make_shared<spdlog::logger>(
          "log", std::make_shared<spdlog::sinks::syslog_sink_mt>(settings.ident, LOG_PID, facility, false));
      fresh->set_pattern("%v");
      break;
    }
  }
  fresh->set_level(to_spdlog(settings.level));
  fresh->flush_on(spdlog::level::debug);
  with_journald_prefix.store(settings.target == LogTarget::Journald);
  std::atomic_store(&current_logger(), std::move(fresh));
  return {};
}

LogLine::LogLine(LogLevel level, std::string_view queue_id, std::string_view event)
    : level_(level), wanted_(logger()->should_log(to_spdlog(level))) {
  if (!wanted_) return;
  line_ = format("{}: event={}", queue_id.empty() ? std::string("NOQUEUE") : escape_for_log(queue_id, 64), event);
}

LogLine::~LogLine() {
  if (wanted_) write_line(level_, line_);
}

LogLine& LogLine::field(std::string_view key, std::string_view value, std::size_t limit) {
  if (!wanted_) return *this;
  const std::string escaped = escape_for_log(value, limit);
  line_ += needs_quotes(escaped) ? format(" {}=\"{}\"", key, escaped) : format(" {}={}", key, escaped);
  return *this;
}

LogLine& LogLine::field(std::string_view key, std::uint64_t value) {
  if (wanted_) line_ += format(" {}={}", key, value);
  return *this;
}

LogLine& LogLine::field(std::string_view key, int value) {
  if (wanted_) line_ += format(" {}={}", key, value);
  return *this;
}

LogLine& LogLine::error(const Error& error) {
  field("kind", name_of(error.kind));
  if (error.status != 0) field(error.kind == ErrorKind::System ? "errno" : "http-status", error.status);
  if (!error.code.empty()) field("code", error.code);
  if (!error.request_id.empty()) field("request-id", error.request_id);
  field("reason", error.where.empty() ? error.what : error.where + ": " + error.what, 512);
  if (!error.hint.empty()) field("hint", error.hint, 512);
  return *this;
}

void log_text(LogLevel level, std::string_view sentence) {
  if (logger()->should_log(to_spdlog(level))) write_line(level, escape_for_log(sentence, 2048));
}

}  // namespace graph_milter
