// SPDX-License-Identifier: Apache-2.0
#include "milter/pid_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "core/base/format.h"
#include "core/base/text.h"

namespace graph_milter::milter {

Result<PidFile> PidFile::lock(const std::string& path) {
  PidFile file;
  if (path.empty()) return file;
  GM_TRY_ASSIGN(file.fd_, open_file(path, O_RDWR | O_CREAT | O_NOFOLLOW, 0644));
  file.path_ = path;
  if (flock(file.fd_.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return fail(system_error(path, "cannot lock the pid file", errno));
    const std::string pid = read_small_file(path, 32).value_or("unknown");
    return fail(ErrorKind::Configuration, path,
                "graph-milter is running already, as process " + std::string(trim(pid)));
  }
  return file;
}

Status PidFile::write() {
  if (path_.empty()) return {};
  if (ftruncate(fd_.get(), 0) != 0 || lseek(fd_.get(), 0, SEEK_SET) != 0) {
    return fail(system_error(path_, "cannot write the pid file", errno));
  }
  // The daemon's umask hides its files; this one is for everybody.
  if (fchmod(fd_.get(), 0644) != 0) return fail(system_error(path_, "cannot change its mode", errno));
  return write_all(fd_.get(), format("{}\n", getpid()), path_);
}

void PidFile::remove() {
  if (path_.empty()) return;
  // Without write access to the directory an empty file stays; the lock, not the file, is what a next start looks at.
  if (ftruncate(fd_.get(), 0) == 0) unlink(path_.c_str());
}

}  // namespace graph_milter::milter
