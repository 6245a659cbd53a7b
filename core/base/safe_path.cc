// SPDX-License-Identifier: Apache-2.0
#include "core/base/safe_path.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <utility>

#include "core/base/format.h"

namespace graph_milter {
namespace {

constexpr int kMostLinks = 40;  // as the kernel's

bool is_trusted_owner(uid_t owner, std::span<const uid_t> more_owners) {
  return owner == 0 || owner == ::geteuid() ||
         std::find(more_owners.begin(), more_owners.end(), owner) != more_owners.end();
}

// One step after the other from the root; what is still to come is text, what is done is a descriptor.
class Walk {
 public:
  Walk(const std::string& path, std::span<const uid_t> more_owners, bool follow_last)
      : path_(path), more_owners_(more_owners), follow_last_(follow_last), rest_(path) {}

  Result<FileDescriptor> open() {
    if (!path_.starts_with('/')) return refuse("is not an absolute path", {});
    GM_TRY(enter_root());
    for (;;) {
      const std::string name = next_name();
      if (name.empty()) return refuse("is a folder", {});
      if (is_last() && !(follow_last_ && is_link(name))) return open_last(name);
      GM_TRY(enter(name));
    }
  }

 private:
  tl::unexpected<Error> refuse(std::string what, std::string hint) const {
    return fail(ErrorKind::Configuration, path_, std::move(what), std::move(hint));
  }
  tl::unexpected<Error> cannot_open() const { return fail(system_error(path_, "cannot open", errno)); }

  bool is_last() const { return rest_.find_first_not_of('/') == std::string::npos; }

  bool is_link(const std::string& name) const {
    struct stat info {};
    return ::fstatat(at_.get(), name.c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(info.st_mode);
  }

  std::string next_name() {
    rest_.erase(0, std::min(rest_.find_first_not_of('/'), rest_.size()));
    const std::size_t end = std::min(rest_.find('/'), rest_.size());
    std::string name = rest_.substr(0, end);
    rest_.erase(0, end);
    return name;
  }

  Status enter_root() {
    at_ = FileDescriptor(::open("/", O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!at_.is_open()) return cannot_open();
    folder_ = "/";
    return check_folder(at_);
  }

  Status enter(const std::string& name) {
    FileDescriptor next(::openat(at_.get(), name.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
    struct stat info {};
    if (!next.is_open() || ::fstat(next.get(), &info) != 0) return cannot_open();
    if (S_ISLNK(info.st_mode)) return follow(next, info.st_uid, name);
    at_ = std::move(next);
    folder_ += (folder_.back() == '/' ? "" : "/") + name;
    return check_folder(at_);
  }

  Status follow(const FileDescriptor& link, uid_t owner, const std::string& name) {
    if (!is_trusted(owner)) {
      return refuse(format("is behind the link {} in {}, which belongs to uid {}", name, folder_, owner),
                    "name the file itself");
    }
    if (++links_ > kMostLinks) return refuse("is behind too many links", "name the file itself");
    std::array<char, PATH_MAX> target{};
    const ssize_t length = ::readlinkat(link.get(), "", target.data(), target.size());
    if (length < 0) return cannot_open();
    rest_.insert(0, std::string(target.data(), static_cast<std::size_t>(length)));
    return rest_.starts_with('/') ? enter_root() : Status();
  }

  bool is_trusted(uid_t owner) const { return is_trusted_owner(owner, more_owners_); }

  // What may be written by others only counts where they could take an entry away and put their own in its place.
  Status check_folder(const FileDescriptor& folder) const {
    struct stat info {};
    if (::fstat(folder.get(), &info) != 0) return cannot_open();
    if (!S_ISDIR(info.st_mode)) return refuse(format("lies in {}, which is no folder", folder_), {});
    if (!is_trusted(info.st_uid)) {
      return refuse(format("lies in {}, which belongs to uid {}, not to root or to us (uid {})", folder_, info.st_uid,
                           ::geteuid()),
                    format("chown it to root, or move the file"));
    }
    const bool others_may_replace = (info.st_mode & 0022U) != 0 && (info.st_mode & S_ISVTX) == 0;
    if (!others_may_replace) return {};
    return refuse(format("lies in {}, which has mode {:04o}, so others can put another file in its place", folder_,
                         info.st_mode & 07777U),
                  format("chmod go-w {}", folder_));
  }

  Result<FileDescriptor> open_last(const std::string& name) const {
    FileDescriptor file(::openat(at_.get(), name.c_str(), O_RDONLY | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK | O_CLOEXEC));
    if (!file.is_open()) return cannot_open();
    return file;
  }

  const std::string& path_;
  const std::span<const uid_t> more_owners_;
  const bool follow_last_;
  std::string rest_;    // of the path, links replaced by where they lead
  std::string folder_;  // where at_ is, for words
  FileDescriptor at_;
  int links_ = 0;
};

FileStamp stamp_from(const struct stat& info) {
  const auto nanoseconds = [](const timespec& time) {
    return std::int64_t{time.tv_sec} * 1'000'000'000 + std::int64_t{time.tv_nsec};
  };
  return {true,
          info.st_dev,
          info.st_ino,
          static_cast<std::uint64_t>(info.st_size),
          nanoseconds(info.st_mtim),
          nanoseconds(info.st_ctim)};
}

tl::unexpected<Error> distrust(const std::string& path, std::string what, std::string hint) {
  return fail(ErrorKind::Configuration, path, std::move(what), std::move(hint));
}

struct OpenFile {
  FileDescriptor fd;
  struct stat info {};
};

Result<OpenFile> open_trusted(const std::string& path, std::span<const uid_t> more_owners) {
  OpenFile out;
  GM_TRY_ASSIGN(out.fd, Walk(path, more_owners, true).open());
  if (::fstat(out.fd.get(), &out.info) != 0) return fail(system_error(path, "cannot stat", errno));
  if (!S_ISREG(out.info.st_mode)) return distrust(path, "is not a regular file", {});
  if (!is_trusted_owner(out.info.st_uid, more_owners)) {
    return distrust(path, format("belongs to uid {}, not to root or to us (uid {})", out.info.st_uid, ::geteuid()),
                    format("chown root {}", path));
  }
  if ((out.info.st_mode & 0022U) == 0) return out;
  return distrust(path, format("has mode {:04o}, so others can write it", out.info.st_mode & 07777U),
                  format("chmod go-w {}", path));
}

}  // namespace

Result<FileDescriptor> open_behind_safe_folders(const std::string& path) { return Walk(path, {}, false).open(); }

FileStamp stamp_of(const std::string& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0 ? stamp_from(info) : FileStamp{};
}

Result<TrustedFile> read_trusted_file(const std::string& path, ByteCount limit, std::span<const uid_t> more_owners) {
  GM_TRY_ASSIGN(const OpenFile file, open_trusted(path, more_owners));
  TrustedFile out{{}, stamp_from(file.info)};
  std::array<char, 16 * 1024> block{};
  for (;;) {
    GM_TRY_ASSIGN(const std::size_t length, read_fully_at(file.fd.get(), out.text.size(), block, path));
    out.text.append(block.data(), length);
    if (out.text.size() > limit) {
      return fail(ErrorKind::Usage, path, format("larger than the limit of {} bytes", limit));
    }
    if (length < block.size()) return out;
  }
}

Status check_trusted_file(const std::string& path, std::span<const uid_t> more_owners) {
  GM_TRY(open_trusted(path, more_owners));
  return {};
}

}  // namespace graph_milter
