// SPDX-License-Identifier: Apache-2.0
// The commands about the queue, end to end: a real queue and the control socket in this process.
#include <gmock/gmock.h>

#include "core/admin/control_server.h"
#include "core/base/format.h"
#include "core/base/id.h"
#include "core/base/text.h"
#include "core/json/json.h"
#include "core/queue/queue.h"
#include "core/queue/service_state.h"
#include "tests/unit/ctl/ctl_test.h"

namespace graph_milter::ctl {
namespace {

using queue::EntryState;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr const char* kNobody = "01kamq0000abcdefghjkmnpqrs";

class QueueCommands : public CtlTest {
 protected:
  QueueCommands() { start(); }

  void start() {
    queue::QueueSettings settings;
    settings.directory = folder_.file("spool");
    settings.reserve_bytes = 0;
    settings.ballast_bytes = 0;
    auto opened = queue::Queue::open(settings, clock_);
    if (!opened) throw std::runtime_error(opened.error().text());
    queue_ = *std::move(opened);
    admin::ControlAnswers answers;
    answers.daemon = [this] { return admin::DaemonFacts{"mx1", clock_->now(), clock_->now()}; };
    answers.list = [this] { return queue_->list(); };
    answers.find = [this](const std::string& id) { return queue_->find(id); };
    answers.totals = [this] { return queue_->totals(); };
    answers.troubles = [this] { return service_.troubles(); };
    answers.trace = [this](const std::string& what) { return queue_->trace(what); };
    answers.administer = [this](const std::string& id, queue::Command command) {
      return queue_->administer(id, command);
    };
    auto server = admin::ControlServer::start({folder_.file("control.sock"), {}}, answers);
    if (!server) throw std::runtime_error(server.error().text());
    server_ = *std::move(server);
  }

  void stop() {
    server_.reset();
    queue_.reset();
  }

  std::string put(const std::string& queue_id = "4D1F22") {
    clock_->advance(Duration(1));
    mail::MessageFile message(queue_->incoming_directory(), 1024);
    if (!message.append("Subject: c4nary\r\n\r\nc4nary\r\n")) throw std::runtime_error("append");
    mail::Envelope envelope;
    envelope.queue_id = queue_id;
    envelope.sender = mail::make_envelope_path("<scanner@contoso.com>");
    envelope.recipients = {mail::make_envelope_path("<a@fabrikam.com>")};
    plan::Plan plan;
    plan.rule = "scanners";
    plan.mailbox = "scanner@contoso.com";
    plan.message_id = "<" + queue_id + "@scanner>";
    plan.skeleton.add(std::string("Subject: c4nary\r\n"));
    const auto committed = queue_->commit(make_entry_id(clock_->now()), message, envelope, plan, "");
    if (!committed) throw std::runtime_error(committed.error().text());
    return committed->id;
  }

  // A message whose delivery has failed and is tried in an hour.
  std::string put_deferred() {
    std::string id = put();
    const queue::Entry entry = lease();
    EXPECT_EQ(entry.id, id);
    EXPECT_TRUE(
        queue_->defer(entry, clock_->now() + std::chrono::hours(1), make_error(ErrorKind::Transient, "graph", "503")));
    return id;
  }

  // A message that was perhaps sent.
  std::string put_unresolved() {
    std::string id = put();
    queue::Entry entry = lease();
    for (const EntryState state :
         {EntryState::DraftIntent, EntryState::Draft, EntryState::Verified, EntryState::SendIntent}) {
      entry.state = state;
      if (state == EntryState::Draft) {
        entry.progress.draft_id = "AAMk";
        entry.progress.drafts_made = 1;
      }
      if (state == EntryState::SendIntent) {
        entry.progress.send_epoch = 1;
        entry.progress.send_intended = clock_->now();
        entry.progress.send_unresolved = true;
      }
      const Status recorded = queue_->record(entry);
      EXPECT_TRUE(recorded) << recorded.error().text();
    }
    EXPECT_TRUE(queue_->defer(entry, clock_->now() + std::chrono::hours(1),
                              make_error(ErrorKind::Unclear, "graph", "no answer")));
    return id;
  }

  queue::Entry lease() {
    const auto entry = queue_->lease_next(clock_->now(), {});
    if (!entry || !*entry) throw std::runtime_error("nothing is due");
    return **entry;
  }

  EntryState state_of(const std::string& id) { return (*queue_->find(id))->state; }
  bool is_due(const std::string& id) { return (*queue_->find(id))->next_attempt <= clock_->now(); }

  Outcome ctl(std::vector<std::string> words, const std::string& input = {}) {
    words.insert(words.begin(), {"-c", conf()});
    return run_ctl(words, input);
  }

  const std::shared_ptr<ManualClock> clock_ = std::make_shared<ManualClock>(from_unix_ms(1'795'348'800'000));
  queue::ServiceState service_;
  std::unique_ptr<queue::Queue> queue_;
  std::unique_ptr<admin::ControlServer> server_;
};

// --- questions ---

TEST_F(QueueCommands, ListAndShowAndTraceAMessage) {
  EXPECT_EQ(ctl({"queue", "list"}).out, "The queue is empty.\n");
  EXPECT_EQ(ctl({"queue", "list", "--json"}).out, "[]\n");
  const std::string id = put();
  const Outcome list = ctl({"queue", "list"});
  EXPECT_EQ(list.status, 0);
  EXPECT_EQ(list.err, "");
  EXPECT_THAT(list.out, HasSubstr("\n" + id + " 4D1F22 "));
  EXPECT_THAT(list.out, HasSubstr("\n    accepted, not begun; due now\n"));
  EXPECT_THAT(ctl({"queue", "show", id}).out, StartsWith("id:           " + id + "\nstate:        accepted: "));
  for (const std::string what : {id.c_str(), "4D1F22", "<4D1F22@scanner>", "A@Fabrikam.com", "scanner@contoso.com"}) {
    const Outcome found = ctl({"trace", what});
    EXPECT_EQ(found.status, 0) << what;
    EXPECT_THAT(found.out, StartsWith(id + ": in the queue: accepted, not begun\n")) << what;
  }
  EXPECT_EQ(*json::parse(ctl({"trace", "4D1F22", "--json"}).out)->find_string("id"), id);
}

TEST_F(QueueCommands, TellWhatBecameOfWhatIsGone) {
  const std::string id = put();
  EXPECT_EQ(ctl({"queue", "delete", id}).out, id + ": is deleted\n");
  EXPECT_EQ(ctl({"queue", "list"}).out, "The queue is empty.\n");
  EXPECT_THAT(ctl({"trace", "4D1F22"}).out, StartsWith(id + ": deleted by an administrator\n"));
  EXPECT_THAT(ctl({"queue", "show", id}).out, HasSubstr("outcome:      deleted by an administrator\n"));
}

TEST_F(QueueCommands, SayHowLongATraceIsRemembered) {
  for (const bool as_json : {false, true}) {
    std::vector<std::string> words = {"trace", "x@\ny"};
    if (as_json) words.emplace_back("--json");
    const Outcome nothing = ctl(words);
    EXPECT_EQ(nothing.status, 1);
    EXPECT_EQ(nothing.out, "");
    EXPECT_EQ(nothing.err,
              "graph-milterctl: nothing is known of \"x@\\x0Ay\"; what became of a message is remembered for 30d "
              "(trace-for)\n");
  }
}

TEST_F(QueueCommands, NameAMessageThatIsNotThere) {
  const Outcome show = ctl({"queue", "show", kNobody});
  EXPECT_EQ(show.status, 66);
  EXPECT_EQ(show.err, std::string("graph-milterctl: no message ") + kNobody + " in the queue\n");
}

TEST_F(QueueCommands, NothingThatIsPrintedHoldsTextOfTheMessage) {
  const std::string id = put_deferred();
  for (const std::vector<std::string>& words :
       std::vector<std::vector<std::string>>{{"queue", "list"}, {"queue", "show", id}, {"trace", id}, {"status"}}) {
    for (const bool as_json : {false, true}) {
      std::vector<std::string> all = words;
      if (as_json) all.emplace_back("--json");
      const Outcome told = ctl(all);
      EXPECT_NE(told.out, "");
      EXPECT_EQ((told.out + told.err).find("c4nary"), std::string::npos) << words.front();
    }
  }
}

// --- the status ---

TEST_F(QueueCommands, TheStatusIsOneAsLongAsAPersonIsNeeded) {
  EXPECT_EQ(ctl({"status"}).status, 0);
  service_.set("", queue::Condition::Down, "graph: 503", clock_->now());
  EXPECT_EQ(ctl({"status"}).status, 0) << "time mends it";
  service_.set("", queue::Condition::Misconfigured, "login: AADSTS7000222", clock_->now());
  const Outcome bad = ctl({"status"});
  EXPECT_EQ(bad.status, 1);
  EXPECT_THAT(bad.out, HasSubstr("Graph: misconfigured for all mailboxes since "));
  EXPECT_THAT(bad.out, HasSubstr(": login: AADSTS7000222\n"));
  service_.set_up("scanner@contoso.com");
  EXPECT_EQ(ctl({"status"}).status, 0);
  const std::string id = put();
  EXPECT_EQ(ctl({"queue", "hold", id}).out, id + ": is held where it stood, in accepted\n");
  const Outcome held = ctl({"status", "--json"});
  EXPECT_EQ(held.status, 1);
  EXPECT_EQ(json::parse(held.out)->find_uint64("held"), 1U);
  EXPECT_EQ(ctl({"queue", "release", id}).status, 0);
  EXPECT_EQ(ctl({"status"}).status, 0);
}

// --- orders ---

TEST_F(QueueCommands, RetryMakesItDue) {
  const std::string id = put_deferred();
  EXPECT_FALSE(is_due(id));
  const Outcome done = ctl({"queue", "retry", id});
  EXPECT_EQ(done.status, 0);
  EXPECT_EQ(done.out, id + ": is due now\n");
  EXPECT_EQ(done.err, "");
  EXPECT_TRUE(is_due(id));
  const Outcome again = ctl({"queue", "retry", id});
  EXPECT_EQ(again.status, 1);
  EXPECT_EQ(again.out, "");
  EXPECT_EQ(again.err, "graph-milterctl: entry " + id + ": is due already\n");
}

TEST_F(QueueCommands, HoldTakesAMessageFromTheCourierThatHasIt) {
  const std::string id = put();
  queue::Entry entry = lease();
  ASSERT_EQ(entry.id, id);
  EXPECT_EQ(ctl({"queue", "hold", id}).status, 0);
  entry.state = EntryState::DraftIntent;
  const Status late = queue_->record(entry);
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().kind, ErrorKind::Cancelled);
  EXPECT_EQ(state_of(id), EntryState::Held);
}

TEST_F(QueueCommands, SeveralIdsAreEachDoneOrRefused) {
  const std::string a = put_deferred();
  const std::string b = put_deferred();
  const Outcome both = ctl({"queue", "hold", a, kNobody, b});
  EXPECT_EQ(both.status, 1);
  EXPECT_EQ(both.out, a + ": is held where it stood, in accepted\n" + b +
                          ": is held where it stood, in accepted\nhold: 2 done, 1 refused\n");
  EXPECT_THAT(both.err, StartsWith("graph-milterctl: "));
  EXPECT_THAT(both.err, HasSubstr(kNobody));
  EXPECT_EQ(split_list(both.err, "\n").size(), 1U);
}

TEST_F(QueueCommands, IdsComeFromStandardInput) {
  const std::string a = put_deferred();
  const std::string b = put_deferred();
  EXPECT_EQ(ctl({"queue", "hold", "-"}, a + "\n\n  " + b + "\n").status, 0);
  EXPECT_EQ(state_of(a), EntryState::Held);
  EXPECT_EQ(state_of(b), EntryState::Held);
  const Outcome none = ctl({"queue", "hold", "-"}, "");
  EXPECT_EQ(none.status, 0);
  EXPECT_EQ(none.out + none.err, "");
}

TEST_F(QueueCommands, WhereOneIsNoIdNothingIsDone) {
  const std::string a = put_deferred();
  const Outcome typo = ctl({"queue", "delete", a, "4D1F22"});
  EXPECT_EQ(typo.status, 64);
  EXPECT_EQ(typo.out, "");
  EXPECT_EQ(typo.err,
            "graph-milterctl: \"4D1F22\" is not the id of a message (graph-milterctl queue list shows them; "
            "graph-milterctl trace finds them by the MTA's queue id)\n");
  EXPECT_EQ(ctl({"queue", "delete", "-"}, a + "\n../../etc\n").status, 64);
  EXPECT_EQ(state_of(a), EntryState::Accepted);
}

TEST_F(QueueCommands, AllAreRetriedButForWhatIsHeld) {
  const std::string a = put_deferred();
  const std::string b = put_deferred();
  const std::string held = put_deferred();
  const std::string due = put();
  ASSERT_EQ(ctl({"queue", "hold", held}).status, 0);
  const Outcome all = ctl({"queue", "retry", "ALL"});
  EXPECT_EQ(all.status, 0);
  EXPECT_EQ(all.out, a + ": is due now\n" + b + ": is due now\nretry: 2 done, 0 refused\n");
  EXPECT_EQ(all.err, "") << "what needed nothing is not complained of";
  EXPECT_EQ(state_of(held), EntryState::Held);
}

TEST_F(QueueCommands, AllThatIsHeldIsReleased) {
  const std::string a = put_deferred();
  const std::string b = put_deferred();
  ASSERT_EQ(ctl({"queue", "hold", a}).status, 0);
  const Outcome all = ctl({"queue", "release", "ALL"});
  EXPECT_EQ(all.status, 0);
  EXPECT_THAT(all.out, StartsWith(a + ": goes on from accepted at "));
  EXPECT_THAT(all.out, EndsWith("\nrelease: 1 done, 0 refused\n"));
  EXPECT_EQ(state_of(a), EntryState::Accepted);
  EXPECT_EQ(ctl({"queue", "release", b}).err, "graph-milterctl: entry " + b + ": is not held\n");
}

TEST_F(QueueCommands, AllIsNotForWhatCannotBeUndone) {
  const std::string a = put_deferred();
  for (const std::string command : {"delete", "return", "hold"}) {
    const Outcome all = ctl({"queue", command, "ALL"});
    EXPECT_EQ(all.status, 64);
    EXPECT_EQ(all.err, "graph-milterctl: " + command +
                           " does not take ALL (name each message by its id; - reads ids from standard input)\n");
  }
  const Outcome mixed = ctl({"queue", "retry", "ALL", a});
  EXPECT_EQ(mixed.status, 64);
  EXPECT_EQ(mixed.err, "graph-milterctl: ALL stands alone (leave the ids out, or ALL)\n");
  EXPECT_EQ(state_of(a), EntryState::Accepted);
  EXPECT_FALSE(is_due(a));
}

TEST_F(QueueCommands, WhatMayBeOnItsWayIsNotReturnedOrDeletedUnlessHeldFirst) {
  const std::string id = put_unresolved();
  for (const std::string command : {"return", "delete"}) {
    const Outcome refused = ctl({"queue", command, id});
    EXPECT_EQ(refused.status, 1);
    EXPECT_EQ(refused.out, "");
    EXPECT_EQ(refused.err, "graph-milterctl: entry " + id +
                               ": its send has no answer yet, so it may be on its way (wait until that is settled; or "
                               "hold it, if you know that it was not sent, and try again)\n");
    EXPECT_EQ(state_of(id), EntryState::SendIntent);
  }
  EXPECT_EQ(ctl({"queue", "hold", id}).status, 0);
  EXPECT_EQ(ctl({"queue", "delete", id}).status, 0);
}

TEST_F(QueueCommands, ReturnSaysWhatBecomesOfIt) {
  const std::string id = put_deferred();
  const Outcome done = ctl({"queue", "return", id});
  EXPECT_EQ(done.status, 0);
  EXPECT_EQ(done.out, id + ": is returned to its sender once its draft is gone\n");
  EXPECT_EQ(state_of(id), EntryState::GiveUp);
  EXPECT_THAT(ctl({"queue", "show", id}).out, HasSubstr("given-up:     5.0.0 returned by the administrator at "));
}

TEST_F(QueueCommands, OrdersAsJsonAreALineEach) {
  const std::string id = put_deferred();
  const Outcome done = ctl({"queue", "retry", id, kNobody, "--json"});
  EXPECT_EQ(done.status, 1);
  const auto lines = split_list(done.out, "\n");
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(lines[0], "{\"id\":\"" + id + "\",\"command\":\"retry\",\"done\":true,\"words\":\"is due now\"}");
  EXPECT_EQ(json::parse(lines[1])->find_bool("done"), false);
  EXPECT_THAT(done.err, HasSubstr(kNobody));
}

TEST_F(QueueCommands, ManyMessagesAreOrderedOneByOne) {
  for (int i = 0; i < 100; ++i) put_deferred();
  EXPECT_THAT(ctl({"queue", "retry", "ALL"}).out, EndsWith("\nretry: 100 done, 0 refused\n"));
}

// --- without a daemon ---

TEST_F(QueueCommands, WithoutADaemonTheJournalIsReadAndNothingIsChanged) {
  const std::string id = put_deferred();
  stop();
  const std::string down = "graph-milterctl: " + folder_.file("control.sock") + ": no daemon listens there";
  const std::string note = down + "; this is the journal in " + folder_.file("spool") + "\n";
  const Outcome list = ctl({"queue", "list"});
  EXPECT_EQ(list.status, 0);
  EXPECT_EQ(list.err, note);
  EXPECT_THAT(list.out, HasSubstr("\n" + id + " 4D1F22 "));
  const Outcome found = ctl({"trace", "4D1F22"});
  EXPECT_EQ(found.status, 0);
  EXPECT_EQ(found.err, note);
  EXPECT_THAT(found.out, StartsWith(id + ": in the queue"));
  EXPECT_THAT(ctl({"queue", "show", id}).out, HasSubstr("last-error:   graph: 503\n"));
  EXPECT_EQ(ctl({"queue", "show", kNobody}).status, 66);
  const Outcome status = ctl({"status"});
  EXPECT_EQ(status.status, 69);
  EXPECT_EQ(status.err, down + " (graph-milterctl queue list reads the journal)\n");
  for (const std::string& which : {id, std::string("ALL")}) {
    const Outcome order = ctl({"queue", "retry", which});
    EXPECT_EQ(order.status, 69);
    EXPECT_EQ(order.err, down + " (only the running daemon changes the queue: start it first)\n");
  }
  start();
  EXPECT_FALSE(is_due(id));
}

TEST_F(QueueCommands, WithoutAControlSocketTheSame) {
  const std::string id = put_deferred();
  const Outcome order = run_ctl({"-c", conf(), "-o", "control-socket=", "queue", "delete", id});
  EXPECT_EQ(order.status, 69);
  EXPECT_EQ(order.err,
            "graph-milterctl: control-socket: there is none in the configuration (only the running daemon changes the "
            "queue: start it first)\n");
  EXPECT_EQ(state_of(id), EntryState::Accepted);
}

}  // namespace
}  // namespace graph_milter::ctl
