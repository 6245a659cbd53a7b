// SPDX-License-Identifier: Apache-2.0
// Sweeping mailboxes, against the emulator in process and a queue that only remembers.
#include "core/delivery/housekeeping.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <thread>

#include "core/auth/token_source.h"
#include "core/base/id.h"
#include "core/graph/client.h"
#include "core/graph/mailbox_gate.h"
#include "core/graph/paced_door.h"
#include "core/queue/entry_rules.h"
#include "tests/graph/emulator_tokens.h"
#include "tests/graph_emulator/in_process.h"
#include "tests/support/temp_folder.h"

namespace graph_milter::delivery {
namespace {

using queue::EntryState;
using queue::Outcome;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

constexpr const char* kMailbox = "scanner@contoso.com";

// What the sweep asks of a queue; everything else fails the test.
class RememberedQueue final : public queue::Queue {
 public:
  std::map<std::string, queue::Entry> entries;
  std::vector<std::string> damaged;
  std::vector<std::string> of_mailboxes = {kMailbox};
  std::vector<queue::SentCopy> copies;
  std::vector<std::string> forgotten;
  std::atomic<int> tidied{0};

  bool failed() const override { return false; }
  Status tidy(TimePoint /*now*/) override {
    ++tidied;
    return {};
  }
  Result<std::vector<std::string>> mailboxes() override { return of_mailboxes; }
  Result<std::optional<queue::Entry>> find(const std::string& id) override {
    if (std::find(damaged.begin(), damaged.end(), id) != damaged.end())
      return fail(ErrorKind::Corrupt, "journal", "damaged row");
    const auto found = entries.find(id);
    return found == entries.end() ? std::optional<queue::Entry>() : std::optional(found->second);
  }
  Result<std::vector<queue::SentCopy>> sent_copies(TimePoint before, TimePoint /*now*/, std::size_t limit) override {
    std::vector<queue::SentCopy> out;
    for (const queue::SentCopy& copy : copies) {
      const bool kept = std::find(forgotten.begin(), forgotten.end(), copy.id) == forgotten.end();
      if (kept && copy.sent <= before && out.size() < limit) out.push_back(copy);
    }
    return out;
  }
  Status forget_sent_copy(const std::string& id) override {
    forgotten.push_back(id);
    return {};
  }
  Result<queue::Totals> totals() override { return queue::Totals{}; }
  Result<std::string> note(const std::string& /*name*/) override { return std::string(); }
  Status set_note(const std::string& /*name*/, const std::string& /*value*/) override { return {}; }

  std::string incoming_directory() const override { return {}; }
  Status check_room(ByteCount /*bytes*/) override { return never(); }
  Result<queue::Committed> commit(const std::string& /*id*/, mail::MessageFile& /*message*/,
                                  const mail::Envelope& /*envelope*/, const plan::Plan& /*plan*/,
                                  const std::string& /*resend_key*/) override {
    return fail(never().error());
  }
  Result<std::optional<std::string>> find_resend(const std::string& /*resend_key*/) override {
    return fail(never().error());
  }
  bool begin_wait(const std::string& /*id*/, std::size_t /*most*/) override { return never().has_value(); }
  queue::Outlook wait(const std::string& /*id*/, TimePoint /*until*/) override { return {}; }
  void end_wait(const std::string& /*id*/) override {}
  Result<queue::Outlook> withdraw(const std::string& /*id*/, const queue::GiveUp& /*why*/) override {
    return fail(never().error());
  }
  void stop_waits() override {}
  Result<std::optional<queue::TraceRecord>> find_sent(const std::string& /*id*/, TimePoint /*since*/) override {
    return fail(never().error());
  }
  Result<std::optional<queue::Entry>> lease_next(TimePoint /*now*/, const std::vector<std::string>& /*busy*/) override {
    return fail(never().error());
  }
  Result<std::optional<TimePoint>> next_due() override { return fail(never().error()); }
  void wait_for_work(TimePoint /*until*/) override {}
  void wake() override {}
  Status record(const queue::Entry& /*entry*/) override { return never(); }
  Status defer(const queue::Entry& /*entry*/, TimePoint /*next*/, const Error& /*why*/) override { return never(); }
  Status hold(const queue::Entry& /*entry*/, const Error& /*why*/) override { return never(); }
  Status release(const queue::Entry& /*entry*/) override { return never(); }
  Status finish(const queue::Entry& /*entry*/) override { return never(); }
  Result<std::unique_ptr<ByteSource>> open_message(const queue::Entry& /*entry*/) override {
    return fail(never().error());
  }
  Result<std::vector<queue::EntrySummary>> list() override { return fail(never().error()); }
  Result<std::string> administer(const std::string& /*id*/, queue::Command /*command*/) override {
    return fail(never().error());
  }
  Result<std::string> plan_anew(const std::string& /*id*/, const plan::Plan& /*plan*/) override {
    return fail(never().error());
  }
  Result<std::vector<queue::TraceRecord>> trace(const std::string& /*what*/) override { return fail(never().error()); }

 private:
  static Status never() {
    ADD_FAILURE() << "a sweep has no business with this";
    return fail(ErrorKind::System, "test", "not asked for");
  }
};

class Sweep : public ::testing::Test {
 protected:
  Sweep() { settings.instance = "mx1"; }

  std::shared_ptr<ManualClock> clock = std::make_shared<ManualClock>(from_unix_ms(1'790'000'000'000));
  emulator::InProcessGraph service{clock};
  std::shared_ptr<graph::MailboxGate> gate = std::make_shared<graph::MailboxGate>(clock);
  http::Doors doors = graph::pace_doors({service.api(), service.upload()}, gate, clock);
  test::TempFolder folder;
  graph::Client client{{}, doors.api, emulator::token_source(service, folder, clock), clock};
  HousekeepingSettings settings;
  RememberedQueue queue;
  queue::ServiceState state;
  Alerts alerts{silent(), queue, state, *clock};

  static AlertSettings silent() {
    AlertSettings nobody;
    nobody.to.clear();
    return nobody;
  }

  std::string draft(const std::string& marker, const std::string& message_id = "<1@x>",
                    const std::string& mailbox = kMailbox) {
    const std::string field = marker.empty() ? "" : "X-Graph-Milter-Id: " + marker + "\r\n";
    StringSource mime("From: <" + mailbox + ">\r\nTo: a@example.org\r\nSubject: Scan\r\nMessage-ID: " + message_id +
                      "\r\n" + field + "\r\nHi\r\n");
    const auto made = client.create_draft(mailbox, mime);
    EXPECT_TRUE(made.has_value()) << made.error().text();
    return made ? made->id : "";
  }

  // The entry of a draft of instance "mx1".
  std::string entry(EntryState entry_state, Outcome outcome = Outcome::None) {
    queue::Entry entry;
    entry.id = make_entry_id(clock->now());
    entry.state = entry_state;
    entry.outcome = outcome;
    if (entry_state == EntryState::Done) entry.finished = clock->now();
    queue.entries[entry.id] = entry;
    return entry.id;
  }

  std::string send(const std::string& id, const std::string& message_id) {
    std::string draft_id = draft("mx1/" + id, message_id);
    EXPECT_TRUE(client.send(kMailbox, draft_id).has_value());
    queue.entries[id].plan.message_id = message_id;
    queue.copies.push_back({id, kMailbox, draft_id, clock->now()});
    return draft_id;
  }

  void set(const std::string& name, emulator::Json value) {
    emulator::Json change = emulator::Json::object();
    change.set(name, std::move(value));
    ASSERT_TRUE(service.model().change_switches(change).has_value());
  }

  Housekeeping housekeeping() { return {settings, queue, {client, *doors.upload, *clock, gate.get()}, alerts}; }
  void sweep() { housekeeping().sweep({}); }

  // Markers of what is in a folder.
  std::vector<std::string> in(const std::string& wanted) {
    std::vector<std::string> markers;
    const emulator::Json mailboxes = service.model().mailboxes();
    for (const emulator::Json& mailbox : mailboxes.items())
      for (const emulator::Json& message : mailbox["messages"].items())
        if (message["folder"].text() == wanted) markers.push_back(message["marker"].text());
    return markers;
  }

  void TearDown() override { EXPECT_THAT(service.model().violations(), IsEmpty()); }
};

TEST_F(Sweep, DeletesOldDraftsThatNoLiveEntryKnows) {
  const std::string unknown = make_entry_id(clock->now());
  const std::string returned = entry(EntryState::Done, Outcome::Returned);
  draft("mx1/" + unknown);
  draft("mx1/" + returned);
  clock->advance(hours(23));
  sweep();
  EXPECT_THAT(in("drafts"), UnorderedElementsAre("mx1/" + unknown, "mx1/" + returned));
  clock->advance(hours(2));
  sweep();
  EXPECT_THAT(in("drafts"), IsEmpty());
  EXPECT_THAT(in("deleteditems"), UnorderedElementsAre("mx1/" + unknown, "mx1/" + returned));
}

TEST_F(Sweep, LeavesAloneWhatALiveEntryMayNeed) {
  std::vector<std::string> live;
  for (const EntryState each : queue::kEntryStates) {
    if (each == EntryState::Done) continue;
    live.push_back("mx1/" + entry(each));
    draft(live.back());
  }
  const std::string damaged = make_entry_id(clock->now());
  queue.damaged.push_back(damaged);
  live.push_back("mx1/" + damaged);
  draft(live.back());
  clock->advance(hours(24 * 365));
  sweep();
  EXPECT_THAT(in("drafts"), ::testing::UnorderedElementsAreArray(live));
}

TEST_F(Sweep, LeavesAloneWhatIsNotOurs) {
  const std::string id = make_entry_id(clock->now());
  const std::vector<std::string> others = {"", "mx2/" + id, "mx11/" + id, "mx1/something", "MX1/" + id, "mx1" + id};
  for (const std::string& marker : others) draft(marker);
  clock->advance(hours(24 * 365));
  sweep();
  EXPECT_THAT(in("drafts"), ::testing::UnorderedElementsAreArray(others));
}

TEST_F(Sweep, DeletesDraftsOfAnAdoptedInstance) {
  settings.adopted_instances = {"old-mx1"};
  draft("old-mx1/" + make_entry_id(clock->now()));
  clock->advance(hours(25));
  sweep();
  EXPECT_THAT(in("drafts"), IsEmpty());
}

// 202 is final, but the service may keep the draft where it was until it is through.
TEST_F(Sweep, LeavesAloneWhatWasAcceptedButIsNotOutYet) {
  set("send_delay_ms", 26 * 3'600'000);
  set("pending_place", "drafts");
  const std::string id = make_entry_id(clock->now());
  const std::string sent = draft("mx1/" + id);
  clock->advance(hours(25));  // it was tried for a day
  ASSERT_TRUE(client.send(kMailbox, sent).has_value());
  queue.entries[id].state = EntryState::Done;
  queue.entries[id].outcome = Outcome::Sent;
  queue.entries[id].finished = clock->now();
  sweep();
  clock->advance(hours(23));
  sweep();
  EXPECT_THAT(in("drafts"), ElementsAre("mx1/" + id));
  clock->advance(hours(24));
  EXPECT_EQ(service.model().deliveries().size(), 1U);
}

TEST_F(Sweep, NeverDeletesWhatAnUnresolvedSendMayStillTake) {
  const std::string id = entry(EntryState::Done, Outcome::Dropped);
  queue.entries[id].progress.send_unresolved = true;
  draft("mx1/" + id);
  clock->advance(hours(24 * 365));
  sweep();
  EXPECT_THAT(in("drafts"), ElementsAre("mx1/" + id));
}

TEST_F(Sweep, LooksAtAPersonsOldDraftsOnlyOnce) {
  for (int i = 0; i < 60; ++i) draft("");
  clock->advance(hours(25));
  Housekeeping keeper = housekeeping();
  keeper.sweep({});
  const std::size_t first = service.model().requests().size();
  keeper.sweep({});
  EXPECT_LE(service.model().requests().size(), first + 3);
  EXPECT_EQ(in("drafts").size(), 60U);
}

TEST_F(Sweep, GoesOnWithTheNextMailboxWhenOneFails) {
  queue.of_mailboxes = {"gone@contoso.com", kMailbox};
  draft("mx1/" + make_entry_id(clock->now()));
  clock->advance(hours(25));
  sweep();
  EXPECT_THAT(in("drafts"), IsEmpty());
}

TEST_F(Sweep, WaitsForNoMailboxThatAsksForPatience) {
  draft("mx1/" + make_entry_id(clock->now()));
  clock->advance(hours(25));
  gate->hold(kMailbox, minutes(5));
  sweep();
  for (const emulator::RequestRecord& request : service.model().requests())
    EXPECT_TRUE(request.operation == "token" || request.operation == "create-draft") << request.operation;
  clock->advance(minutes(5));
  sweep();
  EXPECT_THAT(in("drafts"), IsEmpty());
}

TEST_F(Sweep, KeepsSentCopiesUnlessToldOtherwise) {
  send(entry(EntryState::Done, Outcome::Sent), "<1@x>");
  clock->advance(hours(24 * 365));
  sweep();
  EXPECT_EQ(in("sentitems").size(), 1U);
}

TEST_F(Sweep, DeletesSentCopiesWhenTheirTimeIsOver) {
  settings.sent_copy_for = hours(24 * 7);
  for (const bool id_survives : {true, false}) {
    set("immutable_id_survives_send", id_survives);
    const std::string id = entry(EntryState::Done, Outcome::Sent);
    send(id, "<1@x>");
    clock->advance(hours(24 * 7) - seconds(1));
    sweep();
    EXPECT_THAT(in("sentitems"), ElementsAre("mx1/" + id)) << id_survives;
    clock->advance(seconds(1));
    sweep();
    EXPECT_THAT(in("sentitems"), IsEmpty()) << id_survives;
    EXPECT_EQ(queue.forgotten.back(), id);
  }
}

TEST_F(Sweep, KeepsSentCopiesAsLongAsTheyAreEvidence) {
  settings.sent_copy_for = minutes(1);
  settings.send_settle = hours(3);
  settings.resend_window = hours(5);
  send(entry(EntryState::Done, Outcome::Sent), "<1@x>");
  clock->advance(hours(4));
  sweep();
  EXPECT_EQ(in("sentitems").size(), 1U);
  clock->advance(hours(1));
  sweep();
  EXPECT_THAT(in("sentitems"), IsEmpty());
}

TEST_F(Sweep, TakesOnlyTheRightOneOfManyWithTheSameMessageId) {
  settings.sent_copy_for = hours(24);
  const std::string other = draft("mx2/" + make_entry_id(clock->now()), "<1@x>");
  ASSERT_TRUE(client.send(kMailbox, other).has_value());
  const std::string unmarked = draft("", "<1@x>");
  ASSERT_TRUE(client.send(kMailbox, unmarked).has_value());
  send(entry(EntryState::Done, Outcome::Sent), "<1@x>");
  clock->advance(hours(25));
  sweep();
  EXPECT_EQ(in("sentitems").size(), 2U);
  for (const std::string& marker : in("sentitems")) EXPECT_FALSE(marker.starts_with("mx1/")) << marker;
}

TEST_F(Sweep, ForgetsACopyThatIsGone) {
  settings.sent_copy_for = hours(24);
  const std::string id = entry(EntryState::Done, Outcome::Sent);
  queue.copies.push_back({id, kMailbox, "AAkALgAAAAAAHYQDEapmEc2byACqAC-EAAnothing", clock->now()});
  clock->advance(hours(25));
  sweep();
  EXPECT_THAT(queue.forgotten, ElementsAre(id));
}

TEST_F(Sweep, NeverDeletesWhatIsStillADraft) {
  settings.sent_copy_for = hours(24);
  const std::string id = entry(EntryState::Done, Outcome::Sent);
  queue.copies.push_back({id, kMailbox, draft("mx1/" + id), clock->now()});
  clock->advance(hours(24) - seconds(1));
  settings.abandoned_after = hours(24 * 30);
  clock->advance(seconds(1));
  sweep();
  EXPECT_THAT(in("drafts"), ElementsAre("mx1/" + id));
}

TEST_F(Sweep, ComesBackForACopyThatCouldNotBeDeleted) {
  settings.sent_copy_for = hours(24);
  const std::string id = entry(EntryState::Done, Outcome::Sent);
  send(id, "<1@x>");
  clock->advance(hours(25));
  service.model().add_fault(emulator::Fault::status("delete-message", 1, 503, "ServiceUnavailable"));
  sweep();
  EXPECT_THAT(queue.forgotten, IsEmpty());
  sweep();
  EXPECT_THAT(queue.forgotten, ElementsAre(id));
  EXPECT_THAT(in("sentitems"), IsEmpty());
}

TEST_F(Sweep, IsDoneByAThreadThatStopsAtOnce) {
  settings.interval = hours(1);
  Housekeeping keeper = housekeeping();
  keeper.start();
  keeper.stop();  // the destructor waits for it
}

TEST_F(Sweep, IsRepeatedByTheThread) {
  settings.interval = Duration(1);
  Housekeeping keeper = housekeeping();
  keeper.start();
  for (int i = 0; i < 3; ++i) {
    while (queue.tidied == i) {
      clock->advance(Duration(1));
      std::this_thread::yield();
    }
  }
  keeper.stop();
}

}  // namespace
}  // namespace graph_milter::delivery
