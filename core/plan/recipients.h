// SPDX-License-Identifier: Apache-2.0
// Who will get the message: exactly the recipients of the envelope, or nobody through us.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "core/mail/envelope.h"
#include "core/mail/facts.h"
#include "core/plan/plan.h"

namespace graph_milter::plan {

// Canonical addresses, each once; together the envelope's recipients.
struct Recipients {
  std::vector<std::string> to;   // in the To field
  std::vector<std::string> cc;   // in the Cc field and not in To
  std::vector<std::string> bcc;  // in neither
};

// Graph knows no envelope and mails everyone in To, Cc and Bcc. So whoever is only in the envelope becomes a Bcc, and a
// message whose header names anyone else is left alone.
std::variant<Recipients, LeaveAlone> match_recipients(const mail::Envelope& envelope, const mail::MessageFacts& facts,
                                                      std::size_t limit);

}  // namespace graph_milter::plan
