// SPDX-License-Identifier: Apache-2.0
// A client that did not hear our answer sends its message again.
#include <gtest/gtest.h>

#include <atomic>
#include <cctype>
#include <set>
#include <thread>
#include <vector>

#include "core/queue/resend_key.h"
#include "tests/support/temp_folder.h"
#include "tests/unit/queue/samples.h"

namespace graph_milter::queue::test {
namespace {

const std::string kDigest(64, 'a');

std::string key_of(const mail::Envelope& envelope) {
  return make_resend_key(envelope, "<1@contoso.com>", "Sun, 22 Nov 2026 09:02:05 +0000", kDigest);
}

TEST(ResendKey, IsTheSameForTheSameMessageInAnyOrderOfRecipients) {
  mail::Envelope envelope = sample_envelope();
  const std::string key = key_of(envelope);
  EXPECT_EQ(key.size(), 64U);
  std::swap(envelope.recipients[0], envelope.recipients[1]);
  EXPECT_EQ(key_of(envelope), key);
  envelope.recipients.push_back(envelope.recipients[0]);
  EXPECT_EQ(key_of(envelope), key) << "said twice";
  envelope.queue_id = "another";
  envelope.client_address = "10.1.20.8";
  envelope.recipients[0].parameters = {"NOTIFY=NEVER"};
  EXPECT_EQ(key_of(envelope), key) << "another session";
}

TEST(ResendKey, ComparesAddressesAsEverybodyDoes) {
  mail::Envelope envelope = sample_envelope();
  const std::string key = key_of(envelope);
  for (char& c : envelope.sender.address) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  for (char& c : envelope.recipients[0].address) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  EXPECT_EQ(key_of(envelope), key);
}

TEST(ResendKey, IsNoneWhereNotAllRecipientsWereKept) {
  mail::Envelope envelope = sample_envelope();
  envelope.further_recipients = 1;
  EXPECT_EQ(key_of(envelope), "") << "they may be others than those of the message it looks like";
}

TEST(ResendKey, DiffersWithSenderRecipientsAndContent) {
  std::set<std::string> keys{key_of(sample_envelope())};
  mail::Envelope other = sample_envelope();
  other.sender = mail::make_envelope_path("<scanner2@contoso.com>");
  EXPECT_TRUE(keys.insert(key_of(other)).second);
  other = sample_envelope();
  other.recipients.pop_back();
  EXPECT_TRUE(keys.insert(key_of(other)).second);
  EXPECT_TRUE(keys.insert(make_resend_key(sample_envelope(), "<1@c>", "today", std::string(64, 'b'))).second);
  // Where one address ends and the next begins counts.
  mail::Envelope glued;
  glued.recipients = {mail::make_envelope_path("<ab>"), mail::make_envelope_path("<c>")};
  EXPECT_TRUE(keys.insert(key_of(glued)).second);
  glued.recipients = {mail::make_envelope_path("<a>"), mail::make_envelope_path("<bc>")};
  EXPECT_TRUE(keys.insert(key_of(glued)).second);
}

TEST(ResendKey, IsEmptyWithoutMessageIdOrDate) {
  EXPECT_EQ(make_resend_key(sample_envelope(), "", "today", kDigest), "");
  EXPECT_EQ(make_resend_key(sample_envelope(), "<1@c>", " ", kDigest), "");
}

class ResendTest : public ::testing::Test {
 protected:
  ResendTest() : spool_(folder_.file("spool")) { spool_.open(); }

  Committed commit(const std::string& key) {
    Spooler::Mail mail;
    mail.resend_key = key;
    const auto committed = spool_.commit(mail);
    EXPECT_TRUE(committed) << committed.error().text();
    return committed ? *committed : Committed{};
  }
  Queue& queue() { return *spool_.queue; }

  graph_milter::test::TempFolder folder_;
  Spooler spool_;
};

TEST_F(ResendTest, IsAdoptedByTheEntryThatIsThere) {
  const Committed first = commit("key");
  EXPECT_FALSE(first.adopted);
  EXPECT_EQ(*queue().find_resend("key"), first.id);
  EXPECT_EQ(*queue().find_resend("other"), std::nullopt);
  spool_.reopen();
  const Committed second = commit("key");
  EXPECT_TRUE(second.adopted);
  EXPECT_EQ(second.id, first.id);
  EXPECT_EQ(queue().list()->size(), 1U);
  EXPECT_EQ(files_in(spool_.settings.directory), std::vector<std::string>{first.id + ".msg"}) << "nothing new is kept";
}

TEST_F(ResendTest, IsAnotherMessageWithoutAKey) {
  EXPECT_FALSE(commit("").adopted);
  EXPECT_FALSE(commit("").adopted);
  EXPECT_EQ(*queue().find_resend(""), std::nullopt);
  EXPECT_EQ(queue().list()->size(), 2U);
}

TEST_F(ResendTest, IsAdoptedAfterItWasSentAndWhileItIsHeld) {
  Spooler::Mail mail;
  mail.resend_key = "sent";
  const std::string sent = spool_.send(mail);
  EXPECT_EQ(commit("sent").id, sent);
  const std::string held = commit("held").id;
  ASSERT_TRUE(queue().hold(spool_.lease(), make_error(ErrorKind::Corrupt, "graph", "403")));
  EXPECT_EQ(commit("held").id, held);
  EXPECT_EQ(queue().list()->size(), 1U);
}

TEST_F(ResendTest, IsAnotherMessageAfterItWasReturnedHandedBackOrDeleted) {
  for (const Disposal disposal : {Disposal::Dsn, Disposal::Mta}) {
    const std::string first = commit("key").id;
    ASSERT_TRUE(queue().finish(spool_.give_up(spool_.lease(), disposal, EntryState::Returned)));
    const Committed again = commit("key");
    EXPECT_FALSE(again.adopted) << name_of(disposal);
    EXPECT_NE(again.id, first);
    ASSERT_TRUE(queue().administer(again.id, Command::Delete));
  }
  EXPECT_FALSE(commit("key").adopted) << "deleted at once";
  const Entry drafted = spool_.advance(spool_.lease(), EntryState::Draft);
  ASSERT_TRUE(queue().administer(drafted.id, Command::Delete));
  EXPECT_FALSE(commit("key").adopted) << "being deleted";
}

TEST_F(ResendTest, IsAdoptedWhileItIsBeingReturned) {
  const std::string first = commit("key").id;
  spool_.give_up(spool_.lease(), Disposal::Dsn, EntryState::Returning);
  EXPECT_EQ(commit("key").id, first) << "its sender will hear of it";
}

TEST_F(ResendTest, IsAnotherMessageAfterTheWindow) {
  spool_.settings.resend_window = std::chrono::hours(1);
  spool_.reopen();
  const Committed first = commit("key");
  spool_.clock->advance(std::chrono::minutes(59));
  EXPECT_TRUE(commit("key").adopted);
  spool_.clock->advance(std::chrono::minutes(2));
  EXPECT_EQ(*queue().find_resend("key"), std::nullopt);
  const Committed late = commit("key");
  EXPECT_FALSE(late.adopted);
  EXPECT_EQ(commit("key").id, late.id) << "the newer one counts from here";
}

TEST_F(ResendTest, IsAlwaysAnotherMessageIfThatIsConfigured) {
  spool_.settings.resend_window = Duration(0);
  spool_.reopen();
  EXPECT_FALSE(commit("key").adopted);
  EXPECT_FALSE(commit("key").adopted);
}

// Both sessions of an impatient client reach the end of the message at once.
TEST_F(ResendTest, IsOneEntryHoweverManyComeAtOnce) {
  constexpr int kThreads = 8, kRounds = 5;
  for (int round = 0; round < kRounds; ++round) {
    const std::string key = "key " + std::to_string(round);
    std::atomic<int> ready{0};
    std::vector<Committed> answers(kThreads);
    std::vector<std::thread> threads;
    for (std::size_t t = 0; t < kThreads; ++t) {
      threads.emplace_back([&, t] {
        ++ready;
        while (ready < kThreads) std::this_thread::yield();
        answers[t] = commit(key);
      });
    }
    for (std::thread& thread : threads) thread.join();
    int kept = 0;
    for (const Committed& answer : answers) {
      EXPECT_EQ(answer.id, answers[0].id);
      if (!answer.adopted) ++kept;
    }
    EXPECT_EQ(kept, 1);
  }
  EXPECT_EQ(queue().list()->size(), 1U * kRounds);
  EXPECT_EQ(files_in(spool_.settings.directory).size(), 1U * kRounds);
}

}  // namespace
}  // namespace graph_milter::queue::test
