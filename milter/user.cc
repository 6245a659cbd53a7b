// SPDX-License-Identifier: Apache-2.0
#include "milter/user.h"

#include <grp.h>
#include <pwd.h>
#include <unistd.h>

#include <cerrno>
#include <optional>
#include <vector>

namespace graph_milter::milter {

namespace {

constexpr std::size_t kNameBuffer = 65536;

Result<Account> find_by_name(const std::string& name, const std::string& option) {
  passwd entry{};
  passwd* found = nullptr;
  std::vector<char> buffer(kNameBuffer);
  if (const int rc = getpwnam_r(name.c_str(), &entry, buffer.data(), buffer.size(), &found); rc != 0) {
    return fail(system_error(option, "cannot look up user " + name, rc));
  }
  if (found == nullptr) {
    return fail(ErrorKind::Usage, option, "there is no user named " + name,
                "create it: adduser --system --group --no-create-home " + name);
  }
  return Account{name, entry.pw_uid, entry.pw_gid};
}

}  // namespace

Result<uid_t> find_user(const std::string& name, const std::string& option) {
  GM_TRY_ASSIGN(const Account account, find_by_name(name, option));
  return account.uid;
}

Result<gid_t> find_group(const std::string& name, const std::string& option) {
  group entry{};
  group* found = nullptr;
  std::vector<char> buffer(kNameBuffer);
  if (const int rc = getgrnam_r(name.c_str(), &entry, buffer.data(), buffer.size(), &found); rc != 0) {
    return fail(system_error(option, "cannot look up group " + name, rc));
  }
  if (found == nullptr) {
    return fail(ErrorKind::Usage, option, "there is no group named " + name,
                "name the group of the MTA: postfix for Postfix, smmsp or mail for Sendmail");
  }
  return entry.gr_gid;
}

Result<Account> find_account(const std::string& text, const std::string& option) {
  const std::size_t colon = text.find(':');
  GM_TRY_ASSIGN(Account account, find_by_name(text.substr(0, colon), option));
  if (colon != std::string::npos) {
    GM_TRY_ASSIGN(account.gid, find_group(text.substr(colon + 1), option));
  }
  return account;
}

Status become(const Account& account) {
  const auto failed = [&account](const char* call) {
    return fail(system_error("user", std::string(call) + " for " + account.name + " failed", errno));
  };
  if (initgroups(account.name.c_str(), account.gid) != 0) return failed("initgroups");
  if (setresgid(account.gid, account.gid, account.gid) != 0) return failed("setresgid");
  if (setresuid(account.uid, account.uid, account.uid) != 0) return failed("setresuid");
  if (account.uid != 0 && setuid(0) == 0) {
    return fail(ErrorKind::System, "user", "root could be taken back after becoming " + account.name);
  }
  return {};
}

}  // namespace graph_milter::milter
