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

// Written by one thread at a time, read by any (pread). Nothing is on disk under a name before keep() and nothing is
// left behind if the object goes without it, whatever happens to the process.
class MessageFile final : public ByteSource {
 public:
  // Bytes beyond `memory_limit` go to an unlinked file (O_TMPFILE) in `directory`, which must be on the file system
  // where keep() shall put it. Written back early (sync_file_range every 8 MiB) so that keep() is short.
  MessageFile(std::string directory, ByteCount memory_limit);

  // On failure (disk full) the file keeps what it had and every later append fails alike: tell the MTA at end of message.
  Status append(std::string_view bytes);

  ByteCount size() const override { return size_; }
  Result<std::size_t> read_at(ByteCount offset, std::span<char> out) override;

  bool is_on_disk() const { return fd_.is_open(); }

  // SHA-256 over all bytes; computed as they arrive once they go to disk, on demand in memory. No append after it.
  Result<std::string> sha256_hex();

  // Makes the bytes durable as `path` in the same file system: write, fsync of the file, link under a temporary name in
  // the directory of `path`, rename, fsync of that directory. When it returns, a power cut can't take the file away.
  // On failure nothing stays under `path`.
  Status keep(const std::string& path);

 private:
  Status spill();
  Status write_back(ByteCount upto);

  std::string directory_;
  ByteCount memory_limit_;
  std::string memory_;
  FileDescriptor fd_;
  ByteCount size_ = 0;
  ByteCount written_back_ = 0;
  std::optional<Sha256> hash_;
  std::optional<std::string> digest_;
  std::optional<Error> failure_;
};

}  // namespace graph_milter::mail
