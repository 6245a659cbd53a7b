// SPDX-License-Identifier: Apache-2.0
#include "milter/socket.h"

#include <fcntl.h>
#include <netdb.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>

#include "core/base/file.h"
#include "core/base/format.h"

namespace graph_milter::milter {

namespace {

constexpr const char* kOption = "socket";

std::string directory_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == 0 ? std::string("/") : path.substr(0, slash);
}

// Whether somebody listens: errno of connect(2), 0 if it went through.
Result<int> try_connect(const std::string& path) {
  const FileDescriptor probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!probe.is_open()) return fail(system_error(kOption, "cannot make a socket", errno));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  const void* generic = &address;
  return connect(probe.get(), static_cast<const sockaddr*>(generic), sizeof address) == 0 ? 0 : errno;
}

Status remove_stale(const SocketPlan& plan) {
  const std::string& path = plan.address.path;
  struct stat info {};
  if (lstat(path.c_str(), &info) != 0) {
    if (errno == ENOENT) return {};
    return fail(system_error(kOption, "cannot look at " + path, errno));
  }
  if (!S_ISSOCK(info.st_mode)) {
    return fail(ErrorKind::Configuration, kOption, path + " exists and is not a socket", "choose another path");
  }
  GM_TRY_ASSIGN(const int why, try_connect(path));
  // EAGAIN: the backlog of whoever listens is full.
  if (why == 0 || why == EAGAIN) {
    return fail(ErrorKind::Configuration, kOption, path + " is in use by another process",
                "stop it, or choose another path");
  }
  if (why != ECONNREFUSED) return fail(system_error(kOption, "cannot tell whether " + path + " is in use", why));
  if (info.st_uid != geteuid() && info.st_uid != plan.daemon_uid && info.st_uid != plan.owner.value_or(geteuid())) {
    return fail(ErrorKind::Configuration, kOption,
                format("{} is left over from another user (uid {})", path, info.st_uid), "remove it");
  }
  return remove_file(path);
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
  GM_TRY(remove_stale(plan));
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

// libmilter does not tell why it could not bind, so a socket of our own is bound for a moment.
Status check_inet(const config::SocketAddress& address) {
  addrinfo wanted{};
  wanted.ai_family = address.family == config::SocketFamily::Inet6 ? AF_INET6 : AF_INET;
  wanted.ai_socktype = SOCK_STREAM;
  AddressList list;
  if (const int rc = getaddrinfo(address.host.c_str(), std::to_string(address.port).c_str(), &wanted, &list.first);
      rc != 0) {
    return fail(ErrorKind::Configuration, kOption, "cannot find " + address.host + ": " + gai_strerror(rc));
  }
  const FileDescriptor probe(::socket(list.first->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!probe.is_open()) return fail(system_error(kOption, "cannot make a socket", errno));
  const int reuse = 1;
  setsockopt(probe.get(), SOL_SOCKET, SO_REUSEADDR, &reuse, sizeof reuse);
  if (bind(probe.get(), list.first->ai_addr, list.first->ai_addrlen) != 0) {
    return fail(system_error(kOption, "cannot listen on " + address.text(), errno));
  }
  return {};
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

}  // namespace graph_milter::milter
