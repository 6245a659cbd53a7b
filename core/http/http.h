// SPDX-License-Identifier: Apache-2.0
// HTTP requests and responses as values, and two doors: one that carries a token, one whose type has no place for it.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/bytes.h"
#include "core/base/clock.h"
#include "core/base/secret.h"

namespace graph_milter::http {

enum class Method { Get, Post, Put, Patch, Delete };
std::string_view name_of(Method method);

struct Request {
  Method method = Method::Get;
  Secret url;  // used byte for byte, never normalised; a Secret because upload URLs hold a token
  std::vector<std::pair<std::string, std::string>> headers;
  ByteSource* body = nullptr;  // streamed, Content-Length = size(); null: no body (Content-Length: 0 where one is due)
  ByteSource* compare_with = nullptr;  // if set, the response body is compared with it instead of being kept
  ByteCount response_limit = 1024 * 1024;
  Duration timeout = std::chrono::minutes(5);
};

struct Response {
  int status = 0;
  std::map<std::string, std::string> headers;  // names lower case; the last of equal names
  std::string body;                            // at most Request::response_limit
  bool body_equal = false;                     // with Request::compare_with: same bytes and same length

  std::string header(std::string_view lower_name) const;  // or empty
};

struct HttpSettings {
  std::string ca_file;                    // empty: the system's
  std::vector<std::string> upload_hosts;  // host suffixes an upload URL may have ("outlook.office.com")
  bool allow_private_addresses = false;   // loopback, private, link-local; and ports other than 443
  Duration connect_timeout = std::chrono::seconds(15);
  Duration stall_timeout = std::chrono::seconds(60);  // no byte for this long: give up
  std::string user_agent = "graph-milter/" GM_VERSION;
};

// Whatever sends a request and returns the response. An answer of any status is a success here; what it means is
// core/graph's. Errors: Transient when nothing can have been processed (no connection, TLS, DNS), Unclear when the
// request had been written at least in part, Configuration for a certificate that does not verify or a refused host.
// Any thread; blocks.
class Door {
 public:
  virtual ~Door() = default;
  virtual Result<Response> send(const Request& request) = 0;
};

// To Graph and to the token service.
class ApiDoor : public Door {};

// To upload URLs: refuses a URL that is not https, has user info, an IP literal, a port other than 443 (unless
// allow_private_addresses) or a host outside upload_hosts; that error is Configuration and names host and option.
// Never sends Authorization, whatever the request says.
class UploadDoor : public Door {};

// Both doors over one pool of libcurl easy handles per origin: HTTP/1.1, kept alive, no redirects, no proxy from the
// environment, no Expect, TLS 1.2 or newer, whole buffers to the socket.
struct Doors {
  std::shared_ptr<ApiDoor> api;
  std::shared_ptr<UploadDoor> upload;
};
Doors open_doors(const HttpSettings& settings);

}  // namespace graph_milter::http
