// SPDX-License-Identifier: Apache-2.0
#include "tests/graph_emulator/throttle.h"

#include <algorithm>
#include <ctime>

#include "core/base/format.h"

namespace graph_milter::emulator {

std::string http_date(TimePoint time) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(time);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  char text[64];
  const std::size_t length = std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &parts);
  return {text, length};
}

std::optional<std::string> Throttle::refusal(const Switches& switches, const std::string& mailbox, ByteCount body,
                                             TimePoint now) {
  Usage& usage = usage_[mailbox];
  const TimePoint requests_since = now - Duration(switches.request_window_ms);
  while (!usage.requests.empty() && usage.requests.front() < requests_since) usage.requests.pop_front();
  const TimePoint bytes_since = now - Duration(switches.byte_window_ms);
  while (!usage.bytes.empty() && usage.bytes.front().first <= bytes_since) usage.bytes.pop_front();
  ByteCount bytes = 0;
  for (const auto& [time, count] : usage.bytes) bytes += count;

  if (switches.concurrency_limit > 0 && usage.running >= switches.concurrency_limit) return "MailboxConcurrency";
  if (switches.request_limit > 0 && static_cast<std::int64_t>(usage.requests.size()) >= switches.request_limit) {
    return "Requests";
  }
  const auto limit = static_cast<ByteCount>(switches.byte_limit);
  if (limit > 0 && body > 0 && bytes > 0 && bytes + body > limit) return "IncomingBytes";
  return std::nullopt;
}

void Throttle::begin(const std::string& mailbox, TimePoint now) {
  Usage& usage = usage_[mailbox];
  usage.requests.push_back(now);
  ++usage.running;
  most_[mailbox] = std::max(most_[mailbox], usage.running);
}

void Throttle::end(const std::string& mailbox) { --usage_[mailbox].running; }

void Throttle::count_bytes(const std::string& mailbox, ByteCount bytes, TimePoint now) {
  if (bytes > 0) usage_[mailbox].bytes.emplace_back(now, bytes);
}

void Throttle::ask_for_patience(const std::string& mailbox, TimePoint until) {
  Usage& usage = usage_[mailbox];
  usage.patience = std::max(usage.patience, until);
}

bool Throttle::is_too_early(const std::string& mailbox, TimePoint now) const {
  const auto found = usage_.find(mailbox);
  return found != usage_.end() && now < found->second.patience;
}

int Throttle::at_once() const {
  int total = 0;
  for (const auto& [mailbox, usage] : usage_) total += usage.running;
  return total;
}

void Throttle::forget_history() {
  for (auto& [mailbox, usage] : usage_) {
    usage.requests.clear();
    usage.bytes.clear();
    usage.patience = {};
  }
  most_.clear();
}

std::string retry_after_value(const Switches& switches, TimePoint now) {
  const std::int64_t ms = switches.retry_after_ms;
  if (switches.retry_after_form == "fraction") return format("{}.{:03}", ms / 1000, ms % 1000);
  if (switches.retry_after_form == "integer") return format("{}", (ms + 999) / 1000);
  if (switches.retry_after_form == "date") return http_date(now + Duration(ms));
  if (switches.retry_after_form == "huge") return "86400000";
  if (switches.retry_after_form == "negative") return format("-{}", (ms + 999) / 1000);
  if (switches.retry_after_form == "past") return http_date(now - Duration(ms));
  if (switches.retry_after_form == "garbage") return "soon";
  return {};
}

}  // namespace graph_milter::emulator
