// SPDX-License-Identifier: Apache-2.0
// Going to the background: the process that was started waits until the daemon is ready or has failed, and reports it.
#pragma once

#include "core/base/file.h"

namespace graph_milter::milter {

// The daemon's side of the link to the process that was started.
class Starter {
 public:
  Starter() = default;  // in the foreground: nobody waits

  // Forks twice and starts a session. Returns only in the daemon; the process that was started waits for ready() and
  // exits with 0, or with the daemon's exit status if that ends before. REQUIRES: one thread.
  static Result<Starter> go_to_background();

  // The daemon works: the process that was started may leave. Standard input and output go to /dev/null; standard error
  // too unless `keep_stderr`.
  void ready(bool keep_stderr);

  // The daemon ends before it was ready: what the process that was started shall exit with.
  void failed(int exit_status);

 private:
  FileDescriptor to_starter_;
};

}  // namespace graph_milter::milter
