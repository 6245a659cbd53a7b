// SPDX-License-Identifier: Apache-2.0
// Words for several things of one kind.
#pragma once

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "core/base/format.h"

namespace graph_milter::plan {

// Named in the order in which they were found, each once; the first eight, and the others counted.
class Found {
 public:
  void add(std::string thing) {
    if (std::find(named_.begin(), named_.end(), thing) != named_.end()) return;
    if (named_.size() < kMostNamed) {
      named_.push_back(std::move(thing));
    } else {
      ++more_;
    }
  }
  bool empty() const { return named_.empty(); }
  std::string text() const {
    std::string out;
    for (const std::string& thing : named_) out += (out.empty() ? "" : ", ") + thing;
    if (more_ > 0) out += format(" and {} more", more_);
    return out;
  }

 private:
  static constexpr std::size_t kMostNamed = 8;

  std::vector<std::string> named_;
  std::size_t more_ = 0;
};

}  // namespace graph_milter::plan
