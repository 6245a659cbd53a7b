// SPDX-License-Identifier: Apache-2.0
// The option table in its four printed forms. A test compares the files in conf/ and man/ with them.
#pragma once

#include <string>

#include "core/config/configuration.h"

namespace graph_milter::config {

// For --help: every option with its form, default and words, at most 100 columns.
std::string options_help();

// conf/graph-milter.conf: every option commented out with its default, and an example rule.
std::string sample_conf();

// The part of man/graph-milter.conf.5 between the lines man_options_begin and man_options_end, in man(7).
std::string man_options();
inline constexpr std::string_view kManOptionsBegin = ".\\\" BEGIN options: printed by graph-milterctl config man\n";
inline constexpr std::string_view kManOptionsEnd = ".\\\" END options\n";

// Every option as it is in effect, and where it was set; readable as a conf file. Values of secret options are "***".
std::string effective_conf(const Configuration& configuration);

}  // namespace graph_milter::config
