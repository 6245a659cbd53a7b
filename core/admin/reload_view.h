// SPDX-License-Identifier: Apache-2.0
// What became of reading the configuration again, for people, for programs and for the log. Pure.
#pragma once

#include <string>
#include <vector>

#include "core/admin/words.h"
#include "core/base/error.h"
#include "core/config/changes.h"

namespace graph_milter::admin {

struct ReloadReport {
  std::string conf_file;
  std::vector<Error> errors;                        // not empty: nothing was taken, the old configuration stays
  std::vector<config::OptionChange> taken;          // in force from now on
  std::vector<config::OptionChange> needs_restart;  // `before` is still in force
  std::size_t rules = 0;
  std::size_t maps = 0;

  bool ok() const { return errors.empty(); }
};

// Words: one line with the sum, then one for each change or error.
std::string print_reload(const ReloadReport& report, Form form);

// One line without its end.
std::string reload_log_words(const ReloadReport& report);

}  // namespace graph_milter::admin
