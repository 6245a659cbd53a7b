// SPDX-License-Identifier: Apache-2.0
// A door that answers from a list and remembers what it was asked.
#pragma once

#include <gtest/gtest.h>

#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "core/http/http.h"

namespace graph_milter::test {

struct SentRequest {
  http::Method method = http::Method::Get;
  std::string url;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  bool has_body = false;
  http::Request request;  // its body and compare_with may be gone

  std::string header(std::string_view name) const {
    for (const auto& [key, value] : headers)
      if (key == name) return value;
    return "";
  }
};

// Any thread. `Kind` is http::ApiDoor or http::UploadDoor. Without an answer left it fails the test.
template <class Kind>
class ScriptedDoor final : public Kind {
 public:
  using Answer = std::function<Result<http::Response>(const http::Request&)>;

  ScriptedDoor& then(Answer answer) {
    const std::lock_guard lock(mutex_);
    answers_.push_back(std::move(answer));
    return *this;
  }
  ScriptedDoor& then(int status, std::string body = "", std::map<std::string, std::string> headers = {}) {
    http::Response response;
    response.status = status;
    response.body = std::move(body);
    response.headers = std::move(headers);
    return then([response](const http::Request&) -> Result<http::Response> { return response; });
  }
  ScriptedDoor& then_fail(ErrorKind kind, const std::string& what = "broken") {
    return then(
        [kind, what](const http::Request&) -> Result<http::Response> { return fail(kind, "POST origin", what); });
  }

  Result<http::Response> send(const http::Request& request) override {
    SentRequest sent{request.method, request.url.reveal(), request.headers, "", request.body != nullptr, request};
    if (request.body != nullptr) {
      auto body = read_all(*request.body, 64 * 1024 * 1024);
      if (!body) return fail(std::move(body).error());
      sent.body = *std::move(body);
    }
    Answer answer;
    {
      const std::lock_guard lock(mutex_);
      sent_.push_back(std::move(sent));
      if (answers_.empty()) {
        ADD_FAILURE() << "nobody expected " << name_of(request.method) << " " << request.url.reveal();
        return fail(ErrorKind::Transient, "script", "has no answer left");
      }
      answer = std::move(answers_.front());
      answers_.pop_front();
    }
    return answer(request);
  }

  std::vector<SentRequest> sent() const {
    const std::lock_guard lock(mutex_);
    return sent_;
  }
  bool finished() const {
    const std::lock_guard lock(mutex_);
    return answers_.empty();
  }

 private:
  mutable std::mutex mutex_;
  std::deque<Answer> answers_;
  std::vector<SentRequest> sent_;
};

using ScriptedApiDoor = ScriptedDoor<http::ApiDoor>;
using ScriptedUploadDoor = ScriptedDoor<http::UploadDoor>;

}  // namespace graph_milter::test
