// SPDX-License-Identifier: Apache-2.0
// A new message made of ranges of an old one and of new text, as a value: nothing is copied until it is read.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "core/base/bytes.h"

namespace graph_milter::mail {

using SplicePiece = std::variant<ByteRange, std::string>;  // bytes of the message, or new bytes

struct Splice {
  std::vector<SplicePiece> pieces;

  ByteCount size() const;
  void add(ByteRange range);  // empty ranges are left out, adjacent ones joined
  void add(std::string text);
  friend bool operator==(const Splice&, const Splice&) = default;
};

// The bytes of a splice over `message`; both must outlive it.
class SpliceSource final : public ByteSource {
 public:
  SpliceSource(ByteSource& message, const Splice& splice);
  ByteCount size() const override;
  Result<std::size_t> read_at(ByteCount offset, std::span<char> out) override;

 private:
  ByteSource& message_;
  const Splice& splice_;
  std::vector<ByteCount> starts_;  // of each piece, and the end
};

}  // namespace graph_milter::mail
