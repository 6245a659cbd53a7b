// SPDX-License-Identifier: Apache-2.0
// `graph-milterctl status`, `trace` and `queue ...`. Each returns the exit status.
#pragma once

#include "core/config/settings.h"
#include "core/queue/queue.h"
#include "milter/ctl_commands.h"

namespace graph_milter::ctl {

// 0, 1 if something needs a person, EX_UNAVAILABLE without a daemon.
int status(const Call& call, const config::Settings& settings);

// 0, or 1 if nothing is known of the operand.
int trace(const Call& call, const config::Settings& settings);

int queue_list(const Call& call, const config::Settings& settings);
int queue_show(const Call& call, const config::Settings& settings);

// The operands are ids, or ALL, or - for ids on standard input. 0, or 1 if some of them were refused; EX_UNAVAILABLE
// without a daemon. Nothing is done if one of them is no id at all.
int order_all(const Call& call, const config::Settings& settings, queue::Command command);

template <queue::Command command>
int queue_order(const Call& call, const config::Settings& settings) {
  return order_all(call, settings, command);
}

}  // namespace graph_milter::ctl
