// SPDX-License-Identifier: Apache-2.0
#include "core/admin/control_protocol.h"

namespace graph_milter::admin {

std::optional<queue::Command> parse_command(std::string_view name) {
  for (const queue::Command command : {queue::Command::Retry, queue::Command::Hold, queue::Command::Release,
                                       queue::Command::Return, queue::Command::HandBack, queue::Command::Delete}) {
    if (queue::name_of(command) == name) return command;
  }
  return std::nullopt;
}

}  // namespace graph_milter::admin
