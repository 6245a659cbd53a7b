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
// Then it is asked again, whatever was said.
constexpr Duration kLongestBoardHold = std::chrono::hours(1);

}  // namespace

Delivery::Delivery(const DeliverySettings& settings, queue::Queue& queue, targets::Services services,
                   Returning& returning, queue::ServiceState& service)
    : settings_(settings),
      worker_count_(settings.workers),
      queue_(queue),
      services_(services),
      returning_(returning),
      board_(settings.mailbox_requests),
      watch_(settings.breaker, settings.retry.initial, service) {}

Delivery::~Delivery() {
  stop_.request_stop();
  queue_.wake();
}

void Delivery::change(DeliverySettings settings) {
  watch_.set_patience(settings.retry.initial);
  settings_.put(std::move(settings));
}

void Delivery::start() {
  wake_up_waiting();
  at_work_ = worker_count_;
  for (std::size_t i = 0; i < worker_count_; ++i) {
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
  until = std::max(until, watch_.next_start(now));
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
  const ServiceWatch::Leave leave = watch_.ask(services_.clock.now());
  if (!leave.granted) return false;
  auto entry = lease();
  if (!entry) {
    watch_.unused(leave);
    return false;
  }
  watch_.goes_on(entry->id);
  const std::string mailbox = entry->plan.mailbox;
  const auto settings = settings_.get();
  Courier courier(settings->courier, queue_, services_, returning_, *std::move(entry));
  const Ending ending = courier.carry(std::move(stop));
  board_.end(mailbox);
  settle(courier, ending);
  report(leave, courier, ending);
  return true;
}

void Delivery::report(const ServiceWatch::Leave& leave, const Courier& courier, const Ending& ending) {
  const queue::Entry& entry = courier.entry();
  const std::string& mailbox = entry.plan.mailbox;
  const TimePoint now = services_.clock.now();
  const Finding finding = courier.finding();
  const bool is_back = watch_.back(leave, mailbox, finding, courier.finding_error(), now);
  const auto* failed = std::get_if<Retry>(&ending);
  if (failed != nullptr && is_for_graph(entry) && needs_administrator(failed->why)) {
    watch_.waits(entry.id, mailbox, finding == Finding::ServiceMisconfigured, now);
  }
  if (failed != nullptr && is_for_graph(entry) && finding == Finding::Fails) watch_.delayed(entry.id);
  if (finding == Finding::Works) wake_up(watch_.mended(mailbox, now));
  // Their delays grew with each failure, and were no fault of theirs.
  if (is_back) wake_up(watch_.take_delayed());
  if (is_back) queue_.wake();
}

// They may have come to an end, or be under way again: then there is nothing to do.
void Delivery::wake_up(const std::vector<std::string>& entries) {
  for (const std::string& id : entries) {
    const auto words = queue_.administer(id, queue::Command::Retry);
    if (!words && words.error().kind != ErrorKind::Usage && words.error().kind != ErrorKind::NotFound) {
      log_text(LogLevel::Error, format("entry {}: can't be tried at once: {}", id, words.error().text()));
    }
  }
}

void Delivery::wake_up_waiting() {
  const auto totals = queue_.totals();
  if (!totals || totals->needs_administrator == 0) return;
  const auto entries = queue_.list();
  if (!entries) return;
  std::vector<std::string> waiting;
  for (const queue::EntrySummary& summary : *entries) {
    if (summary.attempts == 0 || summary.state == queue::EntryState::Held) continue;
    const auto entry = queue_.find(summary.id);
    if (entry && *entry && (*entry)->progress.needs_administrator != TimePoint{}) waiting.push_back(summary.id);
  }
  wake_up(waiting);
}

void Delivery::settle(const Courier& courier, const Ending& ending) {
  const queue::Entry& entry = courier.entry();
  if (std::holds_alternative<Delivered>(ending)) return;
  if (const auto* parked = std::get_if<Park>(&ending)) return park(entry, *parked);
  if (const auto* failed = std::get_if<Retry>(&ending)) return retry(entry, *failed);
  if (const auto* held = std::get_if<Hold>(&ending)) return hold(entry, *held);
  if (std::holds_alternative<TakenAway>(ending)) return release(entry);  // nobody else gets it before that
  const Error& why = std::get<Stopped>(ending).why;
  if (why.kind != ErrorKind::Cancelled) journal_failed(entry, why);
  release(entry);
}

// At once again it would end the same way, and what is asked of Graph meanwhile would be asked for nothing.
void Delivery::journal_failed(const queue::Entry& entry, const Error& error) {
  log_text(LogLevel::Error, format("entry {}: the journal could not be written: {}", entry.id, error.text()));
  board_.hold(entry.plan.mailbox, services_.clock.now() + settings_.get()->retry.initial);
}

void Delivery::park(queue::Entry entry, const Park& park) {
  // defer() counts an attempt, and what did not fail must not lengthen the delays of what does.
  ++entry.progress.attempts_before;
  const TimePoint now = services_.clock.now();
  log_waiting(entry, park.why, park.until, now);
  if (!park.holds_mailbox) return end_lease(entry, queue_.defer(entry, park.until, park.why));
  // It stays due as it was: what came later must not get before it because it waited here.
  board_.hold(entry.plan.mailbox, std::min(park.until, now + kLongestBoardHold));
  end_lease(entry, queue_.defer(entry, std::min(entry.next_attempt, now), park.why));
}

void Delivery::retry(const queue::Entry& entry, const Retry& retry) {
  const TimePoint now = services_.clock.now();
  const int failures = std::max(1, entry.attempts - entry.progress.attempts_before + 1);
  const TimePoint next =
      std::max(retry.not_before, next_attempt(settings_.get()->retry, failures, retry.why, now, dice()));
  if (retry.why.kind == ErrorKind::Throttled && retry.why.retry_after && is_for_graph(entry)) {
    board_.hold(entry.plan.mailbox, now + obeyed(*retry.why.retry_after));
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
  if (written.error().kind != ErrorKind::Cancelled) journal_failed(entry, written.error());
  release(entry);
}

// Also of a lease that the administrator has taken away.
void Delivery::release(const queue::Entry& entry) {
  const Status released = queue_.release(entry);
  if (!released && released.error().kind != ErrorKind::Cancelled) journal_failed(entry, released.error());
}

double Delivery::dice() {
  const std::lock_guard lock(dice_mutex_);
  return std::uniform_real_distribution<double>(0, 1)(dice_);
}

}  // namespace graph_milter::delivery
