// SPDX-License-Identifier: Apache-2.0
#include "milter/ctl_commands.h"

#include <sysexits.h>

#include <algorithm>
#include <array>
#include <ostream>

#include "core/base/format.h"
#include "core/base/text.h"
#include "core/config/exit_status.h"
#include "core/config/option_printer.h"
#include "milter/ctl_config.h"
#include "milter/ctl_explain.h"
#include "milter/ctl_map.h"
#include "milter/ctl_probe.h"
#include "milter/ctl_queue.h"
#include "milter/ctl_reload.h"

namespace graph_milter::ctl {

namespace {

constexpr std::string_view kProgram = "graph-milterctl";

// Runs `then` with a configuration in which nothing is wrong; otherwise says all that is.
template <class Then>
int with_configuration(const Call& call, Then then) {
  const config::Reading reading = config::read_configuration(call.arguments.conf_file, call.arguments.overrides);
  if (reading.ok()) return then(reading.configuration);
  for (const Error& error : reading.errors) complain(call, error);
  return config::exit_status_of_configuration(reading.errors);
}

int config_show(const Call& call) {
  return with_configuration(call, [&](const config::Configuration& configuration) {
    call.out << config::effective_conf(configuration);
    return EX_OK;
  });
}

int config_sample(const Call& call) {
  call.out << config::sample_conf();
  return EX_OK;
}

int config_man(const Call& call) {
  call.out << config::man_options();
  return EX_OK;
}

template <int (*Run)(const Call&, const config::Settings&)>
int with_settings(const Call& call) {
  return with_configuration(
      call, [&](const config::Configuration& configuration) { return Run(call, configuration.settings); });
}

int test_map(const Call& call) {
  return with_configuration(call,
                            [&](const config::Configuration& configuration) { return map_test(call, configuration); });
}

int explain(const Call& call) {
  return with_configuration(call, [&](const config::Configuration& configuration) {
    return explain_file(configuration, {call.operands[0], call.arguments.envelope, call.arguments.json}, call.out,
                        call.err);
  });
}

constexpr std::array kCommands = {
    Command{"status", "", "the running daemon, and what needs a person", with_settings<status>},
    Command{"trace", "WHAT", "what became of a message: by queue id, Message-ID or address", with_settings<trace>},
    Command{"queue list", "", "the messages that wait, oldest first", with_settings<queue_list>},
    Command{"queue show", "ID", "all that is known of one message", with_settings<queue_show>},
    Command{"queue retry", "ID...", "try now (ALL: all that wait; -: ids from standard input)",
            with_settings<queue_order<queue::Command::Retry>>},
    Command{"queue hold", "ID...", "stop it where it stands", with_settings<queue_order<queue::Command::Hold>>},
    Command{"queue release", "ID...", "let what is held go on (ALL: all that is held)",
            with_settings<queue_order<queue::Command::Release>>},
    Command{"queue return", "ID...", "give it up: return it as the configuration says",
            with_settings<queue_order<queue::Command::Return>>},
    Command{"queue hand-back", "ID...", "give it up: the MTA gets it back in full",
            with_settings<queue_order<queue::Command::HandBack>>},
    Command{"queue delete", "ID...", "give it up and tell nobody", with_settings<queue_order<queue::Command::Delete>>},
    Command{"explain", "FILE", "what would become of the message in FILE (- is standard input), and why", explain},
    Command{"reload", "", "have the daemon read its configuration again: all of it or nothing", reload},
    Command{"map test", "MAP KEY", "what a map of the configuration has for a key, and in which line", test_map},
    Command{"probe", "MAILBOX", "ask Graph by test mails what its documentation leaves open", with_settings<probe>},
    Command{"config check", "", "say all that is wrong with conf file, rules, maps, secret and groups", config_check},
    Command{"config show", "", "every option in effect, and where it was set", config_show},
    Command{"config sample", "", "a conf file with every option commented out", config_sample},
    Command{"config man", "", "the options section of graph-milter.conf(5)", config_man},
};

bool begins_with(const std::vector<std::string>& words, const std::vector<std::string>& name) {
  return words.size() >= name.size() && std::equal(name.begin(), name.end(), words.begin());
}

const Command* find_command(const std::vector<std::string>& words, std::vector<std::string>& operands) {
  for (const Command& command : kCommands) {
    const std::vector<std::string> name = split_list(command.name, " ");
    if (!begins_with(words, name)) continue;
    operands.assign(words.begin() + static_cast<std::ptrdiff_t>(name.size()), words.end());
    return &command;
  }
  return nullptr;
}

Error unknown_command(const std::vector<std::string>& words) {
  std::string typed = words.front();
  if (words.size() > 1) typed += " " + words[1];
  std::array<std::string_view, kCommands.size()> names;
  std::transform(kCommands.begin(), kCommands.end(), names.begin(),
                 [](const Command& command) { return command.name; });
  std::string_view nearest = nearest_word(typed, names);
  if (nearest.empty()) nearest = nearest_word(words.front(), names);
  return make_error(
      ErrorKind::Usage, std::string(kProgram), format("unknown command \"{}\"", escape_for_log(typed, 64)),
      nearest.empty() ? format("{} --help lists the commands", kProgram) : format("did you mean {}?", nearest));
}

}  // namespace

bool Command::takes(std::size_t operand_count) const {
  const std::size_t least = split_list(operands, " ").size();
  return operands.ends_with("...") ? operand_count >= least : operand_count == least;
}

std::span<const Command> commands() { return kCommands; }

void complain(const Call& call, const Error& error) { call.err << kProgram << ": " << error.text() << "\n"; }

std::string usage() {
  std::string out = format("usage: {} [flags] command\n\nCommands:\n", kProgram);
  for (const Command& command : kCommands) {
    out += format("  {:<19} {}\n", format("{} {}", command.name, command.operands), command.help);
  }
  return out + "\n" + config::ctl_flags_help();
}

int run(int argc, const char* const* argv, std::istream& in, std::ostream& out, std::ostream& err) {
  const auto arguments = config::parse_ctl_arguments(argc, argv);
  if (!arguments) {
    err << arguments.error().text() << "\n";
    return EX_USAGE;
  }
  if (arguments->version) {
    out << kProgram << " " << GM_VERSION << "\n";
    return EX_OK;
  }
  if (arguments->help || arguments->words.empty()) {
    (arguments->help ? out : err) << usage();
    return arguments->help ? EX_OK : EX_USAGE;
  }
  Call call{*arguments, {}, in, out, err};
  const Command* command = find_command(arguments->words, call.operands);
  if (command == nullptr) {
    err << unknown_command(arguments->words).text() << "\n";
    return EX_USAGE;
  }
  if (!command->takes(call.operands.size())) {
    err << format("usage: {} {}{}{}\n", kProgram, command->name, command->operands.empty() ? "" : " ",
                  command->operands);
    return EX_USAGE;
  }
  return command->run(call);
}

}  // namespace graph_milter::ctl
