// SPDX-License-Identifier: Apache-2.0
// Who will get the message through Graph: exactly the recipients of the envelope, or those of them whom the rule takes,
// or nobody.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "core/mail/envelope.h"
#include "core/mail/facts.h"
#include "core/plan/plan.h"

namespace graph_milter::plan {

// Canonical addresses, each once; together those recipients of the envelope whom Graph mails.
struct Recipients {
  std::vector<std::string> to;   // in the To field
  std::vector<std::string> cc;   // in the Cc field and not in To
  std::vector<std::string> bcc;  // in neither
  bool is_trimmed = false;       // To or Cc names others, who must not be in the draft
};

// Graph knows no envelope and mails everyone in To, Cc and Bcc. So whoever is only in the envelope becomes a Bcc, and a
// message whose header names anyone else is left alone, unless the rule has such names trimmed. Recipients whom the
// rule does not take (take-recipients) are the MTA's, whatever their form.
std::variant<Recipients, LeaveAlone> match_recipients(const mail::Envelope& envelope, const mail::MessageFacts& facts,
                                                      const policy::Rule& rule, std::size_t limit);

}  // namespace graph_milter::plan
