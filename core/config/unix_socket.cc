// SPDX-License-Identifier: Apache-2.0
#include "core/config/unix_socket.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "core/base/file.h"
#include "core/base/format.h"
#include "core/config/socket_address.h"

namespace graph_milter::config {

Result<int> try_connect(const std::string& path, const std::string& option) {
  const FileDescriptor probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!probe.is_open()) return fail(system_error(option, "cannot make a socket", errno));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), std::min(path.size(), kUnixPathLimit));
  const void* generic = &address;
  return ::connect(probe.get(), static_cast<const sockaddr*>(generic), sizeof address) == 0 ? 0 : errno;
}

Status remove_stale_socket(const std::string& path, std::span<const uid_t> ours, const std::string& option) {
  struct stat info {};
  if (::lstat(path.c_str(), &info) != 0) {
    if (errno == ENOENT) return {};
    return fail(system_error(option, "cannot look at " + path, errno));
  }
  if (!S_ISSOCK(info.st_mode)) {
    return fail(ErrorKind::Configuration, option, path + " exists and is not a socket", "choose another path");
  }
  GM_TRY_ASSIGN(const int why, try_connect(path, option));
  if (why == 0 || why == EAGAIN) {
    return fail(ErrorKind::Configuration, option, path + " is in use by another process",
                "stop it, or choose another path");
  }
  if (why != ECONNREFUSED) return fail(system_error(option, "cannot tell whether " + path + " is in use", why));
  if (std::find(ours.begin(), ours.end(), info.st_uid) == ours.end()) {
    return fail(ErrorKind::Configuration, option,
                format("{} is left over from another user (uid {})", path, info.st_uid), "remove it");
  }
  return remove_file(path);
}

}  // namespace graph_milter::config
