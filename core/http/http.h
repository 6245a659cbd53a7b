// SPDX-License-Identifier: Apache-2.0
// HTTP requests and responses as values, and two doors: one that carries a token, one whose type has no place for it.
#pragma once

#include <atomic>
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
  ByteSource* compare_with = nullptr;      // if set, the response body is compared with it instead of being kept
  ByteCount response_limit = 1024 * 1024;  // a longer response is an error ...
  bool keep_prefix = false;                // ... unless this is set: then it is cut there
  Duration timeout = std::chrono::minutes(5);
  std::string lane;  // whose lane the request takes (the mailbox); empty: none. Only graph::PacedDoor looks at it
};

struct Response {
  int status = 0;
  std::map<std::string, std::string> headers;  // names lower case; the last of equal names
  std::string body;                            // at most Request::response_limit
  bool body_equal = false;                     // with Request::compare_with and status 200: same bytes, same length
  bool cut = false;                            // with Request::keep_prefix: there was more

  std::string header(std::string_view lower_name) const;  // or empty
};

struct HttpSettings {
  std::string ca_file;                    // empty: the system's
  std::vector<std::string> upload_hosts;  // host suffixes an upload URL may have ("outlook.office.com")
  bool allow_private_addresses = false;   // loopback, private, link-local; and ports other than 443
  Duration connect_timeout = std::chrono::seconds(15);
  Duration stall_timeout = std::chrono::seconds(60);  // no byte for this long: give up
  std::string user_agent = "graph-milter/" GM_VERSION;
  std::shared_ptr<const std::atomic<bool>> stop;  // once true, requests end within about a second; null: never
};

// Whatever sends a request and returns the response. An answer of any status is a success here; what it means is
// core/graph's. Every error names method and origin, never the path. Kinds:
//   Configuration  refused before anything was sent: certificate, URL, host, private address
//   Transient      nothing can have been processed: no DNS, no connection, no TLS; for GET any other failure as well
//   Unclear        the request had been written at least in part, and no complete answer came
//   Cancelled      HttpSettings::stop was set before anything was written
//   any other      what Request::body or compare_with failed with
// A request other than GET and DELETE goes out at most once: where libcurl would repeat it by itself, because a kept
// connection died before the first byte of the answer, that is Unclear. Any thread; blocks.
class Door {
 public:
  virtual ~Door() = default;
  virtual Result<Response> send(const Request& request) = 0;
};

// To Graph and to the token service.
class ApiDoor : public Door {};

// To upload URLs: refuses a URL that is not https, has user info, a host outside upload_hosts or, unless
// allow_private_addresses, an IP literal or a port other than 443; that error is Configuration and names host and
// option. Never sends Authorization or Cookie, whatever the request says.
class UploadDoor : public Door {};

// Both doors over one pool of libcurl easy handles per origin: HTTP/1.1, kept alive, no redirects, no proxy from the
// environment, no Expect, TLS 1.2 or newer, whole buffers to the socket. After a failure or a 503 the next request to
// that origin takes a new connection. Both doors take https only and, unless allow_private_addresses, connect to public
// addresses only, whatever DNS says.
struct Doors {
  std::shared_ptr<ApiDoor> api;
  std::shared_ptr<UploadDoor> upload;
};
// Ignores SIGPIPE in the whole process: OpenSSL writes without MSG_NOSIGNAL, and a kept connection may be gone.
Doors open_doors(const HttpSettings& settings);

}  // namespace graph_milter::http
