// SPDX-License-Identifier: Apache-2.0
#include "core/base/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <utility>

#include "core/base/format.h"
#include "core/base/safe_path.h"

namespace graph_milter {

FileDescriptor::~FileDescriptor() { close(); }

FileDescriptor::FileDescriptor(FileDescriptor&& other) noexcept : fd_(other.release()) {}

FileDescriptor& FileDescriptor::operator=(FileDescriptor&& other) noexcept {
  if (this != &other) {
    close();
    fd_ = other.release();
  }
  return *this;
}

int FileDescriptor::release() { return std::exchange(fd_, -1); }

void FileDescriptor::close() {
  if (fd_ >= 0) ::close(release());
}

Result<FileDescriptor> open_file(const std::string& path, int flags, mode_t mode) {
  return open_at(AT_FDCWD, path, flags, mode);
}

Result<FileDescriptor> open_at(int directory, const std::string& name, int flags, mode_t mode) {
  for (;;) {
    const int fd = ::openat(directory, name.c_str(), flags | O_CLOEXEC, mode);
    if (fd >= 0) return FileDescriptor(fd);
    if (errno != EINTR) return fail(system_error(name, "cannot open", errno));
  }
}

Status write_all(int fd, std::string_view bytes, std::string_view path_for_errors) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0) {
      if (errno == EINTR) continue;
      return fail(system_error(std::string(path_for_errors), "cannot write", errno));
    }
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

Result<std::size_t> read_fully_at(int fd, ByteCount offset, std::span<char> out, std::string_view path_for_errors) {
  std::size_t done = 0;
  while (done < out.size()) {
    const ssize_t length = ::pread(fd, out.data() + done, out.size() - done, static_cast<off_t>(offset + done));
    if (length < 0) {
      if (errno == EINTR) continue;
      return fail(system_error(std::string(path_for_errors), "cannot read", errno));
    }
    if (length == 0) break;
    done += static_cast<std::size_t>(length);
  }
  return done;
}

Result<std::string> read_small_file(const std::string& path, ByteCount limit) {
  GM_TRY_ASSIGN(const FileDescriptor fd, open_file(path, O_RDONLY));
  std::string out;
  char block[16 * 1024];
  for (;;) {
    GM_TRY_ASSIGN(const std::size_t length, read_fully_at(fd.get(), out.size(), block, path));
    out.append(block, length);
    if (out.size() > limit) {
      return fail(ErrorKind::Usage, path, format("larger than the limit of {} bytes", limit));
    }
    if (length < sizeof block) return out;
  }
}

Status sync_descriptor(int fd, std::string_view path_for_errors) {
  if (::fsync(fd) != 0) return fail(system_error(std::string(path_for_errors), "fsync failed", errno));
  return {};
}

Status sync_directory(const std::string& path) {
  GM_TRY_ASSIGN(const FileDescriptor fd, open_file(path, O_RDONLY | O_DIRECTORY));
  return sync_descriptor(fd.get(), path);
}

Status rename_file(const std::string& from, const std::string& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) return fail(system_error(from, "cannot rename to " + to, errno));
  return {};
}

Status remove_file(const std::string& path) {
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) return fail(system_error(path, "cannot remove", errno));
  return {};
}

namespace {

enum class Privacy { Secret, Public };

// Whatever is asked is asked of the open descriptor: the name may lead elsewhere a moment later.
Status check_guarded(const struct stat& info, Privacy privacy, const std::string& path) {
  if (!S_ISREG(info.st_mode)) return fail(ErrorKind::Configuration, path, "is not a regular file");
  // Root reads on behalf of the user that the daemon runs as (graph-milterctl), and need not fear another's file.
  if (info.st_uid != 0 && info.st_uid != ::geteuid() && ::geteuid() != 0) {
    return fail(ErrorKind::Configuration, path,
                format("belongs to uid {}, not to root or to us (uid {})", info.st_uid, ::geteuid()),
                "chown it to the user that runs graph-milter");
  }
  if (privacy == Privacy::Secret && (info.st_mode & 0077U) != 0) {
    return fail(ErrorKind::Configuration, path,
                format("holds a secret and has mode {:04o}, so others can read it", info.st_mode & 07777U),
                format("chmod 0600 {}", path));
  }
  if ((info.st_mode & 0022U) != 0) {
    return fail(ErrorKind::Configuration, path,
                format("has mode {:04o}, so others can change it", info.st_mode & 07777U),
                format("chmod go-w {}", path));
  }
  return {};
}

Result<Secret> read_guarded_file(const std::string& path, Privacy privacy) {
  constexpr ByteCount kLimit = 64 * 1024;
  auto fd = open_behind_safe_folders(path);
  if (!fd) {
    Error error = std::move(fd).error();
    error.kind = ErrorKind::Configuration;
    return fail(std::move(error));
  }
  struct stat info {};
  if (::fstat(fd->get(), &info) != 0) return fail(system_error(path, "cannot stat", errno));
  GM_TRY(check_guarded(info, privacy, path));
  if (static_cast<ByteCount>(info.st_size) > kLimit) {
    return fail(ErrorKind::Configuration, path,
                format("is larger than {} bytes, which no {} is", kLimit,
                       privacy == Privacy::Secret ? "secret" : "certificate"));
  }
  std::string text(static_cast<std::size_t>(info.st_size), '\0');
  GM_TRY_ASSIGN(const std::size_t length, read_fully_at(fd->get(), 0, writable(text), path));
  text.resize(length);
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
  if (text.empty()) {
    return fail(ErrorKind::Configuration, path, "is empty",
                format("write the {} into it", privacy == Privacy::Secret ? "secret" : "certificate"));
  }
  return Secret(std::move(text));
}

}  // namespace

Result<Secret> read_secret_file(const std::string& path) { return read_guarded_file(path, Privacy::Secret); }

Result<std::string> read_trusted_file(const std::string& path) {
  GM_TRY_ASSIGN(const Secret text, read_guarded_file(path, Privacy::Public));
  return text.reveal();
}

Result<std::unique_ptr<FileSource>> FileSource::open(const std::string& path) {
  GM_TRY_ASSIGN(FileDescriptor fd, open_file(path, O_RDONLY | O_NOFOLLOW));
  struct stat info {};
  if (::fstat(fd.get(), &info) != 0) return fail(system_error(path, "cannot stat", errno));
  if (!S_ISREG(info.st_mode)) return fail(ErrorKind::Corrupt, path, "is not a regular file");
  return std::make_unique<FileSource>(std::move(fd), static_cast<ByteCount>(info.st_size), path);
}

FileSource::FileSource(FileDescriptor fd, ByteCount size, std::string path)
    : fd_(std::move(fd)), size_(size), path_(std::move(path)) {}

Result<std::size_t> FileSource::read_at(ByteCount offset, std::span<char> out) {
  if (offset >= size_) return std::size_t{0};
  const auto length = static_cast<std::size_t>(std::min<ByteCount>(out.size(), size_ - offset));
  return read_fully_at(fd_.get(), offset, out.first(length), path_);
}

}  // namespace graph_milter
