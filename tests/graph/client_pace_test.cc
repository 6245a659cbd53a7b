// SPDX-License-Identifier: Apache-2.0
// Uploading through the gate to a service that limits bytes, and asking it for patience in every form.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/auth/token_source.h"
#include "core/base/digest.h"
#include "core/graph/paced_door.h"
#include "core/targets/message_target.h"
#include "core/upload/driver.h"
#include "tests/graph/emulator_tokens.h"
#include "tests/graph_emulator/in_process.h"
#include "tests/support/temp_folder.h"

namespace graph_milter::targets {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using ::testing::IsEmpty;

constexpr std::string_view kMailbox = "scanner@contoso.com";
constexpr ByteCount kFile = 10'000'000;
constexpr ByteCount kRange = 1'000'000;

class KeptState final : public upload::StateSink {
 public:
  upload::UploadState state;
  Status save(const upload::UploadState& saved) override {
    state = saved;
    return {};
  }
};

class Pacing : public ::testing::Test {
 protected:
  Pacing() {
    plan_.mailbox = kMailbox;
    plan_.parts.resize(1);
    plan_.parts[0].name = "large.bin";
    plan_.parts[0].body.decoded_size = kFile;
  }

  // As a courier does: again when the time has come that was named. Returns how long it took.
  Duration upload(graph::GateSettings settings) {
    settings.patience = Duration(0);  // time moves here, not in the gate
    const auto gate = std::make_shared<graph::MailboxGate>(clock_, settings);
    const http::Doors doors = graph::pace_doors({service_.api(), service_.upload()}, gate, clock_);
    graph::Client client({}, doors.api, emulator::token_source(service_, folder_, clock_), clock_);
    MessageTarget target({client, *doors.upload, *clock_, gate.get()}, plan_, "mx1/e");
    StringSource mime("From: <scanner@contoso.com>\r\nTo: a@example.org\r\n\r\nHi\r\n");
    const auto draft = client.create_draft(kMailbox, mime);
    EXPECT_TRUE(draft) << draft.error().text();
    PartSessions sessions(target, draft->id, 0, {}, {});
    HttpRangeDoor door = target.range_door();
    StringSource file(content_);
    KeptState kept;
    kept.state.size = kFile;
    const TimePoint begun = clock_->now();
    bool finished = false;
    for (int rounds = 0; rounds < 1000; ++rounds) {
      const auto outcome = upload::drive(kept.state, {.size = kRange, .multiple = 1, .limit = kRange}, file,
                                         {sessions, door, kept, *clock_}, {});
      EXPECT_TRUE(outcome) << outcome.error().text();
      if (!outcome) break;
      finished = std::holds_alternative<upload::Done>(*outcome);
      if (finished) break;
      const auto* wait = std::get_if<upload::Wait>(&*outcome);
      EXPECT_NE(wait, nullptr) << std::get<upload::GiveUp>(*outcome).error.text();
      if (wait == nullptr) break;
      clock_->advance(wait->until - clock_->now());
    }
    EXPECT_TRUE(finished);
    const Duration took = clock_->now() - begun;
    clock_->advance(hours(2));
    expect_whole(draft->id);
    return took;
  }

  // Asked without the gate.
  void expect_whole(const std::string& draft) {
    graph::Client client({}, service_.api(), emulator::token_source(service_, folder_, clock_), clock_);
    const auto attachments = client.list_attachments(kMailbox, draft);
    ASSERT_TRUE(attachments) << attachments.error().text();
    ASSERT_EQ(attachments->size(), 1U);
    StringSource file(content_);
    EXPECT_TRUE(client.attachment_equals(kMailbox, draft, attachments->front().id, file).value_or(false));
  }

  void switches(const std::function<void(emulator::Switches&)>& change) { service_.model().change_switches(change); }

  void TearDown() override {
    EXPECT_THAT(service_.model().violations(), IsEmpty());
    EXPECT_EQ(service_.model().counts().too_early, 0);
  }

  test::TempFolder folder_;
  std::shared_ptr<ManualClock> clock_ = std::make_shared<ManualClock>(from_unix_ms(1'790'000'000'000));
  emulator::InProcessGraph service_{clock_};
  plan::Plan plan_;
  const std::string content_ = std::string(kFile / 2, 'a') + std::string(kFile / 2, 'b');
};

TEST_F(Pacing, UploadsAtOnceWhereNobodyLimitsBytes) {
  EXPECT_EQ(upload({.bytes = 4'000'000}), Duration(0));
  EXPECT_EQ(service_.model().counts().throttled, 0);
}

TEST_F(Pacing, KeepsToTheBytesFromTheStartWhereThatIsSet) {
  switches([](emulator::Switches& s) { s.byte_limit = 4'000'000; });
  const Duration took = upload({.bytes = 4'000'000, .bytes_from_start = true});
  EXPECT_EQ(service_.model().counts().throttled, 0);
  EXPECT_GE(took, minutes(10));  // 10 MB, 4 MB in five minutes
  EXPECT_LE(took, minutes(20));
}

TEST_F(Pacing, KeepsToTheBytesAfterTheServiceNamedThem) {
  switches([](emulator::Switches& s) { s.byte_limit = 4'000'000; });
  const Duration took = upload({.bytes = 4'000'000});
  EXPECT_EQ(service_.model().counts().throttled, 1);  // the one that names it
  EXPECT_LE(took, minutes(20));
}

TEST_F(Pacing, TakesItsShareWhereSeveralHostsUpload) {
  switches([](emulator::Switches& s) { s.byte_limit = 2'000'000; });
  upload({.bytes = 4'000'000, .bytes_from_start = true, .nodes = 2});
  EXPECT_EQ(service_.model().counts().throttled, 0);
}

TEST_F(Pacing, ObeysEveryFormOfPatience) {
  for (const char* form : {"fraction", "integer", "date", "absent", "negative", "past", "garbage", "huge"}) {
    SCOPED_TRACE(form);
    switches([form](emulator::Switches& s) {
      s.byte_limit = 4'000'000;
      s.byte_window_ms = 30'000;
      s.retry_after_form = form;
      s.retry_after_ms = 1'000;
      s.session_lifetime_ms = 30 * 24 * 3'600'000LL;
    });
    const int before = service_.model().counts().throttled;
    const Duration took = upload({});
    const int throttled = service_.model().counts().throttled - before;
    EXPECT_GT(throttled, 0) << form;
    EXPECT_LE(throttled, 100) << form;
    // Even a year is only an hour, and nobody is asked more often than once a second.
    EXPECT_GE(took, throttled * seconds(1)) << form;
    EXPECT_LE(took, throttled * hours(1) + hours(1)) << form;
    clock_->advance(hours(2));
  }
}

}  // namespace
}  // namespace graph_milter::targets
