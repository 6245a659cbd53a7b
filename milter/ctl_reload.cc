// SPDX-License-Identifier: Apache-2.0
#include "milter/ctl_reload.h"

#include <sysexits.h>

#include <ostream>

#include "core/admin/control_client.h"
#include "core/config/configuration.h"
#include "core/config/exit_status.h"

namespace graph_milter::ctl {

int reload(const Call& call) {
  // What is wrong with the file is the daemon's to say; here it only says where the daemon listens.
  const config::Reading reading = config::read_configuration(call.arguments.conf_file, call.arguments.overrides);
  const std::string form = call.arguments.json ? "json" : "words";
  auto answer = admin::order_daemon(reading.configuration.settings.control_socket, "/reload?form=" + form);
  if (!answer) {
    Error error = std::move(answer).error();
    const bool nobody_there = error.kind == ErrorKind::Transient;
    if (nobody_there) error.hint = "graph-milter reads its configuration when it starts";
    complain(call, error);
    return nobody_there ? EX_UNAVAILABLE : config::exit_status(error);
  }
  const bool refused = answer->needs_a_person;
  (refused && !call.arguments.json ? call.err : call.out) << answer->text;
  return refused ? EX_CONFIG : EX_OK;
}

}  // namespace graph_milter::ctl
