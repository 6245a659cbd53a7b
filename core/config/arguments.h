// SPDX-License-Identifier: Apache-2.0
// The command lines of graph-milter and graph-milterctl. Pure: nothing is opened or printed.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/config/configuration.h"

namespace graph_milter::config {

inline constexpr std::string_view kDefaultConfFile = "/etc/graph-milter/graph-milter.conf";

// The envelope of a message that is only looked at (graph-milter -t, graph-milterctl explain).
struct EnvelopeFlags {
  std::string client;                   // address of the SMTP client
  std::string daemon;                   // the MTA's {daemon_name}
  std::string login;                    // SMTP AUTH
  std::optional<std::string> sender;    // MAIL FROM; empty text: the null sender
  std::vector<std::string> recipients;  // RCPT TO
  friend bool operator==(const EnvelopeFlags&, const EnvelopeFlags&) = default;
};

// graph-milter.
struct Arguments {
  std::string conf_file = std::string(kDefaultConfFile);
  std::vector<Override> overrides;       // from -p -P -u -l -v and -o NAME=VALUE, in this order
  bool foreground = false;               // -f
  bool check_only = false;               // -n
  bool help = false;                     // -h
  bool version = false;                  // -V
  std::optional<std::string> test_file;  // -t
  EnvelopeFlags envelope;                // with -t
  bool json = false;                     // with -t
};

// graph-milterctl.
struct CtlArguments {
  std::string conf_file = std::string(kDefaultConfFile);
  std::vector<Override> overrides;  // -o NAME=VALUE, --outside ADDRESS
  std::vector<std::string> words;   // "queue", "show", "ID"
  EnvelopeFlags envelope;
  std::string probe_to;    // who gets the test mail; empty: the mailbox itself
  std::string mta;         // of config check: which MTA to ask; empty: none
  std::string mta_config;  // where that MTA has its configuration; empty: where it looks by itself
  bool graph = false;      // of config check: ask Graph
  bool json = false;
  bool help = false;
  bool version = false;
};

// Usage with a hint that names the nearest flag, or --help. With help or version, nothing else is checked.
Result<Arguments> parse_arguments(int argc, const char* const* argv);
Result<CtlArguments> parse_ctl_arguments(int argc, const char* const* argv);

// What the flags mean, for --help: one flag a line.
std::string flags_help();
std::string ctl_flags_help();

}  // namespace graph_milter::config
