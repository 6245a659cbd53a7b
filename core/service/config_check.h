// SPDX-License-Identifier: Apache-2.0
// All that can be found wrong with a configuration before it is used: what graph-milterctl config check prints.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/admin/check_report.h"
#include "core/config/configuration.h"

namespace graph_milter::service {

struct ConfigCheck {
  admin::CheckReport report;
  int exit_status = 0;  // of sysexits(3): 0 without errors; 66 or 77 if the conf file can't be read; else 78
};

struct CheckWish {
  std::string mta;         // "postfix": ask this MTA as well; empty: none
  std::string mta_config;  // where its own configuration is, if not where it looks by itself: a folder with
                           // main.cf, or the file sendmail.cf
  bool graph = false;      // ask Graph for a token and for the mailboxes; see core/admin/graph_check.h
};

// The MTAs that can be asked.
std::vector<std::string_view> known_mtas();

// Reads conf file, rules and maps, and looks at what they need from the machine. Goes on after an error as far as the
// rest can be judged. Changes nothing. REQUIRES: wish.mta is empty or one of known_mtas().
ConfigCheck check_configuration(const std::string& path, const std::vector<config::Override>& overrides,
                                const CheckWish& wish = {});

}  // namespace graph_milter::service
