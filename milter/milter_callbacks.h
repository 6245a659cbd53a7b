// SPDX-License-Identifier: Apache-2.0
// libmilter's callbacks: SMTP state and macros in, answers out. Nothing but this, its .cc and negotiation.h knows
// libmilter.
#pragma once

#include <functional>
#include <string>

#include "core/base/result.h"
#include "milter/milter_session.h"

namespace graph_milter::milter {

struct CallbackHost {
  SessionHost sessions;
  bool tcp = false;                 // the MTA comes by TCP
  std::function<void()> on_damage;  // the queue can't be used any more (any thread; may come often)
};

// libmilter allows one filter per process. `host` must live as long as the process runs libmilter's threads.
Status register_callbacks(const CallbackHost& host);

// Binds and listens. False: libmilter wrote to syslog why.
bool open_milter_socket(const std::string& address);

// Serves the MTA until SIGTERM, SIGHUP or stop_callbacks(). Threads of libmilter may still be inside callbacks when it
// returns. Errors: libmilter gave up.
Status run_callbacks();
void stop_callbacks();

}  // namespace graph_milter::milter
