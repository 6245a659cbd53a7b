// SPDX-License-Identifier: Apache-2.0
// Requests to the in-process emulator, written plainly, as the wire has them.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/base/base64.h"
#include "core/base/clock.h"
#include "core/base/text.h"
#include "tests/graph_emulator/in_process.h"

namespace graph_milter::emulator {

using Headers = std::vector<std::pair<std::string, std::string>>;

struct Answer {
  int status = 0;  // 0: no answer; then `lost` says what kind of error it was
  ErrorKind lost = ErrorKind::Transient;
  http::Response response;
  Json json;

  std::string code() const { return json["error"]["code"].text(); }
};

class EmulatorTest : public ::testing::Test {
 protected:
  static constexpr const char* kGraph = "https://graph.microsoft.com/v1.0/users/";
  static constexpr const char* kMailbox = "scanner@contoso.com";

  std::shared_ptr<ManualClock> clock = std::make_shared<ManualClock>(from_unix_ms(1'790'000'000'000));
  InProcessGraph service{clock};
  std::string token = service.bearer().reveal();
  bool immutable = true;

  EmulatorTest() {
    service.on_wait([this](Duration time) { clock->advance(time); });
  }

  Model& model() { return service.model(); }

  Answer ask(http::Door& door, http::Method method, const std::string& url, Headers headers, const std::string& body) {
    StringSource source(body);
    http::Request request;
    request.method = method;
    request.url = Secret(url);
    request.headers = std::move(headers);
    request.body = method == http::Method::Get || method == http::Method::Delete ? nullptr : &source;
    request.response_limit = 16 * 1024 * 1024;
    const auto response = door.send(request);
    Answer answer;
    if (!response) {
      answer.lost = response.error().kind;
      return answer;
    }
    answer.status = response->status;
    answer.response = *response;
    answer.json = Json::parse(response->body).value_or(Json());
    return answer;
  }

  Headers own_headers(const std::string& type) const {
    Headers headers = {{"Authorization", "Bearer " + token},
                       {"client-request-id", "7e0b2c1a-8d0e-4c1f-9a51-0b6a0c3f7e55"}};
    if (immutable) headers.emplace_back("Prefer", "IdType=\"ImmutableId\"");
    if (!type.empty()) headers.emplace_back("Content-Type", type);
    return headers;
  }

  Answer get(const std::string& path) {
    return ask(*service.api(), http::Method::Get, kGraph + path, own_headers(""), "");
  }
  Answer remove(const std::string& path) {
    return ask(*service.api(), http::Method::Delete, kGraph + path, own_headers(""), "");
  }
  Answer post(const std::string& path, const std::string& body = "", const std::string& type = "application/json") {
    return ask(*service.api(), http::Method::Post, kGraph + path, own_headers(body.empty() ? "" : type), body);
  }
  Answer patch(const std::string& path, const Json& body) {
    return ask(*service.api(), http::Method::Patch, kGraph + path, own_headers("application/json"), body.dump());
  }

  static std::string mime(const std::string& more_fields = "", const std::string& body = "Hello\r\n") {
    return "From: <scanner@contoso.com>\r\nTo: <a@example.org>\r\nSubject: Scan\r\nMessage-ID: <1@example.org>\r\n"
           "X-Graph-Milter-Id: inst/entry\r\n" +
           more_fields + "\r\n" + body;
  }

  Answer post_mime(const std::string& text, const std::string& mailbox = kMailbox) {
    return post(mailbox + "/messages", base64_encode(text), "text/plain");
  }

  // Path of a new draft.
  std::string draft(const std::string& text = mime()) {
    const Answer answer = post_mime(text);
    EXPECT_EQ(answer.status, 201) << answer.response.body;
    return std::string(kMailbox) + "/messages/" + percent_encode(answer.json["id"].text());
  }

  static Json file(const std::string& name, const std::string& bytes) {
    return Json::object({{"@odata.type", "#microsoft.graph.fileAttachment"},
                         {"name", name},
                         {"contentType", "application/pdf"},
                         {"contentBytes", base64_encode(bytes)}});
  }

  Answer open_session(const std::string& item, std::uint64_t size, const std::string& name = "big.pdf") {
    const Json wanted = Json::object({{"attachmentType", "file"}, {"name", name}, {"size", size}});
    return post(item + "/attachments/createUploadSession", Json::object({{"AttachmentItem", wanted}}).dump());
  }

  Answer put(const std::string& url, const std::string& bytes, std::uint64_t begin, std::uint64_t total,
             Headers more = {}) {
    more.emplace_back("Content-Type", "application/octet-stream");
    more.emplace_back("Content-Range", "bytes " + std::to_string(begin) + "-" +
                                           std::to_string(begin + bytes.size() - 1) + "/" + std::to_string(total));
    return ask(*service.upload(), http::Method::Put, url, std::move(more), bytes);
  }

  Answer ask_position(const std::string& url) { return ask(*service.upload(), http::Method::Get, url, {}, ""); }

  void switch_to(const std::string& name, Json value) {
    Json change = Json::object();
    change.set(name, std::move(value));
    const Status changed = model().change_switches(change);
    ASSERT_TRUE(changed.has_value()) << changed.error().text();
  }

  std::vector<std::string> violations() {
    std::vector<std::string> out;
    for (const Violation& violation : model().violations()) out.push_back(violation.what);
    return out;
  }
};

}  // namespace graph_milter::emulator
