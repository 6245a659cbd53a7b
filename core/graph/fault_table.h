// SPDX-License-Identifier: Apache-2.0
// What an answer that is no success means: one table from status and code to the reaction.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "core/base/clock.h"
#include "core/base/error.h"
#include "core/http/http.h"

namespace graph_milter::graph {

// What was asked. It matters where the same answer means different things: a 504 after GET is worth another try, after
// `send` it may have sent.
enum class Operation {
  Any,          // in the table only
  Read,         // changes nothing
  Create,       // a draft, an attachment: repeated blindly it would be there twice
  OpenSession,  // repeated it leaves a session that expires
  Delete,
  Send,
  PutRange,  // the last three go to upload URLs
  AskRange,
  CancelRange,
};
std::string_view name_of(Operation operation);

struct Fault {
  Operation operation = Operation::Any;
  int first_status = 0;  // of the range that the row is for
  int last_status = 0;
  std::string_view code;  // empty: any
  std::string_view text;  // the message must hold it; empty: any. Only where the service gives no code of its own
  ErrorKind kind = ErrorKind::Transient;
  std::chrono::minutes wait{0};  // at least this long before the next try
  std::string_view hint;
};

// The first row that fits. Total: every status has one.
const Fault& find_fault(Operation operation, int status, std::string_view code, std::string_view message);

// True if a row names this code.
bool is_known_code(std::string_view code);

// The Error for `response`, which must not be a success: kind and hint from the table, code and words from the body in
// any of the shapes that are known (or none: HTML and empty bodies are normal), request id, Retry-After.
// `where` as in Error.
Error read_fault(Operation operation, const http::Response& response, TimePoint now, std::string where);

}  // namespace graph_milter::graph
