// SPDX-License-Identifier: Apache-2.0
#include "core/queue/entry_json.h"

#include <gtest/gtest.h>

#include <random>

#include "tests/support/temp_folder.h"
#include "tests/unit/queue/samples.h"

namespace graph_milter::queue {
namespace {

std::string random_text(std::mt19937_64& random) {
  std::string out;
  for (std::size_t length = random() % 12; length > 0; --length) out += static_cast<char>(random() % 256);
  return out;
}

mail::EnvelopePath random_path(std::mt19937_64& random) {
  mail::EnvelopePath path{random_text(random), random_text(random), {}};
  for (std::size_t count = random() % 4; count > 0; --count) path.parameters.push_back(random_text(random));
  return path;
}

TEST(EnvelopeJson, ReadsBackWhatItWroteWithAnyBytes) {
  std::mt19937_64 random(graph_milter::test::seed());
  for (int round = 0; round < 500; ++round) {
    mail::Envelope envelope;
    for (std::string* field : {&envelope.queue_id, &envelope.client_address, &envelope.client_name, &envelope.helo,
                               &envelope.daemon_name, &envelope.login, &envelope.auth_type, &envelope.message_id}) {
      *field = random_text(random);
    }
    envelope.sender = random_path(random);
    for (std::size_t count = random() % 5; count > 0; --count) envelope.recipients.push_back(random_path(random));
    envelope.received = from_unix_ms(static_cast<std::int64_t>(random() % 4'000'000'000'000));
    const auto read = envelope_from_json(envelope_to_json(envelope));
    ASSERT_TRUE(read) << read.error().text();
    ASSERT_EQ(*read, envelope);
  }
}

TEST(EnvelopeJson, ReadsWhatWasWrittenBeforeTheMtaWasAskedForAMessageId) {
  mail::Envelope envelope = test::sample_envelope();
  envelope.message_id.clear();
  const std::string written = envelope_to_json(envelope);
  EXPECT_EQ(written.find("message_id"), std::string::npos);
  EXPECT_EQ(envelope_from_json(written), envelope);
}

TEST(EnvelopeJson, HoldsFiveHundredRecipients) {
  mail::Envelope envelope = test::sample_envelope();
  envelope.recipients.assign(500, mail::make_envelope_path("<somebody.with.a.long.name@example.org>",
                                                           {"NOTIFY=SUCCESS,FAILURE,DELAY", "ORCPT=rfc822;a@b"}));
  EXPECT_EQ(envelope_from_json(envelope_to_json(envelope)), envelope);
}

Progress full_progress() {
  Progress progress;
  progress.draft_id = "AAMkAGI=";
  progress.drafts_made = 2;
  progress.rebuilds = 1;
  progress.draft_intended = from_unix_ms(1);
  progress.drafted = from_unix_ms(2);
  progress.listed = {"A1", "A2"};
  PartProgress part;
  part.step = PartStep::Uploading;
  part.upload.size = 20'000'000;
  part.upload.url = Secret("https://outlook.office.com/x?authtoken=eyJ");
  part.upload.expires = from_unix_ms(3);
  part.upload.position = 3'932'160;
  part.upload.position_known = false;
  part.upload.last_range_sent = true;
  part.upload.sessions_opened = 3;
  progress.parts = {part, PartProgress{}};
  progress.parts[1].step = PartStep::PostIntent;
  progress.parts[1].attachment_id = "A3";
  progress.parts[1].turned_to_post = true;
  progress.parts[0].turned_to_session = true;
  progress.send_epoch = 1;
  progress.send_intended = from_unix_ms(4);
  progress.seen_unsent = from_unix_ms(5);
  progress.send_unresolved = true;
  progress.request_id = "7f3a";
  progress.give_up = GiveUp{Disposal::Mta, "5.7.1", "403 \xff denied", from_unix_ms(7)};
  progress.return_epoch = 2;
  progress.fates = {RecipientFate::Waiting, RecipientFate::Taken, RecipientFate::Refused};
  progress.delay_warned = from_unix_ms(8);
  progress.success_notified = true;
  progress.needs_administrator = from_unix_ms(9);
  progress.awaited = true;
  progress.attempts_before = 6;
  return progress;
}

TEST(ProgressJson, ReadsBackEveryMember) {
  const Progress progress = full_progress();
  const auto read = progress_from_json(progress_to_json(progress));
  ASSERT_TRUE(read) << read.error().text();
  EXPECT_EQ(*read, progress);
  EXPECT_EQ(progress_from_json(progress_to_json(Progress{})), Progress{});
}

// What graph-milter 0.1 wrote.
TEST(ProgressJson, ReadsVersionOneAndTakesAnIntendedSendForOpen) {
  const auto text = [](int sends) {
    return R"({"draft_id":"AAMk=","drafts_made":1,"rebuilds":0,"draft_intended":1,"drafted":2,"listed":[],"parts":[],)"
           R"("differed":0,"send_epoch":)" +
           std::to_string(sends) + R"(,"send_intended":4,"seen_unsent":0,"attempts_before":0})";
  };
  const auto sending = progress_from_json(text(1));
  ASSERT_TRUE(sending) << sending.error().text();
  EXPECT_TRUE(sending->send_unresolved);
  EXPECT_EQ(sending->draft_id, "AAMk=");
  EXPECT_EQ(sending->give_up, std::nullopt);
  EXPECT_FALSE(progress_from_json(text(0))->send_unresolved);
}

TEST(ProgressJson, APartWithoutItsLaterMembersTurnedNowhere) {
  std::string text = progress_to_json(full_progress());
  for (const std::string member : {R"(,"turned_to_session":true)", R"(,"turned_to_session":false)",
                                   R"(,"turned_to_post":true)", R"(,"turned_to_post":false)"}) {
    const auto at = text.find(member);
    ASSERT_NE(at, std::string::npos) << member;
    text.erase(at, member.size());
  }
  const auto read = progress_from_json(text);
  ASSERT_TRUE(read) << read.error().text();
  Progress expected = full_progress();
  expected.parts[0].turned_to_session = false;
  expected.parts[1].turned_to_post = false;
  EXPECT_EQ(*read, expected);
}

TEST(ProgressJson, RefusesWordsItDoesNotKnow) {
  const std::string text = progress_to_json(full_progress());
  for (const std::string word : {"\"mta\"", "\"refused\"", "\"post-intent\"", "\"send_unresolved\""}) {
    std::string other = text;
    const auto at = other.find(word);
    ASSERT_NE(at, std::string::npos) << word;
    other[at + 1] = 'x';
    const auto read = progress_from_json(other);
    ASSERT_FALSE(read) << word;
    EXPECT_EQ(read.error().kind, ErrorKind::Corrupt);
  }
}

TEST(TextsJson, ReadsBackAnyBytes) {
  const std::vector<std::string> texts = {"", "a@b", "\xff\x01", "\"{}"};
  EXPECT_EQ(texts_from_json(texts_to_json(texts)), texts);
  EXPECT_EQ(texts_from_json(texts_to_json({})), std::vector<std::string>{});
  EXPECT_FALSE(texts_from_json(""));
}

TEST(ProgressJson, ForgetsTheUploadUrlOfAPartThatIsDone) {
  Progress progress = full_progress();
  progress.parts[0].step = PartStep::Done;
  const std::string text = progress_to_json(progress);
  EXPECT_EQ(text.find("authtoken"), std::string::npos) << text;
  const auto read = progress_from_json(text);
  ASSERT_TRUE(read);
  EXPECT_FALSE(read->parts[0].upload.url);
}

// Every text that is cut anywhere, or has one byte changed, is refused or read as something: never a crash, and a cut
// one never passes.
TEST(EntryJson, RefusesDamagedText) {
  for (const std::string& text : {envelope_to_json(test::sample_envelope()), progress_to_json(full_progress())}) {
    for (std::size_t length = 0; length < text.size(); ++length) {
      EXPECT_FALSE(envelope_from_json(text.substr(0, length)));
      EXPECT_FALSE(progress_from_json(text.substr(0, length)));
    }
    for (std::size_t at = 0; at < text.size(); ++at) {
      std::string other = text;
      other[at] = static_cast<char>(other[at] ^ 0x15);
      (void)envelope_from_json(other);
      (void)progress_from_json(other);
    }
  }
  const auto empty = envelope_from_json("{}");
  ASSERT_FALSE(empty);
  EXPECT_EQ(empty.error().kind, ErrorKind::Corrupt);
}

}  // namespace
}  // namespace graph_milter::queue
