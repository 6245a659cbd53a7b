// SPDX-License-Identifier: Apache-2.0
#include "tests/graph_emulator/switches.h"

#include <array>
#include <variant>

namespace graph_milter::emulator {
namespace {

using Place = std::variant<std::int64_t Switches::*, bool Switches::*, std::string Switches::*,
                           std::vector<std::string> Switches::*>;

struct Row {
  const char* name;
  Place place;
};

const std::array kRows = {
    Row{"oversize_status", &Switches::oversize_status},
    Row{"oversize_mime_ok", &Switches::oversize_mime_ok},
    Row{"inner_error_key", &Switches::inner_error_key},
    Row{"position_keys", &Switches::position_keys},
    Row{"position_form", &Switches::position_form},
    Row{"keeps_less", &Switches::keeps_less},
    Row{"ask_position_status", &Switches::ask_position_status},
    Row{"final_content_length", &Switches::final_content_length},
    Row{"location_id", &Switches::location_id},
    Row{"out_of_step_status", &Switches::out_of_step_status},
    Row{"expired_status", &Switches::expired_status},
    Row{"session_type_kept", &Switches::session_type_kept},
    Row{"session_inline_kept", &Switches::session_inline_kept},
    Row{"mime_after_addition", &Switches::mime_after_addition},
    Row{"date_kept", &Switches::date_kept},
    Row{"message_id_kept", &Switches::message_id_kept},
    Row{"mapi_fields_kept", &Switches::mapi_fields_kept},
    Row{"longest_subject", &Switches::longest_subject},
    Row{"receipts_to_the_sender", &Switches::receipts_to_the_sender},
    Row{"empty_file_taken", &Switches::empty_file_taken},
    Row{"equal_names_kept", &Switches::equal_names_kept},
    Row{"session_floor", &Switches::session_floor},
    Row{"session_ceiling", &Switches::session_ceiling},
    Row{"post_ceiling", &Switches::post_ceiling},
    Row{"range_limit", &Switches::range_limit},
    Row{"session_lifetime_ms", &Switches::session_lifetime_ms},
    Row{"size_overhead_per_mille", &Switches::size_overhead_per_mille},
    Row{"size_counts_base64", &Switches::size_counts_base64},
    Row{"attachment_name_form", &Switches::attachment_name_form},
    Row{"immutable_id_survives_send", &Switches::immutable_id_survives_send},
    Row{"second_send_status", &Switches::second_send_status},
    Row{"second_send_delivers", &Switches::second_send_delivers},
    Row{"send_delay_ms", &Switches::send_delay_ms},
    Row{"pending_place", &Switches::pending_place},
    Row{"drop_other_headers", &Switches::drop_other_headers},
    Row{"header_property", &Switches::header_property},
    Row{"sent_headers_hidden", &Switches::sent_headers_hidden},
    Row{"lag_operations", &Switches::lag_operations},
    Row{"lag_calls", &Switches::lag_calls},
    Row{"lag_ms", &Switches::lag_ms},
    Row{"parallel_writes_conflict", &Switches::parallel_writes_conflict},
    Row{"concurrency_limit", &Switches::concurrency_limit},
    Row{"request_limit", &Switches::request_limit},
    Row{"request_window_ms", &Switches::request_window_ms},
    Row{"byte_limit", &Switches::byte_limit},
    Row{"byte_window_ms", &Switches::byte_window_ms},
    Row{"ranges_are_counted", &Switches::ranges_are_counted},
    Row{"retry_after_form", &Switches::retry_after_form},
    Row{"retry_after_ms", &Switches::retry_after_ms},
    Row{"page_size", &Switches::page_size},
    Row{"token_lifetime_s", &Switches::token_lifetime_s},
    Row{"deliver_to", &Switches::deliver_to},
    Row{"secret_state", &Switches::secret_state},
    Row{"certificates", &Switches::certificates},
    Row{"scope", &Switches::scope},
    Row{"think_range_ms", &Switches::think_range_ms},
    Row{"think_request_ms", &Switches::think_request_ms},
};

bool assign(std::int64_t& place, const Json& value) {
  if (!value.is_integer()) return false;
  place = value.integer();
  return true;
}

bool assign(bool& place, const Json& value) {
  if (!value.is_bool()) return false;
  place = value.boolean();
  return true;
}

bool assign(std::string& place, const Json& value) {
  if (!value.is_string()) return false;
  place = value.text();
  return true;
}

bool assign(std::vector<std::string>& place, const Json& value) {
  if (!value.is_array()) return false;
  place.clear();
  for (const Json& item : value.items()) place.push_back(item.text());
  return true;
}

Json value_of(const std::vector<std::string>& place) { return Json::strings(place); }
template <class T>
Json value_of(const T& place) {
  return Json(place);
}

}  // namespace

Json to_json(const Switches& switches) {
  Json out = Json::object();
  for (const Row& row : kRows) {
    out.set(row.name, std::visit([&](auto member) { return value_of(switches.*member); }, row.place));
  }
  return out;
}

Status change(Switches& switches, const Json& wanted) {
  if (!wanted.is_object()) return fail(ErrorKind::Usage, "switches", "not a JSON object");
  Switches changed = switches;
  for (const Json::Member& member : wanted.members()) {
    bool known = false;
    for (const Row& row : kRows) {
      if (member.first != row.name) continue;
      known = true;
      const bool fits = std::visit([&](auto place) { return assign(changed.*place, member.second); }, row.place);
      if (!fits) return fail(ErrorKind::Usage, "switches", member.first + " can't be " + member.second.dump());
    }
    if (!known) return fail(ErrorKind::Usage, "switches", "there is no switch " + member.first);
  }
  switches = changed;
  return {};
}

}  // namespace graph_milter::emulator
