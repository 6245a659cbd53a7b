// SPDX-License-Identifier: Apache-2.0
// Byte counts, byte ranges, and the one interface through which bodies are read.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "core/base/result.h"

namespace graph_milter {

using ByteCount = std::uint64_t;

// [begin, end) in bytes. The HTTP form "bytes 0-9/10" is ByteRange{0, 10}.
struct ByteRange {
  ByteCount begin = 0;
  ByteCount end = 0;

  constexpr ByteCount size() const { return end - begin; }
  constexpr bool empty() const { return begin == end; }
  constexpr bool contains(ByteCount position) const { return begin <= position && position < end; }
  friend constexpr bool operator==(const ByteRange&, const ByteRange&) = default;
};

// Bytes of a known size that can be read again from any offset: a message file, a part decoded on the fly, a request
// body. Not thread-safe (a source may keep the position of its decoder): one reader per object.
class ByteSource {
 public:
  virtual ~ByteSource() = default;

  // Exact number of bytes read_at can deliver.
  virtual ByteCount size() const = 0;

  // Fills `out` from `offset` on and returns how many bytes were written: out.size(), unless the end comes first.
  // Reading in ascending order is cheap; any other order is correct. On failure nothing is known about `out`.
  virtual Result<std::size_t> read_at(ByteCount offset, std::span<char> out) = 0;
};

// Bytes held in a string of its own.
class StringSource final : public ByteSource {
 public:
  explicit StringSource(std::string bytes);
  ByteCount size() const override;
  Result<std::size_t> read_at(ByteCount offset, std::span<char> out) override;

 private:
  std::string bytes_;
};

// Part of another source, which must outlive it. REQUIRES: range.end <= source.size().
class RangeSource final : public ByteSource {
 public:
  RangeSource(ByteSource& source, ByteRange range);
  ByteCount size() const override;
  Result<std::size_t> read_at(ByteCount offset, std::span<char> out) override;

 private:
  ByteSource& source_;
  ByteRange range_;
};

// All of a source as a string; fails with Usage if it is larger than `limit`.
Result<std::string> read_all(ByteSource& source, ByteCount limit);

inline std::span<char> writable(std::string& text) { return {text.data(), text.size()}; }

}  // namespace graph_milter
