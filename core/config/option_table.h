// SPDX-License-Identifier: Apache-2.0
// The one table of options. --help, the sample conf file, the manual's options section and `config show` are printed
// from it (option_printer.h), and conf files are read by it (configuration.h).
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "core/config/option_types.h"

namespace graph_milter::config {

// The bounds of max-message-size, in its map too.
struct SizeBounds {
  ByteCount least;
  ByteCount most;
};
inline constexpr SizeBounds kMessageSizes{1024, 2ULL * 1024 * 1024 * 1024};

enum class Reload {
  Restart,  // a change takes effect when the daemon starts
  Live,     // a change takes effect at SIGUSR1 and at graph-milterctl reload
};

struct Option {
  std::string_view name;
  std::string_view heading;  // options of one heading follow each other
  OptionType type;
  std::string_view help;      // one to three sentences for people
  std::string_view example;   // for the sample file where there is no default; may be empty
  std::string_view if_empty;  // what an empty value means, where the default is empty
  Reload reload = Reload::Restart;
  bool secret = false;  // the value itself is never printed

  std::string default_value() const { return type.get(Settings{}); }
};

// In the order in which they are documented. Lives as long as the process.
std::span<const Option> option_table();
const Option* find_option(std::string_view name);

// The name nearest to a mistyped one; empty: none is near.
std::string_view nearest_option(std::string_view name);

}  // namespace graph_milter::config
