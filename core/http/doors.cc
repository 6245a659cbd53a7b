// SPDX-License-Identifier: Apache-2.0
#include <curl/curl.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <mutex>
#include <utility>

#include "core/base/format.h"
#include "core/base/text.h"
#include "core/http/exchange.h"
#include "core/http/handle_pool.h"
#include "core/http/http.h"
#include "core/http/url.h"

namespace graph_milter::http {
namespace {

void initialise_curl_once() {
  static std::once_flag once;
  std::call_once(once, [] {
    // libcurl would write the keys of every TLS session to the file it names.
    unsetenv("SSLKEYLOGFILE");
    curl_global_init(CURL_GLOBAL_DEFAULT);
  });
}

// What both doors share.
class Line {
 public:
  explicit Line(HttpSettings settings) : settings_(std::move(settings)) {}

  const HttpSettings& settings() const { return settings_; }

  Result<Response> send(const Request& request) {
    GM_TRY_ASSIGN(const Origin origin, read_origin(request.url.reveal(), "request URL"));
    const std::string key = origin.text();
    const std::string where = format("{} {}", name_of(request.method), key);
    Handle handle = pool_.take(key);
    if (!handle) return fail(ErrorKind::System, where, "libcurl has no memory for another handle");

    Exchange exchange(handle.get(), request, settings_, where);
    auto response = exchange.run();
    if (exchange.may_reuse())
      pool_.give_back(key, std::move(handle));
    else if (response && response->status == 503)
      pool_.forget(key);  // they all lead to the server that has no room for us
    return response;
  }

 private:
  const HttpSettings settings_;
  HandlePool pool_;
};

class CurlApiDoor final : public ApiDoor {
 public:
  explicit CurlApiDoor(std::shared_ptr<Line> line) : line_(std::move(line)) {}
  Result<Response> send(const Request& request) override { return line_->send(request); }

 private:
  std::shared_ptr<Line> line_;
};

bool is_credential(std::string_view header) {
  return equal_ignoring_case(header, "authorization") || equal_ignoring_case(header, "proxy-authorization") ||
         equal_ignoring_case(header, "cookie");
}

class CurlUploadDoor final : public UploadDoor {
 public:
  explicit CurlUploadDoor(std::shared_ptr<Line> line) : line_(std::move(line)) {}
  Result<Response> send(const Request& request) override {
    GM_TRY(check_upload_url(request.url.reveal(), line_->settings()));
    Request without = request;
    std::erase_if(without.headers, [](const auto& header) { return is_credential(trim(header.first)); });
    return line_->send(without);
  }

 private:
  std::shared_ptr<Line> line_;
};

}  // namespace

Doors open_doors(const HttpSettings& settings) {
  initialise_curl_once();
  std::signal(SIGPIPE, SIG_IGN);
  const auto line = std::make_shared<Line>(settings);
  return {std::make_shared<CurlApiDoor>(line), std::make_shared<CurlUploadDoor>(line)};
}

}  // namespace graph_milter::http
