// SPDX-License-Identifier: Apache-2.0
#include "core/delivery/expiry.h"

#include "core/base/format.h"
#include "core/json/json.h"

namespace graph_milter::delivery {
namespace {

using Days = std::chrono::duration<Duration::rep, std::ratio<86400>>;

constexpr int kStages[] = {0, 1, 7, 30};  // days ahead, the most urgent first

std::string span_to(TimePoint end, TimePoint now) {
  const auto days = std::chrono::floor<Days>(end - now).count();
  if (end <= now) return "has ended";
  if (days == 0) return "ends in less than a day";
  return format("ends in {} day{}", days, days == 1 ? "" : "s");
}

}  // namespace

std::optional<int> expiry_stage(TimePoint end, TimePoint now) {
  for (const int stage : kStages) {
    if (end - now <= Days(stage)) return stage;
  }
  return std::nullopt;
}

std::string to_json(const ExpiryState& state) {
  json::Writer out;
  out.begin_object().key("end").number(to_unix_ms(state.end)).key("stage").number(state.stage).end_object();
  return out.take();
}

Result<ExpiryState> expiry_state_from_json(std::string_view text) {
  if (text.empty()) return ExpiryState{};
  GM_TRY_ASSIGN(const json::Value value, json::parse(text));
  const auto end = value.find_int64("end");
  const auto stage = value.find_int("stage");
  if (!end || !stage) {
    return fail(ErrorKind::Corrupt, "journal", "the note of what was told of the credential's end is damaged");
  }
  return ExpiryState{from_unix_ms(*end), *stage};
}

std::optional<ExpiryState> decide_expiry(const ExpiryState& told, TimePoint end, TimePoint now) {
  const auto stage = expiry_stage(end, now);
  if (!stage || (told.end == end && told.stage <= *stage)) return std::nullopt;
  return ExpiryState{end, *stage};
}

std::string expiry_words(TimePoint end, TimePoint now) {
  return format("{} ({})", span_to(end, now), rfc5322_date(end));
}

std::string expiry_subject(const auth::CredentialEnd& credential, const std::string& hostname, TimePoint now) {
  return format("graph-milter on {}: {} {}", hostname, credential.name, span_to(credential.end, now));
}

std::string expiry_text(const auth::CredentialEnd& credential, TimePoint now) {
  return format(
      "By {} graph-milter proves to Microsoft 365 that it may send mail.\n"
      "It {}.\n\n"
      "{}\n\n"
      "Make a new one (Entra: App registrations, the application, Certificates & secrets)\n"
      "and put it into the same file: it is used for the next token, without restart.\n"
      "With secret-expires, write the new date into the conf file and restart.\n\n"
      "  graph-milterctl config check --graph   proves that the new one works\n"
      "  graph-milterctl status                 says how long it holds\n",
      credential.name, expiry_words(credential.end, now),
      credential.end <= now ? "Since then no mail goes out: messages wait, and none is returned for it."
                            : "From then on no mail goes out: messages wait until there is a new one.");
}

}  // namespace graph_milter::delivery
