// SPDX-License-Identifier: Apache-2.0
#include "milter/ctl_probe.h"

#include <sysexits.h>

#include <optional>
#include <ostream>

#include "core/base/format.h"
#include "core/base/text.h"
#include "core/config/exit_status.h"
#include "core/mail/address.h"
#include "core/service/probe_run.h"

namespace graph_milter::ctl {
namespace {

std::optional<std::string> read_address(const Call& call, std::string_view what, const std::string& text) {
  auto address = mail::canonical_address(text);
  if (address && is_ascii(*address)) return address;
  complain(call, make_error(ErrorKind::Usage, std::string(what),
                            format("\"{}\" is not an address", escape_for_log(text, 100)),
                            "write for instance scanner@contoso.com"));
  return std::nullopt;
}

int report_failure(const Call& call, const Error& error) {
  complain(call, error);
  return config::exit_status(error);
}

}  // namespace

int probe(const Call& call, const config::Settings& settings) {
  const auto mailbox = read_address(call, "MAILBOX", call.operands[0]);
  if (!mailbox) return EX_USAGE;
  std::string to;
  if (!call.arguments.probe_to.empty()) {
    const auto address = read_address(call, "--to", call.arguments.probe_to);
    if (!address) return EX_USAGE;
    to = *address;
  }
  const auto report = service::probe_mailbox(settings, *mailbox, to);
  if (!report) return report_failure(call, report.error());
  call.out << (call.arguments.json ? probe::to_json(*report) + "\n" : probe::print_report(*report));
  int status = report->left_behind.empty() ? EX_OK : 1;
  if (const Status kept = service::keep_report(settings, *report); !kept) {
    complain(call, kept.error());
    status = 1;
  }
  return status;
}

}  // namespace graph_milter::ctl
