// SPDX-License-Identifier: Apache-2.0
#include "core/pace/quota.h"

#include <algorithm>

namespace graph_milter::pace {
namespace {

constexpr std::size_t kFew = 64;

bool has_limit(const QuotaRules& rules) { return rules.messages > 0 || rules.bytes > 0; }

bool is_over(const Budget& budget, TimePoint now) {
  return budget.uses.empty() || budget.uses.back().at + kQuotaWindow <= now;
}

}  // namespace

std::optional<QuotaLimit> over(const QuotaUse& use, const QuotaRules& rules, ByteCount bytes, TimePoint now) {
  if (fits_at(use.messages, {rules.messages, kQuotaWindow}, 1, now) > now) return QuotaLimit::Messages;
  if (fits_at(use.bytes, {rules.bytes, kQuotaWindow}, bytes, now) > now) return QuotaLimit::Bytes;
  return std::nullopt;
}

std::optional<Quotas::Refusal> Quotas::take(std::span<const Payer> payers, ByteCount bytes, TimePoint now) {
  const std::lock_guard lock(mutex_);
  for (std::size_t i = 0; i < payers.size(); ++i) {
    const auto known = uses_.find({payers[i].kind, payers[i].who});
    if (known == uses_.end()) continue;
    if (const auto limit = over(known->second, payers[i].rules, bytes, now)) return Refusal{i, *limit};
  }
  forget_idle(now);
  for (const Payer& payer : payers) {
    if (!has_limit(payer.rules)) continue;
    QuotaUse& used = uses_[{payer.kind, payer.who}];
    use(used.messages, {payer.rules.messages, kQuotaWindow}, 1, now);
    use(used.bytes, {payer.rules.bytes, kQuotaWindow}, bytes, now);
  }
  return std::nullopt;
}

void Quotas::give_back(std::span<const Payer> payers, ByteCount bytes) {
  const std::lock_guard lock(mutex_);
  for (const Payer& payer : payers) {
    const auto known = uses_.find({payer.kind, payer.who});
    if (known == uses_.end()) continue;
    if (payer.rules.messages > 0) pace::give_back(known->second.messages, 1);
    if (payer.rules.bytes > 0) pace::give_back(known->second.bytes, bytes);
  }
}

// Whoever a rule allows may come, so what is remembered must not grow with them.
void Quotas::forget_idle(TimePoint now) {
  if (uses_.size() < std::max(forget_at_, kFew)) return;
  std::erase_if(uses_, [&](const auto& entry) {
    return is_over(entry.second.messages, now) && is_over(entry.second.bytes, now);
  });
  forget_at_ = 2 * uses_.size();
}

std::size_t Quotas::size() const {
  const std::lock_guard lock(mutex_);
  return uses_.size();
}

}  // namespace graph_milter::pace
