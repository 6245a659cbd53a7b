// SPDX-License-Identifier: Apache-2.0
#include "core/admin/control_client.h"

#include <httplib.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

#include "core/admin/control_protocol.h"
#include "core/base/format.h"
#include "core/base/text.h"
#include "core/json/json.h"

namespace graph_milter::admin {

namespace {

// The daemon's words, whichever form was asked for.
std::string refusal(std::string_view body) {
  const auto document = json::parse(body);
  const std::string* words = document ? document->find_string("error") : nullptr;
  return escape_for_log(words != nullptr ? std::string_view(*words) : trim(body), 1000);
}

ErrorKind kind_of(int status) {
  switch (status) {
    case 403:
      return ErrorKind::Unauthorized;
    case 404:
      return ErrorKind::NotFound;
    case 409:
      return ErrorKind::Usage;
    default:
      return ErrorKind::Permanent;
  }
}

// What a request that brought no answer means: `broken` if it may have been heard.
Error silence(const std::string& socket_path, httplib::Error why, ErrorKind broken) {
  if (why == httplib::Error::Connection) {
    return make_error(ErrorKind::Transient, socket_path, "no daemon listens there");
  }
  return make_error(broken, socket_path, format("the daemon did not answer ({})", to_lower(httplib::to_string(why))));
}

template <class Send>
Result<DaemonAnswer> exchange(const std::string& socket_path, ErrorKind broken, Send send) {
  if (::access(socket_path.c_str(), R_OK | W_OK) != 0 && errno != ENOENT) {
    return fail(system_error(socket_path, "cannot ask the daemon", errno));
  }
  httplib::Client client(socket_path);
  client.set_address_family(AF_UNIX);
  client.set_connection_timeout(5);
  client.set_read_timeout(60);
  const httplib::Result answer = send(client);
  if (!answer) return fail(silence(socket_path, answer.error(), broken));
  if (answer->status == 200) return DaemonAnswer{answer->body, answer->has_header(kNeedsAPerson)};
  return fail(kind_of(answer->status), {}, refusal(answer->body));
}

}  // namespace

Result<DaemonAnswer> ask_daemon(const std::string& socket_path, const std::string& question) {
  return exchange(socket_path, ErrorKind::Transient, [&](httplib::Client& client) { return client.Get(question); });
}

Result<DaemonAnswer> order_daemon(const std::string& socket_path, const std::string& order) {
  httplib::Headers headers;
  if (const char* user = std::getenv("SUDO_USER"); user != nullptr && *user != '\0') {
    headers.emplace(kSudoUser, escape_for_log(user, 64));
  }
  return exchange(socket_path, ErrorKind::Unclear,
                  [&](httplib::Client& client) { return client.Post(order, headers, std::string(), "text/plain"); });
}

}  // namespace graph_milter::admin
