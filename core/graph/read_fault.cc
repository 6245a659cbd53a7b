// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "core/base/format.h"
#include "core/base/redact.h"
#include "core/base/text.h"
#include "core/graph/fault_table.h"
#include "core/http/retry_after.h"
#include "core/json/json.h"

namespace graph_milter::graph {
namespace {

constexpr std::size_t kWordsLimit = 300;

struct FaultBody {
  std::string code;
  std::string message;
  std::string request_id;
};

const json::Value* find_ignoring_case(const json::Value& object, std::string_view key) {
  for (const json::Member& member : object.members())
    if (equal_ignoring_case(member.key, key)) return &member.value;
  return nullptr;
}

const std::string* find_text(const json::Value& object, std::string_view key) {
  const json::Value* value = find_ignoring_case(object, key);
  return value != nullptr ? value->as_string() : nullptr;
}

// From the outermost error inward: the last code that the table knows wins; if it knows none, the outermost does.
FaultBody read_body(std::string_view text) {
  FaultBody body;
  const auto document = json::parse(text);
  if (!document) return body;
  for (const json::Value* error = find_ignoring_case(*document, "error"); error != nullptr;
       error = find_ignoring_case(*error, "innererror")) {
    if (const auto* code = find_text(*error, "code"); code != nullptr && (body.code.empty() || is_known_code(*code)))
      body.code = *code;
    if (const auto* message = find_text(*error, "message"); message != nullptr && body.message.empty())
      body.message = *message;
    for (const char* key : {"request-id", "requestid"})
      if (const auto* id = find_text(*error, key); id != nullptr && body.request_id.empty()) body.request_id = *id;
  }
  return body;
}

std::string words_for(const http::Response& response, const FaultBody& body) {
  std::string words = format("answered {}", response.status);
  if (!body.code.empty()) words += " " + escape_for_log(body.code, 100);
  if (!body.message.empty()) words += ": " + escape_for_log(redact_credentials(body.message), kWordsLimit);
  if (body.code.empty() && body.message.empty() && response.status >= 400) {
    const std::string type = response.header("content-type");
    words += response.body.empty() ? " without a body"
                                   : format(" with {} bytes of {}", response.body.size(),
                                            type.empty() ? "an unknown type" : escape_for_log(type, 60));
  }
  return words;
}

}  // namespace

Error read_fault(Operation operation, const http::Response& response, TimePoint now, std::string where) {
  const FaultBody body = read_body(response.body);
  const Fault& fault = find_fault(operation, response.status, body.code, body.message);
  Error error = make_error(fault.kind, std::move(where), words_for(response, body), std::string(fault.hint));
  error.status = response.status;
  error.code = escape_for_log(body.code, 100);
  error.request_id = escape_for_log(response.header("request-id"), 100);
  if (error.request_id.empty()) error.request_id = escape_for_log(body.request_id, 100);
  error.retry_after = http::retry_after(response, now);
  if (fault.wait.count() > 0)
    error.retry_after = std::max<Duration>(error.retry_after.value_or(Duration(0)), fault.wait);
  return error;
}

}  // namespace graph_milter::graph
