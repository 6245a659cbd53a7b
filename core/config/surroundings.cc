// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <unistd.h>

#include <algorithm>

#include "core/base/file.h"
#include "core/base/format.h"
#include "core/config/configuration.h"

namespace graph_milter::config {

namespace {

class Surroundings {
 public:
  explicit Surroundings(const Configuration& configuration)
      : configuration_(configuration), settings_(configuration.settings) {}

  std::vector<Error> check() {
    if (auto secret = read_secret_file(settings_.client_secret_file); !secret)
      add("client-secret-file", secret.error());
    if (!settings_.ca_file.empty()) {
      if (auto file = open_file(settings_.ca_file, O_RDONLY); !file) add("ca-file", file.error());
    }
    check_user("socket-owner", settings_.socket_owner);
    check_user("user", settings_.user.substr(0, settings_.user.find(':')));
    check_group("user", settings_.user.find(':') == std::string::npos
                            ? std::string()
                            : settings_.user.substr(settings_.user.find(':') + 1));
    check_socket_group("socket-group", settings_.socket_group);
    check_socket_group("control-socket-group", settings_.control_socket_group);
    return std::move(errors_);
  }

 private:
  // Names the option's line in front of what is wrong with the thing it points to.
  void add(std::string_view option, Error error) {
    const auto found = configuration_.set_at.find(option);
    const std::string place = found == configuration_.set_at.end() ? std::string() : found->second + ": ";
    error.where = place + std::string(option) + (error.where.empty() ? "" : ": " + error.where);
    errors_.push_back(std::move(error));
  }

  void add(std::string_view option, std::string what, std::string hint) {
    add(option, make_error(ErrorKind::Configuration, {}, std::move(what), std::move(hint)));
  }

  void check_user(std::string_view option, const std::string& name) {
    if (name.empty() || getpwnam(name.c_str()) != nullptr) return;
    add(option, format("there is no user \"{}\" on this machine", name), format("adduser --system --group {}", name));
  }

  bool check_group(std::string_view option, const std::string& name) {
    if (name.empty()) return false;
    if (getgrnam(name.c_str()) != nullptr) return true;
    add(option, format("there is no group \"{}\" on this machine", name), {});
    return false;
  }

  // Only root may give a file to a group it is not in.
  void check_socket_group(std::string_view option, const std::string& name) {
    if (!check_group(option, name) || ::geteuid() == 0) return;
    const gid_t wanted = getgrnam(name.c_str())->gr_gid;
    std::vector<gid_t> groups(static_cast<std::size_t>(std::max(0, ::getgroups(0, nullptr))));
    groups.resize(static_cast<std::size_t>(std::max(0, ::getgroups(static_cast<int>(groups.size()), groups.data()))));
    if (wanted == ::getegid() || std::find(groups.begin(), groups.end(), wanted) != groups.end()) return;
    const passwd* self = getpwuid(::geteuid());
    const std::string user = self == nullptr ? format("uid {}", ::geteuid()) : std::string(self->pw_name);
    add(option, format("{} is not a member of the group \"{}\", so it can't give the socket to it", user, name),
        format("adduser {} {}, or start as root with the option user", user, name));
  }

  const Configuration& configuration_;
  const Settings& settings_;
  std::vector<Error> errors_;
};

}  // namespace

std::vector<Error> check_surroundings(const Configuration& configuration) {
  return Surroundings(configuration).check();
}

}  // namespace graph_milter::config
