// SPDX-License-Identifier: Apache-2.0
#include "milter/ctl_map.h"

#include <sysexits.h>

#include <ostream>
#include <vector>

#include "core/admin/map_view.h"
#include "core/base/format.h"
#include "core/base/text.h"
#include "core/config/exit_status.h"
#include "core/service/service.h"

namespace graph_milter::ctl {

namespace {

using policy::Map;

constexpr int kNotFound = 1;

std::string_view file_name(std::string_view path) { return path.substr(path.rfind('/') + 1); }

// All that could be meant: by its whole name if there is one, else by path, else by file name.
std::vector<const Map*> meant(const policy::MapStore& maps, std::string_view word) {
  std::vector<const Map*> by_path;
  std::vector<const Map*> by_file;
  for (const auto& [name, source] : maps.sources()) {
    if (name.text() == word) return {source.map.get()};
    if (name.path == word) by_path.push_back(source.map.get());
    if (file_name(name.path) == word) by_file.push_back(source.map.get());
  }
  return by_path.empty() ? by_file : by_path;
}

std::string names_of(const std::vector<const Map*>& maps) {
  std::string out;
  for (const Map* map : maps) out += (out.empty() ? "" : ", ") + map->name().text();
  return out;
}

Error unknown_map(const policy::MapStore& maps, const std::string& word) {
  std::vector<std::string> names;
  for (const auto& [name, source] : maps.sources()) {
    for (const std::string& form : {name.text(), name.path, std::string(file_name(name.path))}) names.push_back(form);
  }
  const std::vector<std::string_view> views(names.begin(), names.end());
  const std::string_view near = nearest_word(word, views);
  std::string hint = "the configuration has no maps";
  if (!near.empty()) {
    hint = format("did you mean {}?", near);
  } else if (!names.empty()) {
    hint = "it has";
    for (const auto& [name, source] : maps.sources()) hint += " " + name.text();
  }
  return make_error(ErrorKind::Usage, "map test",
                    format("the configuration has no map \"{}\"", escape_for_log(word, 200)), std::move(hint));
}

Result<const Map*> find_map(const policy::MapStore& maps, const std::string& word) {
  const std::vector<const Map*> found = meant(maps, word);
  if (found.size() == 1) return found.front();
  if (found.empty()) return fail(unknown_map(maps, word));
  return fail(ErrorKind::Usage, "map test", format("\"{}\" may be several maps", escape_for_log(word, 200)),
              "write one of " + names_of(found));
}

}  // namespace

int map_test(const Call& call, const config::Configuration& configuration) {
  const auto rules = service::read_policy(configuration);
  if (!rules) {
    complain(call, rules.error());
    return config::exit_status_of_configuration({rules.error()});
  }
  const auto map = find_map(rules->maps(), call.operands[0]);
  if (!map) {
    complain(call, map.error());
    return config::exit_status(map.error());
  }
  const std::string& key = call.operands[1];
  policy::PatternWork work;
  const auto hit = (*map)->find(policy::canonical_key(key), work);
  const admin::Form form = call.arguments.json ? admin::Form::Json : admin::Form::Words;
  call.out << admin::print_map_answer((*map)->name(), key, hit, form);
  if (!hit && !call.arguments.json) {
    call.err << format("graph-milterctl: {} {} \"{}\"\n", (*map)->name().text(),
                       work.left() > 0 ? "has no line for" : "came to the end of what patterns may do with",
                       escape_for_log(key, 200));
  }
  return hit ? EX_OK : kNotFound;
}

}  // namespace graph_milter::ctl
