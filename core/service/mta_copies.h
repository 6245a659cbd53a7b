// SPDX-License-Identifier: Apache-2.0
// Copies that the MTA makes of all mail (always_bcc, bcc maps), which are lost with mail that we take by DISCARD: asked
// when a configuration is put in force, never at end of message.
#pragma once

#include <string>

#include "core/config/settings.h"
#include "core/policy/policy.h"

namespace graph_milter::service {

struct MtaCopies {
  std::string lost;     // that they would be, in words: such mail is left to the MTA; empty: none, or nobody minds
  std::string unknown;  // why the MTA could not be asked; empty: it was, or there was no need
};

// Runs postconf, if any rule could lose a copy and the administrator has not accepted that. Blocks for some
// milliseconds, 30 s at most.
MtaCopies ask_for_copies(const config::Settings& settings, const policy::Policy& policy);

}  // namespace graph_milter::service
