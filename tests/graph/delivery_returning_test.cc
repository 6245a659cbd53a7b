// SPDX-License-Identifier: Apache-2.0
// What is given up, with the process killed at every step and the MTA breaking off everywhere: the sender is told, or
// the MTA has the original, and never twice without a warning in the log.
#include "tests/graph/delivery_world.h"

namespace graph_milter::delivery::test {
namespace {

using graph_milter::test::SmtpServer;
using queue::Disposal;

struct Scenario {
  std::string name;
  Disposal disposal = Disposal::Dsn;
  bool copy = false;
  bool alice_is_refused = false;
};

const Scenario kScenarios[] = {
    {"dsn", Disposal::Dsn, false, false},
    {"dsn with a copy", Disposal::Dsn, true, false},
    {"handed back", Disposal::Mta, false, false},
    {"handed back, one refused", Disposal::Mta, false, true},
    {"handed back, one refused, with a copy", Disposal::Mta, true, true},
};

// One message from being given up to its end.
class Life {
 public:
  explicit Life(const Scenario& scenario) : scenario_(scenario) {
    ReturnSettings& returns = world_.returns();
    world_.mta();
    if (scenario.copy) returns.notify_address = "postmaster@contoso.com";
    if (scenario.disposal == Disposal::Mta) {
      returns.hand_back_to = returns.mta;
      returns.hand_back_to->server.port = back_.port();
    }
    if (scenario.alice_is_refused) back_.recipient("alice@example.org", "550 5.1.1 no such user");
    id_ = world_.put({});
    auto leased = world_.queue().lease_next(world_.clock().now(), {});
    EXPECT_TRUE(leased && *leased);
    queue::Entry entry = **leased;
    entry.progress.give_up =
        queue::GiveUp{scenario.disposal, "5.7.1", "403 ErrorSendAsDenied: no", world_.clock().now()};
    entry.state = queue::EntryState::GiveUp;
    EXPECT_TRUE(world_.queue().record(entry));
    EXPECT_TRUE(world_.queue().release(entry));
    steps_before_ = world_.executioner().seen();
  }

  SmtpServer& mta() { return world_.mta(); }
  SmtpServer& back() { return back_; }
  Executioner& executioner() { return world_.executioner(); }
  int steps() { return world_.executioner().seen() - steps_before_; }

  // To the end, and judged.
  void live(const std::string& what) {
    testing::internal::CaptureStderr();
    EXPECT_TRUE(open_log({}));
    const bool ended = world_.run_with_deaths();
    log_ = testing::internal::GetCapturedStderr();
    EXPECT_TRUE(ended) << what;
    const queue::Entry entry = world_.entry(id_);
    EXPECT_EQ(queue::name_of(entry.state), "done") << what;
    const bool handed_back = scenario_.disposal == Disposal::Mta;
    EXPECT_EQ(entry.outcome, handed_back ? queue::Outcome::HandedBack : queue::Outcome::Returned) << what;
    const bool told = !handed_back || scenario_.alice_is_refused;
    expect(what, "scanner@contoso.com", count(mta(), "scanner@contoso.com"), told);
    expect(what, "postmaster@contoso.com", count(mta(), "postmaster@contoso.com"), told && scenario_.copy);
    expect(what, "alice@example.org", count(back_, "alice@example.org"), handed_back && !scenario_.alice_is_refused);
    expect(what, "bob@example.org", count(back_, "bob@example.org"), handed_back);
  }

  std::size_t warnings() const {
    std::size_t count = 0;
    for (std::size_t at = log_.find("possible_duplicate=W5"); at != std::string::npos;
         at = log_.find("possible_duplicate=W5", at + 1))
      ++count;
    return count;
  }

 private:
  static std::size_t count(SmtpServer& server, const std::string& address) {
    std::size_t count = 0;
    for (const auto& mail : server.mails()) {
      for (const auto& recipient : mail.recipients) count += recipient.address == address ? 1U : 0U;
    }
    return count;
  }

  void expect(const std::string& what, const std::string& address, std::size_t count, bool once) const {
    const std::size_t most = once ? 1 + warnings() : 0;
    EXPECT_GE(count, once ? 1U : 0U) << what << ": " << address << " got nothing\n" << log_;
    EXPECT_LE(count, most) << what << ": " << address << " got it " << count << " times\n" << log_;
  }

  const Scenario scenario_;
  World world_;
  SmtpServer back_;
  std::string id_;
  int steps_before_ = 0;
  std::string log_;
};

TEST(DeliveryReturning, NothingIsLostOrTwiceWithoutTrouble) {
  for (const Scenario& scenario : kScenarios) {
    Life life(scenario);
    life.live(scenario.name);
    EXPECT_EQ(life.warnings(), 0U) << scenario.name;
  }
}

TEST(DeliveryReturning, AKilledProcessLosesNothingAndWarnsOfWhatItCantKnow) {
  for (const Scenario& scenario : kScenarios) {
    Life whole(scenario);
    whole.live(scenario.name);
    ASSERT_GT(whole.steps(), 6) << scenario.name;
    for (int step = 1; step <= whole.steps(); ++step) {
      Life life(scenario);
      life.executioner().kill_at(step);
      life.live(scenario.name + ", killed at step " + std::to_string(step));
    }
  }
}

TEST(DeliveryReturning, AnAnswerThatIsLostAndAKilledProcessTogetherLoseNothing) {
  for (const Scenario& scenario : kScenarios) {
    for (int step = 1; step <= 12; ++step) {
      Life life(scenario);
      life.mta().drop_at_dot(step % 2 == 0);
      life.back().drop_at_dot(step % 2 == 0);
      life.executioner().kill_at(step);
      life.live(scenario.name + ", answers lost, step " + std::to_string(step));
      EXPECT_GE(life.warnings(), 1U) << scenario.name;
    }
  }
}

TEST(DeliveryReturning, AnMtaThatBreaksOffAnywhereGetsItOnce) {
  for (const Scenario& scenario : kScenarios) {
    for (const char* const verb : {"CONNECT", "EHLO", "MAIL", "RCPT", "DATA"}) {
      for (const SmtpServer::Answer& answer :
           {SmtpServer::Answer{"", false, true}, SmtpServer::Answer{"421 4.3.2 down", false, true},
            SmtpServer::Answer{"451 4.3.0 not now"}, SmtpServer::Answer{"garbage"}}) {
        const std::string what = scenario.name + ", " + verb + ": " + answer.text;
        Life life(scenario);
        life.mta().then(verb, answer);
        life.back().then(verb, answer);
        life.live(what);
        EXPECT_EQ(life.warnings(), 0U) << what;
      }
    }
    // All of it, up to the dot, was on its way by then: nobody can know.
    Life life(scenario);
    life.mta().drop_in_content_after(10);
    life.back().drop_in_content_after(10);
    life.live(scenario.name + ", dropped in the content");
  }
}

}  // namespace
}  // namespace graph_milter::delivery::test
