// SPDX-License-Identifier: Apache-2.0
#include "core/targets/matching.h"

namespace graph_milter::targets {
namespace {

class Matching {
 public:
  Matching(std::size_t left, std::size_t right, const std::function<bool(std::size_t, std::size_t)>& fits)
      : fits_(fits), partner_of_left_(left, kNoPartner), partner_of_right_(right, kNoPartner) {}

  std::vector<std::size_t> run() {
    for (std::size_t l = 0; l < partner_of_left_.size(); ++l) {
      tried_.assign(partner_of_right_.size(), false);
      find_partner(l);
    }
    return partner_of_left_;
  }

 private:
  // Depth is at most the number of left things that have a partner already: some hundred attachments.
  bool find_partner(std::size_t l) {
    for (std::size_t r = 0; r < partner_of_right_.size(); ++r) {
      if (tried_[r] || !fits_(l, r)) continue;
      tried_[r] = true;
      if (partner_of_right_[r] == kNoPartner || find_partner(partner_of_right_[r])) {
        partner_of_right_[r] = l;
        partner_of_left_[l] = r;
        return true;
      }
    }
    return false;
  }

  const std::function<bool(std::size_t, std::size_t)>& fits_;
  std::vector<std::size_t> partner_of_left_;
  std::vector<std::size_t> partner_of_right_;
  std::vector<bool> tried_;
};

}  // namespace

std::vector<std::size_t> match(std::size_t left, std::size_t right,
                               const std::function<bool(std::size_t, std::size_t)>& fits) {
  return Matching(left, right, fits).run();
}

}  // namespace graph_milter::targets
