// SPDX-License-Identifier: Apache-2.0
#include "core/graph/mailbox_gate.h"

#include <utility>

#include "core/base/format.h"

namespace graph_milter::graph {
namespace {

pace::Limits limits_of(const GateSettings& settings) {
  pace::Limits limits;
  limits.lanes = settings.lanes;
  limits.messages.amount = settings.messages_a_minute;
  limits.recipients.amount = settings.recipients_a_day;
  limits.bytes = {settings.bytes, settings.byte_window};
  limits.bytes_from_start = settings.bytes_from_start;
  return pace::share(limits, settings.nodes);
}

std::string seconds(Duration duration) { return format("{:.3f} s", static_cast<double>(duration.count()) / 1000.0); }

Error throttled(std::string where, std::string what, Duration wait) {
  Error error = make_error(ErrorKind::Throttled, std::move(where), std::move(what));
  error.retry_after = wait;
  return error;
}

}  // namespace

// Stands in the mailbox's line until it goes. REQUIRES: the gate's lock, also when it goes.
class MailboxGate::PlaceInLine {
 public:
  PlaceInLine(MailboxGate& gate, const std::string& mailbox, ByteCount bytes)
      : gate_(gate), mailbox_(mailbox), ticket_(gate.lanes_.line_up(mailbox, bytes)) {}
  ~PlaceInLine() {
    gate_.lanes_.leave(mailbox_, ticket_);
    gate_.changed_.notify_all();  // whoever stood behind
  }
  PlaceInLine(const PlaceInLine&) = delete;
  PlaceInLine& operator=(const PlaceInLine&) = delete;

  std::uint64_t ticket() const { return ticket_; }

 private:
  MailboxGate& gate_;
  const std::string& mailbox_;
  const std::uint64_t ticket_;
};

MailboxGate::Lane::~Lane() {
  if (gate_ != nullptr) gate_->release(mailbox_, bytes_);
}

MailboxGate::Lane::Lane(Lane&& other) noexcept
    : gate_(std::exchange(other.gate_, nullptr)), mailbox_(std::move(other.mailbox_)), bytes_(other.bytes_) {}

MailboxGate::Lane& MailboxGate::Lane::operator=(Lane&& other) noexcept {
  std::swap(gate_, other.gate_);
  std::swap(mailbox_, other.mailbox_);
  std::swap(bytes_, other.bytes_);
  return *this;
}

MailboxGate::MailboxGate(const std::shared_ptr<Clock>& clock, GateSettings settings)
    : clock_(clock), settings_(settings), lanes_(limits_of(settings)) {}

Result<MailboxGate::Lane> MailboxGate::acquire(const std::string& mailbox, ByteCount bytes) {
  std::unique_lock lock(mutex_);
  const PlaceInLine place(*this, mailbox, bytes);
  while (true) {
    if (closed_) return fail(ErrorKind::Cancelled, "lane of " + mailbox, "shutting down");
    const TimePoint now = clock_.now();
    const pace::Decision decision = lanes_.try_acquire(mailbox, place.ticket(), now);
    if (std::holds_alternative<pace::Go>(decision)) return Lane(*this, mailbox, bytes);

    const TimePoint until = std::get<pace::Wait>(decision).until;
    if (until == pace::kUntilReleased) {
      changed_.wait(lock);
      continue;
    }
    if (until - now > settings_.patience) {
      const bool asked = lanes_.not_before(mailbox) > now;
      const std::string why =
          asked ? "the service asked for patience" : "as many bytes as the mailbox takes were uploaded";
      return fail(
          throttled("lane of " + mailbox, format("{}: no request for {}", why, seconds(until - now)), until - now));
    }
    changed_.wait_for(lock, until - now);
  }
}

Status MailboxGate::book_send(const std::string& mailbox, const std::string& message, std::uint64_t recipients) {
  const TimePoint now = clock_.now();
  const TimePoint at = lanes_.place(mailbox, message, recipients, now);
  if (at <= now) return {};
  return fail(throttled("send from " + mailbox,
                        format("the mailbox has sent as much as it may: not for {}", seconds(at - now)), at - now));
}

void MailboxGate::hold(const std::string& mailbox, Duration how_long) { lanes_.hold(mailbox, clock_.now() + how_long); }

void MailboxGate::hold_all(Duration how_long) { lanes_.hold_all(clock_.now() + how_long); }

void MailboxGate::limit_bytes(const std::string& mailbox) { lanes_.limit_bytes(mailbox); }

std::size_t MailboxGate::waiting(const std::string& mailbox) const { return lanes_.waiting(mailbox); }

void MailboxGate::close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
  changed_.notify_all();
}

void MailboxGate::release(const std::string& mailbox, ByteCount bytes) {
  // Under the lock, or a waiter that has just asked in vain could miss the word.
  const std::lock_guard lock(mutex_);
  lanes_.release(mailbox, bytes, clock_.now());
  changed_.notify_all();
}

}  // namespace graph_milter::graph
