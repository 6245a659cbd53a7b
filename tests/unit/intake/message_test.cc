// SPDX-License-Identifier: Apache-2.0
// One message from its first header to the answer, over real rules, scanner and plan and a queue that remembers.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <filesystem>

#include "core/base/base64.h"
#include "core/base/id.h"
#include "core/config/conf_text.h"
#include "core/intake/intake.h"
#include "tests/support/temp_folder.h"

namespace graph_milter::intake {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

constexpr const char* kRules =
    "[rule scanners]\nclient = 10.1.20.0/24\nfrom = scanner@contoso.com\npart-size = 100K\naction = relay\n";

// Remembers what was committed, and fails as told.
class RememberingQueue final : public queue::Queue {
 public:
  explicit RememberingQueue(std::string directory) : directory_(std::move(directory)) {}

  struct Committed {
    std::string id;
    std::string bytes;
    mail::Envelope envelope;
    plan::Plan plan;
    bool was_on_disk = false;
  };
  std::vector<Committed> committed;
  std::vector<std::string> calls;
  std::optional<Error> room_error;
  std::optional<Error> commit_error;
  bool has_failed = false;

  bool failed() const override { return has_failed; }
  std::string incoming_directory() const override { return directory_; }
  Status check_room(ByteCount) override {
    calls.emplace_back("room");
    return room_error ? Status(fail(*room_error)) : Status();
  }
  Status commit(const std::string& id, mail::MessageFile& message, const mail::Envelope& envelope,
                const plan::Plan& plan) override {
    calls.emplace_back("commit");
    if (commit_error) return fail(*commit_error);
    committed.push_back({id, *read_all(message, 1U << 30U), envelope, plan, message.is_on_disk()});
    return {};
  }

  Result<std::optional<queue::Entry>> lease_next(TimePoint, const std::vector<std::string>&) override {
    return unused();
  }
  Result<std::optional<TimePoint>> next_due() override { return unused(); }
  void wait_for_work(TimePoint) override {}
  void wake() override {}
  Status record(const queue::Entry&) override { return unused(); }
  Status defer(const queue::Entry&, TimePoint, const Error&) override { return unused(); }
  Status hold(const queue::Entry&, const Error&) override { return unused(); }
  Status release(const queue::Entry&) override { return unused(); }
  Status finish(const queue::Entry&) override { return unused(); }
  Result<std::unique_ptr<ByteSource>> open_message(const queue::Entry&) override { return unused(); }
  Result<std::vector<queue::EntrySummary>> list() override { return unused(); }
  Result<std::optional<queue::Entry>> find(const std::string&) override { return unused(); }

 private:
  static tl::unexpected<Error> unused() { return fail(ErrorKind::System, "queue", "not for the arriving half"); }
  std::string directory_;
};

class IntakeTest : public testing::Test {
 protected:
  IntakeTest() { use_rules(kRules); }

  void use_rules(const std::string& rules) {
    auto text = config::read_conf_text(rules, "test.conf");
    ASSERT_TRUE(text);
    auto policy = policy::Policy::read(*text, {"contoso.com"});
    ASSERT_TRUE(policy) << policy.error().text();
    auto context = std::make_shared<IntakeContext>(IntakeContext{settings_, std::move(*policy), queue_, clock_});
    context_ = context;
  }

  mail::Envelope envelope() const {
    mail::Envelope out;
    out.client_address = client_;
    out.sender = mail::make_envelope_path("<scanner@contoso.com>");
    out.recipients = {mail::make_envelope_path("<a@contoso.com>")};
    out.received = clock_->now();
    return out;
  }

  static std::string pdf_body(std::size_t bytes) {
    std::string out =
        "--b\r\nContent-Type: text/plain\r\n\r\nhello\r\n--b\r\nContent-Type: application/pdf; name=\"s.pdf\"\r\n"
        "Content-Disposition: attachment; filename=\"s.pdf\"\r\nContent-Transfer-Encoding: base64\r\n\r\n";
    const std::string coded = base64_encode(std::string(bytes, 'p'));
    for (std::size_t at = 0; at < coded.size(); at += 76) out += coded.substr(at, 76) + "\r\n";
    return out + "--b--\r\n";
  }

  void feed(Message& message, std::size_t pdf_bytes, const std::string& from = " scanner@contoso.com") {
    message.header("From", from);
    message.header("To", " a@contoso.com");
    message.header("Subject", " two\n lines");
    message.header("Message-ID", " <1@contoso.com>");
    message.header("Date", " Sun, 22 Nov 2026 09:00:00 +0000");
    message.header("MIME-Version", " 1.0");
    message.header("Content-Type", " multipart/mixed; boundary=b");
    message.end_of_headers();
    const std::string body = pdf_body(pdf_bytes);
    for (std::size_t at = 0; at < body.size(); at += 65535) message.body(std::string_view(body).substr(at, 65535));
  }

  Answer deliver(std::size_t pdf_bytes, const std::string& from = " scanner@contoso.com") {
    Message message(context_, envelope());
    feed(message, pdf_bytes, from);
    return message.end("4QUEUEID", [this] {
      queue_->calls.emplace_back("still-there");
      return mta_waits_;
    });
  }

  static constexpr std::size_t kLarge = 300000;
  static constexpr std::size_t kSmall = 1000;

  test::TempFolder folder_;
  std::shared_ptr<RememberingQueue> queue_ = std::make_shared<RememberingQueue>(folder_.path());
  std::shared_ptr<ManualClock> clock_ = std::make_shared<ManualClock>(from_unix_ms(1'790'000'000'000));
  IntakeSettings settings_{"test-instance", 128 * 1024, {}, {}, WhenFull::TempFail, 10};
  std::shared_ptr<const IntakeContext> context_;
  std::string client_ = "10.1.20.7";
  bool mta_waits_ = true;
};

TEST_F(IntakeTest, DiscardsWhatTheQueueHas) {
  EXPECT_EQ(deliver(kLarge).kind, AnswerKind::Discard);
  ASSERT_THAT(queue_->committed, SizeIs(1));
  const auto& entry = queue_->committed.front();
  EXPECT_EQ(
      entry.bytes,
      "From: scanner@contoso.com\r\nTo: a@contoso.com\r\nSubject: two\r\n lines\r\nMessage-ID: <1@contoso.com>\r\n"
      "Date: Sun, 22 Nov 2026 09:00:00 +0000\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n"
      "\r\n" +
          pdf_body(kLarge));
  EXPECT_EQ(entry.envelope.queue_id, "4QUEUEID");
  EXPECT_EQ(entry.plan.rule, "scanners");
  EXPECT_THAT(entry.plan.parts, SizeIs(1));
  EXPECT_TRUE(is_entry_id(entry.id));
}

TEST_F(IntakeTest, AsksForTheMtaRightBeforeTheCommit) {
  deliver(kLarge);
  EXPECT_THAT(queue_->calls, ElementsAre("still-there", "room", "still-there", "commit"));
}

TEST_F(IntakeTest, TakesNothingForAnMtaThatHasGone) {
  mta_waits_ = false;
  const Answer answer = deliver(kLarge);
  EXPECT_EQ(answer.kind, AnswerKind::TempFail);
  EXPECT_EQ(answer.code, "451");
  EXPECT_THAT(queue_->committed, IsEmpty());
}

TEST_F(IntakeTest, AcceptsSmallMailWithoutAskingTheQueueAnything) {
  EXPECT_EQ(deliver(kSmall).kind, AnswerKind::Accept);
  EXPECT_THAT(queue_->calls, IsEmpty());
}

TEST_F(IntakeTest, StoresNothingOfMailThatNoRuleCouldWant) {
  client_ = "192.0.2.1";
  // A directory that does not exist: any attempt to store would fail.
  queue_ = std::make_shared<RememberingQueue>("/nonexistent");
  use_rules(kRules);
  EXPECT_EQ(deliver(5 * kLarge).kind, AnswerKind::Accept);
  EXPECT_THAT(queue_->calls, IsEmpty());
}

TEST_F(IntakeTest, LeavesMailOfAnotherFromAlone) {
  EXPECT_EQ(deliver(kLarge, " other@contoso.com").kind, AnswerKind::Accept);
  EXPECT_THAT(queue_->calls, IsEmpty());
}

TEST_F(IntakeTest, LeavesAloneWhatTheMtaForbids) {
  Message message(context_, envelope());
  feed(message, kLarge);
  message.leave_alone("recipients-changed", "words");
  EXPECT_EQ(message.end("Q", [] { return true; }).kind, AnswerKind::Accept);
  EXPECT_THAT(queue_->committed, IsEmpty());
}

TEST_F(IntakeTest, AnswersAFullDiskWith452) {
  queue_->room_error = system_error("spool", "no room", ENOSPC);
  const Answer answer = deliver(kLarge);
  EXPECT_EQ(answer.kind, AnswerKind::TempFail);
  EXPECT_EQ(answer.code, "452");
  EXPECT_EQ(answer.enhanced, "4.3.1");
  EXPECT_EQ(answer.text, "No room to store the mail now; try again later");
  EXPECT_THAT(queue_->committed, IsEmpty());
}

TEST_F(IntakeTest, LetsMailPassAFullDiskIfTheSettingSaysSo) {
  settings_.when_full = WhenFull::Pass;
  use_rules(kRules);
  queue_->commit_error = system_error("spool", "write", ENOSPC);
  EXPECT_EQ(deliver(kLarge).kind, AnswerKind::Accept);
}

TEST_F(IntakeTest, NeverLetsMailPassWhoseCommitMayHaveHappened) {
  settings_.when_full = WhenFull::Pass;
  use_rules(kRules);
  queue_->commit_error = system_error("journal", "COMMIT", ENOSPC);
  queue_->has_failed = true;
  EXPECT_EQ(deliver(kLarge).kind, AnswerKind::TempFail);
}

TEST_F(IntakeTest, AnswersOtherTroubleOfTheQueueWith451) {
  queue_->commit_error = make_error(ErrorKind::System, "journal", "disk I/O error");
  const Answer answer = deliver(kLarge);
  EXPECT_EQ(answer.kind, AnswerKind::TempFail);
  EXPECT_EQ(answer.code, "451");
  EXPECT_EQ(answer.enhanced, "4.3.0");
}

TEST_F(IntakeTest, BringsTroubleWithStoringUpOnlyForMailThatARuleWants) {
  queue_ = std::make_shared<RememberingQueue>("/nonexistent");
  use_rules(kRules);
  EXPECT_EQ(deliver(kLarge).kind, AnswerKind::TempFail);
  EXPECT_EQ(deliver(kLarge, " other@contoso.com").kind, AnswerKind::Accept);
}

TEST_F(IntakeTest, AnswersAnExceptionInTheMiddleWithTryLater) {
  Message message(context_, envelope());
  feed(message, kLarge);
  const Answer answer = message.end("Q", []() -> bool { throw std::runtime_error("boom"); });
  EXPECT_EQ(answer.kind, AnswerKind::TempFail);
  EXPECT_THAT(queue_->committed, IsEmpty());
}

TEST_F(IntakeTest, ReadsAlikeHoweverTheBytesArrive) {
  for (const std::size_t chunk : {std::size_t{1}, std::size_t{1000}, std::size_t{1U << 24U}}) {
    Message message(context_, envelope());
    message.header("From", " scanner@contoso.com");
    message.header("To", " a@contoso.com");
    message.header("Content-Type", " multipart/mixed; boundary=b");
    const std::string body = pdf_body(kLarge);
    for (std::size_t at = 0; at < body.size(); at += chunk) message.body(std::string_view(body).substr(at, chunk));
    EXPECT_EQ(message.end("Q", [] { return true; }).kind, AnswerKind::Discard) << chunk;
  }
  ASSERT_THAT(queue_->committed, SizeIs(3));
  EXPECT_EQ(queue_->committed[0].bytes, queue_->committed[1].bytes);
  EXPECT_EQ(queue_->committed[0].bytes, queue_->committed[2].bytes);
}

TEST_F(IntakeTest, KeepsMailInMemoryUpToTheLimit) {
  use_rules("[rule s]\nclient = 10.0.0.0/8\nfrom = scanner@contoso.com\nmessage-size = 1\naction = relay\n");
  deliver(1000);
  deliver(kLarge);
  ASSERT_THAT(queue_->committed, SizeIs(2));
  EXPECT_FALSE(queue_->committed[0].was_on_disk);
  EXPECT_TRUE(queue_->committed[1].was_on_disk);
}

TEST_F(IntakeTest, AcceptsAMessageThatNeverHadAHeader) {
  Message message(context_, envelope());
  EXPECT_EQ(message.end("", [] { return true; }).kind, AnswerKind::Accept);
}

TEST_F(IntakeTest, LeavesNothingBehindWhenItIsDropped) {
  const auto files = [this] {
    return std::distance(std::filesystem::directory_iterator(folder_.path()), std::filesystem::directory_iterator());
  };
  {
    Message message(context_, envelope());
    feed(message, kLarge);
    EXPECT_EQ(files(), 0);
  }
  EXPECT_EQ(files(), 0);
}

}  // namespace
}  // namespace graph_milter::intake
