// SPDX-License-Identifier: Apache-2.0
// Anything may happen, in any order: faults, refusals, deaths, a journal that refuses, an administrator at work, an MTA
// that comes and goes, a clock that is set. In the end every message is in exactly one place.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "tests/graph/delivery_world.h"

namespace graph_milter::delivery::test {
namespace {

using emulator::Action;
using emulator::Fault;

// How messages ended, over all walks: a walk that only ever delivers shows nothing.
struct Ends {
  int delivered = 0;
  int returned = 0;
  int held = 0;
  int dropped = 0;
};

class Walk {
 public:
  Walk(unsigned long long seed, Ends& ends) : dice_(seed), ends_(ends) {}

  void run() {
    prepare();
    for (int i = 0; i < 4; ++i) {
      ids_.push_back(world_.put(some_files()));
      world_.clock().advance(std::chrono::milliseconds(1));  // ids of one millisecond have no order
    }
    for (int life = 0; life < 12; ++life) live(life);
    world_.executioner().spare();
    world_.executioner().refuse(0);
    world_.model().clear_faults();
    let_mta_listen(true);
    world_.open();
    EXPECT_TRUE(world_.run(2'000));
    world_.clock().advance(std::chrono::minutes(10));
    world_.model().settle();
    judge();
  }

 private:
  std::uint64_t roll(std::uint64_t sides) { return dice_() % sides; }

  void prepare() {
    world_.mta();
    constexpr queue::Disposal kDisposals[] = {queue::Disposal::Dsn, queue::Disposal::Dsn, queue::Disposal::Hold};
    world_.settings().courier.disposal = kDisposals[roll(3)];
    if (roll(3) == 0) world_.settings().courier.lifetime = std::chrono::minutes(3);
    if (roll(3) == 0) world_.settings().courier.delay_warning = std::chrono::minutes(1);
    graph::GateSettings gate;
    gate.messages_a_minute = 1 + roll(30);
    if (roll(2) == 0) world_.count_sends(gate);
    const std::int64_t ask[] = {200, 404, 405};
    world_.model().change_switches([&](emulator::Switches& s) {
      s.ask_position_status = ask[roll(3)];
      s.immutable_id_survives_send = roll(2) == 0;
      s.keeps_less = roll(3) == 0 ? 300 : 0;
      s.send_delay_ms = roll(2) == 0 ? 20'000 : 0;
    });
  }

  void add_fault() {
    const Fault kinds[] = {Fault::of(Action::Refuse, "*"),
                           Fault::of(Action::DropBefore, "*"),
                           Fault::of(Action::EffectThenDrop, "*"),
                           Fault::of(Action::Truncate, "*"),
                           Fault::status("*", 1, 503, "ServiceUnavailable", "7"),
                           Fault::status("*", 1, 429, "TooManyRequests", "2.128"),
                           Fault::status_after_effect("*", 1, 504, "UnknownError"),
                           Fault::status("*", 1, 404, "ErrorItemNotFound"),
                           Fault::status("send", 1, 403, "ErrorSendAsDenied"),
                           Fault::status("create-draft", 1, 400, "ErrorInvalidRecipients"),
                           Fault::status("put-range", 1, 400, "ErrorMessageSizeExceeded"),
                           Fault::status("*", 1, 403, "Authorization_RequestDenied")};
    Fault fault = kinds[roll(std::size(kinds))];
    fault.nth = 1 + static_cast<int>(roll(fault.operation == "*" ? 30 : 3));
    fault.times = 1 + static_cast<int>(roll(3));
    world_.model().add_fault(fault);
  }

  void command() {
    constexpr queue::Command kCommands[] = {queue::Command::Retry, queue::Command::Hold, queue::Command::Release,
                                            queue::Command::Return, queue::Command::Delete};
    const std::string& id = ids_[roll(ids_.size())];
    const queue::Command command = kCommands[roll(std::size(kCommands))];
    const queue::Entry before = world_.entry(id);
    // What may be sent is not to be returned or deleted by a person who does not know; that is a person's mistake.
    const bool unresolved = before.progress.send_unresolved && before.state == queue::EntryState::Held;
    if (unresolved && (command == queue::Command::Return || command == queue::Command::Delete)) return;
    if (world_.queue().administer(id, command) && command == queue::Command::Delete) deleted_.insert(id);
  }

  void something() {
    switch (roll(6)) {
      case 0:
      case 1:
        return add_fault();
      case 2:
        return command();
      case 3:
        return let_mta_listen(roll(2) == 0);
      case 4:
        return world_.executioner().refuse(static_cast<int>(roll(3)));
      default:
        return world_.clock().advance(std::chrono::seconds(roll(100)) - std::chrono::seconds(30));
    }
  }

  void let_mta_listen(bool wanted) {
    if (wanted == listens_) return;
    wanted ? world_.mta().listen() : world_.mta().stop_listening();
    listens_ = wanted;
  }

  void live(int life) {
    try {
      const auto delivery = world_.make_delivery();
      if (roll(2) == 0) world_.executioner().kill_at(1 + static_cast<int>(roll(80)));
      for (int i = 0; i < 12; ++i) {
        if (roll(2) == 0) something();
        world_.run(*delivery, 6);
      }
    } catch (const Killed&) {
    }
    world_.executioner().spare();
    if (life % 2 == 0) world_.open();
  }

  void judge() {
    EXPECT_THAT(world_.model().violations(), testing::IsEmpty());
    std::map<std::string, int> delivered;
    for (const emulator::Delivery& delivery : world_.model().deliveries()) ++delivered[delivery.marker.substr(4)];
    std::map<std::string, int> told;
    for (const auto& mail : world_.mta().mails()) {
      if (mail.content.find("Action: failed") == std::string::npos) continue;
      for (const std::string& id : ids_) told[id] += mail.content.find(id) != std::string::npos ? 1 : 0;
    }
    std::size_t held = 0;
    for (const std::string& id : ids_) {
      const queue::Entry entry = world_.entry(id);
      SCOPED_TRACE(
          format("{}: {}, {}, {}", id, queue::name_of(entry.state), queue::name_of(entry.outcome), entry.last_error));
      const bool is_held = entry.state == queue::EntryState::Held;
      held += is_held ? 1 : 0;
      EXPECT_TRUE(is_held || entry.state == queue::EntryState::Done);
      EXPECT_LE(delivered[id], 1);
      const bool dropped = entry.outcome == queue::Outcome::Dropped;
      EXPECT_TRUE(!dropped || deleted_.contains(id));
      const int places = (delivered[id] > 0 ? 1 : 0) + (told[id] > 0 ? 1 : 0) + (dropped ? 1 : 0);
      ends_.delivered += delivered[id] > 0 ? 1 : 0;
      ends_.returned += told[id] > 0 ? 1 : 0;
      ends_.held += is_held ? 1 : 0;
      ends_.dropped += dropped ? 1 : 0;
      if (is_held && entry.progress.send_unresolved) continue;  // it is not known whether it was delivered
      EXPECT_EQ(places + (is_held ? 1 : 0), 1) << delivered[id] << " delivered, " << told[id] << " told";
    }
    EXPECT_LE(world_.drafts(), held) << "only what is held by hand may have a draft";
    if (testing::Test::HasFailure()) show_requests();
  }

  void show_requests() {
    for (const emulator::RequestRecord& request : world_.model().requests()) {
      std::fprintf(stderr, "%s %s %s %d %s\n", iso8601(request.time).c_str(), request.operation.c_str(),
                   request.path.c_str(), request.status, request.fault.c_str());
    }
    for (const std::string& id : ids_) {
      const queue::Entry entry = world_.entry(id);
      std::fprintf(stderr, "%s: %s, %s, %s\n", id.c_str(), std::string(queue::name_of(entry.state)).c_str(),
                   std::string(queue::name_of(entry.outcome)).c_str(), entry.last_error.c_str());
    }
  }

  std::mt19937_64 dice_;
  Ends& ends_;
  World world_;
  bool listens_ = true;
  std::vector<std::string> ids_;
  std::set<std::string> deleted_;
};

TEST(DeliveryWalk, WhateverHappensEveryMessageEndsInOnePlace) {
  const unsigned long long first = graph_milter::test::seed();
  const char* more = std::getenv("GM_WALKS");
  const unsigned long long walks = more != nullptr ? std::strtoull(more, nullptr, 10) : 60;
  Ends ends;
  for (unsigned long long i = 0; i < walks && !testing::Test::HasFailure(); ++i) {
    SCOPED_TRACE(format("GM_SEED={}", first + i));
    testing::internal::CaptureStderr();
    Walk(first + i, ends).run();
    const std::string log = testing::internal::GetCapturedStderr();
    if (testing::Test::HasFailure()) std::fputs(log.c_str(), stderr);
  }
  EXPECT_GT(ends.delivered, 0);
  EXPECT_GT(ends.returned + ends.held, 0);
  EXPECT_GT(ends.dropped, 0);
  std::printf("%d delivered, %d returned, %d held, %d deleted\n", ends.delivered, ends.returned, ends.held,
              ends.dropped);
}

TEST(DeliveryWalk, AJournalThatRefusesIsNotAskedAgainAtOnce) {
  World world;
  world.put(some_files());
  world.executioner().refuse(3);
  testing::internal::CaptureStderr();
  EXPECT_TRUE(world.run());
  testing::internal::GetCapturedStderr();
  world.expect_delivered_once(some_files());
  EXPECT_GE(world.clock().now() - kStart, std::chrono::seconds(90));
}

}  // namespace
}  // namespace graph_milter::delivery::test
