// SPDX-License-Identifier: Apache-2.0
// Orders of the administrator at random moments, while couriers are at work: what was refused has no effect, what was
// done holds against the courier that had the message.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <functional>
#include <map>
#include <mutex>
#include <random>
#include <set>
#include <thread>

#include "core/admin/control_server.h"
#include "core/admin/queue_question.h"
#include "core/base/id.h"
#include "core/queue/queue.h"
#include "tests/support/temp_folder.h"

namespace graph_milter::ctl {
namespace {

using queue::Command;
using queue::Disposal;
using queue::EntryState;

constexpr std::size_t kCouriers = 3;

// The other side: what was sent, and how often.
class Ledger {
 public:
  void send(const std::string& id) {
    const std::lock_guard lock(mutex_);
    ++sent_[id];
  }
  int count(const std::string& id) const {
    const std::lock_guard lock(mutex_);
    const auto found = sent_.find(id);
    return found == sent_.end() ? 0 : found->second;
  }

 private:
  mutable std::mutex mutex_;
  std::map<std::string, int> sent_;
};

// Which messages are on their way.
class Board {
 public:
  void put(std::size_t courier, const std::string& id) {
    const std::lock_guard lock(mutex_);
    ids_[courier] = id;
  }
  std::string get(std::size_t courier) const {
    const std::lock_guard lock(mutex_);
    return ids_[courier];
  }

 private:
  mutable std::mutex mutex_;
  std::array<std::string, kCouriers> ids_;
};

// Delivers as the real one does, in steps that are recorded before they take effect, and breaks off now and then.
class Courier {
 public:
  Courier(queue::Queue& queue, Ledger& ledger, unsigned long long seed, std::function<void(const std::string&)> begun)
      : queue_(queue), ledger_(ledger), dice_(seed), begun_(std::move(begun)) {}

  // False: nothing was due.
  bool deliver_one() {
    auto leased = queue_.lease_next(SystemClock().now(), {});
    if (!leased || !*leased) return false;
    entry_ = **leased;
    begun_(entry_.id);
    while (step()) {
    }
    // Whoever was refused a step still has the lease; whose lease has ended is only told so.
    static_cast<void>(queue_.release(entry_));
    return true;
  }

 private:
  bool chance(int of) { return std::uniform_int_distribution<int>(1, of)(dice_) == 1; }

  bool take(EntryState state) {
    entry_.state = state;
    const Status recorded = queue_.record(entry_);
    EXPECT_TRUE(recorded || recorded.error().kind == ErrorKind::Cancelled) << recorded.error().text();
    return static_cast<bool>(recorded);
  }

  bool break_off() {
    const TimePoint next = SystemClock().now() + Duration(std::uniform_int_distribution<int>(0, 5)(dice_));
    static_cast<void>(queue_.defer(entry_, next, make_error(ErrorKind::Transient, "graph", "503")));
    return false;
  }

  bool finish(queue::Outcome outcome) {
    entry_.outcome = outcome;
    const Status finished = queue_.finish(entry_);
    EXPECT_TRUE(finished || finished.error().kind == ErrorKind::Cancelled) << finished.error().text();
    return false;
  }

  bool send() {
    entry_.progress.send_epoch += 1;
    entry_.progress.send_intended = SystemClock().now();
    entry_.progress.send_unresolved = true;
    if (!take(EntryState::SendIntent)) return false;
    ledger_.send(entry_.id);
    if (chance(3)) return break_off();  // the answer is lost
    return take(EntryState::Sent);
  }

  bool make_draft() {
    entry_.progress.draft_id = "AAMk" + entry_.id;
    entry_.progress.drafts_made = 1;
    return take(EntryState::Draft);
  }

  bool step() {
    if (chance(6)) return break_off();
    switch (entry_.state) {
      case EntryState::Accepted:
        return take(EntryState::DraftIntent);
      case EntryState::DraftIntent:
        return make_draft();
      case EntryState::Draft:
        return take(EntryState::Verified);
      case EntryState::Verified:
        return send();
      case EntryState::SendIntent:
        return ledger_.count(entry_.id) > 0 ? take(EntryState::Sent) : send();
      case EntryState::Sent:
        return finish(queue::Outcome::Sent);
      case EntryState::GiveUp:
        return take(EntryState::DraftGone);
      case EntryState::DraftGone:
        if (entry_.progress.give_up->disposal == Disposal::Drop) return finish(queue::Outcome::Dropped);
        return take(EntryState::Returning);
      case EntryState::Returning:
        return take(EntryState::Returned);
      case EntryState::Returned:
        return finish(queue::Outcome::Returned);
      case EntryState::Done:
      case EntryState::Held:
        break;
    }
    ADD_FAILURE() << "leased in state " << name_of(entry_.state);
    return false;
  }

  queue::Queue& queue_;
  Ledger& ledger_;
  std::mt19937_64 dice_;
  std::function<void(const std::string&)> begun_;
  queue::Entry entry_;
};

class OrdersInFlight : public ::testing::Test {
 protected:
  OrdersInFlight() {
    queue::QueueSettings settings;
    settings.directory = folder_.file("spool");
    settings.reserve_bytes = 0;
    settings.ballast_bytes = 0;
    auto opened = queue::Queue::open(settings, std::make_shared<SystemClock>());
    if (!opened) throw std::runtime_error(opened.error().text());
    queue_ = *std::move(opened);
    admin::ControlAnswers answers;
    answers.find = [this](const std::string& id) { return queue_->find(id); };
    answers.administer = [this](const std::string& id, Command command) { return queue_->administer(id, command); };
    auto server = admin::ControlServer::start({places_.control_socket, {}}, answers);
    if (!server) throw std::runtime_error(server.error().text());
    server_ = *std::move(server);
  }

  std::string put() {
    mail::MessageFile message(queue_->incoming_directory(), 1024);
    EXPECT_TRUE(message.append("Subject: x\r\n\r\nx\r\n"));
    mail::Envelope envelope;
    envelope.sender = mail::make_envelope_path("<a@contoso.com>");
    envelope.recipients = {mail::make_envelope_path("<b@fabrikam.com>")};
    plan::Plan plan;
    plan.mailbox = "a@contoso.com";
    const auto committed = queue_->commit(make_entry_id(SystemClock().now()), message, envelope, plan, "");
    EXPECT_TRUE(committed);
    return committed->id;
  }

  void give_random_order(const std::string& id, std::mt19937_64& dice) {
    constexpr Command kCommands[] = {Command::Retry, Command::Hold, Command::Release, Command::Return, Command::Delete};
    const Command command = kCommands[std::uniform_int_distribution<std::size_t>(0, 4)(dice)];
    const auto words = admin::order(places_, id, command);
    if (words) {
      ++done_[command];
      if (command == Command::Hold) held_.insert(id);
      return;
    }
    ++refused_;
    EXPECT_TRUE(words.error().kind == ErrorKind::Usage || words.error().kind == ErrorKind::NotFound)
        << words.error().text();
  }

  const test::TempFolder folder_;
  const admin::QueuePlaces places_{folder_.file("control.sock"), folder_.file("spool")};
  std::unique_ptr<queue::Queue> queue_;
  std::unique_ptr<admin::ControlServer> server_;
  std::map<Command, int> done_;
  int refused_ = 0;
  std::set<std::string> held_;  // what the administrator has ever held
};

TEST_F(OrdersInFlight, EveryMessageEndsOnceAndAsItWasOrdered) {
  const unsigned long long seed = test::seed();
  std::mt19937_64 dice(seed);
  std::vector<std::string> ids;
  Ledger ledger;
  Board board;
  std::atomic<bool> over{false};
  std::vector<std::thread> couriers;
  for (std::size_t n = 0; n < kCouriers; ++n) {
    couriers.emplace_back([this, &ledger, &board, &over, seed, n] {
      Courier courier(*queue_, ledger, seed + n, [&board, n](const std::string& id) { board.put(n, id); });
      while (!over) {
        if (!courier.deliver_one()) queue_->wait_for_work(SystemClock().now() + Duration(5));
      }
    });
  }
  ::testing::internal::CaptureStderr();  // the log of the orders
  for (int i = 0; i < 200; ++i) {
    while (queue_->totals()->waiting < 2 * kCouriers) ids.push_back(put());
    const std::string busy = board.get(static_cast<std::size_t>(i) % kCouriers);
    const std::string& any = ids[std::uniform_int_distribution<std::size_t>(0, ids.size() - 1)(dice)];
    give_random_order(i % 4 == 0 || busy.empty() ? any : busy, dice);
  }
  for (const std::string& id : ids) static_cast<void>(queue_->administer(id, Command::Release));
  const TimePoint limit = SystemClock().now() + std::chrono::seconds(90);
  while (queue_->totals()->waiting > 0 && SystemClock().now() < limit) {
    queue_->wait_for_work(SystemClock().now() + Duration(10));
  }
  over = true;
  queue_->wake();
  for (std::thread& courier : couriers) courier.join();
  const std::string log = ::testing::internal::GetCapturedStderr();

  for (const std::string& id : ids) {
    const auto entry = queue_->find(id);
    ASSERT_TRUE(entry && *entry);
    ASSERT_EQ((*entry)->state, EntryState::Done) << id << " is in " << name_of((*entry)->state);
    if ((*entry)->outcome == queue::Outcome::Sent) {
      EXPECT_EQ(ledger.count(id), 1) << id;
    } else if (held_.contains(id)) {
      EXPECT_LE(ledger.count(id), 1) << id;
    } else {
      EXPECT_EQ(ledger.count(id), 0) << id << " was sent and " << name_of((*entry)->outcome);
    }
  }
  EXPECT_GT(ids.size(), 10U);
  EXPECT_GT(refused_, 0);
  EXPECT_GT(done_[Command::Hold], 0);
  EXPECT_GT(done_[Command::Delete] + done_[Command::Return], 0);
}

}  // namespace
}  // namespace graph_milter::ctl
