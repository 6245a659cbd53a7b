// SPDX-License-Identifier: Apache-2.0
// In whose name a message counts against the limits of an hour, and the words when it is too much.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/intake/intake.h"
#include "core/pace/quota.h"

namespace graph_milter::intake {

// The client address as it is counted: IPv6 by its /64, which one client has to itself; v4-mapped as IPv4. What is no
// address stays as it is.
std::string counted_client(std::string_view address);

// Client, login and mailbox; those that are not known are left out.
std::vector<pace::Payer> payers_of(const IntakeSettings& settings, const mail::Envelope& envelope,
                                   const std::string& mailbox);

struct OverLimit {
  std::string reason;  // "client-limit", "login-limit", "mailbox-limit"
  std::string text;
};
OverLimit describe(const pace::Payer& payer, pace::QuotaLimit limit);

}  // namespace graph_milter::intake
