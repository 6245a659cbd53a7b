// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "tests/graph_emulator/state.h"

namespace graph_milter::emulator {

Reply json_reply(int status, const Json& body) {
  Reply reply;
  reply.status = status;
  reply.body = body.dump();
  reply.with("Content-Type", "application/json; charset=utf-8");
  return reply;
}

Reply empty_reply(int status) {
  Reply reply;
  reply.status = status;
  return reply;
}

void violate(State& state, const Call& call, std::string what) {
  state.violations.push_back({call.now, call.route.operation, std::move(what)});
}

Reply refuse(const State& state, const Call& call, int status, std::string_view code, std::string_view message) {
  std::string date = iso8601(call.now);
  date.pop_back();
  Json inner = Json::object({{"date", date}, {"request-id", call.request_id}});
  inner.set("client-request-id", call.exchange.has_header("client-request-id")
                                     ? call.exchange.header("client-request-id")
                                     : call.request_id);
  Json error = Json::object({{"code", code}, {"message", message}});
  error.set(state.switches.inner_error_key, inner);
  return json_reply(status, Json::object({{"error", error}}));
}

Reply item_not_found(const State& state, const Call& call) {
  return refuse(state, call, 404, "ErrorItemNotFound", "The specified object was not found in the store.");
}

Reply mailbox_is_full(const State& state, const Call& call) {
  return refuse(state, call, 507, "ErrorQuotaExceeded", "The mailbox has exceeded its quota.");
}

bool lags(State& state, const Call& call, Item& item) {
  const auto& slow = state.switches.lag_operations;
  if (std::find(slow.begin(), slow.end(), call.route.operation) == slow.end()) return false;
  if (call.now - item.created < Duration(state.switches.lag_ms)) return true;
  std::int64_t& answers = item.lag_answers[call.route.operation];
  if (answers >= state.switches.lag_calls) return false;
  ++answers;
  return true;
}

}  // namespace graph_milter::emulator
