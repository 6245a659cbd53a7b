// SPDX-License-Identifier: Apache-2.0
// How much mail each of many may give in an hour: clients, logins, mailboxes. Remembers in memory; never blocks.
#pragma once

#include <cstddef>
#include <map>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include "core/base/bytes.h"
#include "core/pace/budget.h"

namespace graph_milter::pace {

struct QuotaRules {
  std::uint64_t messages = 0;  // in any hour; 0: no limit
  ByteCount bytes = 0;
  friend bool operator==(const QuotaRules&, const QuotaRules&) = default;
};

inline constexpr Duration kQuotaWindow = std::chrono::hours(1);

// What one of them has given.
struct QuotaUse {
  Budget messages, bytes;
};

enum class QuotaLimit { Messages, Bytes };

// The limit beyond which one more message of `bytes` would be; nullopt: it fits. A message larger than all bytes of an
// hour fits where there was none in the last hour.
std::optional<QuotaLimit> over(const QuotaUse& use, const QuotaRules& rules, ByteCount bytes, TimePoint now);

// In whose name a message comes: it counts for all of them.
struct Payer {
  std::string kind;  // "client", "login", "mailbox"
  std::string who;   // as it is compared
  QuotaRules rules;
};

// Any thread. `now` never goes back.
class Quotas {
 public:
  struct Refusal {
    std::size_t payer = 0;  // the first whose limit it is
    QuotaLimit limit = QuotaLimit::Messages;
  };

  // Counts the message for all payers if it fits for each, else for none. Those without a limit are not remembered.
  std::optional<Refusal> take(std::span<const Payer> payers, ByteCount bytes, TimePoint now);

  // A message that was counted was not taken after all.
  void give_back(std::span<const Payer> payers, ByteCount bytes);

  // Payers that are remembered: never more than twice those of the last hour, or a few.
  std::size_t size() const;

 private:
  using Key = std::pair<std::string, std::string>;
  void forget_idle(TimePoint now);

  mutable std::mutex mutex_;
  std::map<Key, QuotaUse> uses_;
  std::size_t forget_at_ = 0;
};

}  // namespace graph_milter::pace
