// SPDX-License-Identifier: Apache-2.0
#include "core/delivery/service_watch.h"

#include "core/base/log.h"

namespace graph_milter::delivery {

ServiceWatch::Leave ServiceWatch::ask(TimePoint now) {
  const std::lock_guard lock(mutex_);
  Leave leave;
  leave.probe = breaker_.open;
  leave.granted = pace::may_start(breaker_, now);
  return leave;
}

TimePoint ServiceWatch::next_start(TimePoint now) const {
  const std::lock_guard lock(mutex_);
  return pace::next_start(breaker_, now);
}

void ServiceWatch::unused(const Leave& leave) {
  const std::lock_guard lock(mutex_);
  if (leave.probe) pace::note_nothing(breaker_);
}

void ServiceWatch::fails(const Error& words, TimePoint now) {
  const bool was_open = breaker_.open;
  pace::note_failure(breaker_, rules_, now);
  if (!breaker_.open) return;
  state_.set({}, queue::Condition::Down, words.text(), now);
  if (was_open) return;
  log_text(LogLevel::Error,
           "Graph fails for everybody: one message at a time finds out when it is back: " + words.text());
}

bool ServiceWatch::works() {
  const bool was_open = breaker_.open;
  pace::note_success(breaker_);
  if (was_open) log_text(LogLevel::Warning, "Graph answers again");
  return was_open;
}

bool ServiceWatch::back(const Leave& leave, const std::string& mailbox, Finding finding, const Error& words,
                        TimePoint now) {
  const std::lock_guard lock(mutex_);
  switch (finding) {
    case Finding::Nothing:
      if (leave.probe) pace::note_nothing(breaker_);
      return false;
    case Finding::Fails:
      fails(words, now);
      return false;
    case Finding::Works:
      state_.set_up(mailbox);
      return works();
    case Finding::MailboxMisconfigured:
      state_.set_up({});  // it let us in, as far as everybody is concerned
      state_.set(mailbox, queue::Condition::Misconfigured, words.text(), now);
      return works();
    case Finding::ServiceMisconfigured:
      state_.set({}, queue::Condition::Misconfigured, words.text(), now);
      return works();
  }
  return false;
}

void ServiceWatch::waits(const std::string& entry, const std::string& mailbox, bool for_all, TimePoint now) {
  const std::lock_guard lock(mutex_);
  waiting_[entry] = {for_all ? std::string() : mailbox, now};
}

void ServiceWatch::delayed(const std::string& entry) {
  const std::lock_guard lock(mutex_);
  delayed_.insert(entry);
}

std::vector<std::string> ServiceWatch::take_delayed() {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> out(delayed_.begin(), delayed_.end());
  delayed_.clear();
  return out;
}

void ServiceWatch::goes_on(const std::string& entry) {
  const std::lock_guard lock(mutex_);
  waiting_.erase(entry);
  delayed_.erase(entry);
}

std::vector<std::string> ServiceWatch::mended(const std::string& mailbox, TimePoint now) {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> entries;
  for (auto waiting = waiting_.begin(); waiting != waiting_.end();) {
    const Waiting& what = waiting->second;
    const bool concerned = what.mailbox.empty() || what.mailbox == mailbox;
    if (concerned && now - what.since >= patience_) {
      entries.push_back(waiting->first);
      waiting = waiting_.erase(waiting);
    } else {
      ++waiting;
    }
  }
  return entries;
}

}  // namespace graph_milter::delivery
