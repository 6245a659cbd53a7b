// SPDX-License-Identifier: Apache-2.0
// main() of the daemon: what the command line asks for.
#include <sysexits.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <iostream>

#include "core/config/arguments.h"
#include "core/config/configuration.h"
#include "core/config/exit_status.h"
#include "core/config/option_printer.h"
#include "core/config/trusted_files.h"
#include "core/service/service.h"
#include "milter/ctl_explain.h"
#include "milter/daemon.h"

namespace graph_milter::milter {
namespace {

void print_errors(const std::vector<Error>& errors) {
  for (const Error& error : errors) std::fprintf(stderr, "graph-milter: %s\n", error.text().c_str());
}

// Everything that can be known without starting, all faults at once.
std::vector<Error> check(const config::Reading& reading) {
  std::vector<Error> errors = reading.errors;
  if (!reading.ok()) return errors;
  if (auto policy = service::read_policy(reading.configuration); !policy) errors.push_back(policy.error());
  for (const auto& more :
       {config::check_conf_files(reading.configuration), config::check_surroundings(reading.configuration)}) {
    errors.insert(errors.end(), more.begin(), more.end());
  }
  return errors;
}

// Of rules that were read well. The daemon writes the same to its log when it starts.
void print_warnings(const config::Configuration& configuration) {
  const auto policy = service::read_policy(configuration);
  if (!policy) return;
  for (const Error& warning : service::rule_warnings(configuration.settings, *policy)) {
    std::fprintf(stderr, "graph-milter: warning: %s\n", warning.text().c_str());
  }
}

int run(int argc, char** argv) {
  auto arguments = config::parse_arguments(argc, argv);
  if (!arguments) {
    print_errors({arguments.error()});
    return EX_USAGE;
  }
  if (arguments->version) {
    std::puts("graph-milter " GM_VERSION);
    return EX_OK;
  }
  if (arguments->help) {
    std::printf("Usage: graph-milter [FLAGS]\n\n%s\nOptions of the conf file:\n\n%s", config::flags_help().c_str(),
                config::options_help().c_str());
    return EX_OK;
  }
  // The daemon changes to /, and reads the file again at SIGUSR1.
  const std::string conf_path = std::filesystem::absolute(arguments->conf_file).string();
  config::Reading reading = config::read_configuration(conf_path, arguments->overrides);
  const bool test_only = arguments->test_file.has_value();
  if (const std::vector<Error> errors = test_only ? reading.errors : check(reading); !errors.empty()) {
    print_errors(errors);
    return config::exit_status_of_configuration(errors);
  }
  if (test_only) {
    return ctl::explain_file(reading.configuration, {*arguments->test_file, arguments->envelope, arguments->json},
                             std::cout, std::cerr);
  }
  if (arguments->check_only) {
    print_warnings(reading.configuration);
    return EX_OK;
  }
  run_daemon({std::move(reading.configuration), conf_path, arguments->overrides, arguments->foreground});
}

}  // namespace
}  // namespace graph_milter::milter

int main(int argc, char** argv) {
  try {
    return graph_milter::milter::run(argc, argv);
  } catch (const std::exception& exception) {
    std::fprintf(stderr, "graph-milter: %s\n", exception.what());
    return EX_SOFTWARE;
  }
}
