// SPDX-License-Identifier: Apache-2.0
// What counts as evidence that a message was sent, against the emulator in process.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/auth/token_source.h"
#include "core/graph/client.h"
#include "core/targets/message_target.h"
#include "tests/graph/emulator_tokens.h"
#include "tests/graph_emulator/in_process.h"
#include "tests/support/temp_folder.h"

namespace graph_milter::targets {
namespace {

using std::chrono::hours;
using std::chrono::seconds;
using ::testing::IsEmpty;

constexpr std::string_view kMailbox = "scanner@contoso.com";
constexpr const char* kOurs = "X-Graph-Milter-Id: inst/01entry\r\n";
constexpr const char* kAnothers = "X-Graph-Milter-Id: inst/02entry\r\n";
constexpr const char* kNobodys = "";
constexpr const char* kNoDraft = "AAkALgAAAAAAHYQDEapmEc2byACqAC-EAAnothing";

class LookForSent : public ::testing::Test {
 protected:
  std::shared_ptr<ManualClock> clock = std::make_shared<ManualClock>(from_unix_ms(1'790'000'000'400));
  emulator::InProcessGraph service{clock};
  test::TempFolder folder;
  std::shared_ptr<auth::TokenSource> tokens = emulator::token_source(service, folder, clock);
  graph::Client client{{}, service.api(), tokens, clock};
  std::shared_ptr<http::UploadDoor> ranges = service.upload();
  plan::Plan plan = make_plan();
  MessageTarget target{{client, *ranges, *clock}, plan, "inst/01entry"};

  static plan::Plan make_plan() {
    plan::Plan plan;
    plan.mailbox = kMailbox;
    plan.message_id = "<scan'1@device>";
    plan.to = {"a@example.org"};
    plan.cc = {"b@example.org"};
    plan.bcc = {"c@example.org"};
    return plan;
  }

  std::string draft(const std::string& marker, const std::string& to = "A <A@Example.org>") {
    StringSource mime(
        "From: <scanner@contoso.com>\r\nTo: " + to +
        "\r\nCc: b@example.org\r\nBcc: c@example.org\r\nSubject: Scan\r\nMessage-ID: <scan'1@device>\r\n" + marker +
        "\r\nHi\r\n");
    const auto made = client.create_draft(kMailbox, mime);
    EXPECT_TRUE(made.has_value()) << made.error().text();
    return made ? made->id : "";
  }

  std::string sent(const std::string& marker, const std::string& to = "A <A@Example.org>") {
    std::string id = draft(marker, to);
    const auto done = client.send(kMailbox, id);
    EXPECT_TRUE(done.has_value()) << done.error().text();
    return id;
  }

  void set(const std::string& name, emulator::Json value) {
    emulator::Json change = emulator::Json::object();
    change.set(name, std::move(value));
    ASSERT_TRUE(service.model().change_switches(change).has_value());
  }

  Whereabouts look(const std::string& id, TimePoint intended) {
    const auto found = target.look_for_sent(id, intended);
    EXPECT_TRUE(found.has_value()) << found.error().text();
    return found.value_or(Whereabouts::Unknown);
  }

  void TearDown() override { EXPECT_THAT(service.model().violations(), IsEmpty()); }
};

TEST_F(LookForSent, SeesADraftThatIsStillOne) { EXPECT_EQ(look(draft(kOurs), clock->now()), Whereabouts::Draft); }

TEST_F(LookForSent, FollowsAnIdThatSurvivedTheSend) {
  set("immutable_id_survives_send", true);
  EXPECT_EQ(look(sent(kOurs), clock->now()), Whereabouts::Sent);
}

TEST_F(LookForSent, FindsOurMarkerWhereTheIdIsGone) {
  const std::string id = sent(kOurs);
  EXPECT_EQ(client.get_message(kMailbox, id).error().kind, ErrorKind::NotFound);
  EXPECT_EQ(look(id, clock->now()), Whereabouts::Sent);
  // Whenever it was sent: the marker is ours alone.
  EXPECT_EQ(look(id, clock->now() + hours(24)), Whereabouts::Sent);
}

TEST_F(LookForSent, FindsOurMarkerInTheOutbox) {
  set("send_delay_ms", 60'000);
  set("pending_place", "outbox");
  EXPECT_EQ(look(sent(kOurs), clock->now()), Whereabouts::Sent);
}

TEST_F(LookForSent, KnowsNothingOfWhatIsNowhere) {
  set("send_delay_ms", 60'000);
  EXPECT_EQ(look(sent(kOurs), clock->now()), Whereabouts::Unknown);
  EXPECT_EQ(look(kNoDraft, clock->now()), Whereabouts::Unknown);
}

TEST_F(LookForSent, CountsAMessageIdWithoutAnyMarkerIfAllElseIsEqual) {
  sent(kNobodys);
  EXPECT_EQ(look(kNoDraft, clock->now()), Whereabouts::Sent);  // the service says times to the second
  EXPECT_EQ(look(kNoDraft, clock->now() - hours(1)), Whereabouts::Sent);
}

TEST_F(LookForSent, DoesNotCountAMessageIdThatWasSentBefore) {
  sent(kNobodys);
  clock->advance(seconds(1));
  EXPECT_EQ(look(kNoDraft, clock->now()), Whereabouts::Unknown);
}

TEST_F(LookForSent, DoesNotCountAMessageIdThatWentToOthers) {
  sent(kNobodys, "A <A@Example.org>, d@example.org");
  sent(kNobodys, "d@example.org");
  EXPECT_EQ(look(kNoDraft, clock->now()), Whereabouts::Unknown);
}

TEST_F(LookForSent, DoesNotCountWhatCarriesAnothersMarker) {
  sent(kAnothers);
  EXPECT_EQ(look(kNoDraft, clock->now()), Whereabouts::Unknown);
}

TEST_F(LookForSent, FindsOursAmongManyWithTheSameMessageId) {
  for (int i = 0; i < 3; ++i) sent(kAnothers);
  const std::string id = sent(kOurs);
  for (int i = 0; i < 60; ++i) sent(kAnothers);
  clock->advance(hours(1));
  EXPECT_EQ(look(id, clock->now() - hours(1)), Whereabouts::Sent);
}

// Deleted by somebody before it was sent, it still is a draft of ours: sending it is what was meant.
TEST_F(LookForSent, SeesADraftThatWasThrownAway) {
  const std::string id = draft(kOurs);
  ASSERT_TRUE(client.delete_message(kMailbox, id).has_value());
  EXPECT_EQ(look(id, clock->now()), Whereabouts::Draft);
}

TEST_F(LookForSent, SaysNothingWhereItCouldNotLook) {
  const std::string id = sent(kOurs);
  for (const char* operation : {"get-message", "find-messages", "get-message-content"}) {
    service.model().add_fault(emulator::Fault::status(operation, 1, 503, "ServiceUnavailable"));
    const auto found = target.look_for_sent(id, clock->now());
    ASSERT_FALSE(found.has_value()) << operation;
    EXPECT_EQ(found.error().kind, ErrorKind::Transient) << operation;
    service.model().clear_faults();
  }
}

}  // namespace
}  // namespace graph_milter::targets
