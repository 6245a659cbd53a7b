// SPDX-License-Identifier: Apache-2.0
#include "core/delivery/alert_state.h"

#include <algorithm>
#include <utility>

#include "core/json/json.h"

namespace graph_milter::delivery {
namespace {

constexpr json::Limits kOwnText = {16 * 1024 * 1024, 8, 200'000};

const Trouble* find_trouble(const std::vector<Trouble>& troubles, const std::string& mailbox) {
  const auto found = std::find_if(troubles.begin(), troubles.end(),
                                  [&mailbox](const Trouble& trouble) { return trouble.mailbox == mailbox; });
  return found == troubles.end() ? nullptr : &*found;
}

bool contains(const std::vector<std::string>& list, std::string_view item) {
  return std::find(list.begin(), list.end(), item) != list.end();
}

tl::unexpected<Error> damaged() {
  return fail(ErrorKind::Corrupt, "journal", "the note of what the administrator was told is damaged");
}

}  // namespace

std::string to_json(const AlertState& state) {
  json::Writer out;
  out.begin_object();
  out.key("mailed").number(to_unix_ms(state.mailed));
  out.key("held").number(state.held);
  out.key("troubles").begin_array();
  for (const Trouble& trouble : state.troubles) {
    out.begin_object();
    out.key("mailbox").string(trouble.mailbox);
    out.key("since").number(to_unix_ms(trouble.since));
    out.key("why").string(trouble.why);
    out.end_object();
  }
  out.end_array();
  out.end_object();
  return out.take();
}

Result<AlertState> alert_state_from_json(std::string_view text) {
  AlertState state;
  if (text.empty()) return state;
  GM_TRY_ASSIGN(const json::Value value, json::parse(text, kOwnText));
  const auto mailed = value.find_int64("mailed");
  const auto held = value.find_uint64("held");
  const json::Value* troubles = value.find("troubles");
  if (!mailed || !held || troubles == nullptr || !troubles->is_array()) return damaged();
  state.mailed = from_unix_ms(*mailed);
  state.held = static_cast<std::size_t>(*held);
  for (const json::Value& item : troubles->items()) {
    const std::string* mailbox = item.find_string("mailbox");
    const std::string* why = item.find_string("why");
    const auto since = item.find_int64("since");
    if (mailbox == nullptr || why == nullptr || !since) return damaged();
    state.troubles.push_back({*mailbox, from_unix_ms(*since), *why});
  }
  return state;
}

AlertFacts alert_facts(const std::vector<queue::ServiceReport>& reports, const queue::Totals& totals) {
  AlertFacts facts;
  for (const queue::ServiceReport& report : reports) {
    if (report.condition == queue::Condition::Misconfigured)
      facts.troubles.push_back({report.mailbox, report.since, report.why});
    if (report.condition == queue::Condition::Down) facts.down.push_back(report.mailbox);
  }
  facts.held = totals.held;
  facts.needs_administrator = totals.needs_administrator;
  return facts;
}

AlertDecision decide_alert(const AlertState& told, const AlertFacts& facts, const std::vector<std::string>& seen_before,
                           Duration interval, TimePoint now) {
  AlertDecision decision;
  bool is_new = facts.held > 0 && facts.held > told.held;
  for (const Trouble& trouble : facts.troubles) {
    const Trouble* known = find_trouble(told.troubles, trouble.mailbox);
    is_new = is_new || known == nullptr;
    decision.lasting.push_back(trouble);
    // A start of the daemon is not the start of the trouble.
    if (known != nullptr) decision.lasting.back().since = std::min(known->since, trouble.since);
  }
  for (const Trouble& known : told.troubles) {
    if (find_trouble(facts.troubles, known.mailbox) != nullptr) continue;
    const bool is_known = contains(seen_before, known.mailbox) || facts.needs_administrator == 0;
    const bool is_down = contains(facts.down, known.mailbox) || contains(facts.down, "");
    (is_known && !is_down ? decision.over : decision.lasting).push_back(known);
  }

  const Duration quiet = std::min<Duration>(interval, std::chrono::hours(1));
  const bool never = told.mailed == TimePoint{} || now < told.mailed;  // or the clock was set back
  const bool lasts = !decision.lasting.empty() || facts.held > 0;
  const bool changed = is_new || !decision.over.empty();
  decision.mail =
      (changed && (never || now >= told.mailed + quiet)) || (lasts && (never || now >= told.mailed + interval));
  if (decision.mail) {
    decision.state = {now, decision.lasting, facts.held};
  } else {
    decision.state = told;
    decision.state.held = std::min(told.held, facts.held);
  }
  return decision;
}

}  // namespace graph_milter::delivery
