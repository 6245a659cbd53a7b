// SPDX-License-Identifier: Apache-2.0
#include "core/pace/lanes.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <random>
#include <thread>
#include <vector>

#include "tests/support/temp_folder.h"

namespace graph_milter::pace {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr TimePoint kNow = TimePoint(hours(500'000));

Limits with_lanes(int lanes) {
  Limits limits;
  limits.lanes = lanes;
  return limits;
}

bool is_go(const Decision& decision) { return std::holds_alternative<Go>(decision); }

// Asks once, without staying in the line.
Decision ask(Lanes& lanes, const std::string& mailbox, TimePoint now, ByteCount bytes = 0) {
  const std::uint64_t ticket = lanes.line_up(mailbox, bytes);
  const Decision decision = lanes.try_acquire(mailbox, ticket, now);
  if (!is_go(decision)) lanes.leave(mailbox, ticket);
  return decision;
}

TEST(Lanes, CountEachMailboxByItself) {
  Lanes lanes(with_lanes(2));
  EXPECT_TRUE(is_go(ask(lanes, "a@x", kNow)));
  EXPECT_TRUE(is_go(ask(lanes, "a@x", kNow)));
  EXPECT_EQ(ask(lanes, "a@x", kNow), Decision(Wait{kUntilReleased}));
  EXPECT_TRUE(is_go(ask(lanes, "b@x", kNow)));
  lanes.release("a@x", 0, kNow);
  EXPECT_TRUE(is_go(ask(lanes, "a@x", kNow)));
}

TEST(Lanes, HoldOneMailboxOrAll) {
  Lanes lanes;
  lanes.hold("a@x", kNow + seconds(5));
  EXPECT_EQ(ask(lanes, "a@x", kNow), Decision(Wait{kNow + seconds(5)}));
  EXPECT_TRUE(is_go(ask(lanes, "b@x", kNow)));
  lanes.hold_all(kNow + seconds(3));
  EXPECT_EQ(ask(lanes, "b@x", kNow), Decision(Wait{kNow + seconds(3)}));
  EXPECT_EQ(lanes.not_before("a@x"), kNow + seconds(5));
  EXPECT_EQ(lanes.not_before("c@x"), kNow + seconds(3));
  EXPECT_TRUE(is_go(ask(lanes, "a@x", kNow + seconds(5))));
}

TEST(Lanes, KeepTheLaterOfTwoHolds) {
  Lanes lanes;
  lanes.hold("a@x", kNow + seconds(5));
  lanes.hold("a@x", kNow + seconds(2));
  lanes.hold_all(kNow + seconds(4));
  lanes.hold_all(kNow + seconds(1));
  EXPECT_EQ(lanes.not_before("a@x"), kNow + seconds(5));
  EXPECT_EQ(lanes.not_before("b@x"), kNow + seconds(4));
}

TEST(Lanes, NameAKnownTimeEvenWhenNoneIsFree) {
  Lanes lanes(with_lanes(1));
  ASSERT_TRUE(is_go(ask(lanes, "a@x", kNow)));
  lanes.hold("a@x", kNow + seconds(1));
  EXPECT_EQ(ask(lanes, "a@x", kNow), Decision(Wait{kNow + seconds(1)}));
}

TEST(Lanes, AreTakenInTheOrderOfComing) {
  Lanes lanes(with_lanes(1));
  const auto first = lanes.line_up("a@x", 0);
  const auto second = lanes.line_up("a@x", 0);
  EXPECT_EQ(lanes.try_acquire("a@x", second, kNow), Decision(Wait{kUntilReleased}));  // though the lane is free
  EXPECT_TRUE(is_go(lanes.try_acquire("a@x", first, kNow)));
  EXPECT_EQ(lanes.try_acquire("a@x", second, kNow), Decision(Wait{kUntilReleased}));
  lanes.release("a@x", 0, kNow);
  EXPECT_TRUE(is_go(lanes.try_acquire("a@x", second, kNow)));
}

TEST(Lanes, PassToTheNextWhenSomebodyLeavesTheLine) {
  Lanes lanes(with_lanes(1));
  const auto first = lanes.line_up("a@x", 0);
  const auto second = lanes.line_up("a@x", 0);
  lanes.leave("a@x", first);
  EXPECT_TRUE(is_go(lanes.try_acquire("a@x", second, kNow)));
}

Limits with_bytes(ByteCount bytes, bool from_start) {
  Limits limits;
  limits.lanes = 2;
  limits.bytes = {bytes, minutes(5)};
  limits.bytes_from_start = from_start;
  return limits;
}

TEST(Lanes, LimitBytesFromTheStart) {
  Lanes lanes(with_bytes(100, true));
  ASSERT_TRUE(is_go(ask(lanes, "a@x", kNow - minutes(1), 60)));
  EXPECT_EQ(ask(lanes, "a@x", kNow, 60), Decision(Wait{kNow + minutes(5)}));  // still under way
  lanes.release("a@x", 60, kNow);                                             // so long it took to arrive
  EXPECT_EQ(ask(lanes, "a@x", kNow + seconds(10), 60), Decision(Wait{kNow + minutes(5)}));
  EXPECT_TRUE(is_go(ask(lanes, "a@x", kNow + seconds(10), 40)));
  EXPECT_TRUE(is_go(ask(lanes, "b@x", kNow, 60)));
  lanes.release("a@x", 40, kNow + seconds(10));
  EXPECT_TRUE(is_go(ask(lanes, "a@x", kNow + minutes(5), 60)));
}

TEST(Lanes, LimitBytesOfAMailboxFromWhenItWasThrottledForThem) {
  Lanes lanes(with_bytes(100, false));
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(is_go(ask(lanes, "a@x", kNow, 60)));
    lanes.release("a@x", 60, kNow);
    ASSERT_TRUE(is_go(ask(lanes, "b@x", kNow, 60)));
    lanes.release("b@x", 60, kNow);
  }
  lanes.limit_bytes("a@x");
  // What went before counts.
  EXPECT_EQ(ask(lanes, "a@x", kNow + seconds(1), 1), Decision(Wait{kNow + minutes(5)}));
  EXPECT_TRUE(is_go(ask(lanes, "b@x", kNow + seconds(1), 60)));
  // It stays so.
  ASSERT_TRUE(is_go(ask(lanes, "a@x", kNow + minutes(6), 100)));
  lanes.release("a@x", 100, kNow + minutes(6));
  EXPECT_EQ(ask(lanes, "a@x", kNow + minutes(7), 1), Decision(Wait{kNow + minutes(11)}));
}

TEST(Lanes, LetWhoCarriesNothingPassWhoCarriesTooMuch) {
  Lanes lanes(with_bytes(100, true));
  ASSERT_TRUE(is_go(ask(lanes, "a@x", kNow, 90)));
  lanes.release("a@x", 90, kNow);
  const auto large = lanes.line_up("a@x", 50);
  const auto small = lanes.line_up("a@x", 5);
  const auto empty = lanes.line_up("a@x", 0);
  EXPECT_EQ(lanes.try_acquire("a@x", large, kNow), Decision(Wait{kNow + minutes(5)}));
  EXPECT_EQ(lanes.try_acquire("a@x", small, kNow), Decision(Wait{kNow + minutes(5)}));  // though it would fit
  EXPECT_TRUE(is_go(lanes.try_acquire("a@x", empty, kNow)));
  EXPECT_TRUE(is_go(lanes.try_acquire("a@x", large, kNow + minutes(5))));
  lanes.release("a@x", 50, kNow + minutes(5));
  EXPECT_TRUE(is_go(lanes.try_acquire("a@x", small, kNow + minutes(5))));
}

TEST(Places, AreGivenInTheOrderOfTheFirstAsking) {
  Limits limits;
  limits.messages = {2, minutes(1)};
  MailboxPace mailbox;
  EXPECT_EQ(place_of(mailbox, limits, "m1", 1, kNow), kNow);
  EXPECT_EQ(place_of(mailbox, limits, "m2", 1, kNow), kNow);
  EXPECT_EQ(place_of(mailbox, limits, "m3", 1, kNow), kNow + minutes(1));
  EXPECT_EQ(place_of(mailbox, limits, "m4", 1, kNow), kNow + minutes(1));
  EXPECT_EQ(place_of(mailbox, limits, "m5", 1, kNow), kNow + minutes(2));
  // Who comes first when the time has come does not matter.
  EXPECT_EQ(place_of(mailbox, limits, "m6", 1, kNow + seconds(61)), kNow + minutes(2));
  EXPECT_EQ(place_of(mailbox, limits, "m3", 1, kNow + seconds(61)), kNow + minutes(1));
}

TEST(Places, CountAMessageOnceHoweverOftenItIsSent) {
  Limits limits;
  limits.messages = {2, minutes(1)};
  MailboxPace mailbox;
  for (int i = 0; i < 10; ++i) EXPECT_EQ(place_of(mailbox, limits, "m1", 1, kNow + seconds(i)), kNow);
  EXPECT_EQ(place_of(mailbox, limits, "m2", 1, kNow + seconds(10)), kNow + seconds(10));
}

TEST(Places, AreForgottenAnHourLater) {
  const Limits limits;
  MailboxPace mailbox;
  EXPECT_EQ(place_of(mailbox, limits, "m1", 1, kNow), kNow);
  EXPECT_EQ(place_of(mailbox, limits, "m1", 1, kNow + kPlaceKept), kNow + kPlaceKept);
  EXPECT_EQ(mailbox.places.size(), 1U);
}

TEST(Places, KeepToTheRecipientsOfADay) {
  Limits limits;
  limits.recipients = {1000, hours(24)};
  MailboxPace mailbox;
  EXPECT_EQ(place_of(mailbox, limits, "m1", 500, kNow), kNow);
  EXPECT_EQ(place_of(mailbox, limits, "m2", 500, kNow + hours(1)), kNow + hours(1));
  EXPECT_EQ(place_of(mailbox, limits, "m3", 1, kNow + hours(2)), kNow + hours(24));
  EXPECT_EQ(place_of(mailbox, limits, "m4", 500, kNow + hours(3)), kNow + hours(25));
  EXPECT_EQ(place_of(mailbox, limits, "m5", 1, kNow + hours(3)), kNow + hours(25));  // not before m4
}

TEST(Places, AreThereAtOnceWithoutLimits) {
  Limits limits;
  limits.messages.amount = 0;
  limits.recipients.amount = 0;
  MailboxPace mailbox;
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(place_of(mailbox, limits, std::to_string(i), 500, kNow), kNow);
}

// Whoever asks when, no window ever holds more messages or recipients than it may, and nobody overtakes.
TEST(Places, KeepToBothBudgetsOnAnyWalk) {
  std::mt19937_64 random(test::seed());
  for (int walk = 0; walk < 30; ++walk) {
    Limits limits;
    limits.messages = {1 + random() % 10, minutes(1)};
    limits.recipients = {500 + random() % 500, minutes(20)};
    MailboxPace mailbox;
    struct Sent {
      TimePoint at{};
      std::uint64_t recipients = 0;
    };
    std::vector<Sent> sent;
    TimePoint now = kNow;
    for (int message = 0; message < 200; ++message) {
      now += Duration(random() % 8000);
      const std::uint64_t recipients = 1 + random() % (random() % 10 == 0 ? 500 : 5);
      sent.push_back({place_of(mailbox, limits, std::to_string(message), recipients, now), recipients});
      ASSERT_GE(sent.back().at, now);
      const TimePoint before = message > 0 ? sent[static_cast<std::size_t>(message) - 1].at : kNow;
      ASSERT_GE(sent.back().at, before);
    }
    for (const Sent& last : sent) {
      std::uint64_t messages = 0;
      std::uint64_t recipients = 0;
      for (const Sent& each : sent) {
        if (each.at <= last.at && each.at + limits.messages.window > last.at) ++messages;
        if (each.at <= last.at && each.at + limits.recipients.window > last.at) recipients += each.recipients;
      }
      ASSERT_LE(messages, limits.messages.amount) << "walk " << walk;
      ASSERT_LE(recipients, limits.recipients.amount) << "walk " << walk;
    }
  }
}

TEST(Limits, AreSharedByNodes) {
  const Limits shared = share(Limits{}, 3);
  EXPECT_EQ(shared.lanes, 1);
  EXPECT_EQ(shared.messages.amount, 10U);
  EXPECT_EQ(shared.recipients.amount, 3333U);
  EXPECT_EQ(shared.bytes.amount, 50'000'000U);
  EXPECT_EQ(share(Limits{}, 1000).lanes, 1);
  EXPECT_EQ(share(Limits{}, 1000).messages.amount, 1U);
  EXPECT_EQ(share(with_lanes(8), 2).lanes, 4);
}

TEST(Lanes, ForgetMailboxesThatAreIdle) {
  Lanes lanes;
  lanes.hold("held@x", kNow + hours(2));
  ASSERT_TRUE(is_go(ask(lanes, "busy@x", kNow)));
  TimePoint now = kNow;
  for (int i = 0; i < 5000; ++i) {
    const std::string mailbox = std::to_string(i) + "@x";
    ASSERT_TRUE(is_go(ask(lanes, mailbox, now, 1000)));
    lanes.release(mailbox, 1000, now);
    now += seconds(1);
    ASSERT_LE(lanes.size(), 2 * (300 + 2) + 64U);  // five minutes of bytes are remembered
  }
  EXPECT_EQ(lanes.not_before("held@x"), kNow + hours(2));
  EXPECT_EQ(ask(lanes, "busy@x", kNow), Decision(Go{}));
}

// Against a model that keeps a plain list for each mailbox and forgets nothing. Bytes are not limited here.
TEST(Lanes, AgreeWithAModelOnAnyWalk) {
  struct Model {
    int in_flight = 0;
    TimePoint not_before{};
    std::vector<std::uint64_t> line;
  };
  std::mt19937_64 random(test::seed());
  Lanes lanes(with_lanes(3));
  std::map<std::string, Model> model;
  TimePoint all{};
  TimePoint now = kNow;
  for (int i = 0; i < 50'000; ++i) {
    const std::string mailbox(1, static_cast<char>('a' + static_cast<char>(random() % 4)));
    Model& one = model[mailbox];
    switch (random() % 9) {
      case 0:
        now += Duration(random() % 1500);
        break;
      case 1:
        lanes.hold(mailbox, now + Duration(500));
        one.not_before = std::max(one.not_before, now + Duration(500));
        break;
      case 2:
        if (random() % 10 == 0) {
          lanes.hold_all(now + Duration(300));
          all = std::max(all, now + Duration(300));
        }
        break;
      case 3:
      case 4:
        if (one.in_flight > 0) {
          lanes.release(mailbox, 0, now);
          --one.in_flight;
        }
        break;
      case 5:
        if (one.line.size() < 5) one.line.push_back(lanes.line_up(mailbox, random() % 2));
        break;
      case 6:
        if (!one.line.empty() && random() % 4 == 0) {
          const auto at = one.line.begin() + static_cast<std::ptrdiff_t>(random() % one.line.size());
          lanes.leave(mailbox, *at);
          one.line.erase(at);
        }
        break;
      default: {
        if (one.line.empty()) break;
        const std::size_t place = random() % one.line.size();
        const TimePoint held = std::max(one.not_before, all);
        Decision expected = Go{};
        if (place > 0 || one.in_flight >= 3) expected = Wait{kUntilReleased};
        if (now < held) expected = Wait{held};
        ASSERT_EQ(lanes.try_acquire(mailbox, one.line[place], now), expected) << "step " << i;
        if (is_go(expected)) {
          ++one.in_flight;
          one.line.erase(one.line.begin());
        }
      }
    }
  }
}

TEST(Lanes, NeverLetMoreThanTheirNumberInAcrossThreads) {
  Lanes lanes(with_lanes(4));
  std::atomic<int> inside{0};
  std::atomic<int> most{0};
  std::atomic<int> done{0};
  std::vector<std::thread> threads(8);
  for (std::thread& thread : threads) {
    thread = std::thread([&] {
      for (int passed = 0; passed < 500;) {
        if (!is_go(ask(lanes, "a@x", kNow))) continue;
        const int now_inside = ++inside;
        for (int seen = most; seen < now_inside && !most.compare_exchange_weak(seen, now_inside);) {
        }
        --inside;
        lanes.release("a@x", 0, kNow);
        ++passed;
        ++done;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(done, 4000);
  EXPECT_LE(most, 4);
}

}  // namespace
}  // namespace graph_milter::pace
