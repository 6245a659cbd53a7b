// SPDX-License-Identifier: Apache-2.0
#include "milter/socket.h"

#include <fcntl.h>
#include <netdb.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "core/base/file.h"
#include "core/config/unix_socket.h"

namespace graph_milter::milter {

namespace {

constexpr const char* kOption = "socket";

std::string directory_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == 0 ? std::string("/") : path.substr(0, slash);
}

Status give_access(const SocketPlan& plan) {
  const std::string& path = plan.address.path;
  constexpr auto kKeepUser = static_cast<uid_t>(-1);
  constexpr auto kKeepGroup = static_cast<gid_t>(-1);
  if (lchown(path.c_str(), plan.owner.value_or(kKeepUser), plan.group.value_or(kKeepGroup)) != 0) {
    return fail(system_error("socket-owner, socket-group", "cannot give " + path + " to them", errno)
                    .with_hint("start as root, or as a member of that group"));
  }
  if (chmod(path.c_str(), plan.mode) != 0) {
    return fail(system_error("socket-mode", "cannot change the mode of " + path, errno));
  }
  return {};
}

Status open_unix(const SocketPlan& plan, const std::function<bool(const std::string&)>& open) {
  const std::string directory = directory_of(plan.address.path);
  auto lock = open_file(directory, O_RDONLY | O_DIRECTORY);
  if (!lock) {
    return fail(system_error(kOption, "cannot open the directory " + directory, lock.error().status)
                    .with_hint("create it, owned by the daemon's user, with mode 0750 and the MTA's group"));
  }
  if (flock(lock->get(), LOCK_EX) != 0) return fail(system_error(kOption, "cannot lock " + directory, errno));
  if (faccessat(AT_FDCWD, directory.c_str(), W_OK | X_OK, AT_EACCESS) != 0) {
    return fail(system_error(kOption, "cannot create a socket in " + directory, errno)
                    .with_hint("the daemon's user needs write access to that directory"));
  }
  const std::array ours = {geteuid(), plan.daemon_uid, plan.owner.value_or(plan.daemon_uid)};
  GM_TRY(config::remove_stale_socket(plan.address.path, ours, kOption));
  const mode_t before = umask(0007);
  const bool opened = open(plan.address.text());
  umask(before);
  if (!opened) {
    return fail(ErrorKind::Configuration, kOption, "cannot listen on " + plan.address.text(), "see the system log");
  }
  return give_access(plan);
}

struct AddressList {
  ~AddressList() {
    if (first != nullptr) freeaddrinfo(first);
  }
  addrinfo* first = nullptr;
};

Status look_up(const config::SocketAddress& address, AddressList& out) {
  addrinfo wanted{};
  wanted.ai_family = address.family == config::SocketFamily::Inet6 ? AF_INET6 : AF_INET;
  wanted.ai_socktype = SOCK_STREAM;
  const int rc = getaddrinfo(address.host.c_str(), std::to_string(address.port).c_str(), &wanted, &out.first);
  if (rc == 0) return {};
  return fail(ErrorKind::Configuration, kOption, "cannot find " + address.host + ": " + gai_strerror(rc));
}

// libmilter does not tell why it could not bind, so a socket of our own is bound for a moment.
Status check_inet(const config::SocketAddress& address) {
  AddressList list;
  GM_TRY(look_up(address, list));
  const FileDescriptor probe(::socket(list.first->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!probe.is_open()) return fail(system_error(kOption, "cannot make a socket", errno));
  const int reuse = 1;
  setsockopt(probe.get(), SOL_SOCKET, SO_REUSEADDR, &reuse, sizeof reuse);
  if (bind(probe.get(), list.first->ai_addr, list.first->ai_addrlen) != 0) {
    return fail(system_error(kOption, "cannot listen on " + address.text(), errno));
  }
  return {};
}

Result<int> try_connect_inet(const config::SocketAddress& address) {
  AddressList list;
  GM_TRY(look_up(address, list));
  const FileDescriptor caller(::socket(list.first->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!caller.is_open()) return fail(system_error(kOption, "cannot make a socket", errno));
  const bool connects = connect(caller.get(), list.first->ai_addr, list.first->ai_addrlen) == 0 || errno == EINPROGRESS;
  return connects ? 0 : errno;
}

}  // namespace

Status open_socket(const SocketPlan& plan, const std::function<bool(const std::string&)>& open) {
  if (plan.address.family == config::SocketFamily::Unix) return open_unix(plan, open);
  GM_TRY(check_inet(plan.address));
  if (!open(plan.address.text())) {
    return fail(ErrorKind::Configuration, kOption, "cannot listen on " + plan.address.text(), "see the system log");
  }
  return {};
}

Status knock(const config::SocketAddress& address) {
  const bool is_unix = address.family == config::SocketFamily::Unix;
  GM_TRY_ASSIGN(const int why, is_unix ? config::try_connect(address.path, kOption) : try_connect_inet(address));
  // Where there is no room for more connections, libmilter has enough to do.
  if (why == 0 || why == EAGAIN) return {};
  return fail(system_error(kOption, "cannot connect to " + address.text(), why));
}

}  // namespace graph_milter::milter
