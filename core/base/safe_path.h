// SPDX-License-Identifier: Apache-2.0
// Files that nobody but root and we could have put where they are.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <span>
#include <string>

#include "core/base/file.h"

namespace graph_milter {

// Opens the file at an absolute path for reading, without following it if it is a link. Nobody else can put another
// file in its place: every folder on the way to it, and every link that leads there, belongs to root or us, and no
// folder is writable for group or others, unless it is sticky (as /tmp is), where only the owner of an entry can
// replace it. Each is checked on the descriptor through which the next one is opened, so nothing can change in between.
// Configuration on what is not so, with the command that mends it.
Result<FileDescriptor> open_behind_safe_folders(const std::string& path);

// What tells one state of a file from the next without reading it. Equal stamps can only hide a change that came within
// one tick of the file system's clock (some milliseconds) of the moment at which the stamp was taken.
struct FileStamp {
  bool exists = false;
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::uint64_t size = 0;
  std::int64_t modified = 0;  // nanoseconds since 1970
  std::int64_t changed = 0;   // the same, of owner and mode too
  friend bool operator==(const FileStamp&, const FileStamp&) = default;
};
FileStamp stamp_of(const std::string& path);  // links are followed

// A file that says who may do what, and so may be written by nobody but root, us and `more_owners`: a regular file of
// theirs, without write permission for group and others, behind folders as above that may also be `more_owners`'. The
// file itself may be a link, where links may lead. Configuration on what is not so, with the command that mends it;
// Usage beyond `limit`; System if it can't be read.
struct TrustedFile {
  std::string text;
  FileStamp stamp;  // as it was before it was read
};
Result<TrustedFile> read_trusted_file(const std::string& path, ByteCount limit,
                                      std::span<const uid_t> more_owners = {});

// The same checks alone.
Status check_trusted_file(const std::string& path, std::span<const uid_t> more_owners = {});

}  // namespace graph_milter
