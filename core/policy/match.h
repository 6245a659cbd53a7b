// SPDX-License-Identifier: Apache-2.0
// One rule against one message: which of its conditions fails, and what forbids to relay a message that meets them all.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/mail/envelope.h"
#include "core/mail/facts.h"
#include "core/policy/policy.h"

namespace graph_milter::policy {

// The first condition that a message fails, in the order in which conditions are asked.
struct Mismatch {
  int rank = 0;      // how far the rule got: higher is further
  std::string text;  // "client 10.9.9.9 is not in 10.1.20.0/24"
};

// The conditions that the envelope alone decides: client, daemon, login, sender.
std::optional<Mismatch> envelope_mismatch(const Rule& rule, const mail::Envelope& envelope);

// All conditions.
std::optional<Mismatch> mismatch(const Rule& rule, const mail::Envelope& envelope, const mail::MessageFacts& facts);

struct Objection {
  std::string reason;  // stable code
  std::string text;
};

// REQUIRES: !mismatch(rule, envelope, facts), and the rule relays.
std::optional<Objection> objection(const Rule& rule, const mail::Envelope& envelope, const mail::MessageFacts& facts,
                                   const std::vector<std::string>& tenant_domains);

}  // namespace graph_milter::policy
