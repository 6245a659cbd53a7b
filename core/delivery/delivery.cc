// SPDX-License-Identifier: Apache-2.0
#include "core/delivery/delivery.h"

#include <algorithm>
#include <utility>

#include "core/base/format.h"
#include "core/base/log.h"
#include "core/delivery/events.h"

namespace graph_milter::delivery {
namespace {

// Where an entry is due but its mailbox is busy, nothing says when that ends, except a lease that does.
constexpr Duration kLookAgainWhileBusy = std::chrono::seconds(1);
constexpr Duration kLookAgainWhileIdle = std::chrono::minutes(1);

void log_journal_error(const queue::Entry& entry, const Error& error) {
  log_text(LogLevel::Error, format("entry {}: the journal could not be written: {}", entry.id, error.text()));
}

}  // namespace

DeliverySettings delivery_settings(const config::Settings& settings, std::string instance) {
  DeliverySettings out;
  out.workers = settings.workers;
  out.mailbox_requests = settings.mailbox_requests;
  out.retry = {settings.retry_initial, settings.retry_max};
  out.courier.instance = std::move(instance);
  out.courier.verify_content = settings.verify == config::Verify::Hash;
  out.courier.rules = upload::outlook_rules(settings.range_size);
  out.courier.send_recheck = settings.send_recheck;
  return out;
}

Delivery::Delivery(DeliverySettings settings, queue::Queue& queue, targets::Services services)
    : settings_(std::move(settings)), queue_(queue), services_(services), board_(settings_.mailbox_requests) {}

Delivery::~Delivery() {
  stop_.request_stop();
  queue_.wake();
}

void Delivery::start() {
  at_work_ = settings_.workers;
  for (std::size_t i = 0; i < settings_.workers; ++i) {
    workers_.emplace_back([this] {
      work(stop_.get_token());
      const std::lock_guard lock(workers_mutex_);
      --at_work_;
      worker_ended_.notify_all();
    });
  }
}

bool Delivery::stop(Duration patience) {
  stop_.request_stop();
  queue_.wake();
  std::unique_lock lock(workers_mutex_);
  return worker_ended_.wait_for(lock, patience, [this] { return at_work_ == 0; });
}

void Delivery::work(const std::stop_token& stop) {
  while (!stop.stop_requested() && !queue_.failed()) {
    if (!deliver_one(stop)) wait(stop);
  }
}

void Delivery::wait(const std::stop_token& stop) {
  const TimePoint now = services_.clock.now();
  TimePoint until = now + kLookAgainWhileIdle;
  if (const auto due = queue_.next_due(); due && *due) {
    until = **due > now ? std::min(**due, until) : now + kLookAgainWhileBusy;
  }
  if (!stop.stop_requested()) queue_.wait_for_work(until);
}

std::optional<queue::Entry> Delivery::lease() {
  const std::lock_guard lock(lease_mutex_);
  const TimePoint now = services_.clock.now();
  auto entry = queue_.lease_next(now, board_.busy(now));
  if (!entry) {
    log_text(LogLevel::Error, "the queue gives no entry: " + entry.error().text());
    return std::nullopt;
  }
  if (*entry) board_.begin((*entry)->plan.mailbox);
  return *std::move(entry);
}

bool Delivery::deliver_one(std::stop_token stop) {
  auto entry = lease();
  if (!entry) return false;
  const std::string mailbox = entry->plan.mailbox;
  Courier courier(settings_.courier, queue_, services_, *std::move(entry));
  const Ending ending = courier.carry(std::move(stop));
  board_.end(mailbox);
  settle(courier, ending);
  return true;
}

void Delivery::settle(const Courier& courier, const Ending& ending) {
  const queue::Entry& entry = courier.entry();
  if (std::holds_alternative<Delivered>(ending)) return;
  if (const auto* parked = std::get_if<Park>(&ending)) return park(entry, *parked);
  if (const auto* failed = std::get_if<Retry>(&ending)) return retry(entry, *failed);
  if (const auto* held = std::get_if<Hold>(&ending)) return hold(entry, *held);
  const Error& why = std::get<Stopped>(ending).why;
  if (why.kind != ErrorKind::Cancelled) log_journal_error(entry, why);
  release(entry);
}

void Delivery::park(queue::Entry entry, const Park& park) {
  // defer() counts an attempt, and what did not fail must not lengthen the delays of what does.
  ++entry.progress.attempts_before;
  log_waiting(entry, park.why, park.until, services_.clock.now());
  end_lease(entry, queue_.defer(entry, park.until, park.why));
}

void Delivery::retry(const queue::Entry& entry, const Retry& retry) {
  const TimePoint now = services_.clock.now();
  const int failures = std::max(1, entry.attempts - entry.progress.attempts_before + 1);
  const TimePoint next = std::max(retry.not_before, next_attempt(settings_.retry, failures, retry.why, now, dice()));
  if (retry.why.kind == ErrorKind::Throttled && retry.why.retry_after) {
    board_.hold(entry.plan.mailbox, now + *retry.why.retry_after);
  }
  log_deferred(entry, retry.why, next, now);
  end_lease(entry, queue_.defer(entry, next, retry.why));
}

void Delivery::hold(const queue::Entry& entry, const Hold& hold) {
  log_held(entry, hold.why, services_.clock.now());
  end_lease(entry, queue_.hold(entry, hold.why));
}

void Delivery::end_lease(const queue::Entry& entry, const Status& written) {
  if (written) return;
  log_journal_error(entry, written.error());
  release(entry);
}

void Delivery::release(const queue::Entry& entry) {
  if (const Status released = queue_.release(entry); !released) log_journal_error(entry, released.error());
}

double Delivery::dice() {
  const std::lock_guard lock(dice_mutex_);
  return std::uniform_real_distribution<double>(0, 1)(dice_);
}

}  // namespace graph_milter::delivery
