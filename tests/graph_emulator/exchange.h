// SPDX-License-Identifier: Apache-2.0
// One request and its answer as the model sees them, free of sockets. Targets and header values are the client's bytes.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/bytes.h"
#include "tests/graph_emulator/json.h"

namespace graph_milter::emulator {

enum class Host { Graph, Upload };  // Graph answers for the token service too

struct Exchange {
  Host host = Host::Graph;
  std::string method;                          // upper case
  std::string target;                          // path and query as on the wire
  std::map<std::string, std::string> headers;  // names lower case

  std::string header(std::string_view lower_name) const {
    const auto found = headers.find(std::string(lower_name));
    return found == headers.end() ? std::string() : found->second;
  }
  bool has_header(std::string_view lower_name) const { return headers.count(std::string(lower_name)) != 0; }
};

// The request's body as it arrives.
class BodyReader {
 public:
  virtual ~BodyReader() = default;
  virtual ByteCount size() const = 0;  // Content-Length
  // Some bytes; 0: the end, or the client is gone (then less than size() was delivered).
  virtual std::size_t read(std::span<char> out) = 0;
};

struct Reply {
  enum class Line { Keep, Close, DropUnanswered, Truncate, Refuse };

  int status = 200;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  std::shared_ptr<ByteSource> stream;  // if set, the body instead of `body`
  bool content_length = true;          // false: without Content-Length; the connection is closed
  Line line = Line::Keep;

  Reply& with(std::string name, std::string value) {
    headers.emplace_back(std::move(name), std::move(value));
    return *this;
  }
};

Reply json_reply(int status, const Json& body);
Reply empty_reply(int status);

}  // namespace graph_milter::emulator
