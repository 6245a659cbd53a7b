// SPDX-License-Identifier: Apache-2.0
// What the service is known to do in more than one way, or not known to do at all. README.md explains each.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "tests/graph_emulator/json.h"

namespace graph_milter::emulator {

struct Switches {
  std::int64_t oversize_status = 413;
  bool oversize_mime_ok = true;
  std::string inner_error_key = "innerError";
  std::string position_keys = "pascal";  // pascal, mixed, camel
  std::string position_form = "bare";    // bare, dash, range
  std::int64_t keeps_less = 0;
  std::int64_t ask_position_status = 404;
  bool final_content_length = true;
  std::string location_id = "ordinary";  // ordinary, immutable
  std::int64_t out_of_step_status = 416;
  std::int64_t expired_status = 404;
  bool session_type_kept = false;
  bool session_inline_kept = true;
  std::string mime_after_addition = "kept";  // kept, rebuilt
  bool date_kept = true;
  bool message_id_kept = true;
  bool mapi_fields_kept = true;
  std::int64_t longest_subject = 255;
  bool receipts_to_the_sender = true;
  bool empty_file_taken = true;
  bool equal_names_kept = true;
  std::int64_t session_floor = 3'000'000;
  std::int64_t session_ceiling = 150'000'000;
  std::int64_t post_ceiling = 0;
  std::int64_t range_limit = 4'000'000;
  std::int64_t session_lifetime_ms = 7'200'000;
  std::int64_t size_overhead_per_mille = 45;
  bool size_counts_base64 = false;
  std::string attachment_name_form = "kept";  // kept, windows
  bool immutable_id_survives_send = false;
  std::int64_t second_send_status = 404;
  bool second_send_delivers = false;
  std::int64_t send_delay_ms = 0;
  std::string pending_place = "nowhere";  // nowhere, outbox, drafts
  bool drop_other_headers = true;
  std::string header_property = "missing";  // missing, found, refused
  bool sent_headers_hidden = true;
  std::vector<std::string> lag_operations;
  std::int64_t lag_calls = 0;
  std::int64_t lag_ms = 0;
  bool parallel_writes_conflict = true;
  std::int64_t concurrency_limit = 4;
  std::int64_t request_limit = 10'000;
  std::int64_t request_window_ms = 600'000;
  std::int64_t byte_limit = 0;
  std::int64_t byte_window_ms = 300'000;
  bool ranges_are_counted = true;
  std::string retry_after_form = "fraction";  // fraction, integer, date, absent, huge, negative, past, garbage
  std::int64_t retry_after_ms = 1000;
  std::int64_t page_size = 10;
  std::int64_t token_lifetime_s = 3599;
  std::string deliver_to;                 // host:port
  std::string secret_state = "valid";     // valid, expired, unknown-app
  std::vector<std::string> certificates;  // PEM, registered for the application
  std::vector<std::string> scope;         // mailboxes that the application may use; empty: every one of the tenant
  std::int64_t think_range_ms = 0;
  std::int64_t think_request_ms = 0;

  friend bool operator==(const Switches&, const Switches&) = default;
};

Json to_json(const Switches& switches);

// Changes the named ones. Usage, and nothing changed, for an unknown name or a value of the wrong type.
Status change(Switches& switches, const Json& wanted);

}  // namespace graph_milter::emulator
