// SPDX-License-Identifier: Apache-2.0
// The emulator over sockets, asked with the production doors.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "core/base/base64.h"
#include "core/base/digest.h"
#include "core/base/text.h"
#include "core/http/http.h"
#include "tests/graph_emulator/server.h"
#include "tests/support/temp_folder.h"

namespace graph_milter::emulator {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

class OverSockets : public ::testing::Test {
 protected:
  test::TempFolder folder;
  Server server{settings()};
  http::Doors doors = http::open_doors(http_settings());
  std::string token = server.model().issue_token();
  std::string messages = server.graph_url() + "/v1.0/users/scanner@contoso.com/messages";

  ServerSettings settings() const {
    ServerSettings out;
    out.model.state_folder = folder.path();
    out.cert_folder = folder.file("certs");
    return out;
  }

  http::HttpSettings http_settings() const {
    http::HttpSettings out;
    out.ca_file = server.ca_file();
    out.upload_hosts = {"localhost"};
    out.allow_private_addresses = true;
    return out;
  }

  Result<http::Response> send(http::Door& door, http::Method method, const std::string& url, const std::string& type,
                              const std::string& body, std::string range = "") {
    StringSource source(body);
    http::Request request;
    request.method = method;
    request.url = Secret(url);
    if (&door == doors.api.get()) {
      request.headers = {{"Authorization", "Bearer " + token},
                         {"client-request-id", "d1f5c5f0-9f52-4f0b-8d55-4b1f4a5b6c7d"}};
    }
    if (!type.empty()) request.headers.emplace_back("Content-Type", type);
    if (!range.empty()) request.headers.emplace_back("Content-Range", std::move(range));
    if (method != http::Method::Get && method != http::Method::Delete) request.body = &source;
    return door.send(request);
  }

  Json post(const std::string& url, const std::string& type, const std::string& body, int status) {
    const auto response = send(*doors.api, http::Method::Post, url, type, body);
    EXPECT_TRUE(response.has_value()) << response.error().text();
    if (!response) return {};
    EXPECT_EQ(response->status, status) << response->body;
    return Json::parse(response->body).value_or(Json());
  }

  std::string draft() {
    const std::string mime = "From: scanner@contoso.com\r\nTo: a@example.org\r\nX-Graph-Milter-Id: i/e\r\n\r\nHi\r\n";
    const Json created = post(messages, "text/plain", base64_encode(mime), 201);
    return messages + "/" + percent_encode(created["id"].text());
  }

  std::string session_url(const std::string& item, std::size_t size) {
    const Json wanted = Json::object({{"attachmentType", "file"}, {"name", "big.bin"}, {"size", std::uint64_t{size}}});
    return post(item + "/attachments/createUploadSession", "application/json",
                Json::object({{"AttachmentItem", wanted}}).dump(), 201)["uploadUrl"]
        .text();
  }
};

TEST_F(OverSockets, AMessageGoesThroughWithItsBytesInFiles) {
  const std::string bytes(7'000'000, 'b');
  const std::string item = draft();
  const std::string url = session_url(item, bytes.size());
  const std::string octets = "application/octet-stream";
  const auto first =
      send(*doors.upload, http::Method::Put, url, octets, bytes.substr(0, 3'500'000), "bytes 0-3499999/7000000");
  ASSERT_TRUE(first.has_value()) << first.error().text();
  EXPECT_THAT(first->body, HasSubstr("\"NextExpectedRanges\":[\"3500000\"]"));
  const auto last =
      send(*doors.upload, http::Method::Put, url, octets, bytes.substr(3'500'000), "bytes 3500000-6999999/7000000");
  ASSERT_TRUE(last.has_value());
  EXPECT_EQ(last->status, 201);
  post(item + "/send", "", "", 202);
  ASSERT_TRUE(server.model().wait_for_deliveries(1, std::chrono::minutes(1)));
  const Delivery delivery = server.model().deliveries()[0];
  EXPECT_EQ(delivery.parts.at(1).sha256, sha256_hex(bytes));
  EXPECT_EQ(test::read_file(delivery.file), server.model().message_of(delivery));
  EXPECT_THAT(server.model().violations(), IsEmpty());
}

TEST_F(OverSockets, TheLastAnswerMayLackItsLength) {
  server.model().change_switches([](Switches& switches) { switches.final_content_length = false; });
  const std::string bytes(3'000'000, 'b');
  const std::string url = session_url(draft(), bytes.size());
  const auto last =
      send(*doors.upload, http::Method::Put, url, "application/octet-stream", bytes, "bytes 0-2999999/3000000");
  ASSERT_TRUE(last.has_value()) << last.error().text();
  EXPECT_EQ(last->status, 201);
  EXPECT_EQ(last->header("content-length"), "");
}

TEST_F(OverSockets, ConnectionsGoAsTheFaultsSay) {
  server.model().add_fault(Fault::of(Action::DropBefore, "create-draft", 1));
  server.model().add_fault(Fault::of(Action::EffectThenDrop, "create-draft", 2));
  server.model().add_fault(Fault::of(Action::Truncate, "create-draft", 3));
  for (int i = 0; i < 3; ++i) {
    const auto answer =
        send(*doors.api, http::Method::Post, messages, "text/plain", base64_encode("To: a@b.c\r\n\r\n"));
    ASSERT_FALSE(answer.has_value());
    EXPECT_EQ(answer.error().kind, ErrorKind::Unclear) << answer.error().text();
  }
  const Json mailboxes = server.model().mailboxes();
  std::size_t drafts = 0;
  for (const Json& mailbox : mailboxes.items()) drafts += mailbox["messages"].items().size();
  EXPECT_EQ(drafts, 2U);
}

TEST_F(OverSockets, SixteenClientsThinkAtTheSameTime) {
  constexpr int kClients = 16;
  Fault hold = Fault::of(Action::Hold, "create-draft");
  hold.times = 0;
  server.model().add_fault(hold);
  server.model().change_switches([](Switches& switches) { switches.concurrency_limit = 0; });
  std::vector<std::thread> clients(kClients);
  std::atomic<int> created = 0;
  for (std::thread& client : clients) {
    client = std::thread([&] {
      const auto answer =
          send(*doors.api, http::Method::Post, messages, "text/plain", base64_encode("To: a@b.c\r\n\r\n"));
      if (answer && answer->status == 201) ++created;
    });
  }
  EXPECT_TRUE(server.model().wait_for_held(kClients, std::chrono::minutes(1)));
  server.model().release_held();
  for (std::thread& client : clients) client.join();
  EXPECT_EQ(created, kClients);
}

}  // namespace
}  // namespace graph_milter::emulator
