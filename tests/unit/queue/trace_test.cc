// SPDX-License-Identifier: Apache-2.0
// Where is Tuesday's scan? And what else the journal is asked about many entries.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

#include "core/base/digest.h"
#include "core/queue/journal_schema.h"
#include "core/queue/sql_session.h"
#include "tests/support/temp_folder.h"
#include "tests/unit/queue/samples.h"

namespace graph_milter::queue::test {
namespace {

class TraceTest : public ::testing::Test {
 protected:
  TraceTest() : spool_(folder_.file("spool")) { spool_.open(); }
  Queue& queue() { return *spool_.queue; }

  std::string commit(const Spooler::Mail& mail) {
    const auto committed = spool_.commit(mail);
    EXPECT_TRUE(committed);
    return committed->id;
  }
  std::vector<std::string> ids(const std::string& what) {
    const auto found = queue().trace(what);
    EXPECT_TRUE(found) << found.error().text();
    std::vector<std::string> out;
    for (const TraceRecord& record : *found) out.push_back(record.id);
    return out;
  }

  graph_milter::test::TempFolder folder_;
  Spooler spool_;
};

using Ids = std::vector<std::string>;

TEST_F(TraceTest, FindsAWaitingMessageByAllItsNames) {
  Spooler::Mail mail;
  mail.queue_id = "4Q1";
  mail.message_id = "<Scan.7@contoso.com>";
  mail.sender = "Copier@contoso.com";
  mail.mailbox = "scans@contoso.com";
  const std::string id = commit(mail);
  Spooler::Mail other;
  other.queue_id = "4Q2";
  other.message_id = "<8@contoso.com>";
  other.sender = "b@contoso.com";
  other.mailbox = "b@contoso.com";
  const std::string second = commit(other);
  for (const std::string what : {id.c_str(), "4Q1", "<Scan.7@contoso.com>", "Scan.7@contoso.com", "copier@CONTOSO.com",
                                 "<copier@contoso.com>", "scans@contoso.com", "  4Q1 "}) {
    EXPECT_EQ(ids(what), Ids{id}) << what;
  }
  EXPECT_EQ(ids("anna@contoso.com"), (Ids{second, id})) << "a recipient of both, the newest first";
  EXPECT_EQ(ids("Bert@Example.org"), (Ids{second, id}));
  for (const std::string what :
       {"", " ", "anna", "contoso.com", "nna@contoso.com", "%", "4q1", "<>", "x@y' OR 1=1 --"}) {
    EXPECT_EQ(ids(what), Ids{}) << what;
  }
}

TEST_F(TraceTest, ShowsWhatIsKnownOfAWaitingMessage) {
  const std::string id = commit({});
  const auto found = queue().trace(id);
  ASSERT_TRUE(found && found->size() == 1);
  const TraceRecord& record = found->front();
  EXPECT_EQ(record.state, EntryState::Accepted);
  EXPECT_EQ(record.outcome, Outcome::None);
  EXPECT_EQ(record.queue_id, "4Zx1Q");
  EXPECT_EQ(record.message_id, "<1@contoso.com>");
  EXPECT_EQ(record.sender, "scanner@contoso.com");
  EXPECT_EQ(record.recipients, (std::vector<std::string>{"anna@contoso.com", "bert@example.org"}));
  EXPECT_EQ(record.mailbox, "scanner@contoso.com");
  EXPECT_EQ(record.client, "10.1.20.7");
  EXPECT_EQ(record.rule, "scanners");
  EXPECT_EQ(record.size, 4U);
  EXPECT_EQ(record.accepted, kStart + Duration(1));
  EXPECT_EQ(record.finished, TimePoint{});
}

TEST_F(TraceTest, KnowsASentMessageFromItsTombstone) {
  Spooler::Mail mail;
  mail.resend_key = "key";
  const std::string id = commit(mail);
  Entry entry = spool_.advance(spool_.lease(), EntryState::SendIntent);
  entry.progress.request_id = "7f3a";
  entry.last_error = "graph: 503";
  entry = spool_.advance(entry, EntryState::Sent);
  spool_.clock->advance(std::chrono::seconds(3));
  ASSERT_TRUE(queue().finish(entry));
  spool_.reopen();
  const auto found = queue().trace("BERT@example.org");
  ASSERT_TRUE(found && found->size() == 1);
  const TraceRecord& record = found->front();
  EXPECT_EQ(record.id, id);
  EXPECT_EQ(record.state, EntryState::Done);
  EXPECT_EQ(record.outcome, Outcome::Sent);
  EXPECT_EQ(record.recipients, (std::vector<std::string>{"anna@contoso.com", "bert@example.org"}));
  EXPECT_EQ(record.client, "10.1.20.7");
  EXPECT_EQ(record.rule, "scanners");
  EXPECT_EQ(record.size, 4U);
  EXPECT_EQ(record.finished, kStart + Duration(3001));
  EXPECT_EQ(record.request_id, "7f3a");
  EXPECT_EQ(record.last_error, "") << "what went wrong on the way is over";
  const Entry tombstone = spool_.find(id);
  EXPECT_EQ(tombstone.sha256, sha256_hex("text"));
  EXPECT_EQ(tombstone.resend_key, "key");
  EXPECT_EQ(tombstone.progress.draft_id, "AAMk=");
  EXPECT_EQ(tombstone.envelope.recipients.size(), 2U);
}

TEST_F(TraceTest, KnowsWhyAMessageWasReturned) {
  commit({});
  ASSERT_TRUE(queue().finish(spool_.give_up(spool_.lease(), Disposal::Mta, EntryState::Returned)));
  const auto found = queue().trace("4Zx1Q");
  ASSERT_TRUE(found && found->size() == 1);
  EXPECT_EQ(found->front().outcome, Outcome::HandedBack);
  EXPECT_EQ(found->front().last_error, "5.7.1 403 ErrorSendAsDenied");
}

TEST_F(TraceTest, AnswersWithoutTheDaemonAndBesideIt) {
  const std::string id = commit({});
  for (int i = 0; i < 2; ++i) {
    const auto found = trace_offline(spool_.settings.directory, "anna@contoso.com");
    ASSERT_TRUE(found) << found.error().text();
    ASSERT_EQ(found->size(), 1U);
    EXPECT_EQ(found->front().id, id);
    spool_.close();
  }
  EXPECT_EQ(trace_offline(folder_.path(), "x").error().kind, ErrorKind::Usage);
}

TEST_F(TraceTest, ShowsAlsoADamagedRow) {
  const std::string id = commit({});
  spool_.close();
  damage(spool_.settings.directory, "UPDATE entry SET recipient_list = '{', state = 'odd', outcome = 'odd'");
  spool_.open();
  const auto found = queue().trace(id);
  ASSERT_TRUE(found && found->size() == 1);
  EXPECT_EQ(found->front().state, EntryState::Held);
  EXPECT_TRUE(found->front().recipients.empty());
}

TEST_F(TraceTest, FindsWhatWasSentByItsMessageId) {
  Spooler::Mail mail;
  mail.message_id = "<7@contoso.com>";
  const std::string id = spool_.send(mail);
  const TimePoint sent = spool_.clock->now();
  const auto found = queue().find_sent("<7@contoso.com>", sent);
  ASSERT_TRUE(found && *found);
  EXPECT_EQ((*found)->id, id);
  EXPECT_FALSE(*queue().find_sent("<7@contoso.com>", sent + Duration(1)));
  EXPECT_FALSE(*queue().find_sent("<8@contoso.com>", kStart));
  EXPECT_FALSE(*queue().find_sent("", kStart));
}

TEST_F(TraceTest, TakesWhatIsBeingSentForSent) {
  commit({});
  Entry entry = spool_.advance(spool_.lease(), EntryState::Verified);
  EXPECT_FALSE(*queue().find_sent("<1@contoso.com>", kStart));
  entry = spool_.advance(entry, EntryState::SendIntent);
  EXPECT_TRUE(*queue().find_sent("<1@contoso.com>", kStart));
  spool_.advance(entry, EntryState::Sent);
  EXPECT_TRUE(*queue().find_sent("<1@contoso.com>", spool_.clock->now() + std::chrono::hours(1)));
}

TEST_F(TraceTest, DoesNotTakeWhatWasReturnedForSent) {
  commit({});
  ASSERT_TRUE(queue().finish(spool_.give_up(spool_.lease(), Disposal::Dsn, EntryState::Returned)));
  EXPECT_FALSE(*queue().find_sent("<1@contoso.com>", kStart));
}

// --- sums and lists

TEST_F(TraceTest, AddsUpWhatWaits) {
  EXPECT_EQ(queue().totals()->oldest, TimePoint{});
  spool_.send({});
  const std::string first = commit({});
  commit({"12345", "b@contoso.com", "", "", "b@contoso.com", "Q"});
  Entry entry = spool_.lease();
  EXPECT_EQ(entry.id, first);
  entry.progress.needs_administrator = spool_.clock->now();
  ASSERT_TRUE(queue().record(entry));
  commit({});
  ASSERT_TRUE(queue().hold(spool_.lease(), Error{}));
  const auto totals = queue().totals();
  ASSERT_TRUE(totals) << totals.error().text();
  EXPECT_EQ(totals->waiting, 2U);
  EXPECT_EQ(totals->held, 1U);
  EXPECT_EQ(totals->needs_administrator, 1U);
  EXPECT_EQ(totals->bytes, 13U);
  EXPECT_EQ(totals->oldest, spool_.find(first).accepted);
}

TEST_F(TraceTest, NamesTheMailboxesOfAllIncludingTombstones) {
  spool_.send({"x", "sent@contoso.com", "", "", "a@b", "Q"});
  commit({"x", "waits@contoso.com", "", "", "a@b", "Q"});
  commit({"x", "waits@contoso.com", "", "", "a@b", "Q"});
  EXPECT_EQ(*queue().mailboxes(), (std::vector<std::string>{"sent@contoso.com", "waits@contoso.com"}));
}

TEST_F(TraceTest, KnowsWhichSentCopiesMayStillLieThere) {
  const std::string first = spool_.send({});
  const TimePoint sent = spool_.clock->now();
  spool_.clock->advance(std::chrono::hours(1));
  const std::string second = spool_.send({});
  commit({});
  ASSERT_TRUE(queue().finish(spool_.give_up(spool_.lease(), Disposal::Dsn, EntryState::Returned)));
  auto copies = queue().sent_copies(sent, sent, 10);
  ASSERT_TRUE(copies && copies->size() == 1);
  EXPECT_EQ(copies->front().id, first);
  EXPECT_EQ(copies->front().mailbox, "scanner@contoso.com");
  EXPECT_EQ(copies->front().message, "AAMk=");
  EXPECT_EQ(copies->front().sent, sent);
  const TimePoint now = spool_.clock->now();
  EXPECT_EQ(queue().sent_copies(now, now, 10)->size(), 2U);
  EXPECT_EQ(queue().sent_copies(now, now, 1)->front().id, first) << "the oldest first";
  ASSERT_TRUE(queue().forget_sent_copy(first));
  copies = queue().sent_copies(now, now, 10);
  ASSERT_TRUE(copies && copies->size() == 1);
  EXPECT_EQ(copies->front().id, second);
  EXPECT_EQ(spool_.find(first).progress.draft_id, "AAMk=") << "trace still knows it";
}

TEST_F(TraceTest, KnowsHowLongEachCopyMayStay) {
  const auto send = [&](const std::string& sender, std::optional<Duration> stays) {
    mail::MessageFile message(queue().incoming_directory(), 1024);
    EXPECT_TRUE(message.append("text"));
    plan::Plan plan = sample_plan();
    plan.handling.sent_copy_for = stays;
    mail::Envelope envelope = sample_envelope();
    envelope.sender = mail::make_envelope_path("<" + sender + ">");
    const auto kept = queue().commit(spool_.new_id(), message, envelope, plan, "");
    EXPECT_TRUE(kept);
    EXPECT_TRUE(queue().finish(spool_.advance(spool_.lease(), EntryState::Sent)));
    return kept->id;
  };
  const std::string by_option = send("a@contoso.com", std::nullopt);
  send("b@contoso.com", Duration{0});
  const std::string two_hours = send("c@contoso.com", std::chrono::hours(2));
  const std::string one_hour = send("d@contoso.com", std::chrono::hours(1));
  const TimePoint sent = spool_.clock->now();
  const auto due = [&](TimePoint before, Duration later, std::size_t limit = 10) {
    std::vector<std::string> ids;
    const auto copies = queue().sent_copies(before, sent + later, limit);
    for (const SentCopy& copy : *copies) ids.push_back(copy.id);
    return ids;
  };
  EXPECT_EQ(due(TimePoint{}, std::chrono::minutes(59)), Ids{});
  EXPECT_EQ(due(TimePoint{}, std::chrono::hours(1)), Ids{one_hour});
  EXPECT_EQ(due(TimePoint{}, std::chrono::hours(2)), (Ids{one_hour, two_hours}));
  EXPECT_EQ(due(sent, std::chrono::hours(1000)), (Ids{by_option, one_hour, two_hours})) << "one is kept for good";
  EXPECT_EQ(due(sent, std::chrono::hours(1000), 2), (Ids{by_option, one_hour}));
  ASSERT_TRUE(queue().forget_sent_copy(one_hour));
  EXPECT_EQ(due(TimePoint{}, std::chrono::hours(2)), Ids{two_hours});
}

TEST_F(TraceTest, KeepsNotes) {
  EXPECT_EQ(*queue().note("alert.last"), "");
  ASSERT_TRUE(queue().set_note("alert.last", "one"));
  ASSERT_TRUE(queue().set_note("alert.last", "two"));
  ASSERT_TRUE(queue().set_note("other", "x"));
  spool_.reopen();
  EXPECT_EQ(*queue().note("alert.last"), "two");
  ASSERT_TRUE(queue().set_note("alert.last", ""));
  EXPECT_EQ(*queue().note("alert.last"), "");
  EXPECT_EQ(*queue().note("other"), "x");
  EXPECT_EQ(ask_number(spool_.settings.directory, "SELECT count(*) FROM note"), 1);
}

// --- tidying up

TEST_F(TraceTest, ForgetsTombstonesInBatches) {
  const std::string sent = spool_.send({});
  const std::string waits = commit({});
  // 450 more tombstones, older than all that is kept.
  spool_.close();
  damage(
      spool_.settings.directory,
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 450)"
      " INSERT INTO entry SELECT 'old' || i, state, held_from, queue_id, sender, mailbox, message_id, recipients, size,"
      " sha256, accepted, attempts, next_attempt, fence, 1, last_error, envelope, plan, progress, client, rule,"
      " recipient_list, addresses, outcome, resend_key, draft_id, request_id, needs_administrator, sent_copy, "
      "sent_copy_until"
      " FROM entry, n WHERE id = '" +
          sent + "'");
  spool_.open();
  ASSERT_TRUE(queue().tidy(spool_.clock->now()));
  EXPECT_EQ(ask_number(spool_.settings.directory, "SELECT count(*) FROM entry"), 2);
  EXPECT_TRUE(*queue().find(sent));
  EXPECT_TRUE(*queue().find(waits));
}

TEST_F(TraceTest, ChecksTheWholeJournalOnceAWeek) {
  const auto checked = [&] { return *queue().note("journal.checked"); };
  EXPECT_EQ(checked(), "");
  ASSERT_TRUE(queue().tidy(kStart));
  EXPECT_EQ(checked(), std::to_string(to_unix_ms(kStart)));
  ASSERT_TRUE(queue().tidy(kStart + std::chrono::hours(6 * 24)));
  EXPECT_EQ(checked(), std::to_string(to_unix_ms(kStart)));
  const TimePoint week = kStart + std::chrono::hours(7 * 24);
  ASSERT_TRUE(queue().tidy(week));
  EXPECT_EQ(checked(), std::to_string(to_unix_ms(week)));
  ASSERT_TRUE(queue().tidy(kStart));
  EXPECT_EQ(checked(), std::to_string(to_unix_ms(kStart))) << "a clock that was set back";
}

TEST_F(TraceTest, TellsOfAnIndexThatDoesNotFitTheTable) {
  commit({});
  spool_.close();
  const std::string path = spool_.settings.directory + "/journal.sqlite";
  {
    const SessionPointer writer = *open_writer_session(path);
    *writer << "PRAGMA writable_schema = ON";
    *writer << "UPDATE sqlite_master SET sql = replace(sql, '(message_id)', '(queue_id)') WHERE name ="
               " 'entry_message_id'";
  }
  const SessionPointer session = *open_offline_session(path);
  EXPECT_TRUE(check_integrity(*session, path)) << "the quick check does not look there";
  const Status whole = check_whole_integrity(*session, path);
  ASSERT_FALSE(whole);
  EXPECT_EQ(whole.error().kind, ErrorKind::Corrupt);
  spool_.open();
  EXPECT_TRUE(queue().tidy(kStart)) << "an alarm, not an error";
}

// --- by index

// What the statement steps through, as SQLite plans it.
std::string plan_of(const std::string& directory, const std::string& sql) {
  const SessionPointer session = *open_offline_session(directory + "/journal.sqlite");
  std::string line, all;
  long long ignored = 0;
  soci::statement statement = (session->prepare << "EXPLAIN QUERY PLAN " + sql, soci::into(ignored),
                               soci::into(ignored), soci::into(ignored), soci::into(line));
  statement.execute();
  while (statement.fetch()) all += line + "\n";
  return all;
}

TEST_F(TraceTest, AnswersWhatIsAskedOftenFromIndexes) {
  commit({});
  spool_.close();
  const std::string waiting = "state NOT IN ('done', 'held')";
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"SELECT id FROM entry WHERE " + waiting + " AND mailbox = 'a' AND next_attempt <= 5 ORDER BY next_attempt, id",
       "SEARCH entry USING COVERING INDEX entry_mailbox (mailbox=? AND next_attempt<?)\n"},
      {"SELECT min(mailbox) FROM entry WHERE " + waiting + " AND mailbox > 'a'",
       "SEARCH entry USING COVERING INDEX entry_mailbox (mailbox>?)\n"},
      {"SELECT id FROM entry WHERE resend_key = 'k' AND resend_key <> '' AND accepted >= 5",
       "SEARCH entry USING INDEX entry_resend_key (resend_key=?)\n"},
      {"SELECT id FROM entry WHERE message_id = 'm' AND outcome = 'sent'",
       "SEARCH entry USING INDEX entry_message_id (message_id=?)\n"},
      {"SELECT id FROM entry WHERE sent_copy = 1 AND finished <= 5 ORDER BY finished, id",
       "SEARCH entry USING INDEX entry_sent_copy (finished<?)\n"},
      {"SELECT id FROM entry WHERE sent_copy_until > 0 AND sent_copy_until <= 5 ORDER BY sent_copy_until, id",
       "SEARCH entry USING COVERING INDEX entry_sent_copy_until (sent_copy_until>? AND sent_copy_until<?)\n"},
      {"SELECT sum(size) FROM entry WHERE state <> 'done'", "SCAN entry USING INDEX entry_live\n"},
      {"SELECT id, plan FROM entry WHERE state <> 'done' ORDER BY id", "SCAN entry USING INDEX entry_live\n"},
  };
  for (const auto& [sql, plan] : cases) EXPECT_EQ(plan_of(spool_.settings.directory, sql), plan) << sql;
}

}  // namespace
}  // namespace graph_milter::queue::test
