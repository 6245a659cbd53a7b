// SPDX-License-Identifier: Apache-2.0
#include "core/config/configuration.h"

#include <algorithm>
#include <array>

#include "core/base/format.h"
#include "core/base/text.h"
#include "core/config/cloud.h"
#include "core/config/option_relations.h"
#include "core/config/option_table.h"

namespace graph_milter::config {

namespace {

// One pass over text and overrides that keeps going after an error.
class Reader {
 public:
  Reader(ConfText text, std::string file) : file_(std::move(file)) { out_.configuration.text = std::move(text); }

  Reading read(const std::vector<Override>& overrides) {
    for (const ConfSection& section : text().sections) read_section(section);
    for (const Override& item : overrides) read_override(item);
    if (out_.ok()) check_together();
    fill_in_cloud(settings());
    if (settings().client_key_file.empty()) settings().client_key_file = settings().client_certificate_file;
    return std::move(out_);
  }

  // Of a file that can't be read.
  Reading read_without_it(Error why, const std::vector<Override>& overrides) {
    out_.errors.push_back(std::move(why));
    for (const Override& item : overrides) read_override(item);
    return std::move(out_);
  }

 private:
  Settings& settings() { return out_.configuration.settings; }
  const ConfText& text() const { return out_.configuration.text; }

  void add_error(std::string where, std::string what, std::string hint = {}) {
    out_.errors.push_back(make_error(ErrorKind::Usage, std::move(where), std::move(what), std::move(hint)));
  }

  void read_section(const ConfSection& section) {
    if (section.name.empty()) {
      for (const ConfLine& line : section.lines) read_line(line);
    } else if (section.name == "rule") {
      add_error(section.where(), "a rule needs a name", "write [rule NAME]");
    } else if (section.name != "defaults" && !section.name.starts_with("rule ")) {
      refuse_section(section);
    }
  }

  void refuse_section(const ConfSection& section) {
    constexpr std::array<std::string_view, 2> words = {"rule", "defaults"};
    const std::string_view name = section.name;
    const std::size_t space = std::min(name.find(' '), name.size());
    const std::string_view near = nearest_word(name.substr(0, space), words);
    std::string hint = "sections are written [rule NAME] or [defaults]; options stand before them";
    if (near == "defaults") hint = "did you mean [defaults]?";
    if (near == "rule") hint = format("did you mean [rule{}]?", space < name.size() ? name.substr(space) : " NAME");
    add_error(section.where(), format("unknown section [{}]", escape_for_log(name, 64)), std::move(hint));
  }

  void read_line(const ConfLine& line) {
    const Option* option = find_option(line.key);
    if (option == nullptr) return refuse_name(line.where_key(), line.key);
    auto& set_at = out_.configuration.set_at;
    if (const auto first = set_at.find(line.key); first != set_at.end()) {
      return add_error(line.where_key(), format("{} is set twice", line.key), "first at " + first->second);
    }
    set(*option, line.value, line.where_value());
    set_at.emplace(line.key, line.where());
  }

  void read_override(const Override& item) {
    const Option* option = find_option(item.name);
    if (option == nullptr) return refuse_name(item.where, item.name);
    auto& set_at = out_.configuration.set_at;
    if (item.weak && set_at.contains(item.name)) return;
    set(*option, item.value, item.where);
    set_at.insert_or_assign(item.name, item.where);
  }

  void refuse_name(const std::string& where, const std::string& name) {
    const std::string_view nearest = nearest_option(name);
    add_error(where, format("unknown option \"{}\"", escape_for_log(name, 64)),
              nearest.empty() ? std::string() : format("did you mean {}?", nearest));
  }

  void set(const Option& option, const std::string& value, const std::string& where) {
    const bool may_be_empty = !option.if_empty.empty();
    if (value.empty() && !may_be_empty) {
      return add_error(where, format("{} has no value", option.name),
                       format("write {} = {}", option.name, option.type.form));
    }
    ValueProblem problem = option.type.set(settings(), std::string(option.name), value);
    if (!problem.what.empty()) {
      add_error(where, format("{}: {}", option.name, problem.what), std::move(problem.hint));
    }
  }

  std::string where_of(std::string_view name) const {
    const auto& set_at = out_.configuration.set_at;
    const auto found = set_at.find(name);
    return found == set_at.end() ? file_ : found->second;
  }

  void require(std::string_view name, const std::string& why = {}) {
    const Option& option = *find_option(name);
    if (!option.type.get(settings()).empty()) return;
    add_error(where_of(name), format("{} is missing{}", name, why), format("add {} = {}", name, option.example));
  }

  void require_credential() {
    if (!settings().client_secret_file.empty() || !settings().client_certificate_file.empty()) return;
    add_error(file_, "client-secret-file is missing, and so is client-certificate-file",
              format("add client-secret-file = {}", find_option("client-secret-file")->example));
  }

  // The first rule that relays, or null. What else stands in a rule is the policy's to judge.
  const ConfSection* relay_rule() const {
    for (const ConfSection& section : text().sections) {
      if (!section.name.starts_with("rule ")) continue;
      for (const ConfLine& line : section.lines) {
        if (line.key == "action" && line.value == "relay") return &section;
      }
    }
    return nullptr;
  }

  void check_together() {
    require("tenant");
    require("client-id");
    require_credential();
    if (const ConfSection* rule = relay_rule(); rule != nullptr) {
      require("tenant-domains", format(", but [{}] relays", rule->name));
    }
    for (Conflict& conflict : find_conflicts(settings())) {
      add_error(where_of(conflict.option), std::move(conflict.what), std::move(conflict.hint));
    }
  }

  std::string file_;
  Reading out_;
};

}  // namespace

Reading read_configuration(ConfText text, const std::string& file, const std::vector<Override>& overrides) {
  return Reader(std::move(text), file).read(overrides);
}

Reading read_configuration(const std::string& path, const std::vector<Override>& overrides) {
  auto text = read_conf_file(path);
  if (!text) return Reader(ConfText(), path).read_without_it(std::move(text).error(), overrides);
  return read_configuration(*std::move(text), path, overrides);
}

Result<Configuration> load_configuration(const std::string& path, const std::vector<Override>& overrides) {
  Reading reading = read_configuration(path, overrides);
  if (!reading.ok()) return fail(std::move(reading.errors.front()));
  return std::move(reading.configuration);
}

void fill_in_cloud(Settings& settings) {
  const Cloud* cloud = find_cloud(settings.cloud);
  if (cloud == nullptr) return;
  if (settings.graph_url.empty()) settings.graph_url = cloud->graph_url;
  if (settings.login_url.empty()) settings.login_url = cloud->login_url;
  if (settings.upload_hosts.empty()) settings.upload_hosts = cloud->upload_hosts;
  for (std::string* url : {&settings.graph_url, &settings.login_url}) {
    while (url->ends_with('/')) url->pop_back();
  }
}

}  // namespace graph_milter::config
