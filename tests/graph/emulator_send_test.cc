// SPDX-License-Identifier: Apache-2.0
#include "core/base/digest.h"
#include "tests/graph/emulator_client.h"
#include "tests/graph_emulator/mime_reader.h"

namespace graph_milter::emulator {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

class Send : public EmulatorTest {
 protected:
  Answer send(const std::string& item) { return post(item + "/send"); }

  std::string folder_of(const std::string& subject = "Scan") {
    const Json mailboxes = model().mailboxes();
    for (const Json& mailbox : mailboxes.items()) {
      for (const Json& message : mailbox["messages"].items()) {
        if (message["subject"].text() == subject) return message["folder"].text();
      }
    }
    return "?";
  }
};

TEST_F(Send, DeliversToEveryoneInToCcAndBcc) {
  const std::string item = draft(
      "From: Scanner <scanner@contoso.com>\r\nTo: \"A, the first\" <A@example.org>, list: c@example.org, "
      "d@example.org;\r\n"
      "Cc: b@example.org (B)\r\nBcc: <hidden@example.org>\r\nX-Graph-Milter-Id: inst/entry\r\nSubject: "
      "=?utf-8?B?w5w=?=\r\n"
      "\r\nHi\r\n");
  EXPECT_EQ(send(item).status, 202);
  ASSERT_EQ(model().deliveries().size(), 1U);
  const Delivery delivery = model().deliveries()[0];
  EXPECT_THAT(delivery.to, ElementsAre("A@example.org", "c@example.org", "d@example.org"));
  EXPECT_THAT(delivery.recipients,
              ElementsAre("a@example.org", "b@example.org", "c@example.org", "d@example.org", "hidden@example.org"));
  EXPECT_EQ(delivery.marker, "inst/entry");
  EXPECT_EQ(delivery.subject, "Ü");
  EXPECT_THAT(delivery.internet_message_id, StartsWith("<"));
  EXPECT_THAT(model().message_of(delivery), Not(HasSubstr("hidden@example.org")));
  EXPECT_THAT(violations(), IsEmpty());
}

TEST_F(Send, PutsAddedAttachmentsAroundTheSkeleton) {
  const std::string item =
      draft(mime("Auto-Submitted: auto-generated\r\nX-Own: 1\r\nMIME-Version: 1.0\r\n"
                 "Content-Type: text/plain; charset=utf-8\r\n"));
  post(item + "/attachments", file("größe \"1\".pdf", "%PDF").dump());
  send(item);
  const Delivery delivery = model().deliveries().at(0);
  ASSERT_EQ(delivery.parts.size(), 2U);
  EXPECT_TRUE(delivery.parts[0].is_body);
  EXPECT_EQ(delivery.parts[1].name, "größe \"1\".pdf");
  EXPECT_EQ(delivery.parts[1].sha256, sha256_hex("%PDF"));
  EXPECT_EQ(delivery.parts[1].origin, "post");

  const std::string message = model().message_of(delivery);
  EXPECT_THAT(message, HasSubstr("X-Own: 1\r\n"));
  EXPECT_THAT(message, Not(HasSubstr("Auto-Submitted")));
  const Entity read = read_mime(message);
  ASSERT_EQ(read.type, "multipart/mixed");
  ASSERT_EQ(read.children.size(), 2U);
  EXPECT_EQ(decoded_body(message, read.children[0]), "Hello\r\n");
  EXPECT_EQ(read.children[1].file_name(), "größe \"1\".pdf");
  EXPECT_EQ(decoded_body(message, read.children[1]), "%PDF");
}

TEST_F(Send, KeepsAllFieldsIfToldTo) {
  switch_to("drop_other_headers", false);
  send(draft(mime("Auto-Submitted: auto-generated\r\n")));
  EXPECT_THAT(model().message_of(model().deliveries().at(0)), HasSubstr("Auto-Submitted: auto-generated\r\n"));
}

TEST_F(Send, IsAsynchronous) {
  switch_to("send_delay_ms", 1000);
  const std::string item = draft();
  EXPECT_EQ(send(item).status, 202);
  EXPECT_EQ(get(item).status, 404);
  EXPECT_EQ(folder_of(), "");
  EXPECT_EQ(send(item).status, 404);
  EXPECT_THAT(model().deliveries(), IsEmpty());
  clock->advance(std::chrono::seconds(1));
  EXPECT_EQ(model().deliveries().size(), 1U);
  EXPECT_EQ(folder_of(), "sentitems");
  EXPECT_EQ(get(item).status, 404);
}

TEST_F(Send, KeepsTheImmutableIdIfToldTo) {
  switch_to("immutable_id_survives_send", true);
  const std::string item = draft();
  send(item);
  const Answer sent = get(item + "?$select=isDraft,internetMessageHeaders");
  EXPECT_EQ(sent.status, 200);
  EXPECT_FALSE(sent.json["isDraft"].boolean(true));
  EXPECT_EQ(sent.json.find("internetMessageHeaders"), nullptr);
  EXPECT_THAT(get(item + "/$value").response.body, HasSubstr("X-Graph-Milter-Id: inst/entry"));
}

TEST_F(Send, DeliversTwiceIfItIsAskedToTwice) {
  switch_to("immutable_id_survives_send", true);
  switch_to("second_send_delivers", true);
  const std::string item = draft();
  EXPECT_EQ(send(item).status, 202);
  EXPECT_EQ(send(item).status, 202);
  EXPECT_EQ(model().deliveries().size(), 2U);
}

TEST_F(Send, IsStoppedByADeletionBeforeDelivery) {
  switch_to("send_delay_ms", 1000);
  switch_to("pending_place", "drafts");
  const std::string item = draft();
  send(item);
  EXPECT_TRUE(get(item).json["isDraft"].boolean());
  EXPECT_EQ(send(item).status, 404);
  EXPECT_EQ(remove(item).status, 204);
  clock->advance(std::chrono::seconds(2));
  EXPECT_THAT(model().deliveries(), IsEmpty());
}

TEST_F(Send, NeedsARecipient) {
  const Answer answer = send(draft("From: scanner@contoso.com\r\nTo: undisclosed-recipients:;\r\n\r\nHi"));
  EXPECT_EQ(answer.status, 400);
  EXPECT_EQ(answer.code(), "ErrorInvalidRecipients");
}

TEST_F(Send, NeedsTheRightToTheFromAddress) {
  const std::string text = "From: alice@contoso.com\r\nTo: a@example.org\r\n\r\nHi";
  EXPECT_EQ(send(draft(text)).code(), "ErrorSendAsDenied");
  const Json right = Json::object({{"address", kMailbox}, {"sendAs", Json::strings({"alice@contoso.com"})}});
  ASSERT_TRUE(model().change_mailbox(right).has_value());
  EXPECT_EQ(send(draft(text)).status, 202);
}

TEST_F(Send, MayBounceAfterwards) {
  model().add_fault(Fault::of(Action::Ndr, "send"));
  EXPECT_EQ(send(draft()).status, 202);
  EXPECT_THAT(model().deliveries(), IsEmpty());
  EXPECT_EQ(folder_of("Undeliverable: Scan"), "inbox");
}

TEST_F(Send, MayHappenThoughTheAnswerIs504) {
  model().add_fault(Fault::status_after_effect("send", 1, 504, "UnknownError"));
  const Answer answer = send(draft());
  EXPECT_EQ(answer.status, 504);
  EXPECT_EQ(answer.code(), "UnknownError");
  EXPECT_EQ(model().deliveries().size(), 1U);
}

TEST_F(Send, MailsInOneStepFromJson) {
  const Json recipient = Json::object({{"emailAddress", Json::object({{"address", "a@example.org"}})}});
  const Json message = Json::object({{"subject", "One step"},
                                     {"body", Json::object({{"contentType", "html"}, {"content", "<p>Hi"}})},
                                     {"toRecipients", Json::array().push(recipient)},
                                     {"attachments", Json::array().push(file("a.pdf", "x"))}});
  EXPECT_EQ(post(std::string(kMailbox) + "/sendMail", Json::object({{"message", message}}).dump()).status, 202);
  const Delivery delivery = model().deliveries().at(0);
  EXPECT_EQ(delivery.parts.at(0).type, "text/html");
  EXPECT_EQ(delivery.parts.at(0).sha256, sha256_hex("<p>Hi"));
  EXPECT_EQ(delivery.parts.at(1).name, "a.pdf");
}

}  // namespace
}  // namespace graph_milter::emulator
