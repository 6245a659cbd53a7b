// SPDX-License-Identifier: Apache-2.0
// The client, its tokens and both doors against the emulator on loopback, over TLS as in service.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "core/auth/token_source.h"
#include "core/base/format.h"
#include "core/graph/client.h"
#include "core/graph/paced_door.h"
#include "core/graph/upload_reply.h"
#include "tests/graph_emulator/server.h"
#include "tests/support/temp_folder.h"

namespace graph_milter::graph {

inline constexpr const char* kMailbox = "scanner@contoso.com";
inline constexpr const char* kMarker = "test/00000000000000000000000000";

inline emulator::ServerSettings server_settings(const test::TempFolder& folder) {
  emulator::ServerSettings settings;
  settings.cert_folder = folder.path();
  return settings;
}

class ClientOverTls : public testing::Test {
 protected:
  ClientOverTls() {
    http_.ca_file = server_.ca_file();
    http_.allow_private_addresses = true;
    http_.upload_hosts = {"localhost"};
    doors_ = pace_doors(http::open_doors(http_), std::make_shared<MailboxGate>(clock_), clock_);
    const auto& model = server_.model().settings();
    auth::TokenSettings login;
    login.login_url = server_.graph_url();
    login.tenant = model.tenant;
    login.client_id = model.client_id;
    login.client_secret_file = folder_.write("secret", model.client_secret);
    login.scope = server_.graph_url() + "/.default";
    client_ = std::make_unique<Client>(ClientSettings{.graph_url = server_.graph_url()}, doors_.api,
                                       auth::make_token_source(login, doors_.api, clock_), clock_);
  }

  ~ClientOverTls() override {
    for (const auto& violation : server_.model().violations())
      ADD_FAILURE() << violation.operation << ": " << violation.what;
  }

  Message draft() {
    StringSource mime(
        format("From: {}\r\nTo: alice@contoso.com\r\nBcc: bob@contoso.com\r\nSubject: s\r\n"
               "Message-ID: <1@contoso.com>\r\nX-Graph-Milter-Id: {}\r\n\r\ntext\r\n",
               kMailbox, kMarker));
    auto message = client_->create_draft(kMailbox, mime);
    EXPECT_TRUE(message) << message.error().text();
    return message ? *message : Message{};
  }

  // One file by session in ranges of `step` bytes; its attachment id.
  std::string upload(const std::string& message, const AttachmentItem& item, ByteSource& content, ByteCount step) {
    const auto session = client_->open_attachment_session(kMailbox, message, item);
    EXPECT_TRUE(session) << session.error().text();
    if (!session) return "";
    for (ByteCount at = session->position;;) {
      RangeSource body(content, {at, std::min(at + step, content.size())});
      http::Request request;
      request.method = http::Method::Put;
      request.url = session->url;
      request.lane = kMailbox;
      request.headers = {{"Content-Type", "application/octet-stream"},
                         {"Content-Range", format("bytes {}-{}/{}", at, at + body.size() - 1, content.size())}};
      request.body = &body;
      const auto response = doors_.upload->send(request);
      EXPECT_TRUE(response) << response.error().text();
      if (!response) return "";
      const auto reply = read_range_reply(*response, clock_->now());
      EXPECT_TRUE(reply) << reply.error().text();
      if (!reply) return "";
      if (const auto* completed = std::get_if<Completed>(&*reply)) return completed->id;
      at = std::get<NextPosition>(*reply).next;
    }
  }

  test::TempFolder folder_;
  emulator::Server server_{server_settings(folder_)};
  std::shared_ptr<Clock> clock_ = std::make_shared<SystemClock>();
  http::HttpSettings http_;
  http::Doors doors_;
  std::unique_ptr<Client> client_;
};

}  // namespace graph_milter::graph
