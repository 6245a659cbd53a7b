// SPDX-License-Identifier: Apache-2.0
// Which of Postfix's settings hurt, whom they hurt, and the command that mends each. Pure.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/admin/finding.h"
#include "core/admin/our_side.h"
#include "core/mta/postfix_settings.h"

namespace graph_milter::admin {

struct PostfixQuestion {
  const mta::PostfixSettings& postfix;
  const OurSide& ours;
  std::string command = "postconf";  // as hints say it: with -c, where that was asked
  // What keeps `user` from the socket at `path`; nullopt: nothing, or nobody knows (socket_reach.h).
  std::function<std::optional<Error>(const std::string& path, const std::string& user)> why_closed = {};
};

std::vector<Finding> check_postfix(const PostfixQuestion& question);

}  // namespace graph_milter::admin
