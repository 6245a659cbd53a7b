// SPDX-License-Identifier: Apache-2.0
#include "core/graph/client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/base64.h"
#include "core/base/format.h"
#include "core/graph/calls.h"
#include "core/graph/replies.h"
#include "core/json/json.h"
#include "tests/support/scripted_door.h"

namespace graph_milter::graph {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class CountedTokens final : public auth::TokenSource {
 public:
  Result<Secret> token() override {
    if (error_) return fail(*error_);
    return Secret("token-" + std::to_string(number_));
  }
  void discard(const Secret& refused) override {
    if (refused == Secret("token-" + std::to_string(number_))) ++number_;
  }
  int number_ = 1;
  std::optional<Error> error_;
};

class ClientTest : public testing::Test {
 protected:
  const test::SentRequest& sent(std::size_t index = 0) {
    requests_ = door_->sent();
    return requests_.at(index);
  }

  static constexpr const char* kMailbox = "scan+ner@contoso.com";
  static constexpr const char* kMessage = "AAMk/x+y=";
  static constexpr const char* kMessagePath =
      "https://graph.example/v1.0/users/scan%2Bner%40contoso.com/messages/AAMk%2Fx%2By%3D";

  std::shared_ptr<test::ScriptedApiDoor> door_ = std::make_shared<test::ScriptedApiDoor>();
  std::shared_ptr<CountedTokens> tokens_ = std::make_shared<CountedTokens>();
  Client client_{ClientSettings{.graph_url = "https://graph.example/"}, door_, tokens_};
  std::vector<test::SentRequest> requests_;
};

TEST_F(ClientTest, CreatesADraftFromMime) {
  door_->then(201, R"({"id":"AAMk=","isDraft":true,"internetMessageId":"<a@b>","parentFolderId":"f",
      "toRecipients":[{"emailAddress":{"name":"A","address":"a@x"}},{"emailAddress":{"address":"b@x"}}],
      "ccRecipients":[],"bccRecipients":[{"emailAddress":{"address":"c@x"}}]})");
  StringSource mime("Subject: x\r\n\r\ntext\r\n");
  const auto message = client_.create_draft(kMailbox, mime);
  ASSERT_TRUE(message) << message.error().text();
  EXPECT_EQ(message->id, "AAMk=");
  EXPECT_TRUE(message->is_draft);
  EXPECT_EQ(message->internet_message_id, "<a@b>");
  EXPECT_EQ(message->parent_folder_id, "f");
  EXPECT_THAT(message->to, ElementsAre("a@x", "b@x"));
  EXPECT_TRUE(message->cc.empty());
  EXPECT_THAT(message->bcc, ElementsAre("c@x"));

  EXPECT_EQ(sent().method, http::Method::Post);
  EXPECT_EQ(sent().url, "https://graph.example/v1.0/users/scan%2Bner%40contoso.com/messages");
  EXPECT_EQ(sent().header("Content-Type"), "text/plain");
  EXPECT_EQ(sent().body, base64_encode("Subject: x\r\n\r\ntext\r\n"));
}

TEST_F(ClientTest, PutsTokenPreferenceAndLaneOnEveryRequest) {
  door_->then(200, R"({"id":"a","isDraft":true})").then(200, R"({"id":"a","isDraft":true})");
  ASSERT_TRUE(client_.get_message(kMailbox, kMessage));
  ASSERT_TRUE(client_.get_message(kMailbox, kMessage));
  EXPECT_EQ(sent().header("Authorization"), "Bearer token-1");
  EXPECT_EQ(sent().header("Prefer"), "IdType=\"ImmutableId\"");
  EXPECT_EQ(sent().request.lane, kMailbox);
  EXPECT_EQ(sent().header("client-request-id").size(), 36U);
  EXPECT_NE(sent(0).header("client-request-id"), sent(1).header("client-request-id"));
  EXPECT_EQ(sent().url, std::string(kMessagePath) +
                            "?$select=id,isDraft,internetMessageId,parentFolderId,toRecipients,ccRecipients,"
                            "bccRecipients,sentDateTime,from");
}

TEST_F(ClientTest, PostsAnAttachment) {
  door_->then(201, R"({"@odata.type":"#microsoft.graph.fileAttachment","id":"att","name":"a.pdf","size":130,
      "contentType":"application/pdf","isInline":true})");
  StringSource content(std::string(100, '\xFF'));
  const AttachmentItem item{"a \"b\".pdf", "application/pdf", 100, true, "cid-1"};
  const auto attachment = client_.post_attachment(kMailbox, kMessage, item, content);
  ASSERT_TRUE(attachment) << attachment.error().text();
  EXPECT_EQ(attachment->id, "att");
  EXPECT_EQ(attachment->size, 130U);
  EXPECT_TRUE(attachment->is_inline);
  EXPECT_EQ(attachment->kind, "#microsoft.graph.fileAttachment");

  EXPECT_EQ(sent().url, std::string(kMessagePath) + "/attachments");
  EXPECT_EQ(sent().header("Content-Type"), "application/json");
  const auto body = json::parse(sent().body);
  ASSERT_TRUE(body) << sent().body;
  EXPECT_EQ(*body->find_string("@odata.type"), "#microsoft.graph.fileAttachment");
  EXPECT_EQ(*body->find_string("name"), "a \"b\".pdf");
  EXPECT_EQ(*body->find_string("contentType"), "application/pdf");
  EXPECT_EQ(*body->find_string("contentBytes"), base64_encode(std::string(100, '\xFF')));
  EXPECT_EQ(body->find_bool("isInline"), true);
  EXPECT_EQ(*body->find_string("contentId"), "cid-1");
}

// Graph's answers repeat what was sent: megabytes that are not kept.
TEST_F(ClientTest, TakesAnAnswerThatRepeatsMoreThanIsKept) {
  const auto answer_cut = [&](std::string body) {
    door_->then([body = std::move(body)](const http::Request& request) -> Result<http::Response> {
      EXPECT_TRUE(request.keep_prefix);
      http::Response response;
      response.status = 201;
      response.body = body.substr(0, request.response_limit);
      response.cut = body.size() > request.response_limit;
      return response;
    });
  };
  const std::string much(3'000'000, 'A');
  answer_cut(R"({"id":"att","name":"a.pdf","size":130,"contentBytes":")" + much + R"("})");
  answer_cut(R"({"id":"AAMk=","subject":"a \"body\" b","isDraft":true,"body":{"content":")" + much + R"("}})");
  StringSource content("x");
  const auto attachment = client_.post_attachment(kMailbox, kMessage, {"a.pdf", "b/c", 1, false, ""}, content);
  ASSERT_TRUE(attachment) << attachment.error().text();
  EXPECT_EQ(attachment->id, "att");
  const auto draft = client_.create_draft(kMailbox, content);
  ASSERT_TRUE(draft) << draft.error().text();
  EXPECT_EQ(draft->id, "AAMk=");
}

TEST_F(ClientTest, NeedsOnlyTheStartOfAnAnswerThatRepeatsTheContent) {
  http::Response response;
  response.status = 201;
  response.cut = true;
  response.body = R"({"id":"att","name":"a.pdf","size":130,"contentBytes":")" + std::string(50'000, 'A');
  door_->then([&](const http::Request&) -> Result<http::Response> { return response; });
  StringSource content("x");
  const auto attachment = client_.post_attachment(kMailbox, kMessage, {"a.pdf", "a/b", 1, false, ""}, content);
  ASSERT_TRUE(attachment) << attachment.error().text();
  EXPECT_EQ(attachment->id, "att");
  EXPECT_EQ(attachment->size, 130U);
  EXPECT_TRUE(sent().request.keep_prefix);

  response.body = R"({"@odata.type":"#microsoft.graph.fileAttachment")";  // not even that much
  door_->then([&](const http::Request&) -> Result<http::Response> { return response; });
  EXPECT_EQ(client_.post_attachment(kMailbox, kMessage, {}, content).error().kind, ErrorKind::Unclear);
}

TEST_F(ClientTest, ReadsAnAttachmentsBodyFromAnyOffset) {
  std::string whole;
  ByteCount size = 0;
  door_->then([&](const http::Request& request) -> Result<http::Response> {
    size = request.body->size();
    whole = *read_all(*request.body, 1'000'000);
    for (ByteCount at = 0; at <= size; at += 97) {
      std::string piece(211, '\0');
      const std::size_t got = *request.body->read_at(at, writable(piece));
      EXPECT_EQ(piece.substr(0, got), whole.substr(static_cast<std::size_t>(at), 211)) << at;
    }
    return fail(ErrorKind::Transient, "", "");
  });
  std::string bytes;
  for (int i = 0; i < 5000; ++i) bytes += static_cast<char>(i * 7);
  StringSource content(bytes);
  EXPECT_FALSE(client_.post_attachment(kMailbox, kMessage, {"a", "b/c", 5000, false, ""}, content));
  EXPECT_EQ(whole.size(), size);
}

TEST_F(ClientTest, OpensASession) {
  door_->then(201, R"({"@odata.context":"c","uploadUrl":"https://outlook.office.com/api/v2.0/Users('u@t')?authtoken=x",
      "expirationDateTime":"2019-09-25T01:09:30.7671707Z","nextExpectedRanges":["0-"]})");
  const auto session = client_.open_attachment_session(kMailbox, kMessage, {"\xC3\xA4.pdf", "", 5'000'000, false, ""});
  ASSERT_TRUE(session) << session.error().text();
  EXPECT_EQ(session->url.reveal(), "https://outlook.office.com/api/v2.0/Users('u@t')?authtoken=x");
  EXPECT_EQ(iso8601(session->expires), "2019-09-25T01:09:30Z");
  EXPECT_EQ(session->position, 0U);
  EXPECT_EQ(sent().url, std::string(kMessagePath) + "/attachments/createUploadSession");
  EXPECT_EQ(sent().body,
            "{\"AttachmentItem\":{\"attachmentType\":\"file\",\"name\":\"\xC3\xA4.pdf\",\"size\":5000000,\"isInline\":"
            "false}}");
}

TEST_F(ClientTest, TellsASessionWhatIsInline) {
  EXPECT_EQ(session_json({"a.png", "image/png", 7, true, "cid@x"}),
            R"({"AttachmentItem":{"attachmentType":"file","name":"a.png","size":7,"contentType":"image/png",)"
            R"("isInline":true,"contentId":"cid@x"}})");
}

TEST_F(ClientTest, ListsAttachmentsOverAllPages) {
  door_
      ->then(
          200,
          R"({"value":[{"id":"1","name":"a","size":5,"isInline":false}],"@odata.nextLink":"https://GRAPH.example:443/v1.0/p?$skip=1"})")
      .then(200, R"({"value":[{"id":"2","name":"b"},{"id":"3"}]})");
  const auto list = client_.list_attachments(kMailbox, kMessage);
  ASSERT_TRUE(list) << list.error().text();
  ASSERT_EQ(list->size(), 3U);
  EXPECT_EQ((*list)[2].id, "3");
  EXPECT_EQ(sent(0).url, std::string(kMessagePath) + "/attachments?$select=id,name,size,isInline,contentType");
  EXPECT_EQ(sent(1).url, "https://GRAPH.example:443/v1.0/p?$skip=1");
}

TEST_F(ClientTest, FollowsNoPageToAnotherServer) {
  for (const char* link : {"https://evil.example/v1.0/p", "http://graph.example/p", "https://graph.example:8443/p",
                           "https://graph.example@evil.example/p", "nonsense"}) {
    door_->then(200, format(R"({{"value":[],"@odata.nextLink":"{}"}})", link));
    const auto list = client_.list_attachments(kMailbox, kMessage);
    ASSERT_FALSE(list) << link;
    EXPECT_EQ(list.error().text(),
              "Graph, list attachments (scan+ner@contoso.com): the next page is said to be on another server");
  }
}

TEST_F(ClientTest, GivesUpOnAListWithoutEnd) {
  for (int i = 0; i < 100; ++i) door_->then(200, R"({"value":[],"@odata.nextLink":"https://graph.example/v1.0/p"})");
  EXPECT_FALSE(client_.list_attachments(kMailbox, kMessage));
  EXPECT_TRUE(door_->finished());
}

TEST_F(ClientTest, ComparesAnAttachmentsContent) {
  for (const bool equal : {true, false}) {
    door_->then([equal](const http::Request& request) -> Result<http::Response> {
      EXPECT_NE(request.compare_with, nullptr);
      http::Response response;
      response.status = 200;
      response.body_equal = equal;
      return response;
    });
    StringSource expected("x");
    const auto result = client_.attachment_equals(kMailbox, kMessage, "at/t=", expected);
    ASSERT_TRUE(result);
    EXPECT_EQ(*result, equal);
  }
  EXPECT_EQ(sent().url, std::string(kMessagePath) + "/attachments/at%2Ft%3D/$value");
}

TEST_F(ClientTest, Sends) {
  door_->then(202);
  ASSERT_TRUE(client_.send(kMailbox, kMessage));
  EXPECT_EQ(sent().method, http::Method::Post);
  EXPECT_EQ(sent().url, std::string(kMessagePath) + "/send");
  EXPECT_FALSE(sent().has_body);
}

TEST_F(ClientTest, NeverCallsASendClearThatIsNot) {
  for (const int status : {200, 201, 204, 404, 408, 500, 502, 503, 504}) {
    door_->then(status);
    const auto result = client_.send(kMailbox, kMessage);
    ASSERT_FALSE(result) << status;
    EXPECT_EQ(result.error().kind, ErrorKind::Unclear) << status;
  }
  door_->then_fail(ErrorKind::Unclear, "reset");
  EXPECT_EQ(client_.send(kMailbox, kMessage).error().kind, ErrorKind::Unclear);
  // Nothing was written: the door says so, and then it is true for send as well.
  door_->then_fail(ErrorKind::Transient, "no connection");
  EXPECT_EQ(client_.send(kMailbox, kMessage).error().text(),
            "Graph, send (scan+ner@contoso.com): POST origin: no connection");
  EXPECT_EQ(door_->sent().size(), 11U);
}

TEST_F(ClientTest, TakesOnlyTheExactSuccessCode) {
  door_->then(200, R"({"id":"a"})");
  StringSource mime("x");
  const auto draft = client_.create_draft(kMailbox, mime);
  ASSERT_FALSE(draft);
  EXPECT_EQ(draft.error().kind, ErrorKind::Unclear);
  EXPECT_EQ(draft.error().text(), "Graph, create draft (scan+ner@contoso.com): answered 200 where 201 is due");
  door_->then(200, R"({"uploadUrl":"https://x"})");
  EXPECT_EQ(client_.open_attachment_session(kMailbox, kMessage, {}).error().kind, ErrorKind::Unclear);
}

TEST_F(ClientTest, SaysWhenASuccessCannotBeRead) {
  StringSource mime("x");
  door_->then(201, "<html>");
  EXPECT_EQ(client_.create_draft(kMailbox, mime).error().kind, ErrorKind::Unclear);
  door_->then(200, "{}");
  EXPECT_EQ(client_.get_message(kMailbox, kMessage).error().kind, ErrorKind::Transient);
  door_->then(201, R"({"nextExpectedRanges":["0-"]})");
  EXPECT_EQ(client_.open_attachment_session(kMailbox, kMessage, {}).error().text(),
            "Graph, open upload session (scan+ner@contoso.com): answered 201, but its body can't be read");
}

TEST_F(ClientTest, GetsANewTokenOnceAfter401AndSendsTheBodyAgain) {
  door_->then(401).then(201, R"({"id":"a"})");
  StringSource mime("mime");
  ASSERT_TRUE(client_.create_draft(kMailbox, mime));
  EXPECT_EQ(sent(0).header("Authorization"), "Bearer token-1");
  EXPECT_EQ(sent(1).header("Authorization"), "Bearer token-2");
  EXPECT_EQ(sent(1).body, base64_encode("mime"));
}

TEST_F(ClientTest, CallsASecondRefusalConfiguration) {
  door_->then(401).then(401);
  const auto result = client_.send(kMailbox, kMessage);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().text(),
            "Graph, send (scan+ner@contoso.com): answered 401 without a body (do cloud, login-url "
            "and graph-url belong together?)");
  EXPECT_EQ(result.error().kind, ErrorKind::Configuration);
}

TEST_F(ClientTest, SendsNothingWithoutAToken) {
  tokens_->error_ = make_error(ErrorKind::Configuration, "token", "wrong secret");
  EXPECT_EQ(client_.send(kMailbox, kMessage).error().text(), "token: wrong secret");
  EXPECT_TRUE(door_->sent().empty());
}

TEST_F(ClientTest, TakesAMissingMessageForDeleted) {
  door_->then(204).then(404).then(403, R"({"error":{"code":"ErrorCannotDeleteObject"}})").then(503);
  EXPECT_TRUE(client_.delete_message(kMailbox, kMessage));
  EXPECT_TRUE(client_.delete_message(kMailbox, kMessage));
  EXPECT_TRUE(client_.delete_message(kMailbox, kMessage));
  EXPECT_EQ(client_.delete_message(kMailbox, kMessage).error().kind, ErrorKind::Transient);
}

// ---- find_by_marker

TEST_F(ClientTest, FindsByTheExtendedProperty) {
  door_->then(200, R"({"value":[{"id":"m/1"}]})").then(200, R"({"id":"m/1","isDraft":true})");
  const auto found = client_.find_by_marker(kMailbox, "drafts", "host/0abc");
  ASSERT_TRUE(found) << found.error().text();
  ASSERT_EQ(found->size(), 1U);
  EXPECT_TRUE((*found)[0].is_draft);
  EXPECT_EQ(sent(0).url,
            "https://graph.example/v1.0/users/scan%2Bner%40contoso.com/mailFolders/drafts/messages?$filter="
            "singleValueExtendedProperties%2FAny%28ep%3A%20ep%2Fid%20eq%20%27String%20%7B00020386-0000-0000-C000-"
            "000000000046%7D%20Name%20X-Graph-Milter-Id%27%20and%20ep%2Fvalue%20eq%20%27host%2F0abc%27%29&$select=id");
  EXPECT_THAT(sent(1).url, HasSubstr("/messages/m%2F1?$select="));
}

TEST_F(ClientTest, ListsTheFolderWhereTheFilterIsRefusedOrFindsNothing) {
  for (const bool refused : {true, false}) {
    refused ? door_->then(400, R"({"error":{"code":"ErrorInvalidUrlQueryFilter"}})")
            : door_->then(200, R"({"value":[]})");
    door_->then(200, R"({"value":[
        {"id":"1","internetMessageHeaders":[{"name":"x-graph-milter-ID","value":" host/0abc "}]},
        {"id":"2","internetMessageHeaders":[{"name":"X-Graph-Milter-Id","value":"host/0abd"}]},
        {"id":"3","internetMessageHeaders":[]}],"@odata.nextLink":"https://graph.example/v1.0/next"})");
    door_->then(
        200, R"({"value":[{"id":"4","internetMessageHeaders":[{"name":"X-Graph-Milter-Id","value":"host/0abc"}]}]})");
    door_->then(200, R"({"id":"1","isDraft":false})").then(200, R"({"id":"4","isDraft":false})");
    const auto found = client_.find_by_marker(kMailbox, "sentitems", "host/0abc");
    ASSERT_TRUE(found) << found.error().text();
    ASSERT_EQ(found->size(), 2U);
    EXPECT_EQ((*found)[0].id, "1");
    EXPECT_EQ((*found)[1].id, "4");
    EXPECT_TRUE(door_->finished());
  }
  EXPECT_EQ(sent(1).url,
            "https://graph.example/v1.0/users/scan%2Bner%40contoso.com/mailFolders/sentitems/messages?$top=10&$orderby="
            "createdDateTime%20desc&$select=id,internetMessageHeaders");
}

TEST_F(ClientTest, ReadsTheHeaderOfMessagesWhoseHeadersAreHidden) {
  door_->then(200, R"({"value":[]})")
      .then(200, R"({"value":[{"id":"1"},{"id":"2"},{"id":"3"}]})")
      .then(200, "Subject: a\r\nX-Graph-Milter-Id: host/0abc\r\n\r\nbody")
      .then(200, "Subject: a\r\n\r\nX-Graph-Milter-Id: host/0abc\r\n")
      .then(404)
      .then(200, R"({"id":"1","isDraft":false})");
  const auto found = client_.find_by_marker(kMailbox, "sentitems", "host/0abc");
  ASSERT_TRUE(found) << found.error().text();
  ASSERT_EQ(found->size(), 1U);
  EXPECT_THAT(sent(2).url, HasSubstr("/messages/1/$value"));
  EXPECT_TRUE(sent(2).request.keep_prefix);
  EXPECT_EQ(sent(2).request.response_limit, 65536U);
}

TEST_F(ClientTest, LooksAtFiftyMessagesAtMost) {
  door_->then(200, R"({"value":[]})");
  for (int i = 0; i < 5; ++i) door_->then(200, R"({"value":[],"@odata.nextLink":"https://graph.example/v1.0/next"})");
  const auto found = client_.find_by_marker(kMailbox, "drafts", "host/0abc");
  ASSERT_TRUE(found);
  EXPECT_TRUE(found->empty());
  EXPECT_TRUE(door_->finished());
}

TEST_F(ClientTest, NeverSaysNotFoundWhenItCouldNotLook) {
  door_->then(503);
  EXPECT_FALSE(client_.find_by_marker(kMailbox, "drafts", "m"));
  door_->then(200, R"({"value":[]})").then(504);
  EXPECT_FALSE(client_.find_by_marker(kMailbox, "drafts", "m"));
  door_->then(200, R"({"value":[]})").then(200, R"({"value":[{"id":"1"}]})").then(500);
  EXPECT_FALSE(client_.find_by_marker(kMailbox, "drafts", "m"));
  door_->then(200, R"({"value":[{"id":"1"}]})").then(429);
  EXPECT_FALSE(client_.find_by_marker(kMailbox, "drafts", "m"));
  door_->then(200, "<html>");
  EXPECT_FALSE(client_.find_by_marker(kMailbox, "drafts", "m"));
}

TEST_F(ClientTest, AMessageThatIsListedAndThenDeniedIsNeitherThereNorGone) {
  door_->then(200, R"({"value":[{"id":"1"},{"id":"2"}]})").then(200, R"({"id":"1","isDraft":true})").then(404);
  const auto found = client_.find_by_marker(kMailbox, "drafts", "m");
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().kind, ErrorKind::Transient);
  EXPECT_EQ(found.error().status, 404);
  EXPECT_THAT(found.error().text(), HasSubstr("it is listed, but a GET answered 404"));
}

TEST_F(ClientTest, NeverTakesAMessageForSentThatDoesNotSaySo) {
  for (const char* body : {R"({"id":"m"})", R"({"id":"m","isDraft":null})", R"({"id":"m","isDraft":"false"})",
                           R"({"value":[]})", "[]", "", "<html></html>", R"({"id":"m","isDraft":false)"}) {
    door_->then(200, body);
    const auto message = client_.get_message(kMailbox, kMessage);
    ASSERT_FALSE(message) << body;
    EXPECT_EQ(message.error().kind, ErrorKind::Transient) << body;
  }
}

TEST_F(ClientTest, FindsByMessageIdOnAllPages) {
  door_
      ->then(200, R"({"value":[{"id":"1","isDraft":false,"internetMessageId":"<o'x@y>",
                       "toRecipients":[{"emailAddress":{"address":"a@x"}}],"sentDateTime":"2026-11-22T10:00:00Z"}],
                       "@odata.nextLink":"https://graph.example/v1.0/next"})")
      .then(200, R"({"value":[{"id":"2"}]})");
  const auto found = client_.find_by_message_id(kMailbox, "sentitems", "<o'x@y>");
  ASSERT_TRUE(found) << found.error().text();
  ASSERT_EQ(found->size(), 2U);
  EXPECT_EQ(iso8601((*found)[0].sent), "2026-11-22T10:00:00Z");
  EXPECT_THAT((*found)[0].to, ElementsAre("a@x"));
  EXPECT_EQ((*found)[1].sent, TimePoint{});
  EXPECT_EQ(sent(0).url,
            "https://graph.example/v1.0/users/scan%2Bner%40contoso.com/mailFolders/sentitems/messages?$filter="
            "internetMessageId%20eq%20%27%3Co%27%27x%40y%3E%27&$top=50&$select=id,isDraft,internetMessageId,"
            "parentFolderId,toRecipients,ccRecipients,bccRecipients,sentDateTime,from");
}

TEST_F(ClientTest, ListsWhatCarriesAMarkerOfOurs) {
  const TimeSpan span{from_unix_ms(0), from_unix_ms(1'795'348'800'123)};
  const std::string list = R"({"value":[
      {"id":"1","isDraft":true,"createdDateTime":"2026-11-20T12:00:00Z","sentDateTime":"2026-11-20T12:00:01Z",
       "internetMessageHeaders":[{"name":"X-Graph-Milter-Id","value":"mx1/0abc"}]},
      {"id":"2","isDraft":true,"internetMessageHeaders":[{"name":"X-Graph-Milter-Id","value":"mx2/0abc"}]},
      {"id":"3","isDraft":true,"internetMessageHeaders":[{"name":"Subject","value":"mx1/0abc"}]},
      {"id":"4","isDraft":true,"internetMessageHeaders":[{"name":"X-Graph-Milter-Id","value":"mx1/0abc"},
                                                         {"name":"X-Graph-Milter-Id","value":"mx1/0abd"}]},
      {"id":"5","isDraft":true}]})";
  door_->then(200, list).then(200, "X-Graph-Milter-Id: old/0abe\r\n\r\n");
  std::set<std::string> not_ours;
  auto marked = client_.list_marked(kMailbox, "drafts", span, {"mx1/", "old/"}, not_ours);
  ASSERT_TRUE(marked) << marked.error().text();
  ASSERT_EQ(marked->size(), 2U);
  EXPECT_EQ((*marked)[0].id, "1");
  EXPECT_EQ((*marked)[0].marker, "mx1/0abc");
  EXPECT_TRUE((*marked)[0].is_draft);
  EXPECT_EQ(iso8601((*marked)[0].created), "2026-11-20T12:00:00Z");
  EXPECT_EQ(iso8601((*marked)[0].sent), "2026-11-20T12:00:01Z");
  EXPECT_EQ((*marked)[1].marker, "old/0abe");
  EXPECT_THAT(not_ours, ElementsAre("2", "3", "4"));
  EXPECT_EQ(sent(0).url,
            "https://graph.example/v1.0/users/scan%2Bner%40contoso.com/mailFolders/drafts/messages?$filter="
            "createdDateTime%20ge%201970-01-01T00%3A00%3A00Z%20and%20createdDateTime%20lt%202026-11-22T12%3A00%3A00Z"
            "&$orderby=createdDateTime%20asc&$top=50&$select=id,isDraft,createdDateTime,sentDateTime,"
            "internetMessageHeaders");

  // What is known to be not ours is not looked at again, even where it takes a request.
  not_ours.insert("5");
  door_->then(200, list);
  marked = client_.list_marked(kMailbox, "drafts", span, {"mx1/", "old/"}, not_ours);
  ASSERT_TRUE(marked);
  EXPECT_EQ(marked->size(), 1U);
  EXPECT_TRUE(door_->finished());
}

TEST_F(ClientTest, AsksForTheTimeOfSendingOutsideDrafts) {
  door_->then(200, R"({"value":[]})");
  std::set<std::string> not_ours;
  ASSERT_TRUE(client_.list_marked(kMailbox, "sentitems", {}, {"mx1/"}, not_ours));
  EXPECT_THAT(sent(0).url, HasSubstr("/sentitems/messages?$filter=sentDateTime%20ge%20"));
}

TEST_F(ClientTest, SaysSoWhenAFolderHasNoEnd) {
  for (int i = 0; i < 100; ++i) door_->then(200, R"({"value":[],"@odata.nextLink":"https://graph.example/v1.0/next"})");
  std::set<std::string> not_ours;
  const auto marked = client_.list_marked(kMailbox, "drafts", {}, {"mx1/"}, not_ours);
  ASSERT_FALSE(marked);
  EXPECT_EQ(marked.error().kind, ErrorKind::Transient);
}

TEST_F(ClientTest, KnowsTheIdOfAFolder) {
  door_->then(200, R"({"id":"AQMk="})").then(200, R"({"id":""})");
  EXPECT_EQ(client_.folder_id(kMailbox, "sentitems").value_or("?"), "AQMk=");
  EXPECT_EQ(client_.folder_id(kMailbox, "sentitems").error().kind, ErrorKind::Transient);
  EXPECT_EQ(sent(0).url, "https://graph.example/v1.0/users/scan%2Bner%40contoso.com/mailFolders/sentitems?$select=id");
}

// ---- Replies

TEST(ReadTime, ReadsUtcWithAnyPrecision) {
  EXPECT_EQ(iso8601(*read_time("2019-09-25T01:09:30.7671707Z")), "2019-09-25T01:09:30Z");
  EXPECT_EQ(iso8601(*read_time("2024-02-29T23:59:59Z")), "2024-02-29T23:59:59Z");
  for (const char* text : {"", "2019-09-25", "2019-09-25T01:09:30", "2019-13-25T01:09:30Z", "2019-02-29T01:09:30Z",
                           "2019-09-25T24:09:30Z", "2019-09-25T01:09:30.Z", "2019-09-25T01:09:30,5Z",
                           "2019-09-25T01:09:30+02:00", "2019-9-25T01:09:30Z", "2019-09-25 01:09:30Z"})
    EXPECT_EQ(read_time(text), std::nullopt) << text;
}

TEST(MarkersInMime, AreThoseOfTheHeader) {
  EXPECT_THAT(markers_in_mime("A: b\nx-graph-milter-id:  one \nX-Graph-Milter-Id: two"), ElementsAre("one", "two"));
  EXPECT_TRUE(markers_in_mime("A: b\r\n\r\nX-Graph-Milter-Id: one\r\n").empty());
  EXPECT_TRUE(markers_in_mime("").empty());
  EXPECT_THAT(markers_in_mime("X-Graph-Milter-Id:\r\n host/0abc\r\nB: c\r\n d: e\r\n"), ElementsAre("host/0abc"));
  EXPECT_THAT(markers_in_mime("A: b\r\n X-Graph-Milter-Id: one\r\n"), testing::IsEmpty());
}

}  // namespace
}  // namespace graph_milter::graph
