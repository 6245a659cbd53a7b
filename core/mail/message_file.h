// SPDX-License-Identifier: Apache-2.0
// The bytes of one message while it arrives and after: in memory while small, in an unlinked file beyond that.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/bytes.h"
#include "core/base/digest.h"
#include "core/base/file.h"

namespace graph_milter::mail {

// How a file is kept out of sight until keep().
enum class ScratchFile {
  Unlinked,  // O_TMPFILE; on a file system without it (EOPNOTSUPP) as Named
  Named,     // under a name that begins with kScratchPrefix, removed with the object; a crash leaves it behind
};

// Names that begin so, in the directory of the constructor and in that of keep(), are leftovers of a crash once no
// process that could have made them is alive.
inline constexpr std::string_view kScratchPrefix = ".tmp-";

// Written by one thread at a time; once it is complete, read by any (pread). Nothing is on disk under a name before
// keep(), and nothing is left behind if the object goes without it.
class MessageFile final : public ByteSource {
 public:
  // Bytes beyond `memory_limit` go to an unlinked file (O_TMPFILE) in `directory`, which must be on the file system
  // where keep() shall put it. Written back early (sync_file_range every 8 MiB) so that keep() is short.
  MessageFile(std::string directory, ByteCount memory_limit, ScratchFile scratch = ScratchFile::Unlinked);
  ~MessageFile() override;
  MessageFile(const MessageFile&) = delete;
  MessageFile& operator=(const MessageFile&) = delete;

  // On failure (disk full) the file keeps what it had and every later append fails alike: tell the MTA at end of
  // message.
  Status append(std::string_view bytes);

  ByteCount size() const override { return size_; }
  Result<std::size_t> read_at(ByteCount offset, std::span<char> out) override;

  bool is_on_disk() const { return fd_.is_open(); }

  // SHA-256 over all bytes; computed as they arrive once they go to disk, on demand in memory. No append after it.
  Result<std::string> sha256_hex();

  // Makes the bytes durable as `path` in the same file system: write, fsync of the file, link under a temporary name in
  // the directory of `path`, rename, fsync of that directory. When it returns, a power cut can't take the file away.
  // Once, and no append after it. On failure nothing stays under `path`, and the bytes can't be kept any more.
  Status keep(const std::string& path);

 private:
  ByteCount on_disk() const { return size_ - memory_.size(); }
  Status failed(Error error);
  Status open_scratch();
  Status spill();
  Status flush();
  Status write(std::string_view bytes);
  void write_back();
  Status make_durable(const std::string& path);
  Status link_as(const std::string& name);

  std::string directory_;
  ByteCount memory_limit_;
  ScratchFile scratch_;
  std::string memory_;  // all bytes, or once there is a file, the last ones, which are not in it yet
  FileDescriptor fd_;
  std::string scratch_name_;  // of a Named file; empty: the file has no name
  ByteCount size_ = 0;
  ByteCount written_back_ = 0;
  std::optional<Sha256> hash_;
  std::optional<std::string> digest_;
  std::optional<Error> failure_;
};

}  // namespace graph_milter::mail
