// SPDX-License-Identifier: Apache-2.0
// Sizes that a condition asks for: "3M" (at least), "-3M" (at most), "1M-3M", several of them, and what a '!' keeps
// out.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/base/bytes.h"
#include "core/base/result.h"
#include "core/config/conf_text.h"

namespace graph_milter::policy {

// A value; any thread may ask.
class SizeSet {
 public:
  static constexpr ByteCount kNoLimit = ~ByteCount{0};

  // At least so much.
  SizeSet(ByteCount least) : spans_{{least, kNoLimit}}, text_(std::to_string(least)) {}  // NOLINT(*-explicit-*)

  // The items are searched from left to right, the first one that holds the size decides. Usage, at the line, on what
  // is no size. A range that ends before it begins holds nothing.
  static Result<SizeSet> parse(const config::ConfLine& line);

  bool holds(ByteCount size) const;
  bool is_empty() const { return spans_.empty(); }

  // REQUIRES: !is_empty().
  ByteCount smallest() const { return spans_.front().least; }
  ByteCount largest() const { return spans_.back().most; }  // kNoLimit: any size from some on

  // Every size of `other` is one of ours.
  bool includes(const SizeSet& other) const;

  // "has 5 bytes, fewer than 3145728". REQUIRES: !holds(size).
  std::string why_not(ByteCount size) const;

  const std::string& text() const { return text_; }  // as it was written

 private:
  SizeSet() = default;

  struct Span {
    ByteCount least = 0;
    ByteCount most = kNoLimit;
  };

  std::vector<Span> spans_;  // in order, with room between them
  std::string text_;
};

}  // namespace graph_milter::policy
