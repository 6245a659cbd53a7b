// SPDX-License-Identifier: Apache-2.0
#include "milter/ctl_reload.h"

#include <sysexits.h>

#include <ostream>

#include "core/admin/control_client.h"
#include "core/config/configuration.h"
#include "core/config/exit_status.h"

namespace graph_milter::ctl {

namespace {

// Why nobody was found. A file that can't be read does not say where the daemon listens either.
int tell_nobody_there(const Call& call, const config::Reading& reading, Error error) {
  const config::Configuration& known = reading.configuration;
  error.hint = "graph-milter reads its configuration when it starts";
  if (known.text.sections.empty() && !known.set_at.contains("control-socket")) {
    complain(call, reading.errors.front());
    error.hint = "where the daemon listens stands in the conf file: correct that, or add -o control-socket=PATH";
  }
  complain(call, error);
  return EX_UNAVAILABLE;
}

}  // namespace

int reload(const Call& call) {
  // What is wrong with the file is the daemon's to say; here it only says where the daemon listens.
  const config::Reading reading = config::read_configuration(call.arguments.conf_file, call.arguments.overrides);
  const std::string form = call.arguments.json ? "json" : "words";
  auto answer = admin::order_daemon(reading.configuration.settings.control_socket, "/reload?form=" + form);
  if (!answer) {
    if (answer.error().kind == ErrorKind::Transient) {
      return tell_nobody_there(call, reading, std::move(answer).error());
    }
    complain(call, answer.error());
    return config::exit_status(answer.error());
  }
  const bool refused = answer->needs_a_person;
  (refused && !call.arguments.json ? call.err : call.out) << answer->text;
  return refused ? EX_CONFIG : EX_OK;
}

}  // namespace graph_milter::ctl
