// SPDX-License-Identifier: Apache-2.0
// Tells the administrator, in the log and by mail, that the application's credential is about to end.
#pragma once

#include <functional>
#include <optional>

#include "core/base/in_force.h"
#include "core/delivery/alerts.h"
#include "core/delivery/expiry.h"
#include "core/queue/queue.h"

namespace graph_milter::delivery {

// What was said is noted in the queue, so that a restart does not say it again. One thread, but for change().
class ExpiryWatch {
 public:
  // Nothing: nobody knows when it ends. Asked anew each time, for files are replaced.
  using End = std::function<Result<std::optional<auth::CredentialEnd>>()>;

  ExpiryWatch(AlertSettings settings, queue::Queue& queue, const Clock& clock, End end);

  // From the next look on. Any thread.
  void change(AlertSettings settings, End end) { fresh_.put({std::move(settings), std::move(end)}); }

  // Asks for the end at most once an hour, and tells what decide_expiry() says. A mail that the MTA does not take now
  // is tried again at the next look; without `to` the log alone says it. A credential that can't be read is not for us
  // to tell of: each request for a token does.
  void look();

 private:
  const ExpiryState& told();
  void say(const auth::CredentialEnd& credential, const ExpiryState& next);

  struct Settings {
    AlertSettings alerts;
    End end;
  };

  InForce<Settings> fresh_;
  AlertSettings settings_;  // of this look
  queue::Queue& queue_;
  const Clock& clock_;
  std::optional<ExpiryState> told_;  // as noted; nullopt: not read yet
  TimePoint next_look_{};
};

}  // namespace graph_milter::delivery
