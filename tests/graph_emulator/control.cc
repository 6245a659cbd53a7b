// SPDX-License-Identifier: Apache-2.0
#include "tests/graph_emulator/control.h"

#include "core/base/text.h"
#include "tests/graph_emulator/target.h"

namespace graph_milter::emulator {
namespace {

constexpr std::uint64_t kLongestWaitMs = 60'000;

template <class List>
Reply list_reply(const List& list) {
  Json out = Json::array();
  for (const auto& each : list) out.push(to_json(each));
  return json_reply(200, out);
}

Reply words(int status, std::string text) {
  Reply reply = empty_reply(status);
  reply.body = std::move(text) + "\n";
  return reply.with("Content-Type", "text/plain; charset=utf-8");
}

Reply done(const Status& status) { return status ? words(200, "done") : words(400, status.error().text()); }

Duration wait_of(const Target& target) {
  return Duration(parse_unsigned(target.option("timeout-ms")).value_or(kLongestWaitMs));
}

Reply answer_get(Model& model, const std::string& what, const Target& target) {
  if (what == "deliveries") {
    if (const auto count = parse_unsigned(target.option("at-least")))
      model.wait_for_deliveries(*count, wait_of(target));
    return list_reply(model.deliveries());
  }
  if (what == "stats") {
    if (const auto count = parse_unsigned(target.option("held-at-least"))) {
      model.wait_for_held(static_cast<int>(*count), wait_of(target));
    }
    return json_reply(200, model.stats());
  }
  if (what == "violations") return list_reply(model.violations());
  if (what == "requests") return list_reply(model.requests());
  if (what == "faults") return list_reply(model.faults());
  if (what == "mailboxes") return json_reply(200, model.mailboxes());
  if (what == "switches") return json_reply(200, to_json(model.switches()));
  return words(404, "there is no " + what);
}

Status add_faults(Model& model, const Json& list) {
  GM_TRY_ASSIGN(std::vector<Fault> faults, parse_faults(list));
  for (Fault& fault : faults) model.add_fault(std::move(fault));
  return {};
}

Status think(Model& model, const Json& wanted) {
  Json switches = Json::object();
  for (const Json::Member& member : wanted.members()) switches.set("think_" + member.first, member.second);
  return model.change_switches(switches);
}

Reply answer_post(Model& model, const std::string& what, const Json& body) {
  if (what == "faults") return done(add_faults(model, body));
  if (what == "switches") return done(model.change_switches(body));
  if (what == "think") return done(think(model, body));
  if (what == "mailboxes") return done(model.change_mailbox(body));
  if (what == "release")
    model.release_held();
  else if (what == "tokens/revoke")
    model.revoke_tokens();
  else if (what == "reset")
    model.reset();
  else
    return words(404, "there is no " + what);
  return words(200, "done");
}

std::string read_all(BodyReader& body) {
  std::string text(body.size(), '\0');
  std::size_t got = 0;
  while (got < text.size()) {
    const std::size_t count = body.read(writable(text).subspan(got));
    if (count == 0) break;
    got += count;
  }
  text.resize(got);
  return text;
}

}  // namespace

Reply control(Model& model, const Exchange& exchange, BodyReader& body) {
  const Target target = parse_target(exchange.target);
  std::string what;
  for (const std::string& segment : target.segments) what += (what.empty() ? "" : "/") + segment;
  const std::string text = read_all(body);
  if (exchange.method == "GET") return answer_get(model, what, target);
  if (exchange.method == "DELETE" && what == "faults") {
    model.clear_faults();
    return words(200, "done");
  }
  if (exchange.method != "POST") return words(405, "GET, POST, or DELETE /faults");
  const auto parsed = text.empty() ? std::optional<Json>(Json::object()) : Json::parse(text);
  if (!parsed) return words(400, "the body is not JSON");
  return answer_post(model, what, *parsed);
}

}  // namespace graph_milter::emulator
