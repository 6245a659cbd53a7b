// SPDX-License-Identifier: Apache-2.0
#include "tests/graph_emulator/faults.h"

#include <algorithm>
#include <array>

#include "core/base/text.h"

namespace graph_milter::emulator {
namespace {

constexpr std::array<std::pair<std::string_view, Action>, 11> kActions = {{
    {"refuse", Action::Refuse},
    {"drop-before", Action::DropBefore},
    {"effect-then-drop", Action::EffectThenDrop},
    {"drop-in-body", Action::DropInBody},
    {"status", Action::Status},
    {"delay", Action::Delay},
    {"truncate", Action::Truncate},
    {"garbage", Action::Garbage},
    {"alter", Action::Alter},
    {"hold", Action::Hold},
    {"ndr", Action::Ndr},
}};

std::string_view name_of(Action action) {
  for (const auto& [name, value] : kActions) {
    if (value == action) return name;
  }
  return "?";
}

Result<Action> parse_action(const std::string& text) {
  for (const auto& [name, value] : kActions) {
    if (name == text) return value;
  }
  return fail(ErrorKind::Usage, "faults", "there is no action '" + text + "'");
}

constexpr std::array<std::string_view, 16> kKeys = {
    "match", "times",    "action", "status", "code", "message", "retry_after", "body",
    "close", "delay_ms", "effect", "seen",   "hits", "chance",  "upload_url",  "location"};

Result<Fault> parse_fault(const Json& value) {
  for (const Json::Member& member : value.members()) {
    if (std::find(kKeys.begin(), kKeys.end(), member.first) == kKeys.end()) {
      return fail(ErrorKind::Usage, "faults", "a fault has no '" + member.first + "'");
    }
  }
  Fault fault;
  GM_TRY_ASSIGN(fault.action, parse_action(value["action"].text()));
  const Json& match = value["match"];
  fault.operation = match["operation"].text("*");
  fault.mailbox = to_lower(match["mailbox"].text());
  fault.nth = static_cast<int>(match["nth"].integer(1));
  fault.times = static_cast<int>(value["times"].integer(1));
  fault.status_code = static_cast<int>(value["status"].integer(fault.action == Action::Alter ? 0 : 503));
  fault.code = value["code"].text();
  fault.message = value["message"].text();
  fault.retry_after = value["retry_after"].text();
  if (value["body"].is_string()) fault.body = value["body"].text();
  fault.close = value["close"].boolean();
  fault.effect = value["effect"].boolean();
  fault.delay_ms = static_cast<int>(value["delay_ms"].integer());
  fault.upload_url = value["upload_url"].text();
  fault.location = value["location"].text();
  fault.chance = static_cast<double>(value["chance"].integer(100)) / 100;
  return fault;
}

bool matches(const Fault& fault, const std::string& operation, const std::string& mailbox, bool last_range) {
  if (!fault.mailbox.empty() && fault.mailbox != mailbox) return false;
  if (fault.operation == "put-last-range") return last_range;
  return fault.operation == "*" || fault.operation == operation;
}

}  // namespace

Fault Fault::of(Action action, std::string operation, int nth) {
  Fault fault;
  fault.action = action;
  fault.operation = std::move(operation);
  fault.nth = nth;
  return fault;
}

Fault Fault::status(std::string operation, int nth, int status, std::string code, std::string retry_after) {
  Fault fault = of(Action::Status, std::move(operation), nth);
  fault.status_code = status;
  fault.code = std::move(code);
  fault.retry_after = std::move(retry_after);
  return fault;
}

Fault Fault::status_after_effect(std::string operation, int nth, int status, std::string code) {
  Fault fault = Fault::status(std::move(operation), nth, status, std::move(code));
  fault.effect = true;
  return fault;
}

Fault Fault::alter(std::string operation, int nth, int status, std::string upload_url) {
  Fault fault = of(Action::Alter, std::move(operation), nth);
  fault.status_code = status;
  fault.upload_url = std::move(upload_url);
  return fault;
}

Result<std::vector<Fault>> parse_faults(const Json& list) {
  if (!list.is_array()) return fail(ErrorKind::Usage, "faults", "not a JSON array");
  std::vector<Fault> faults;
  for (const Json& item : list.items()) {
    GM_TRY_ASSIGN(Fault fault, parse_fault(item));
    faults.push_back(std::move(fault));
  }
  return faults;
}

Json to_json(const Fault& fault) {
  Json match = Json::object({{"operation", fault.operation}, {"nth", fault.nth}});
  if (!fault.mailbox.empty()) match.set("mailbox", fault.mailbox);
  return Json::object({{"match", match},
                       {"times", fault.times},
                       {"action", name_of(fault.action)},
                       {"seen", fault.seen},
                       {"hits", fault.hits}});
}

std::optional<Fault> FaultScript::hit(const std::string& operation, const std::string& mailbox, bool last_range) {
  std::optional<Fault> chosen;
  for (Fault& fault : faults_) {
    if (!matches(fault, operation, mailbox, last_range)) continue;
    ++fault.seen;
    const bool hits = fault.seen >= fault.nth && (fault.times == 0 || fault.seen < fault.nth + fault.times);
    if (!hits || chosen) continue;
    if (fault.chance < 1 && std::uniform_real_distribution<double>(0, 1)(dice_) >= fault.chance) continue;
    ++fault.hits;
    chosen = fault;
  }
  return chosen;
}

bool needs_no_effect(const Fault& fault) {
  switch (fault.action) {
    case Action::Refuse:
    case Action::DropBefore:
    case Action::DropInBody:
      return true;
    case Action::Status:
      return !fault.effect;
    default:
      return false;
  }
}

}  // namespace graph_milter::emulator
