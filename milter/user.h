// SPDX-License-Identifier: Apache-2.0
// Users and groups by name, and giving up root for good.
#pragma once

#include <sys/types.h>

#include <string>

#include "core/base/result.h"

namespace graph_milter::milter {

struct Account {
  std::string name;
  uid_t uid = 0;
  gid_t gid = 0;
};

// "USER" or "USER:GROUP"; errors name `option`.
Result<Account> find_account(const std::string& text, const std::string& option);
Result<uid_t> find_user(const std::string& name, const std::string& option);
Result<gid_t> find_group(const std::string& name, const std::string& option);

// Becomes `account` in all three ids with its supplementary groups, and makes sure there is no way back.
// REQUIRES: one thread, effective uid 0.
Status become(const Account& account);

}  // namespace graph_milter::milter
