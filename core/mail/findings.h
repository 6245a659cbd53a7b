// SPDX-License-Identifier: Apache-2.0
// The findings of one reading, first things first and bounded in number.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/mail/facts.h"
#include "core/mail/tolerance.h"

namespace graph_milter::mail {

class FindingList {
 public:
  static constexpr std::size_t kMost = 16;

  // What comes after the first ones can only repeat what is known, except the first that nobody tolerates.
  void add(Verdict verdict, std::string_view code, std::string detail, ByteCount offset) {
    const bool is_first_decisive = !has_decisive_ && !is_tolerable(code);
    has_decisive_ = has_decisive_ || is_first_decisive;
    if (findings_.size() == kMost && is_first_decisive) findings_.pop_back();
    if (findings_.size() < kMost) findings_.push_back({verdict, std::string(code), std::move(detail), offset});
  }
  void ambiguous(std::string_view code, std::string detail, ByteCount offset) {
    add(Verdict::Ambiguous, code, std::move(detail), offset);
  }

  // The first finding decides.
  Verdict verdict() const { return findings_.empty() ? Verdict::Clean : findings_.front().verdict; }
  std::vector<Finding> take() { return std::move(findings_); }

 private:
  std::vector<Finding> findings_;
  bool has_decisive_ = false;  // one that is not tolerable
};

}  // namespace graph_milter::mail
