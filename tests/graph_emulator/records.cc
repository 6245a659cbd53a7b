// SPDX-License-Identifier: Apache-2.0
#include "tests/graph_emulator/records.h"

#include <ostream>

#include "core/base/format.h"

namespace graph_milter::emulator {

std::ostream& operator<<(std::ostream& out, const Violation& violation) {
  return out << violation.operation << ": " << violation.what;
}

std::string iso8601_ms(TimePoint time) {
  std::string text = iso8601(time);
  text.pop_back();
  return text + format(".{:03}Z", to_unix_ms(time) % 1000);
}

Json to_json(const Violation& violation) {
  return Json::object(
      {{"time", iso8601_ms(violation.time)}, {"operation", violation.operation}, {"what", violation.what}});
}

Json to_json(const RequestRecord& record) {
  return Json::object({{"time", iso8601_ms(record.time)},
                       {"ms", (record.ended - record.time).count()},
                       {"method", record.method},
                       {"path", record.path},
                       {"operation", record.operation},
                       {"mailbox", record.mailbox},
                       {"status", record.status},
                       {"requestBytes", record.bytes},
                       {"range", record.range},
                       {"clientRequestId", record.client_request_id},
                       {"fault", record.fault}});
}

Json to_json(const Delivery& delivery) {
  Json parts = Json::array();
  for (const DeliveredPart& part : delivery.parts) {
    parts.push(Json::object({{"name", part.name},
                             {"type", part.type},
                             {"size", part.size},
                             {"sha256", part.sha256},
                             {"inline", part.is_inline},
                             {"contentId", part.content_id},
                             {"origin", part.origin},
                             {"body", part.is_body}}));
  }
  return Json::object({{"number", delivery.number},
                       {"time", iso8601_ms(delivery.time)},
                       {"mailbox", delivery.mailbox},
                       {"to", Json::strings(delivery.to)},
                       {"cc", Json::strings(delivery.cc)},
                       {"bcc", Json::strings(delivery.bcc)},
                       {"recipients", Json::strings(delivery.recipients)},
                       {"internetMessageId", delivery.internet_message_id},
                       {"marker", delivery.marker},
                       {"subject", delivery.subject},
                       {"parts", parts},
                       {"file", delivery.file},
                       {"skeletonFile", delivery.skeleton_file}});
}

}  // namespace graph_milter::emulator
