// SPDX-License-Identifier: Apache-2.0
// Descriptors, durable writes and permission checks. Every function reports errno's words and the path.
#pragma once

#include <sys/types.h>

#include <span>
#include <string>
#include <string_view>

#include "core/base/bytes.h"
#include "core/base/secret.h"

namespace graph_milter {

// Owns a descriptor; closes it when it goes.
class FileDescriptor {
 public:
  FileDescriptor() = default;
  explicit FileDescriptor(int fd) : fd_(fd) {}
  ~FileDescriptor();
  FileDescriptor(FileDescriptor&& other) noexcept;
  FileDescriptor& operator=(FileDescriptor&& other) noexcept;
  FileDescriptor(const FileDescriptor&) = delete;
  FileDescriptor& operator=(const FileDescriptor&) = delete;

  int get() const { return fd_; }
  bool is_open() const { return fd_ >= 0; }
  int release();
  void close();

 private:
  int fd_ = -1;
};

// open(2) with O_CLOEXEC; `mode` is used with O_CREAT and O_TMPFILE.
Result<FileDescriptor> open_file(const std::string& path, int flags, mode_t mode = 0600);
Result<FileDescriptor> open_at(int directory, const std::string& name, int flags, mode_t mode = 0600);

Status write_all(int fd, std::string_view bytes, std::string_view path_for_errors);
Result<std::size_t> read_fully_at(int fd, ByteCount offset, std::span<char> out, std::string_view path_for_errors);
Result<std::string> read_small_file(const std::string& path, ByteCount limit);

// fsync of a file or directory. A failure must not be retried on the same descriptor: the kernel has forgotten the
// dirty pages, so a second call may lie.
Status sync_descriptor(int fd, std::string_view path_for_errors);
Status sync_directory(const std::string& path);

Status rename_file(const std::string& from, const std::string& to);
Status remove_file(const std::string& path);  // a file that is not there is a success

// A regular file that only its owner (root or we; anybody, if we are root) can read, is no link and lies where others
// can't replace it (see safe_path.h): a secret. Trailing line ends are cut. Refuses anything else and names the command
// that mends it.
Result<Secret> read_secret_file(const std::string& path);

// The same for what others may read but nobody else may change, as a certificate: only group and others must not be
// able to write it.
Result<std::string> read_trusted_file(const std::string& path);

// A file on disk as a source; reads with pread, so several sources may share the file.
class FileSource final : public ByteSource {
 public:
  static Result<std::unique_ptr<FileSource>> open(const std::string& path);
  FileSource(FileDescriptor fd, ByteCount size, std::string path);
  ByteCount size() const override { return size_; }
  Result<std::size_t> read_at(ByteCount offset, std::span<char> out) override;

 private:
  FileDescriptor fd_;
  ByteCount size_;
  std::string path_;
};

}  // namespace graph_milter
