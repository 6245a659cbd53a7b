// SPDX-License-Identifier: Apache-2.0
#include "core/graph/mailbox_gate.h"

#include <utility>

#include "core/base/format.h"

namespace graph_milter::graph {

MailboxGate::Lane::~Lane() {
  if (gate_ != nullptr) gate_->release(mailbox_);
}

MailboxGate::Lane::Lane(Lane&& other) noexcept
    : gate_(std::exchange(other.gate_, nullptr)), mailbox_(std::move(other.mailbox_)) {}

MailboxGate::Lane& MailboxGate::Lane::operator=(Lane&& other) noexcept {
  std::swap(gate_, other.gate_);
  std::swap(mailbox_, other.mailbox_);
  return *this;
}

MailboxGate::MailboxGate(std::shared_ptr<Clock> clock, int lanes_per_mailbox, Duration patience)
    : clock_(std::move(clock)), patience_(patience), lanes_(lanes_per_mailbox) {}

Result<MailboxGate::Lane> MailboxGate::acquire(const std::string& mailbox) {
  std::unique_lock lock(mutex_);
  while (true) {
    if (closed_) return fail(ErrorKind::Cancelled, "lane of " + mailbox, "shutting down");
    const TimePoint now = clock_->now();
    const pace::Decision decision = lanes_.try_acquire(mailbox, now);
    if (std::holds_alternative<pace::Go>(decision)) return Lane(*this, mailbox);

    const TimePoint until = std::get<pace::Wait>(decision).until;
    if (until == pace::kUntilReleased) {
      changed_.wait(lock);
    } else if (until - now > patience_) {
      Error error = make_error(ErrorKind::Throttled, "lane of " + mailbox,
                               format("the service asked for no request before {}", iso8601(until)));
      error.retry_after = until - now;
      return fail(std::move(error));
    } else {
      changed_.wait_for(lock, until - now);
    }
  }
}

void MailboxGate::hold(const std::string& mailbox, Duration how_long) {
  lanes_.hold(mailbox, clock_->now() + how_long);
}

void MailboxGate::hold_all(Duration how_long) { lanes_.hold_all(clock_->now() + how_long); }

void MailboxGate::close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
  changed_.notify_all();
}

void MailboxGate::release(const std::string& mailbox) {
  // Under the lock, or a waiter that has just asked in vain could miss the word.
  const std::lock_guard lock(mutex_);
  lanes_.release(mailbox);
  changed_.notify_all();
}

}  // namespace graph_milter::graph
