// SPDX-License-Identifier: Apache-2.0
// The bytes of an attachment that arrives in pieces: in memory, or in a file of the server's state folder.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "core/base/bytes.h"
#include "core/base/file.h"

namespace graph_milter::emulator {

// Appending needs one writer; reading any number of readers that don't look past size() of the time they began.
class Blob {
 public:
  explicit Blob(std::string path = {});  // empty: in memory
  ~Blob();
  Blob(const Blob&) = delete;
  Blob& operator=(const Blob&) = delete;

  void reserve(ByteCount size);
  void append(std::string_view bytes);
  void cut(ByteCount size);  // keeps the first `size` bytes
  ByteCount size() const { return size_; }
  std::size_t read_at(ByteCount offset, std::span<char> out) const;

  std::string all() const;
  const std::string& sha256() const;  // of all bytes; computed once, on first use after the last change

 private:
  std::string path_;
  FileDescriptor fd_;
  std::string memory_;
  ByteCount size_ = 0;
  mutable std::string digest_;
};

std::unique_ptr<ByteSource> source_of(std::shared_ptr<const Blob> blob);

}  // namespace graph_milter::emulator
