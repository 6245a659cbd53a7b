// SPDX-License-Identifier: Apache-2.0
#include "core/queue/ballast.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/file.h"
#include "core/base/format.h"
#include "core/base/log.h"
#include "core/base/text.h"

namespace graph_milter::queue {

Ballast::Ballast(const Spool& spool, ByteCount size)
    : spool_(spool), size_(size), path_(spool.directory() + "/ballast") {}

bool Ballast::is_there() const {
  struct stat info {};
  return ::lstat(path_.c_str(), &info) == 0 && S_ISREG(info.st_mode) && static_cast<ByteCount>(info.st_size) == size_ &&
         static_cast<ByteCount>(info.st_blocks) * 512 >= size_;
}

void Ballast::restore(ByteCount reserve) {
  const std::lock_guard lock(mutex_);
  if (size_ != 0 && is_there()) return;
  // What a crash left half made, or another size.
  if (const Status removed = remove_file(path_); !removed) {
    log_text(LogLevel::Warning, "no ballast: " + removed.error().text());
    return;
  }
  if (size_ == 0 || !spool_.check_room(2 * size_, reserve)) return;
  const auto fd = open_file(path_, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
  // Not synced: after a power cut a ballast that is missing is made again.
  const int error = fd ? ::posix_fallocate(fd->get(), 0, static_cast<off_t>(size_)) : 0;
  if (fd && error == 0) return;
  const Error why = fd ? system_error(path_, "cannot take up room", error) : fd.error();
  log_text(LogLevel::Warning, "no ballast: " + why.text());
  ::unlink(path_.c_str());
}

bool Ballast::give_up() {
  const std::lock_guard lock(mutex_);
  if (::unlink(path_.c_str()) != 0) return false;
  log_text(LogLevel::Error,
           format("{}: the disk is full; {} of ballast were given up so that queued mail can be finished "
                  "(free some space: new mail is refused until then)",
                  spool_.directory(), human_size(size_)));
  return true;
}

}  // namespace graph_milter::queue
