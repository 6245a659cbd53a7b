// SPDX-License-Identifier: Apache-2.0
#include "core/mta/postfix_settings.h"

#include <algorithm>

#include "core/base/format.h"
#include "core/base/run_program.h"
#include "core/base/text.h"

namespace graph_milter::mta {

namespace {

using Pairs = std::vector<std::pair<std::string, std::string>>;

// "name = value" lines; postconf writes nothing behind the sign where the value is empty.
Pairs parse_pairs(std::string_view text) {
  Pairs out;
  for (const std::string& line : split_list(text, "\n")) {
    const std::size_t sign = line.find('=');
    if (sign == std::string::npos) continue;
    out.emplace_back(trim(std::string_view(line).substr(0, sign)), trim(std::string_view(line).substr(sign + 1)));
  }
  return out;
}

// Since 3.0, unless compatibility_level is below 1, "-" in the chroot column means no (COMPATIBILITY_README).
bool default_chroot(std::string_view compatibility_level) {
  return compatibility_level.empty() || compatibility_level.starts_with('0');
}

// The end of a pair of braces that begins at `begin`, or the end of the text.
std::size_t end_of_braces(std::string_view text, std::size_t begin) {
  int depth = 0;
  for (std::size_t i = begin; i < text.size(); ++i) {
    if (text[i] == '{') ++depth;
    if (text[i] == '}' && --depth == 0) return i + 1;
  }
  return text.size();
}

PostfixMilter parse_item(std::string_view item) {
  PostfixMilter out;
  out.text = std::string(item);
  if (!item.starts_with('{')) {
    out.endpoint = out.text;
    return out;
  }
  item.remove_prefix(1);
  if (item.ends_with('}')) item.remove_suffix(1);
  for (const std::string& word : split_list(item, ", \t")) {
    if (out.endpoint.empty()) {
      out.endpoint = word;
    } else if (const std::size_t sign = word.find('='); sign != std::string::npos) {
      out.settings.emplace(word.substr(0, sign), word.substr(sign + 1));
    }
  }
  return out;
}

Result<std::string> ask(const std::vector<std::string>& arguments) {
  GM_TRY_ASSIGN(const ProgramAnswer answer, run_program(arguments));
  if (answer.status == 0) return answer.out;
  const std::string words = answer.err.empty() ? format("it ended with {}", answer.status) : answer.err;
  return fail(ErrorKind::Configuration, "postconf", escape_for_log(trim(words), 500));
}

}  // namespace

PostfixSettings PostfixSettings::parse(std::string_view parameters, std::string_view services,
                                       std::string_view overrides) {
  PostfixSettings out;
  for (auto& [name, value] : parse_pairs(parameters)) out.parameters_.insert_or_assign(std::move(name), value);
  const bool chroot = default_chroot(out.get("compatibility_level"));
  for (const std::string& line : split_list(services, "\n")) {
    const std::vector<std::string> columns = split_list(line, " \t");
    if (columns.size() < 8) continue;
    out.services_.push_back({columns[0], columns[1], columns[4] == "-" ? chroot : columns[4] == "y", columns[7], {}});
  }
  for (auto& [name, value] : parse_pairs(overrides)) {
    // Names of services may hold a slash: a unix socket's.
    const std::size_t last = name.rfind('/');
    if (last == std::string::npos) continue;
    for (PostfixService& service : out.services_) {
      if (service.label() == name.substr(0, last)) service.overrides.insert_or_assign(name.substr(last + 1), value);
    }
  }
  return out;
}

const std::string& PostfixSettings::get(std::string_view parameter) const {
  static const std::string none;
  const auto found = parameters_.find(parameter);
  return found == parameters_.end() ? none : found->second;
}

const std::string& PostfixSettings::get(const PostfixService& service, std::string_view parameter) const {
  const auto found = service.overrides.find(parameter);
  return found == service.overrides.end() ? get(parameter) : found->second;
}

const PostfixService* PostfixSettings::find(std::string_view name, std::string_view type) const {
  const auto found = std::find_if(services_.begin(), services_.end(), [&](const PostfixService& service) {
    return service.name == name && service.type == type;
  });
  return found == services_.end() ? nullptr : &*found;
}

Result<PostfixSettings> ask_postfix(const std::string& config_directory) {
  const auto program = find_program("postconf");
  if (!program) return fail(ErrorKind::NotFound, "postconf", "is not on this machine");
  std::vector<std::string> command = {*program};
  if (!config_directory.empty()) command.insert(command.end(), {"-c", config_directory});
  const auto with = [&](const char* flag) {
    std::vector<std::string> out = command;
    out.emplace_back(flag);
    return out;
  };
  GM_TRY_ASSIGN(const std::string parameters, ask(with("-x")));
  GM_TRY_ASSIGN(const std::string services, ask(with("-M")));
  GM_TRY_ASSIGN(const std::string overrides, ask(with("-Px")));
  return PostfixSettings::parse(parameters, services, overrides);
}

std::vector<PostfixMilter> parse_milters(std::string_view list) {
  std::vector<PostfixMilter> out;
  const auto separates = [](char c) { return c == ',' || c == ' ' || c == '\t' || c == '\n'; };
  for (std::size_t at = 0; at < list.size();) {
    if (separates(list[at])) {
      ++at;
      continue;
    }
    std::size_t end = at;
    if (list[at] == '{') {
      end = end_of_braces(list, at);
    } else {
      while (end < list.size() && !separates(list[end])) ++end;
    }
    out.push_back(parse_item(list.substr(at, end - at)));
    at = end;
  }
  return out;
}

}  // namespace graph_milter::mta
