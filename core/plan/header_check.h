// SPDX-License-Identifier: Apache-2.0
// Header fields that forbid to send a message again as its author's: signatures of others, automatic answers.
#pragma once

#include <span>
#include <string>
#include <variant>
#include <vector>

#include "core/mail/facts.h"
#include "core/plan/plan.h"

namespace graph_milter::plan {

// The fields (lower-case names) that the draft must not carry, or why the message is left alone:
//  - "dkim-signed": a DKIM-Signature (RFC 6376) or DomainKey-Signature that does not name exactly one of
//    `tenant_domains` (canonical) in d=. Graph rewrites the message, so the signature would break. Our own domain's
//    signatures are left out instead: Exchange Online signs for it anew;
//  - "arc-sealed": a field of RFC 8617, which is there only in mail that somebody has passed on;
//  - "auto-replied": Auto-Submitted says so (RFC 3834 section 5). Other automatic mail is like any other.
std::variant<std::vector<std::string>, LeaveAlone> check_header(const mail::MessageFacts& facts,
                                                                std::span<const std::string> tenant_domains);

}  // namespace graph_milter::plan
