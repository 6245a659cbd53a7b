// SPDX-License-Identifier: Apache-2.0
#include "core/admin/check_report.h"

#include <algorithm>

#include "core/base/format.h"

namespace graph_milter::admin {

namespace {

std::size_t count(const std::vector<Finding>& findings, Severity severity) {
  return static_cast<std::size_t>(std::count_if(
      findings.begin(), findings.end(), [severity](const Finding& finding) { return finding.severity == severity; }));
}

std::string counted(std::size_t number, std::string_view thing) {
  if (number == 0) return format("no {}s", thing);
  return format("{} {}{}", number, thing, number == 1 ? "" : "s");
}

}  // namespace

std::string check_json(const CheckReport& report) {
  json::Writer writer;
  writer.begin_object().key("conf_file").string(report.conf_file).key("rules");
  if (report.rules) {
    writer.number(*report.rules);
  } else {
    writer.null();
  }
  writer.key("errors").number(count(report.findings, Severity::Error));
  writer.key("warnings").number(count(report.findings, Severity::Warning));
  writer.key("findings");
  write_findings(writer, report.findings);
  writer.end_object();
  return writer.take() + "\n";
}

std::string check_summary(const CheckReport& report) {
  const std::size_t warnings = count(report.findings, Severity::Warning);
  return format("{}: {}{}{}\n", report.conf_file, counted(count(report.findings, Severity::Error), "error"),
                warnings == 0 ? "" : ", " + counted(warnings, "warning"),
                report.rules ? ", " + counted(*report.rules, "rule") : "");
}

}  // namespace graph_milter::admin
