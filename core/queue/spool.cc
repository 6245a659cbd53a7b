// SPDX-License-Identifier: Apache-2.0
#include "core/queue/spool.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <utility>
#include <vector>

#include "core/base/failpoint.h"
#include "core/base/format.h"
#include "core/base/id.h"
#include "core/base/log.h"
#include "core/base/text.h"
#include "core/mail/message_file.h"

namespace graph_milter::queue {

namespace {

constexpr std::string_view kSuffix = ".msg";
constexpr std::size_t kShardStart = 10;  // behind the time in an entry id, so that shards fill evenly
constexpr long kCifsMagic = 0xFF534D42;  // not in linux/magic.h of every kernel
constexpr long kSmb2Magic = 0xFE534D42;

tl::unexpected<Error> unusable(const std::string& path, std::string what, std::string hint) {
  return fail(ErrorKind::Configuration, path, std::move(what), std::move(hint));
}

// True: it was made.
Result<bool> make_directory(const std::string& path) {
  if (::mkdir(path.c_str(), 0700) == 0) return true;
  const int error = errno;
  if (error == EEXIST) return false;
  Error failure = system_error(path, "cannot make the spool directory", error);
  if (error != ENOSPC && error != EIO && error != ENOMEM) {
    failure.kind = ErrorKind::Configuration;
    failure.hint = "make it, owned by the user that runs graph-milter and with mode 0700";
  }
  return fail(std::move(failure));
}

Status check_directory(const std::string& path) {
  struct stat info {};
  if (::lstat(path.c_str(), &info) != 0) return fail(system_error(path, "cannot stat", errno));
  if (!S_ISDIR(info.st_mode)) {
    return unusable(path, "is not a directory", "the spool must be a directory of graph-milter's own, not a link");
  }
  if (info.st_uid != ::geteuid()) {
    return unusable(path, format("belongs to uid {}, and graph-milter runs as uid {}", info.st_uid, ::geteuid()),
                    format("chown -R it to uid {}", ::geteuid()));
  }
  if ((info.st_mode & 0077U) != 0) {
    return unusable(path, format("has mode {:04o}, so others can see or change mail", info.st_mode & 07777U),
                    format("chmod 0700 {}", path));
  }
  if (::access(path.c_str(), R_OK | W_OK | X_OK) != 0) {
    const int error = errno;
    Error failure = system_error(path, "cannot be written", error);
    failure.kind = ErrorKind::Configuration;
    failure.hint = "make it writable for the user that runs graph-milter";
    return fail(std::move(failure));
  }
  return {};
}

// SQLite's log needs shared memory between processes, and our promises need an fsync that means it.
Status check_file_system(const std::string& path) {
  struct statfs info {};
  if (::statfs(path.c_str(), &info) != 0) return fail(system_error(path, "cannot ask for the file system", errno));
  const auto type = static_cast<unsigned long>(info.f_type) & 0xFFFFFFFFUL;
  if (type == NFS_SUPER_MAGIC || type == static_cast<unsigned long>(kCifsMagic) ||
      type == static_cast<unsigned long>(kSmb2Magic) || type == SMB_SUPER_MAGIC) {
    return unusable(path, "is on a network file system, which cannot keep what was promised",
                    "put the spool on a local disk");
  }
  if (type == TMPFS_MAGIC || type == RAMFS_MAGIC) {
    log_text(LogLevel::Warning, path + " is in memory: queued mail is lost when this machine restarts");
  }
  return {};
}

std::string parent_of(const std::string& path) {
  const auto slash = path.find_last_of('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

struct DirectoryCloser {
  void operator()(DIR* directory) const { ::closedir(directory); }
};

Result<std::vector<std::string>> names_in(const std::string& path) {
  GM_TRY_ASSIGN(FileDescriptor fd, open_file(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW));
  const std::unique_ptr<DIR, DirectoryCloser> directory(::fdopendir(fd.get()));
  if (directory == nullptr) return fail(system_error(path, "cannot read the directory", errno));
  fd.release();
  std::vector<std::string> out;
  for (;;) {
    errno = 0;
    const dirent* item = ::readdir(directory.get());
    if (item == nullptr && errno != 0) return fail(system_error(path, "cannot read the directory", errno));
    if (item == nullptr) return out;
    const std::string name = item->d_name;
    if (name != "." && name != "..") out.push_back(name);
  }
}

// A link in its place would lead out of the spool. One that is not there is none.
Status check_shard(const std::string& path) {
  struct stat info {};
  if (::lstat(path.c_str(), &info) != 0) {
    return errno == ENOENT ? Status() : fail(system_error(path, "cannot stat", errno));
  }
  return S_ISDIR(info.st_mode) ? Status() : fail(ErrorKind::Corrupt, path, "is not a directory of the spool");
}

bool is_regular_file(const std::string& path) {
  struct stat info {};
  return ::lstat(path.c_str(), &info) == 0 && S_ISREG(info.st_mode);
}

// The id a name in a shard stands for; empty: not a message file of ours.
std::string id_in(const std::string& name) {
  if (name.size() <= kSuffix.size() || name.substr(name.size() - kSuffix.size()) != kSuffix) return {};
  const std::string id = name.substr(0, name.size() - kSuffix.size());
  return is_entry_id(id) ? id : std::string();
}

bool is_leftover(const std::string& name) {
  return name.compare(0, mail::kScratchPrefix.size(), mail::kScratchPrefix) == 0;
}

}  // namespace

bool is_full(const Error& error) { return error.status == ENOSPC || error.status == EDQUOT; }

std::string journal_path(const std::string& directory) { return directory + "/journal.sqlite"; }

Result<SpoolLock> SpoolLock::take(const std::string& directory) {
  const std::string path = directory + "/lock";
  GM_TRY_ASSIGN(FileDescriptor fd, open_file(path, O_RDWR | O_CREAT | O_NOFOLLOW, 0600));
  if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
    const int error = errno;
    if (error != EWOULDBLOCK) return fail(system_error(path, "cannot lock", error));
    std::string pid(32, '\0');
    GM_TRY_ASSIGN(const std::size_t length, read_fully_at(fd.get(), 0, writable(pid), path));
    pid.resize(length);
    return unusable(directory, format("another graph-milter (pid {}) uses this spool", escape_for_log(trim(pid), 20)),
                    "stop it first, or give each its own spool-directory");
  }
  // The pid is for people; the lock holds without it, also on a full disk.
  Status named = ::ftruncate(fd.get(), 0) == 0 ? Status() : fail(system_error(path, "cannot write", errno));
  if (named) named = write_all(fd.get(), format("{}\n", ::getpid()), path);
  if (!named && !is_full(named.error())) return fail(std::move(named).error());
  return SpoolLock(std::move(fd));
}

Status Spool::prepare(const std::string& directory) {
  for (const std::string& path : {directory, directory + "/incoming", directory + "/messages"}) {
    GM_TRY_ASSIGN(const bool made, make_directory(path));
    GM_TRY(check_directory(path));
    if (made) GM_TRY(sync_directory(parent_of(path)));
  }
  return check_file_system(directory);
}

std::string Spool::shard_path(const std::string& id) const {
  return directory_ + "/messages/" + id.substr(kShardStart, 2);
}

std::string Spool::message_path(const std::string& id) const {
  return shard_path(id) + "/" + id + std::string(kSuffix);
}

Status Spool::prepare_shard(const std::string& id) {
  const std::string path = shard_path(id);
  // Under the lock, so that nobody builds on a directory whose entry is not synced yet.
  const std::lock_guard lock(mutex_);
  if (durable_shards_.contains(path)) return {};
  if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) {
    return fail(system_error(path, "cannot make the directory", errno));
  }
  GM_TRY(check_shard(path));
  GM_TRY(sync_directory(directory_ + "/messages"));
  durable_shards_.insert(path);
  return {};
}

Status Spool::remove_message(const std::string& id) {
  GM_TRY(check_shard(shard_path(id)));
  GM_TRY(remove_file(message_path(id)));
  GM_FAILPOINT(C29);
  Status synced = sync_directory(shard_path(id));
  if (!synced && synced.error().status == ENOENT) return {};
  return synced;
}

Result<ByteCount> Spool::message_size(const std::string& id) const {
  GM_TRY(check_shard(shard_path(id)));
  const std::string path = message_path(id);
  struct stat info {};
  if (::lstat(path.c_str(), &info) != 0) {
    if (errno == ENOENT || errno == ENOTDIR) return fail(ErrorKind::NotFound, path, "the message file is missing");
    return fail(system_error(path, "cannot stat", errno));
  }
  if (!S_ISREG(info.st_mode)) return fail(ErrorKind::Corrupt, path, "the message file is not a regular file");
  return static_cast<ByteCount>(info.st_size);
}

Result<Spool::Swept> Spool::sweep(const std::function<bool(const std::string&)>& keep) {
  Swept swept;
  const std::string messages = directory_ + "/messages";
  GM_TRY_ASSIGN(const std::vector<std::string> shards, names_in(messages));
  for (const std::string& shard : shards) {
    struct stat info {};
    const std::string path = messages + "/" + shard;
    if (::lstat(path.c_str(), &info) != 0) return fail(system_error(path, "cannot stat", errno));
    if (!S_ISDIR(info.st_mode)) {
      ++swept.strange;
      log_text(LogLevel::Warning, escape_for_log(path) + " is not graph-milter's and was left alone");
      continue;
    }
    GM_TRY(sweep_shard(path, keep, swept));
  }
  GM_TRY(sweep_shard(incoming_directory(), keep, swept));
  return swept;
}

Status Spool::sweep_shard(const std::string& shard, const std::function<bool(const std::string&)>& keep, Swept& swept) {
  GM_TRY_ASSIGN(const std::vector<std::string> names, names_in(shard));
  for (const std::string& name : names) {
    const std::string path = shard + "/" + name;
    const std::string id = id_in(name);
    if (!id.empty() && message_path(id) == path && keep(id)) continue;
    if (!is_regular_file(path) || (id.empty() && !is_leftover(name))) {
      ++swept.strange;
      log_text(LogLevel::Warning, escape_for_log(path) + " is not graph-milter's and was left alone");
      continue;
    }
    GM_TRY(remove_file(path));
    ++swept.removed;
  }
  return {};
}

Status Spool::check_room(ByteCount bytes, ByteCount reserve) const {
  struct statvfs info {};
  if (::statvfs(directory_.c_str(), &info) != 0)
    return fail(system_error(directory_, "cannot ask for free space", errno));
  const ByteCount available = static_cast<ByteCount>(info.f_bavail) * info.f_frsize;
  if (available < reserve || available - reserve < bytes) {
    Error error = make_error(ErrorKind::System, directory_,
                             format("no room for {}: {} free, of which {} are reserved", human_size(bytes),
                                    human_size(available), human_size(reserve)),
                             "free some space, or lower spool-reserve");
    error.status = ENOSPC;
    return fail(std::move(error));
  }
  if (info.f_files != 0 && info.f_favail < info.f_files / 20) {
    Error error = make_error(ErrorKind::System, directory_,
                             format("only {} of {} inodes are free", info.f_favail, info.f_files), "remove files");
    error.status = ENOSPC;
    return fail(std::move(error));
  }
  return {};
}

}  // namespace graph_milter::queue
