// SPDX-License-Identifier: Apache-2.0
#include "core/admin/finding.h"

#include <algorithm>

#include "core/base/format.h"

namespace graph_milter::admin {

std::string_view name_of(Severity severity) {
  switch (severity) {
    case Severity::Good:
      return "good";
    case Severity::Warning:
      return "warning";
    case Severity::Error:
      break;
  }
  return "error";
}

Finding finding_of(Severity severity, const Error& error) { return {severity, error.where, error.what, error.hint}; }

bool has_error(const std::vector<Finding>& findings) {
  return std::any_of(findings.begin(), findings.end(),
                     [](const Finding& finding) { return finding.severity == Severity::Error; });
}

std::string print_findings(const std::vector<Finding>& findings) {
  std::string out;
  for (const Finding& finding : findings) {
    const std::string place = finding.where.empty() ? std::string() : finding.where + ": ";
    const std::string advice = finding.hint.empty() ? std::string() : format(" ({})", finding.hint);
    out += format("{}: {}{}{}\n", name_of(finding.severity), place, finding.what, advice);
  }
  return out;
}

void write_findings(json::Writer& writer, const std::vector<Finding>& findings) {
  writer.begin_array();
  for (const Finding& finding : findings) {
    writer.begin_object();
    writer.key("severity").string(name_of(finding.severity));
    writer.key("where").string(finding.where);
    writer.key("what").string(finding.what);
    writer.key("hint").string(finding.hint);
    writer.end_object();
  }
  writer.end_array();
}

}  // namespace graph_milter::admin
