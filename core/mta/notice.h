// SPDX-License-Identifier: Apache-2.0
// A short plain mail from the daemon to a person. Pure.
#pragma once

#include <string>

#include "core/base/clock.h"

namespace graph_milter::mta {

struct Notice {
  std::string hostname;
  std::string to;
  std::string subject;  // UTF-8; encoded where it must be
  std::string text;     // UTF-8, LF
  std::string unique;   // makes the Message-ID; the same notice sent again carries the same one
  TimePoint now{};
};

// The whole message with CRLF: From MAILER-DAEMON@hostname, Auto-Submitted: auto-generated.
std::string compose_notice(const Notice& notice);

}  // namespace graph_milter::mta
