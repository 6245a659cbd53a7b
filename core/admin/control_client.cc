// SPDX-License-Identifier: Apache-2.0
#include "core/admin/control_client.h"

#include <httplib.h>
#include <unistd.h>

#include <cerrno>

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

}  // namespace

Result<std::string> ask_daemon(const std::string& socket_path, const std::string& question) {
  if (::access(socket_path.c_str(), R_OK | W_OK) != 0 && errno != ENOENT) {
    return fail(system_error(socket_path, "cannot ask the daemon", errno));
  }
  httplib::Client client(socket_path);
  client.set_address_family(AF_UNIX);
  client.set_connection_timeout(5);
  client.set_read_timeout(60);
  const httplib::Result answer = client.Get(question);
  if (!answer && answer.error() == httplib::Error::Connection) {
    return fail(ErrorKind::Transient, socket_path, "no daemon listens there");
  }
  if (!answer) {
    return fail(ErrorKind::Transient, socket_path,
                format("the daemon did not answer ({})", to_lower(httplib::to_string(answer.error()))));
  }
  if (answer->status == 200) return answer->body;
  const ErrorKind kind = answer->status == 404 ? ErrorKind::NotFound : ErrorKind::Permanent;
  return fail(kind, {}, refusal(answer->body));
}

}  // namespace graph_milter::admin
