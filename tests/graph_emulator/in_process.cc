// SPDX-License-Identifier: Apache-2.0
#include "tests/graph_emulator/in_process.h"

#include <algorithm>

#include "core/base/text.h"

namespace graph_milter::emulator {
namespace {

// Pulls the body of an http::Request. An error of the source ends it, as a client that stops in mid-request would.
class SourceReader final : public BodyReader {
 public:
  explicit SourceReader(ByteSource* source) : source_(source) {}
  ByteCount size() const override { return source_ != nullptr ? source_->size() : 0; }
  std::size_t read(std::span<char> out) override {
    if (source_ == nullptr || failure_) return 0;
    auto got = source_->read_at(at_, out);
    if (!got) {
      failure_ = got.error();
      return 0;
    }
    at_ += *got;
    return *got;
  }
  const std::optional<Error>& failure() const { return failure_; }

 private:
  ByteSource* source_;
  ByteCount at_ = 0;
  std::optional<Error> failure_;
};

std::string method_name(http::Method method) {
  switch (method) {
    case http::Method::Get:
      return "GET";
    case http::Method::Post:
      return "POST";
    case http::Method::Put:
      return "PUT";
    case http::Method::Patch:
      return "PATCH";
    case http::Method::Delete:
      return "DELETE";
  }
  return "?";
}

Exchange exchange_of(const http::Request& request, Host host, std::string target) {
  Exchange exchange{host, method_name(request.method), std::move(target), {}};
  for (const auto& [name, value] : request.headers) {
    const std::string key = to_lower(name);
    // The upload door never sends these, whatever the request says.
    if (host == Host::Upload && (key == "authorization" || key == "cookie")) continue;
    exchange.headers[key] = value;
  }
  const bool has_body = request.method != http::Method::Get && request.method != http::Method::Delete;
  if (has_body || request.body != nullptr) {
    exchange.headers["content-length"] = std::to_string(request.body != nullptr ? request.body->size() : 0);
  }
  return exchange;
}

Result<std::string> body_of(const Reply& reply) {
  if (!reply.stream) return reply.body;
  return read_all(*reply.stream, reply.stream->size());
}

// Whether the request took effect is unclear to a client whose connection goes, except for what only reads.
Error lost(const http::Request& request, std::string_view what) {
  const bool reads = request.method == http::Method::Get;
  return make_error(reads ? ErrorKind::Transient : ErrorKind::Unclear, method_name(request.method), std::string(what));
}

Status take_body(const http::Request& request, std::string body, http::Response& response) {
  if (request.compare_with != nullptr && response.status == 200) {
    GM_TRY_ASSIGN(const std::string expected, read_all(*request.compare_with, request.compare_with->size()));
    response.body_equal = expected == body;
    return {};
  }
  response.cut = body.size() > request.response_limit;
  if (response.cut && !request.keep_prefix) {
    return fail(lost(request, "the answer is longer than " + std::to_string(request.response_limit) + " bytes"));
  }
  if (response.cut) body.resize(request.response_limit);
  response.body = std::move(body);
  return {};
}

Result<http::Response> response_of(const http::Request& request, const Reply& reply) {
  if (reply.line == Reply::Line::Refuse) {
    return fail(ErrorKind::Transient, method_name(request.method), "connection refused");
  }
  if (reply.line == Reply::Line::DropUnanswered) return fail(lost(request, "connection closed without an answer"));
  if (reply.line == Reply::Line::Truncate) return fail(lost(request, "connection closed within the answer"));
  http::Response response;
  response.status = reply.status;
  for (const auto& [name, value] : reply.headers) response.headers[to_lower(name)] = value;
  GM_TRY_ASSIGN(std::string body, body_of(reply));
  if (reply.content_length && reply.status != 204) response.headers["content-length"] = std::to_string(body.size());
  GM_TRY(take_body(request, std::move(body), response));
  return response;
}

Result<http::Response> answer(Model& model, const http::Request& request, Host host, std::string target) {
  SourceReader body(request.body);
  const Reply reply = model.handle(exchange_of(request, host, std::move(target)), body);
  if (body.failure()) return fail(*body.failure());
  return response_of(request, reply);
}

// What follows `base` in `url`; nullopt: the URL is elsewhere.
std::optional<std::string> target_below(const std::string& base, const std::string& url) {
  if (url.rfind(base + "/", 0) != 0) return std::nullopt;
  return url.substr(base.size());
}

class InProcessApi final : public http::ApiDoor {
 public:
  explicit InProcessApi(std::shared_ptr<Model> model) : model_(std::move(model)) {}
  Result<http::Response> send(const http::Request& request) override {
    const std::string& url = request.url.reveal();
    for (const std::string* base : {&model_->settings().graph_url, &model_->settings().login_url}) {
      if (auto target = target_below(*base, url)) return answer(*model_, request, Host::Graph, *std::move(target));
    }
    return fail(ErrorKind::Transient, redact_url(url), "no such host");
  }

 private:
  std::shared_ptr<Model> model_;
};

class InProcessUpload final : public http::UploadDoor {
 public:
  explicit InProcessUpload(std::shared_ptr<Model> model) : model_(std::move(model)) {}
  Result<http::Response> send(const http::Request& request) override {
    const std::string& url = request.url.reveal();
    if (auto target = target_below(model_->settings().upload_url, url)) {
      return answer(*model_, request, Host::Upload, *std::move(target));
    }
    return fail(ErrorKind::Transient, redact_url(url), "no such host");
  }

 private:
  std::shared_ptr<Model> model_;
};

}  // namespace

InProcessGraph::InProcessGraph(std::shared_ptr<Clock> clock, Settings settings)
    : model_(std::make_shared<Model>(std::move(settings), std::move(clock))),
      api_(std::make_shared<InProcessApi>(model_)),
      upload_(std::make_shared<InProcessUpload>(model_)) {}

}  // namespace graph_milter::emulator
