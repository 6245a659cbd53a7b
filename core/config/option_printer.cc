// SPDX-License-Identifier: Apache-2.0
#include "core/config/option_printer.h"

#include "core/base/format.h"
#include "core/base/text.h"
#include "core/config/conf_value.h"
#include "core/config/option_table.h"

namespace graph_milter::config {

namespace {

// `text` in lines of at most `width` columns, each begun with `indent`, the first with `first` if that is given.
std::string wrap(std::string_view text, std::string_view indent, std::size_t width, std::string_view first = {}) {
  std::string out;
  std::string line(first.empty() ? indent : first);
  bool begun = false;
  for (const std::string& word : split_list(text, " ")) {
    if (begun && line.size() + 1 + word.size() > width) {
      out += line + "\n";
      line = indent;
      begun = false;
    }
    line += (begun ? " " : "") + word;
    begun = true;
  }
  return out + line + "\n";
}

// "SIZE, 1K to 1G; default 128K".
std::string facts_of(const Option& option) {
  std::string out = option.type.form;
  if (!option.type.range.empty()) out += ", " + option.type.range;
  const std::string value = option.default_value();
  if (!value.empty()) {
    out += "; default " + value;
  } else if (!option.if_empty.empty()) {
    out += "; default: " + std::string(option.if_empty);
  }
  return out + (option.reload == Reload::Live ? "; no restart" : "; needs a restart");
}

// Calls `print` for each option and `begin` before the first one under each heading.
template <class Begin, class Print>
void for_each_option(Begin begin, Print print) {
  std::string_view heading;
  for (const Option& option : option_table()) {
    if (option.heading != heading) begin(heading = option.heading);
    print(option);
  }
}

constexpr std::string_view kSampleHead =
    "# graph-milter.conf: see graph-milter.conf(5). A line \"name = value\" sets an option; a line that begins with a\n"
    "# blank continues the one before it; # begins a comment at the start of a line or after a blank. Lines that "
    "begin\n"
    "# with #name show the default, or an example where there is none.\n"
    "#\n"
    "# SIZE is a number of bytes, or a number with K, M or G (1024 bytes and its powers). TIME is a number with ms, "
    "s,\n"
    "# m, h or d. Other files are read in place with include = FILE. A change of an option marked \"no restart\", and "
    "of\n"
    "# a rule, takes effect when the daemon gets SIGUSR1 or at graph-milterctl reload.\n";

constexpr std::string_view kSampleRule =
    "\n"
    "## Rules\n"
    "\n"
    "# The first rule that matches decides; what matches none is left to the MTA. A rule that relays says who (client "
    "or\n"
    "# login) and which From.\n"
    "\n"
    "#[rule scanners]\n"
    "#client    = 10.1.20.0/24\n"
    "#from      = scanner@contoso.com\n"
    "#part-size = 3M\n"
    "#action    = relay\n";

// Text as man(7) takes it: nothing in it is a request or an escape.
std::string roff(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\\') {
      out += "\\e";
    } else if (c == '-') {
      out += "\\-";
    } else {
      out += c;
    }
  }
  return out.starts_with('.') || out.starts_with('\'') ? "\\&" + out : out;
}

}  // namespace

std::string options_help() {
  std::string out;
  for_each_option([&](std::string_view heading) { out += format("\n{}:\n", heading); },
                  [&](const Option& option) {
                    out += wrap(format("{} = {}", option.name, facts_of(option)), "      ", 100, "  ");
                    out += wrap(option.help, "      ", 100);
                  });
  return out;
}

std::string sample_conf() {
  std::string out(kSampleHead);
  for_each_option([&](std::string_view heading) { out += format("\n## {}\n", heading); },
                  [&](const Option& option) {
                    const std::string value = option.default_value();
                    out += "\n" + wrap(option.help, "# ", 120);
                    out += wrap("Value: " + facts_of(option) + ".", "# ", 120);
                    out += format("#{} = {}\n", option.name, value.empty() ? std::string(option.example) : value);
                  });
  return out.append(kSampleRule);
}

std::string man_options() {
  std::string out;
  for_each_option([&](std::string_view heading) { out += format(".SS {}\n", roff(heading)); },
                  [&](const Option& option) {
                    out += format(".TP\n.BR {} \" = {}\"\n", roff(option.name), roff(facts_of(option)));
                    out += wrap(roff(option.help), "", 79);
                  });
  return out;
}

std::string effective_conf(const Configuration& configuration) {
  std::string out;
  for (const Option& option : option_table()) {
    std::string value = option.type.get(configuration.settings);
    if (option.secret && !value.empty()) value = "***";
    if (value.find_first_of("#\"") != std::string::npos) value = in_quotes(value);
    const auto found = configuration.set_at.find(option.name);
    const std::string where = found == configuration.set_at.end() ? "default" : found->second;
    const std::string setting = format("{} = {}", option.name, value);
    out += format("{:<59} # {}\n", setting, where);
  }
  return out;
}

}  // namespace graph_milter::config
