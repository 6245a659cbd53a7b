// SPDX-License-Identifier: Apache-2.0
#include "core/config/arguments.h"

#include <algorithm>
#include <boost/program_options.hpp>
#include <sstream>

#include "core/base/format.h"
#include "core/base/text.h"

namespace po = boost::program_options;

namespace graph_milter::config {

namespace {

using Texts = std::vector<std::string>;

auto text_value(const std::string& form) { return po::value<std::string>()->value_name(form); }
auto list_value(const std::string& form) { return po::value<Texts>()->value_name(form); }

void add_envelope_flags(po::options_description& flags) {
  flags.add_options()                                                                                         //
      ("client", text_value("ADDRESS"), "the SMTP client that brings the message (127.0.0.1)")                //
      ("daemon", text_value("NAME"), "what the MTA calls the port it came by (nothing)")                      //
      ("login", text_value("NAME"), "the name under which it has logged in (none)")                           //
      ("sender", text_value("ADDRESS"), "the envelope sender (the address in From); <> is the null sender")   //
      ("recipient", list_value("ADDRESS"), "an envelope recipient, once for each (those in To, Cc and Bcc)")  //
      ("json", "print JSON");
}

po::options_description daemon_flags() {
  po::options_description flags("Flags", 100, 60);
  flags.add_options()                                                                                                //
      ("config,c", text_value("FILE"), "read FILE (/etc/graph-milter/graph-milter.conf)")                            //
      ("socket,p", text_value("SOCKET"), "meet the MTA here: unix:PATH, inet:PORT@HOST, inet6:PORT@HOST")            //
      ("pid-file,P", text_value("FILE"), "write the process id to FILE")                                             //
      ("user,u", text_value("USER[:GROUP]"), "become USER after a start as root")                                    //
      ("foreground,f", "stay in the foreground; log to stderr where the conf file and -l say nothing else")          //
      ("syslog,l", "log to syslog")                                                                                  //
      ("check,n", "check the configuration and exit: 0, or a code of sysexits(3)")                                   //
      ("test,t", text_value("FILE"), "run the message in FILE through and print the decision; - is standard input")  //
      ("verbose,v", "log more")                                                                                      //
      ("option,o", list_value("NAME=VALUE"), "set an option of the conf file for this run")                          //
      ("version,V", "print the version and exit")                                                                    //
      ("help,h", "print this and exit");
  po::options_description envelope("The envelope of -t", 100, 60);
  add_envelope_flags(envelope);
  flags.add(envelope);
  return flags;
}

po::options_description ctl_flags() {
  po::options_description flags("Flags", 100, 60);
  flags.add_options()                                                                        //
      ("config,c", text_value("FILE"), "read FILE (/etc/graph-milter/graph-milter.conf)")    //
      ("option,o", list_value("NAME=VALUE"), "set an option of the conf file for this run")  //
      ("version,V", "print the version and exit")                                            //
      ("help,h", "print this and exit");
  po::options_description envelope("The envelope of explain", 100, 60);
  add_envelope_flags(envelope);
  flags.add(envelope);
  po::options_description probe("The test mail of probe", 100, 60);
  probe.add_options()("to", text_value("ADDRESS"), "who gets it (the mailbox itself)");
  flags.add(probe);
  po::options_description check("What config check asks", 100, 60);
  check.add_options()                                                            //
      ("mta", text_value("postfix|sendmail"), "the MTA's own settings too")      //
      ("mta-config", text_value("PATH"), "where they are (the MTA's own)")       //
      ("graph", "Graph: for a token, and for each mailbox that the rules name")  //
      ("outside", text_value("ADDRESS"), "a mailbox that the application must not reach (outside-mailbox)");
  flags.add(check);
  return flags;
}

// Only long flags have near ones: a slip on one letter could mean any other.
std::string nearest_flag(const po::options_description& flags, std::string_view token) {
  if (!token.starts_with("--")) return {};
  Texts names;
  for (const auto& flag : flags.options()) names.push_back(flag->long_name());
  const std::vector<std::string_view> views(names.begin(), names.end());
  return std::string(nearest_word(token.substr(2), views));
}

struct Parsed {
  po::variables_map map;
  Texts words;

  bool has(const char* name) const { return map.count(name) != 0; }
  std::string text(const char* name) const { return map[name].as<std::string>(); }
  Texts list(const char* name) const { return has(name) ? map[name].as<Texts>() : Texts(); }
};

Result<Parsed> parse(const po::options_description& flags, const std::string& program, int argc,
                     const char* const* argv) {
  // No guessing: an abbreviation that works today may become ambiguous tomorrow.
  constexpr int style = po::command_line_style::unix_style & ~po::command_line_style::allow_guessing;
  const std::string help = format("{} --help lists the flags", program);
  try {
    po::options_description all;
    all.add(flags).add_options()("words", po::value<Texts>());
    po::positional_options_description positions;
    positions.add("words", -1);
    Parsed out;
    po::store(po::command_line_parser(argc, argv).options(all).positional(positions).style(style).run(), out.map);
    out.words = out.list("words");
    return out;
  } catch (const po::unknown_option& unknown) {
    std::string token = unknown.get_option_name();
    token.resize(std::min(token.find('='), token.size()));
    const std::string nearest = nearest_flag(flags, token);
    return fail(ErrorKind::Usage, program, format("unknown flag \"{}\"", escape_for_log(token, 64)),
                nearest.empty() ? help : format("did you mean --{}?", nearest));
  } catch (const po::error& error) {
    return fail(ErrorKind::Usage, program, escape_for_log(error.what()), help);
  }
}

Status add_settings(const Parsed& parsed, const std::string& program, std::vector<Override>& out) {
  for (const std::string& setting : parsed.list("option")) {
    const std::size_t equals = setting.find('=');
    if (equals == std::string::npos || equals == 0) {
      return fail(ErrorKind::Usage, program, format("-o {} sets nothing", escape_for_log(setting, 64)),
                  "write -o NAME=VALUE");
    }
    const std::string name(trim(std::string_view(setting).substr(0, equals)));
    out.push_back({name, std::string(trim(std::string_view(setting).substr(equals + 1))), "-o " + name});
  }
  return {};
}

EnvelopeFlags envelope_of(const Parsed& parsed) {
  EnvelopeFlags out;
  if (parsed.has("client")) out.client = parsed.text("client");
  if (parsed.has("daemon")) out.daemon = parsed.text("daemon");
  if (parsed.has("login")) out.login = parsed.text("login");
  if (parsed.has("sender")) out.sender = parsed.text("sender") == "<>" ? std::string() : parsed.text("sender");
  out.recipients = parsed.list("recipient");
  return out;
}

template <class Flags>
std::string print(const Flags& flags) {
  std::ostringstream out;
  out << flags;
  return out.str();
}

void add_flag_overrides(const Parsed& parsed, Arguments& out) {
  const auto add = [&](const char* flag, const char* option, const char* where) {
    if (parsed.has(flag)) out.overrides.push_back({option, parsed.text(flag), where});
  };
  add("socket", "socket", "-p");
  add("pid-file", "pid-file", "-P");
  add("user", "user", "-u");
  if (parsed.has("syslog")) {
    out.overrides.push_back({"log-target", "syslog", "-l"});
  } else if (out.foreground || out.test_file || out.check_only) {
    out.overrides.push_back({"log-target", "stderr", "-f", true});
  }
  if (parsed.has("verbose")) out.overrides.push_back({"log-level", "debug", "-v"});
}

}  // namespace

Result<Arguments> parse_arguments(int argc, const char* const* argv) {
  const std::string program = "graph-milter";
  GM_TRY_ASSIGN(const Parsed parsed, parse(daemon_flags(), program, argc, argv));
  Arguments out;
  out.help = parsed.has("help");
  out.version = parsed.has("version");
  if (out.help || out.version) return out;
  if (!parsed.words.empty()) {
    return fail(ErrorKind::Usage, program, format("unexpected word \"{}\"", escape_for_log(parsed.words.front(), 64)),
                "graph-milter --help lists the flags");
  }
  if (parsed.has("config")) out.conf_file = parsed.text("config");
  out.foreground = parsed.has("foreground");
  out.check_only = parsed.has("check");
  if (parsed.has("test")) out.test_file = parsed.text("test");
  out.envelope = envelope_of(parsed);
  out.json = parsed.has("json");
  if (!out.test_file && (out.json || out.envelope != EnvelopeFlags{})) {
    return fail(ErrorKind::Usage, program,
                "--client, --daemon, --login, --sender, --recipient and --json mean something only with -t");
  }
  add_flag_overrides(parsed, out);
  GM_TRY(add_settings(parsed, program, out.overrides));
  return out;
}

Result<CtlArguments> parse_ctl_arguments(int argc, const char* const* argv) {
  const std::string program = "graph-milterctl";
  GM_TRY_ASSIGN(const Parsed parsed, parse(ctl_flags(), program, argc, argv));
  CtlArguments out;
  out.help = parsed.has("help");
  out.version = parsed.has("version");
  out.words = parsed.words;
  if (out.help || out.version) return out;
  if (parsed.has("config")) out.conf_file = parsed.text("config");
  out.envelope = envelope_of(parsed);
  out.json = parsed.has("json");
  if (parsed.has("to")) out.probe_to = parsed.text("to");
  if (parsed.has("mta")) out.mta = parsed.text("mta");
  if (parsed.has("mta-config")) out.mta_config = parsed.text("mta-config");
  out.graph = parsed.has("graph");
  if (parsed.has("outside")) out.overrides.push_back({"outside-mailbox", parsed.text("outside"), "--outside"});
  GM_TRY(add_settings(parsed, program, out.overrides));
  return out;
}

std::string flags_help() { return print(daemon_flags()); }

std::string ctl_flags_help() { return print(ctl_flags()); }

}  // namespace graph_milter::config
