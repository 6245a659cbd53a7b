// SPDX-License-Identifier: Apache-2.0
#include "core/config/trusted_owners.h"

#include <pwd.h>

namespace graph_milter::config {

std::vector<uid_t> trusted_owners(const Settings& settings) {
  const std::string name = settings.user.substr(0, settings.user.find(':'));
  const passwd* user = name.empty() ? nullptr : getpwnam(name.c_str());
  if (user == nullptr) return {};
  return {user->pw_uid};
}

}  // namespace graph_milter::config
