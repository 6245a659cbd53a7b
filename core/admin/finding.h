// SPDX-License-Identifier: Apache-2.0
// What a check of the configuration has found, one thing a value; in words and as JSON. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/base/error.h"
#include "core/json/json.h"

namespace graph_milter::admin {

enum class Severity {
  Good,     // asked, and as it should be
  Warning,  // works, but hurts or is not proven
  Error,    // will not work, or is not safe
};
std::string_view name_of(Severity severity);  // "good", "warning", "error"

struct Finding {
  Severity severity = Severity::Good;
  std::string where;  // file:line, option, MTA's parameter, mailbox; may be empty
  std::string what;
  std::string hint;  // what to do; may be empty
  friend bool operator==(const Finding&, const Finding&) = default;
};

Finding finding_of(Severity severity, const Error& error);

bool has_error(const std::vector<Finding>& findings);

// "error: where: what (hint)", one a line.
std::string print_findings(const std::vector<Finding>& findings);

// An array of {"severity","where","what","hint"}.
void write_findings(json::Writer& writer, const std::vector<Finding>& findings);

}  // namespace graph_milter::admin
