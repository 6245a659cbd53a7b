// SPDX-License-Identifier: Apache-2.0
// Every exchange of a whole delivery, token and all, meets every fault: afterwards the message is delivered once and
// whole, or was returned once where the fault says that it can never be delivered; nothing is left behind, and nothing
// was asked before the time that the service named.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <map>
#include <set>

#include "tests/graph/fault_world.h"
#include "tests/graph_emulator/throttle.h"

namespace graph_milter::delivery::test {
namespace {

using emulator::Action;
using emulator::Fault;
using testing::IsEmpty;

// An hour of patience is waited for in steps of a second.
constexpr int kPatient = 20'000;

// --- the faults

struct Trouble {
  std::string name;
  Fault fault;
  Duration patience{0};     // no request of the same mailbox sooner
  bool may_return = false;  // the service says that this message can never go
  bool may_hold = false;    // ... and then that its draft can't be removed either, for good
};

Trouble trouble(std::string name, Fault fault) { return {std::move(name), std::move(fault)}; }

Trouble refusal(int status, const std::string& code, bool may_return = false) {
  return {std::to_string(status) + (code.empty() ? "" : " " + code), Fault::status("*", 1, status, code), Duration{0},
          may_return};
}

Trouble patience(int status, const std::string& form, std::string retry_after, Duration least) {
  return {std::to_string(status) + " Retry-After " + form,
          Fault::status("*", 1, status, status == 429 ? "ApplicationThrottled" : "ServiceUnavailable",
                        std::move(retry_after)),
          least};
}

Trouble answer(std::string name, int status, std::string body, bool effect) {
  Fault fault = Fault::status("*", 1, status, "");
  fault.body = std::move(body);
  fault.effect = effect;
  return {std::move(name), std::move(fault)};
}

std::vector<Trouble> connection_troubles() {
  return {trouble("refused", Fault::of(Action::Refuse, "*")),
          trouble("dropped before", Fault::of(Action::DropBefore, "*")),
          trouble("done, then dropped", Fault::of(Action::EffectThenDrop, "*")),
          trouble("dropped in the body", Fault::of(Action::DropInBody, "*")),
          trouble("answer cut", Fault::of(Action::Truncate, "*")),
          trouble("answer is garbage", Fault::of(Action::Garbage, "*")),
          trouble("done, then 504", Fault::status_after_effect("*", 1, 504, "UnknownError")),
          trouble("done, then 500", Fault::status_after_effect("*", 1, 500, "ErrorInternalServerError"))};
}

std::vector<Trouble> status_troubles() {
  return {refusal(401, "InvalidAuthenticationToken"),
          refusal(401, ""),
          refusal(403, "ErrorAccessDenied"),
          refusal(403, ""),
          refusal(404, "ErrorItemNotFound"),
          refusal(404, ""),
          refusal(408, ""),
          refusal(409, "ErrorIrresolvableConflict"),
          refusal(412, "ErrorIrresolvableConflict"),
          refusal(416, "InvalidRange"),
          refusal(423, ""),
          refusal(500, "ErrorInternalServerError"),
          refusal(502, ""),
          refusal(503, "ServiceUnavailable"),
          refusal(504, "UnknownError"),
          refusal(507, "InsufficientStorage"),
          refusal(302, ""),
          refusal(400, "ErrorCorruptData", true),
          refusal(413, "ErrorMessageSizeExceeded", true)};
}

std::vector<Trouble> patience_troubles() {
  using std::chrono::hours;
  using std::chrono::seconds;
  std::vector<Trouble> all;
  for (const int status : {429, 503}) {
    // A 429 asks for patience whether it says a time or not; a 503 without one may be asked about at once.
    const Duration unsaid = status == 429 ? seconds(1) : seconds(0);
    all.push_back(patience(status, "integer", "7", seconds(7)));
    all.push_back(patience(status, "fraction", "2.128", Duration(2128)));
    all.push_back(patience(status, "date", emulator::http_date(kStart + seconds(90)), seconds(90)));
    all.push_back(patience(status, "absent", "", unsaid));
    all.push_back(patience(status, "negative", "-5", unsaid));
    all.push_back(patience(status, "in the past", emulator::http_date(kStart - hours(1)), seconds(1)));
    all.push_back(patience(status, "a year", "31536000", hours(1)));
    all.push_back(patience(status, "too long for a number", "99999999999999999999999999", hours(1)));
    all.push_back(patience(status, "garbage", "soon", unsaid));
  }
  return all;
}

std::vector<Trouble> answer_troubles() {
  const std::string page = "<!DOCTYPE html><html><body><h1>Our service is taking a break</h1></body></html>";
  const std::string huge = "{\"value\":\"" + std::string(2 * 1024 * 1024, 'x') + "\"}";
  const std::string deep = std::string(100'000, '[') + std::string(100'000, ']');
  std::vector<Trouble> all = {answer("an HTML page instead of doing it", 200, page, false),
                              answer("an HTML page after doing it", 200, page, true),
                              answer("an HTML page with 503", 503, page, false),
                              answer("2 MB of JSON", 200, huge, true),
                              answer("2 MB of JSON with 500", 500, huge, false),
                              answer("JSON 100000 deep", 201, deep, true),
                              answer("JSON 100000 deep with 400", 500, deep, false),
                              answer("an empty body", 200, "", true),
                              answer("JSON of the wrong kind", 200, "[null]", true),
                              trouble("200 instead", Fault::alter("*", 1, 200)),
                              trouble("204 instead", Fault::alter("*", 1, 204)),
                              trouble("202 instead", Fault::alter("*", 1, 202))};
  for (const char* url : {"http://outlook.office.com/api/upload?token=1", "https://elsewhere.example/upload?token=1",
                          "https://169.254.169.254/latest/meta-data", "https://127.0.0.1/upload",
                          "https://outlook.office.com.evil.example/u", "https://user@outlook.office.com/u",
                          "https://outlook.office.com:8443/u", "not a URL", ""}) {
    all.push_back(trouble(format("the upload URL is '{}'", url), Fault::alter("*", 1, 0, *url != '\0' ? url : " ")));
  }
  return all;
}

std::vector<Trouble> all_troubles() {
  std::vector<Trouble> all;
  for (const auto& make : {connection_troubles, status_troubles, patience_troubles, answer_troubles}) {
    for (Trouble& each : make()) all.push_back(std::move(each));
  }
  return all;
}

// --- the judgement

struct Cells {
  int run = 0;
  int delivered = 0;
  int returned = 0;
  std::map<std::string, int> by_operation;
};

std::vector<std::string> exchanges_of_a_good_run() {
  FaultWorld world;
  world.put(whole_mail());
  EXPECT_TRUE(world.run(kPatient));
  world.expect_delivered_once(whole_mail());
  std::vector<std::string> operations;
  for (const auto& request : world.model().requests()) operations.push_back(request.operation);
  return operations;
}

// Where the fault can only be seen in the answer to one operation, others are not worth a cell.
bool concerns(const Trouble& trouble, const std::string& operation) {
  return trouble.fault.upload_url.empty() || operation == "create-session";
}

void expect_patience(FaultWorld& world, const Trouble& trouble) {
  const auto requests = world.model().requests();
  std::size_t at = 0;
  while (at < requests.size() && requests[at].fault.empty()) ++at;
  ASSERT_LT(at, requests.size()) << "the fault was never met";
  for (std::size_t next = at + 1; next < requests.size(); ++next) {
    if (requests[next].mailbox != requests[at].mailbox) continue;
    if (requests[at].mailbox.empty() && requests[next].operation != requests[at].operation) continue;
    EXPECT_GE((requests[next].time - requests[at].ended).count(), trouble.patience.count())
        << requests[next].operation << " came too early after " << requests[at].operation;
    return;
  }
}

void judge(FaultWorld& world, const Trouble& trouble, Cells& cells) {
  const Holders holders = world.holders();
  ++cells.run;
  cells.delivered += holders.delivered;
  cells.returned += holders.returned;
  EXPECT_EQ(holders.delivered + holders.returned + holders.held, 1) << holders.text();
  EXPECT_LE(holders.held, trouble.may_hold ? 1 : 0) << holders.text();
  if (!trouble.may_return) {
    EXPECT_EQ(holders.returned, 0) << holders.text();
  }
  world.expect_whole(whole_mail());
  world.expect_nothing_twice();
  EXPECT_THAT(world.model().violations(), IsEmpty());
  EXPECT_EQ(world.drafts(), static_cast<std::size_t>(holders.held)) << "a draft was left behind";
  if (trouble.patience > Duration{0}) expect_patience(world, trouble);
}

class EveryExchange : public testing::TestWithParam<std::string> {
 protected:
  static std::vector<Trouble> troubles() {
    if (GetParam() == "Connection") return connection_troubles();
    if (GetParam() == "Status") return status_troubles();
    if (GetParam() == "RetryAfter") return patience_troubles();
    return answer_troubles();
  }
};

TEST_P(EveryExchange, EndsWithOneHolder) {
  const std::vector<std::string> exchanges = exchanges_of_a_good_run();
  ASSERT_GE(exchanges.size(), 11U);
  const std::set<std::string> kinds(exchanges.begin(), exchanges.end());
  for (const char* operation : {"token", "create-draft", "list-attachments", "post-attachment", "create-session",
                                "put-range", "get-message", "send"}) {
    EXPECT_TRUE(kinds.contains(operation)) << operation << " is not part of a whole delivery";
  }
  Cells cells;
  for (const Trouble& each : troubles()) {
    for (std::size_t nth = 0; nth < exchanges.size(); ++nth) {
      if (!concerns(each, exchanges[nth])) continue;
      SCOPED_TRACE(format("{} at request {}, {}", each.name, nth + 1, exchanges[nth]));
      FaultWorld world;
      Fault fault = each.fault;
      fault.nth = static_cast<int>(nth) + 1;
      world.model().add_fault(fault);
      world.put(whole_mail());
      EXPECT_TRUE(world.run(kPatient));
      judge(world, each, cells);
      if (HasFailure()) return;
      ++cells.by_operation[exchanges[nth]];
    }
  }
  std::printf("%s: %zu faults at %zu exchanges, %d cells, %d delivered, %d returned\n", GetParam().c_str(),
              troubles().size(), exchanges.size(), cells.run, cells.delivered, cells.returned);
}

INSTANTIATE_TEST_SUITE_P(FaultMatrix, EveryExchange, testing::Values("Connection", "Status", "RetryAfter", "Answer"),
                         [](const auto& group) { return group.param; });

// --- two faults, or as many as there are

// Faults that say nothing false: whatever they do to an answer, what Graph says of the message itself is true.
std::vector<Trouble> honest_troubles() {
  std::vector<Trouble> all = connection_troubles();
  for (const auto& [status, code] : std::vector<std::pair<int, std::string>>{{429, "ApplicationThrottled"},
                                                                             {500, "ErrorInternalServerError"},
                                                                             {502, ""},
                                                                             {503, "ServiceUnavailable"},
                                                                             {504, "UnknownError"},
                                                                             {507, "InsufficientStorage"}}) {
    all.push_back(refusal(status, code));
  }
  all.push_back(patience(429, "integer", "7", Duration{0}));
  all.push_back(patience(503, "fraction", "2.128", Duration{0}));
  return all;
}

TEST(FaultMatrix, TwoFaultsInOneDeliveryEndWithOneHolder) {
  constexpr int kPairs = 400;
  const unsigned long long first = graph_milter::test::seed();
  const std::vector<Trouble> troubles = all_troubles();
  const int exchanges = static_cast<int>(exchanges_of_a_good_run().size());
  Cells cells;
  for (unsigned long long i = 0; i < kPairs; ++i) {
    std::mt19937_64 dice(first + i);
    const Trouble& one = troubles[dice() % troubles.size()];
    const Trouble& other = troubles[dice() % troubles.size()];
    FaultWorld world;
    Fault fault = one.fault;
    fault.nth = 1 + static_cast<int>(dice() % static_cast<unsigned>(exchanges));
    Fault second = other.fault;
    second.nth = fault.nth + 1 + static_cast<int>(dice() % 8);
    SCOPED_TRACE(format("GM_SEED={}: {} at request {}, then {} at request {}", first + i, one.name, fault.nth,
                        other.name, second.nth));
    world.model().add_fault(fault);
    world.model().add_fault(second);
    world.put(whole_mail());
    EXPECT_TRUE(world.run(kPatient));
    judge(world, {"both", fault, Duration{0}, one.may_return || other.may_return, one.may_return && other.may_return},
          cells);
    if (HasFailure()) return;
  }
  std::printf("two faults: %d pairs, %d delivered, %d returned\n", cells.run, cells.delivered, cells.returned);
}

// Where the answer is lost although the request took effect, and then the process dies, twice.
TEST(FaultMatrix, AnAnswerThatIsLostAndAProcessThatDiesEndWithOneHolder) {
  const unsigned long long first = graph_milter::test::seed();
  std::mt19937_64 dice(first);
  const std::vector<std::string> exchanges = exchanges_of_a_good_run();
  FaultWorld good;
  good.put(whole_mail());
  ASSERT_TRUE(good.run());
  const auto steps = static_cast<unsigned>(good.executioner().seen());
  Cells cells;
  for (const Action action : {Action::EffectThenDrop, Action::DropBefore}) {
    for (std::size_t nth = 0; nth < exchanges.size(); ++nth) {
      for (int sample = 0; sample < 8; ++sample) {
        const int death = 1 + static_cast<int>(dice() % (steps + 6));
        const int again = 1 + static_cast<int>(dice() % 12);
        SCOPED_TRACE(format("GM_SEED={}: the answer to request {} ({}) is lost, killed at step {} and {} later", first,
                            nth + 1, exchanges[nth], death, again));
        FaultWorld world;
        world.model().add_fault(Fault::of(action, "*", static_cast<int>(nth) + 1));
        world.put(whole_mail());
        world.executioner().kill_at(death);
        bool done = world.run_with_deaths(0);
        if (!done) {
          world.executioner().kill_at(again);
          done = world.run_with_deaths(1);
        }
        EXPECT_TRUE(done);
        judge(world, {"lost", {}, Duration{0}, false}, cells);
        if (HasFailure()) return;
      }
    }
  }
  std::printf("lost answers and deaths: %d runs, %d delivered\n", cells.run, cells.delivered);
}

// Half of all requests go wrong in one way or another. Several queues one after the other: in a long one most time goes
// into looking at what waits.
struct Soak {
  std::size_t requests = 0;
  std::size_t spoilt = 0;
  std::size_t swept = 0;
  int delivered = 0;
  int returned = 0;
};

void spoil_half(FaultWorld& world, unsigned long long seed) {
  world.model().seed_faults(seed);
  const std::vector<Trouble> troubles = honest_troubles();
  // The first that hits is used, so each has a share of what the ones before it left.
  const double share = 0.5 / static_cast<double>(troubles.size());
  double left = 1;
  for (const Trouble& each : troubles) {
    Fault fault = each.fault;
    fault.times = 0;
    fault.chance = share / left;
    left -= share;
    world.model().add_fault(fault);
  }
}

void soak(int messages, unsigned long long seed, Soak& sum) {
  FaultWorld world;
  spoil_half(world, seed);
  for (int i = 0; i < messages; ++i) world.put(whole_mail(), i % 3 == 0 ? "alice@contoso.com" : "scanner@contoso.com");
  EXPECT_TRUE(world.run(messages * kPatient));
  const Holders holders = world.holders();
  EXPECT_EQ(holders.delivered + holders.returned, messages) << holders.text();
  EXPECT_EQ(holders.all(), messages) << holders.text();
  world.expect_nothing_twice();
  world.expect_whole(whole_mail());
  EXPECT_THAT(world.model().violations(), IsEmpty());
  EXPECT_EQ(world.model().counts().too_early, 0);
  sum.swept += world.drafts();
  world.model().clear_faults();
  world.sweep();
  EXPECT_EQ(world.drafts(), 0U);
  sum.delivered += holders.delivered;
  sum.returned += holders.returned;
  for (const auto& request : world.model().requests()) {
    ++sum.requests;
    sum.spoilt += request.fault.empty() ? 0U : 1U;
  }
}

TEST(FaultMatrix, WithFaultsOnHalfOfAllRequestsEveryMessageIsDeliveredOrReturnedOnce) {
  const char* wanted = std::getenv("GM_SOAK");
  const int messages = wanted != nullptr ? std::stoi(wanted) : 50;
  constexpr int kAtOnce = 25;
  const unsigned long long seed = graph_milter::test::seed();
  Soak sum;
  for (unsigned i = 0; i < static_cast<unsigned>(messages / kAtOnce) && !HasFailure(); ++i) {
    SCOPED_TRACE(format("GM_SEED={}", seed + i));
    soak(kAtOnce, seed + i, sum);
  }
  std::printf("soak: %d messages, %zu requests, %zu of them spoilt, %d delivered, %d returned, %zu drafts swept\n",
              messages, sum.requests, sum.spoilt, sum.delivered, sum.returned, sum.swept);
}

}  // namespace
}  // namespace graph_milter::delivery::test
