// SPDX-License-Identifier: Apache-2.0
// The client, its tokens and both doors against the emulator on loopback, over TLS as in service.
#include "core/graph/client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/graph/client_over_tls.h"

namespace graph_milter::graph {
namespace {

using testing::ElementsAre;

TEST_F(ClientOverTls, BringsAMessageFromDraftToRecipient) {
  const Message made = draft();
  EXPECT_TRUE(made.is_draft);

  StringSource small(std::string(70'000, 's'));
  const auto posted =
      client_->post_attachment(kMailbox, made.id, {"small.txt", "text/plain", 70'000, false, ""}, small);
  ASSERT_TRUE(posted) << posted.error().text();

  std::string bytes;
  for (int i = 0; i < 4'500'000; ++i) bytes += static_cast<char>(i * 31 % 251);
  StringSource large(bytes);
  const std::string large_id =
      upload(made.id, {"large.bin", "application/octet-stream", large.size(), false, ""}, large, 3'932'160);
  ASSERT_FALSE(large_id.empty());

  const auto attachments = client_->list_attachments(kMailbox, made.id);
  ASSERT_TRUE(attachments) << attachments.error().text();
  ASSERT_EQ(attachments->size(), 2U);
  EXPECT_EQ((*attachments)[1].name, "large.bin");
  EXPECT_GE((*attachments)[1].size, large.size());
  EXPECT_EQ(client_->attachment_equals(kMailbox, made.id, (*attachments)[1].id, large).value_or(false), true);
  EXPECT_EQ(client_->attachment_equals(kMailbox, made.id, (*attachments)[0].id, large).value_or(true), false);

  const auto message = client_->get_message(kMailbox, made.id);
  ASSERT_TRUE(message) << message.error().text();
  EXPECT_THAT(message->to, ElementsAre("alice@contoso.com"));
  EXPECT_THAT(message->bcc, ElementsAre("bob@contoso.com"));

  ASSERT_TRUE(client_->send(kMailbox, made.id));
  ASSERT_TRUE(server_.model().wait_for_deliveries(1, std::chrono::seconds(60)));
  EXPECT_THAT(server_.model().deliveries()[0].recipients, ElementsAre("alice@contoso.com", "bob@contoso.com"));

  // Sent items hide their headers, so this one is found by its MIME.
  const auto found = client_->find_by_marker(kMailbox, "sentitems", kMarker);
  ASSERT_TRUE(found) << found.error().text();
  ASSERT_EQ(found->size(), 1U);
  EXPECT_FALSE((*found)[0].is_draft);
  EXPECT_TRUE(client_->find_by_marker(kMailbox, "drafts", kMarker).value().empty());
}

TEST_F(ClientOverTls, FindsADraftByItsMarker) {
  EXPECT_TRUE(client_->find_by_marker(kMailbox, "drafts", kMarker).value().empty());
  const Message made = draft();
  for (const char* filter : {"missing", "found", "refused"}) {
    server_.model().change_switches([&](emulator::Switches& switches) { switches.header_property = filter; });
    const auto found = client_->find_by_marker(kMailbox, "drafts", kMarker);
    ASSERT_TRUE(found) << found.error().text();
    ASSERT_EQ(found->size(), 1U);
    EXPECT_EQ((*found)[0].id, made.id);
    EXPECT_TRUE(client_->find_by_marker(kMailbox, "drafts", "test/other").value().empty());
  }
}

TEST_F(ClientOverTls, DeletesADraftOnceAndAgain) {
  const Message made = draft();
  EXPECT_TRUE(client_->delete_message(kMailbox, made.id));
  EXPECT_TRUE(client_->delete_message(kMailbox, made.id));
  EXPECT_TRUE(client_->delete_message(kMailbox, made.id));
  EXPECT_TRUE(client_->find_by_marker(kMailbox, "drafts", kMarker).value().empty());
}

TEST_F(ClientOverTls, GetsANewTokenWhenItsOwnIsRevoked) {
  draft();
  server_.model().revoke_tokens();
  draft();
}

TEST_F(ClientOverTls, SaysWhichMailboxIsUnknown) {
  StringSource mime("From: nobody@contoso.com\r\nTo: alice@contoso.com\r\n\r\nx\r\n");
  const auto message = client_->create_draft("nobody@contoso.com", mime);
  ASSERT_FALSE(message);
  EXPECT_EQ(message.error().kind, ErrorKind::Permanent);
  EXPECT_EQ(message.error().status, 404);
  EXPECT_FALSE(message.error().request_id.empty());
}

}  // namespace
}  // namespace graph_milter::graph
