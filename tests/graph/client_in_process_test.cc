// SPDX-License-Identifier: Apache-2.0
// core/graph and core/auth against the emulator in process: what the client asks for is what the model of the service
// expects, whichever way the switches make it answer.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/auth/token_source.h"
#include "core/graph/client.h"
#include "tests/graph/emulator_tokens.h"
#include "tests/graph_emulator/in_process.h"
#include "tests/support/temp_folder.h"

namespace graph_milter {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr std::string_view kMailbox = "scanner@contoso.com";
constexpr std::string_view kMarker = "inst/entry";

class ClientInProcess : public ::testing::Test {
 protected:
  std::shared_ptr<ManualClock> clock = std::make_shared<ManualClock>(from_unix_ms(1'790'000'000'000));
  emulator::InProcessGraph service{clock};
  test::TempFolder folder;
  std::shared_ptr<auth::TokenSource> tokens = emulator::token_source(service, folder, clock);
  graph::Client client{{}, service.api(), tokens, clock};

  graph::Message draft() {
    StringSource mime(
        "From: <scanner@contoso.com>\r\nTo: <a@example.org>\r\nCc: B <b@example.org>\r\nSubject: Scan\r\n"
        "Message-ID: <1@example.org>\r\nX-Graph-Milter-Id: inst/entry\r\n\r\nHi\r\n");
    auto made = client.create_draft(kMailbox, mime);
    EXPECT_TRUE(made.has_value()) << made.error().text();
    return made.value_or(graph::Message());
  }

  void set(const std::string& name, emulator::Json value) {
    emulator::Json change = emulator::Json::object();
    change.set(name, std::move(value));
    ASSERT_TRUE(service.model().change_switches(change).has_value());
  }

  std::size_t found(std::string_view place) {
    const auto messages = client.find_by_marker(kMailbox, place, kMarker);
    EXPECT_TRUE(messages.has_value()) << messages.error().text();
    return messages ? messages->size() : 99;
  }

  void TearDown() override { EXPECT_THAT(service.model().violations(), IsEmpty()); }
};

TEST_F(ClientInProcess, MakesADraftAndSendsIt) {
  const graph::Message made = draft();
  EXPECT_TRUE(made.is_draft);
  EXPECT_THAT(made.to, ElementsAre("a@example.org"));
  EXPECT_THAT(made.cc, ElementsAre("b@example.org"));
  EXPECT_EQ(client.get_message(kMailbox, made.id)->internet_message_id, "<1@example.org>");
  const auto sent = client.send(kMailbox, made.id);
  EXPECT_TRUE(sent.has_value()) << sent.error().text();
  EXPECT_EQ(service.model().deliveries().size(), 1U);
}

TEST_F(ClientInProcess, PostsAndListsMoreAttachmentsThanAPageHolds) {
  const graph::Message made = draft();
  for (int i = 0; i < 23; ++i) {
    StringSource content("%PDF " + std::to_string(i));
    const graph::AttachmentItem item{"ü" + std::to_string(i) + ".pdf", "application/pdf", content.size(), false, ""};
    const auto posted = client.post_attachment(kMailbox, made.id, item, content);
    ASSERT_TRUE(posted.has_value()) << posted.error().text();
  }
  const auto listed = client.list_attachments(kMailbox, made.id);
  ASSERT_TRUE(listed.has_value()) << listed.error().text();
  ASSERT_EQ(listed->size(), 23U);
  EXPECT_EQ(listed->back().name, "ü22.pdf");
  StringSource same("%PDF 22");
  EXPECT_TRUE(client.attachment_equals(kMailbox, made.id, listed->back().id, same).value_or(false));
  StringSource other("%PDF 23");
  EXPECT_FALSE(client.attachment_equals(kMailbox, made.id, listed->back().id, other).value_or(true));
}

TEST_F(ClientInProcess, ReadsTheSevenDigitsOfASessionsEnd) {
  const graph::Message made = draft();
  const graph::AttachmentItem item{"big.pdf", "application/pdf", 5'000'000, true, "logo@x"};
  const auto session = client.open_attachment_session(kMailbox, made.id, item);
  ASSERT_TRUE(session.has_value()) << session.error().text();
  EXPECT_EQ(session->position, 0U);
  EXPECT_EQ(session->expires, clock->now() + std::chrono::hours(2));
}

TEST_F(ClientInProcess, FindsItsDraftByTheMarkerHoweverTheServiceAnswers) {
  draft();
  for (const char* form : {"found", "missing", "refused"}) {
    set("header_property", form);
    EXPECT_EQ(found("drafts"), 1U) << form;
    EXPECT_EQ(found("sentitems"), 0U) << form;
  }
}

TEST_F(ClientInProcess, FindsWhatItSentThoughTheServiceHidesTheHeaders) {
  const graph::Message made = draft();
  ASSERT_TRUE(client.send(kMailbox, made.id).has_value());
  for (const char* form : {"found", "missing", "refused"}) {
    set("header_property", form);
    EXPECT_EQ(found("drafts"), 0U) << form;
    EXPECT_EQ(found("sentitems"), 1U) << form;
  }
}

TEST_F(ClientInProcess, SaysThatASendIsUnclearWhenTheAnswerIs504) {
  const graph::Message made = draft();
  service.model().add_fault(emulator::Fault::status_after_effect("send", 1, 504, "UnknownError"));
  const auto sent = client.send(kMailbox, made.id);
  ASSERT_FALSE(sent.has_value());
  EXPECT_EQ(sent.error().kind, ErrorKind::Unclear);
  EXPECT_EQ(service.model().deliveries().size(), 1U);
}

TEST_F(ClientInProcess, TakesADeletionOfWhatIsGoneAsDone) {
  const graph::Message made = draft();
  EXPECT_TRUE(client.delete_message(kMailbox, made.id).has_value());
  const Status again = client.delete_message(kMailbox, made.id);
  EXPECT_TRUE(again.has_value()) << again.error().text();
}

}  // namespace
}  // namespace graph_milter
