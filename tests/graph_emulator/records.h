// SPDX-License-Identifier: Apache-2.0
// What the emulator saw: requests, breaches of the protocol, deliveries, counts. The oracle of the tests. Not locked.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/base/bytes.h"
#include "core/base/clock.h"
#include "tests/graph_emulator/blob.h"
#include "tests/graph_emulator/json.h"

namespace graph_milter::emulator {

struct Violation {
  TimePoint time{};
  std::string operation;
  std::string what;
};
std::ostream& operator<<(std::ostream& out, const Violation& violation);

struct RequestRecord {
  TimePoint time{};   // when it began
  TimePoint ended{};  // when its answer was ready
  std::string method;
  std::string path;  // ids shortened, no query
  std::string operation;
  std::string mailbox;
  int status = 0;  // 0: not answered
  ByteCount bytes = 0;
  std::string range;
  std::string client_request_id;
  std::string fault;
};

struct DeliveredPart {
  std::string name;
  std::string type;
  ByteCount size = 0;
  std::string sha256;
  bool is_inline = false;
  std::string content_id;
  std::string origin;  // "mime", "post", "session"
  bool is_body = false;
  std::shared_ptr<const Blob> content;
};

struct Delivery {
  int number = 0;
  TimePoint time{};
  std::string mailbox;
  std::vector<std::string> to, cc, bcc;
  std::vector<std::string> recipients;  // of all three: lower case, sorted, once each
  std::string internet_message_id;
  std::string marker;
  std::string subject;
  std::vector<DeliveredPart> parts;
  std::shared_ptr<const std::string> skeleton;  // the MIME as the draft had it
  std::string file;                             // paths; empty in process
  std::string skeleton_file;
};

struct Counts {
  std::map<std::string, int> requests;  // per operation
  int ranges = 0;
  ByteCount range_bytes = 0;
  int throttled = 0;
  int too_early = 0;
  int conflicts = 0;
  int tokens = 0;
  int sessions_opened = 0;
  int sessions_finished = 0;
  int sessions_cancelled = 0;
  int held = 0;
  int handed_over = 0;                          // taken by the server of deliver_to
  std::vector<std::string> hand_over_refusals;  // its reply, for each delivery that it did not take
};

Json to_json(const Violation& violation);
Json to_json(const RequestRecord& record);
Json to_json(const Delivery& delivery);

// "2026-11-22T09:30:00.123Z".
std::string iso8601_ms(TimePoint time);

}  // namespace graph_milter::emulator
