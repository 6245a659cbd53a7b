// SPDX-License-Identifier: Apache-2.0
#include "tests/graph_emulator/odata.h"

#include <algorithm>

#include "core/base/format.h"
#include "core/base/text.h"

namespace graph_milter::emulator {
namespace {

constexpr std::int64_t kLargestPage = 1000;

bool contains(const std::vector<std::string>& list, std::string_view word) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

std::string next_link(const State& state, const Call& call, std::size_t skip) {
  const std::string& target = call.exchange.target;
  std::string link = state.settings.graph_url + target.substr(0, target.find('?')) + "?";
  for (const auto& [name, value] : call.target.query) {
    if (name != "$skip") link += percent_encode(name) + "=" + percent_encode(value) + "&";
  }
  return link + format("%24skip={}", skip);
}

}  // namespace

std::optional<Reply> check_options(State& state, const Call& call, const std::vector<std::string>& known) {
  for (const auto& [name, value] : call.target.query) {
    if (contains(known, name)) continue;
    violate(state, call, "query option " + name);
    return refuse(state, call, 400, "ErrorInvalidUrlQuery", format("The query option '{}' is not supported.", name));
  }
  return std::nullopt;
}

std::optional<Reply> select(State& state, const Call& call, const std::vector<std::string>& known, Json& value) {
  if (!call.target.has("$select")) return std::nullopt;
  const std::vector<std::string> wanted = split_list(call.target.option("$select"), ",");
  for (const std::string& name : wanted) {
    if (contains(known, name)) continue;
    violate(state, call, "$select of " + name);
    return refuse(
        state, call, 400, "RequestBroker--ParseUri",
        format("Parsing OData Select and Expand failed: Could not find a property named '{}' on type.", name));
  }
  Json kept = Json::object();
  for (const Json::Member& member : value.members()) {
    const bool always = member.first == "id" || member.first.rfind('@', 0) == 0;
    if (always || contains(wanted, member.first)) kept.set(member.first, member.second);
  }
  value = kept;
  return std::nullopt;
}

Reply page(State& state, const Call& call, std::string_view context, std::size_t count,
           const std::function<Json(std::size_t)>& value_at) {
  const auto number = [&](const char* name, std::int64_t other) {
    const auto parsed = parse_unsigned(call.target.option(name));
    return parsed ? static_cast<std::int64_t>(*parsed) : other;
  };
  const std::int64_t top = number("$top", state.switches.page_size);
  if (top < 1 || top > kLargestPage) {
    return refuse(state, call, 400, "ErrorInvalidUrlQuery", "The value of $top must be between 1 and 1000.");
  }
  const auto first = static_cast<std::size_t>(number("$skip", 0));
  const std::size_t last = std::min(count, first + static_cast<std::size_t>(top));
  Json values = Json::array();
  for (std::size_t index = first; index < last; ++index) values.push(value_at(index));
  Json body = Json::object({{"@odata.context", context}, {"value", values}});
  if (last < count) body.set("@odata.nextLink", next_link(state, call, last));
  return json_reply(200, body);
}

}  // namespace graph_milter::emulator
