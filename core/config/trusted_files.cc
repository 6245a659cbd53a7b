// SPDX-License-Identifier: Apache-2.0
#include "core/config/trusted_files.h"

#include <pwd.h>

#include <filesystem>
#include <system_error>

#include "core/base/safe_path.h"

namespace graph_milter::config {

std::vector<uid_t> trusted_owners(const Settings& settings) {
  const std::string name = settings.user.substr(0, settings.user.find(':'));
  const passwd* user = name.empty() ? nullptr : getpwnam(name.c_str());
  if (user == nullptr) return {};
  return {user->pw_uid};
}

std::vector<Error> check_conf_files(const Configuration& configuration) {
  const std::vector<uid_t> owners = trusted_owners(configuration.settings);
  std::vector<Error> errors;
  for (const std::string& file : configuration.text.files) {
    std::error_code ignored;
    const std::string path = std::filesystem::absolute(file, ignored).lexically_normal().string();
    if (Status good = check_trusted_file(path, owners); !good) errors.push_back(std::move(good).error());
  }
  return errors;
}

}  // namespace graph_milter::config
