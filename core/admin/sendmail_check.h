// SPDX-License-Identifier: Apache-2.0
// Which lines of sendmail.cf hurt, whom they hurt, and the .mc line that mends each. Pure.
//
// Not looked at: Milter.macros.*, since a filter that names its macros while negotiating, as ours does, gets them
// whatever stands there.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/admin/finding.h"
#include "core/admin/our_side.h"
#include "core/mta/sendmail_cf.h"

namespace graph_milter::admin {

struct SendmailQuestion {
  const mta::SendmailCf& cf;
  const OurSide& ours;
  std::string file;  // where `cf` was read
  // What keeps `user` from the socket, and what makes Sendmail refuse it; nullopt: nothing, or nobody knows
  // (socket_reach.h).
  std::function<std::optional<Error>(const std::string& path, const std::string& user)> why_closed = {};
  std::function<std::optional<Error>(const std::string& path)> why_unsafe = {};
};

std::vector<Finding> check_sendmail(const SendmailQuestion& question);

}  // namespace graph_milter::admin
