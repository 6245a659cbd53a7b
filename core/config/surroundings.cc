// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "core/base/file.h"
#include "core/base/format.h"
#include "core/base/key_pair.h"
#include "core/config/configuration.h"

namespace graph_milter::config {

namespace {

class Surroundings {
 public:
  explicit Surroundings(const Configuration& configuration)
      : configuration_(configuration), settings_(configuration.settings) {
    const std::size_t colon = settings_.user.find(':');
    user_ = settings_.user.substr(0, colon);
    if (colon != std::string::npos) group_ = settings_.user.substr(colon + 1);
  }

  std::vector<Error> check() {
    if (!settings_.client_secret_file.empty()) check_secret("client-secret-file", settings_.client_secret_file);
    if (!settings_.client_certificate_file.empty()) check_certificate();
    if (!settings_.loop_key_file.empty()) check_loop_key();
    if (!settings_.ca_file.empty()) {
      if (auto file = open_file(settings_.ca_file, O_RDONLY); !file) add("ca-file", file.error());
    }
    check_user("socket-owner", settings_.socket_owner);
    check_user("user", user_);
    check_group("user", group_);
    check_socket_group("socket-group", settings_.socket_group, ::geteuid() == 0);
    check_socket_group("control-socket-group", settings_.control_socket_group, ::geteuid() == 0 && user_.empty());
    return std::move(errors_);
  }

 private:
  // Names the option's line in front of what is wrong with the thing it points to.
  void add(std::string_view option, Error error) {
    error.kind = ErrorKind::Configuration;
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

  // Root looks on behalf of the user the daemon is going to be, whose file it must be.
  void check_secret(std::string_view option, const std::string& path) {
    struct stat info {};
    const bool root = ::geteuid() == 0 && ::lstat(path.c_str(), &info) == 0;
    if (!root || info.st_uid == 0 || (info.st_mode & 0077U) != 0) {
      if (auto secret = read_secret_file(path); !secret) return add(option, secret.error());
    }
    const passwd* user = root && !user_.empty() ? getpwnam(user_.c_str()) : nullptr;
    if (user != nullptr && user->pw_uid != info.st_uid) {
      add(option, format("{} belongs to uid {}, so the user {} can't read it", path, info.st_uid, user_),
          format("chown {} {}", user_, path));
    }
  }

  void check_certificate() {
    const std::size_t before = errors_.size();
    check_secret("client-key-file", settings_.client_key_file);
    if (errors_.size() != before) return;
    const auto pair = KeyPair::read(settings_.client_certificate_file, settings_.client_key_file);
    if (pair) return;
    const bool is_key = pair.error().where == settings_.client_key_file;
    add(is_key ? "client-key-file" : "client-certificate-file", pair.error());
  }

  void check_loop_key() {
    constexpr std::size_t kLeast = 16;
    const std::string& path = settings_.loop_key_file;
    check_secret("loop-key-file", path);
    const auto key = read_secret_file(path);
    if (!key || key->reveal().size() >= kLeast) return;
    add("loop-key-file", format("{} has {} bytes; a key has {} at least", path, key->reveal().size(), kLeast),
        "make one with head -c 32 /dev/urandom | base64");
  }

  // Only root may give a file to a group it is not in. The control socket is made after root is given up.
  void check_socket_group(std::string_view option, const std::string& name, bool may_give_to_any) {
    if (!check_group(option, name) || may_give_to_any) return;
    const gid_t wanted = getgrnam(name.c_str())->gr_gid;
    const passwd* account = user_.empty() || ::geteuid() != 0 ? getpwuid(::geteuid()) : getpwnam(user_.c_str());
    if (account == nullptr) return;
    const std::string user = account->pw_name;
    if (is_member(user, account->pw_gid, wanted)) return;
    add(option, format("{} is not a member of the group \"{}\", so it can't give the socket to it", user, name),
        format("adduser {} {}", user, name));
  }

  static bool is_member(const std::string& user, gid_t primary, gid_t wanted) {
    std::vector<gid_t> groups(1024);
    int count = static_cast<int>(groups.size());
    if (::getgrouplist(user.c_str(), primary, groups.data(), &count) < 0) return true;
    groups.resize(static_cast<std::size_t>(count));
    return std::find(groups.begin(), groups.end(), wanted) != groups.end();
  }

  const Configuration& configuration_;
  const Settings& settings_;
  std::string user_, group_;
  std::vector<Error> errors_;
};

}  // namespace

std::vector<Error> check_surroundings(const Configuration& configuration) {
  return Surroundings(configuration).check();
}

}  // namespace graph_milter::config
