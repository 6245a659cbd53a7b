// SPDX-License-Identifier: Apache-2.0
#include "tests/graph_emulator/bodies.h"

#include <algorithm>

#include "core/base/format.h"
#include "core/base/text.h"

namespace graph_milter::emulator {

std::optional<Reply> read_json_body(State& state, const Call& call, Json& body) {
  if (!starts_with_ignoring_case(call.exchange.header("content-type"), "application/json")) {
    violate(state, call, "Content-Type '" + call.exchange.header("content-type") + "' instead of application/json");
    return refuse(state, call, 415, "RequestUnsupportedMediaType", "The request's Content-Type is not supported.");
  }
  auto parsed = Json::parse(call.body);
  if (!parsed || !parsed->is_object()) {
    violate(state, call, "the body is not a JSON object");
    return refuse(state, call, 400, "BadRequest", "Unable to read JSON request payload.");
  }
  body = *std::move(parsed);
  return std::nullopt;
}

std::optional<Reply> check_properties(State& state, const Call& call, const Json& value,
                                      const std::vector<std::string>& known) {
  for (const Json::Member& member : value.members()) {
    if (std::find(known.begin(), known.end(), member.first) != known.end()) continue;
    violate(state, call, "unknown property '" + member.first + "'");
    return refuse(state, call, 400, "RequestBodyRead",
                  format("The property '{}' does not exist on type. Make sure to only use property names that are "
                         "defined by the type.",
                         member.first));
  }
  return std::nullopt;
}

Reply oversize_refusal(State& state, const Call& call) {
  if (state.switches.oversize_status == 400) {
    return refuse(state, call, 400, "BadRequest", "The maximum request length supported is 4MB.");
  }
  return refuse(state, call, 413, "RequestEntityTooLarge", "Request Entity Too Large");
}

std::string cleaned_name(const Switches& switches, const std::string& name) {
  if (switches.attachment_name_form != "windows") return name;
  std::string clean = name;
  for (char& c : clean) {
    if (std::string_view("\\/:*?\"<>|").find(c) != std::string_view::npos) c = '_';
  }
  return clean;
}

}  // namespace graph_milter::emulator
