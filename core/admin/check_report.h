// SPDX-License-Identifier: Apache-2.0
// All that a check of the configuration looked at, as graph-milterctl config check prints it. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/admin/finding.h"

namespace graph_milter::admin {

struct CheckReport {
  std::string conf_file;
  std::optional<std::size_t> rules;  // not set: they could not be read
  std::vector<Finding> findings;     // in the order it was looked at
};

// One object: conf_file, rules (null: could not be read), errors, warnings (how many), findings.
std::string check_json(const CheckReport& report);

// "FILE: no errors, 2 warnings, 1 rule" and its kin, one line.
std::string check_summary(const CheckReport& report);

}  // namespace graph_milter::admin
