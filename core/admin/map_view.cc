// SPDX-License-Identifier: Apache-2.0
#include "core/admin/map_view.h"

#include "core/base/format.h"
#include "core/json/json.h"

namespace graph_milter::admin {

std::string print_map_answer(const policy::MapName& map, const std::string& key,
                             const std::optional<policy::MapHit>& hit, Form form) {
  if (form == Form::Words) {
    if (!hit) return {};
    return format("{}\t{}:{}\n", hit->value.empty() ? "(no value)" : hit->value, map.path, hit->line);
  }
  json::Writer writer;
  writer.begin_object().key("map").string(map.text()).key("key").string(key).key("found").boolean(hit.has_value());
  if (hit) {
    writer.key("value").string(hit->value).key("file").string(map.path).key("line").number(hit->line);
    writer.key("exact").boolean(hit->is_exact);
  }
  writer.end_object();
  return writer.take() + "\n";
}

}  // namespace graph_milter::admin
