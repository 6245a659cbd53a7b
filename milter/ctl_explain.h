// SPDX-License-Identifier: Apache-2.0
// `graph-milterctl explain FILE` and `graph-milter -t FILE`.
#pragma once

#include <iosfwd>
#include <string>

#include "core/config/arguments.h"
#include "core/config/configuration.h"

namespace graph_milter::ctl {

struct ExplainQuestion {
  std::string file;  // "-": standard input
  config::EnvelopeFlags envelope;
  bool json = false;
};

// Prints what would become of the message. Returns a sysexits code: 0 whatever the decision is.
int explain_file(const config::Configuration& configuration, const ExplainQuestion& question, std::ostream& out,
                 std::ostream& err);

}  // namespace graph_milter::ctl
