// SPDX-License-Identifier: Apache-2.0
// Answers that no honest service gives, over the real doors: nothing of it is believed, followed or kept.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/graph/client_over_tls.h"

namespace graph_milter::graph {
namespace {

using emulator::Fault;
using testing::HasSubstr;

constexpr const char* kPage = "<!DOCTYPE html><html><body>Please log in to this network</body></html>";

std::string huge_json() { return "{\"id\":\"" + std::string(6 * 1024 * 1024, 'x') + "\"}"; }
std::string deep_json() { return std::string(500'000, '[') + std::string(500'000, ']'); }

class Abuse : public ClientOverTls {
 protected:
  void answer(const char* operation, int status, std::string body) {
    Fault fault = Fault::status(operation, 1, status, "");
    fault.body = std::move(body);
    server_.model().add_fault(std::move(fault));
  }

  // Each operation once. What it answers; a success is an error of the test.
  ErrorKind kind_of(const char* operation, const std::string& id) {
    const std::string name = operation;
    StringSource content("some bytes");
    StringSource mime("From: scanner@contoso.com\r\nTo: a@x.org\r\n\r\nx\r\n");
    const AttachmentItem item{"a.bin", "application/octet-stream", 10, false, ""};
    std::set<std::string> skip;
    if (name == "create-draft") return kind(client_->create_draft(kMailbox, mime));
    if (name == "post-attachment") return kind(client_->post_attachment(kMailbox, id, item, content));
    if (name == "create-session") return kind(client_->open_attachment_session(kMailbox, id, item));
    if (name == "get-message") return kind(client_->get_message(kMailbox, id));
    if (name == "list-attachments") return kind(client_->list_attachments(kMailbox, id));
    if (name == "find-messages") return kind(client_->list_marked(kMailbox, "drafts", {}, {"x/"}, skip));
    if (name == "get-folder") return kind(client_->folder_id(kMailbox, "sentitems"));
    if (name == "send") return kind(client_->send(kMailbox, id));
    ADD_FAILURE() << name;
    return ErrorKind::Usage;
  }

  template <class T>
  static ErrorKind kind(const Result<T>& result) {
    if (!result) return result.error().kind;
    ADD_FAILURE() << "taken for a success";
    return ErrorKind::Usage;
  }

  const std::vector<const char*> operations_ = {"create-draft",     "post-attachment", "create-session", "get-message",
                                                "list-attachments", "find-messages",   "get-folder",     "send"};
};

// What nobody would return a message for, and nobody would take for sent.
bool only_defers(ErrorKind kind) {
  return kind == ErrorKind::Transient || kind == ErrorKind::Unclear || kind == ErrorKind::Configuration;
}

TEST_F(Abuse, IsNeverASuccessAndNeverAReasonToReturnMail) {
  const std::string id = draft().id;
  const struct {
    const char* what;
    int status;
    std::string body;
  } answers[] = {
      {"a page", 200, kPage},     {"a page as created", 201, kPage},    {"a page as accepted", 200, ""},
      {"huge", 201, huge_json()}, {"huge", 200, huge_json()},           {"deep", 201, deep_json()},
      {"deep", 200, deep_json()}, {"huge and wrong", 500, huge_json()}, {"deep and wrong", 503, deep_json()}};
  for (const auto& each : answers) {
    for (const char* operation : operations_) {
      // Whether an accepted send answers with a page does not matter.
      answer(operation, each.status, each.body);
      const ErrorKind kind = kind_of(operation, id);
      EXPECT_TRUE(only_defers(kind)) << operation << " met " << each.what << ": " << name_of(kind);
      server_.model().clear_faults();
    }
  }
  EXPECT_EQ(server_.model().delivery_count(), 0U);
}

TEST_F(Abuse, IsNotFollowedElsewhere) {
  const std::string id = draft().id;
  for (const int status : {301, 302, 303, 307, 308}) {
    for (const char* operation : operations_) {
      Fault fault = Fault::status(operation, 1, status, "");
      fault.location = server_.graph_url() + "/v1.0/elsewhere";
      server_.model().add_fault(std::move(fault));
      EXPECT_EQ(kind_of(operation, id), ErrorKind::Configuration) << operation << " " << status;
      server_.model().clear_faults();
    }
  }
  for (const emulator::RequestRecord& request : server_.model().requests())
    EXPECT_EQ(request.path.find("elsewhere"), std::string::npos);
}

TEST_F(Abuse, DoesNotMakeUsUploadToAnybodyElse) {
  const std::string id = draft().id;
  const AttachmentItem item{"a.bin", "application/octet-stream", 4'000'000, false, ""};
  http::HttpSettings strict = http_;
  strict.allow_private_addresses = false;
  const http::Doors strict_doors = http::open_doors(strict);
  const struct {
    std::string url;
    const char* words;
  } cases[] = {
      {"http://localhost/upload?token=secret", "https"},
      {"https://elsewhere.example/upload?token=secret", "upload-hosts"},
      {"https://localhost.elsewhere.example/upload?token=secret", "upload-hosts"},
      {"https://169.254.169.254/latest?token=secret", ""},
      {"https://10.0.0.1/upload?token=secret", ""},
      {"https://[::1]/upload?token=secret", ""},
      {"https://user:password@localhost/upload?token=secret", ""},
      {"https://localhost/upload?token=secret", ""},  // resolves to a private address
      {"file:///etc/passwd", ""},
      {"not a URL", ""},
  };
  for (const auto& c : cases) {
    server_.model().add_fault(Fault::alter("create-session", 1, 0, c.url));
    const auto session = client_->open_attachment_session(kMailbox, id, item);
    ASSERT_TRUE(session) << c.url << ": " << session.error().text();
    server_.model().clear_faults();
    StringSource body(std::string(1000, 'x'));
    http::Request request;
    request.method = http::Method::Put;
    request.url = session->url;
    request.body = &body;
    const auto response = strict_doors.upload->send(request);
    ASSERT_FALSE(response) << c.url;
    EXPECT_EQ(response.error().kind, ErrorKind::Configuration) << c.url << ": " << response.error().text();
    EXPECT_THAT(response.error().text(), HasSubstr(c.words)) << c.url;
    EXPECT_EQ(response.error().text().find("secret"), std::string::npos) << response.error().text();
  }
  EXPECT_EQ(server_.model().counts().requests["put-range"], 0);
}

TEST_F(Abuse, DoesNotMakeUsSendTheTokenToAnotherServer) {
  answer("list-attachments", 200, R"({"value":[],"@odata.nextLink":"https://elsewhere.example/v1.0/next"})");
  const auto listed = client_->list_attachments(kMailbox, draft().id);
  ASSERT_FALSE(listed);
  EXPECT_THAT(listed.error().text(), HasSubstr("another server"));
}

TEST_F(Abuse, OfTheTokenServiceLeavesUsWithoutATokenAndNothingElse) {
  for (const std::string& body : {std::string(kPage), huge_json(), deep_json(), std::string()}) {
    answer("token", 200, body);
    StringSource mime("From: scanner@contoso.com\r\nTo: a@x.org\r\n\r\nx\r\n");
    const auto made = client_->create_draft(kMailbox, mime);
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().kind, ErrorKind::Transient) << made.error().text();
    server_.model().clear_faults();
  }
}

TEST_F(Abuse, OfAFullMailboxWaitsForTheAdministrator) {
  const std::string id = draft().id;
  ASSERT_TRUE(server_.model().change_mailbox(emulator::Json::object({{"address", kMailbox}, {"state", "full"}})));
  for (const char* operation : {"create-draft", "post-attachment", "create-session", "send"})
    EXPECT_EQ(kind_of(operation, id), ErrorKind::Configuration) << operation;
  EXPECT_TRUE(client_->delete_message(kMailbox, id));
}

}  // namespace
}  // namespace graph_milter::graph
