// SPDX-License-Identifier: Apache-2.0
#include "core/graph/paced_door.h"

#include <utility>

#include "core/http/retry_after.h"

namespace graph_milter::graph {
namespace {

// How Graph names the limit of bytes in a 429: "Application is over its IncomingBytes limit."
constexpr std::string_view kBytesLimit = "IncomingBytes";

void remember_wishes(MailboxGate& gate, const std::string& mailbox, const http::Response& response, TimePoint now) {
  if (response.status == 429 && response.body.find(kBytesLimit) != std::string::npos) gate.limit_bytes(mailbox);
  const auto wait = http::retry_after(response, now);
  if (!wait) return;
  if (response.status == 429 || response.status == 503) gate.hold(mailbox, *wait);
  if (response.status == 509) gate.hold_all(*wait);
}

ByteCount upload_size(const http::Request& request) { return request.body != nullptr ? request.body->size() : 0; }

template <class Kind>
class PacedDoor final : public Kind {
 public:
  PacedDoor(std::shared_ptr<Kind> inner, std::shared_ptr<MailboxGate> gate, std::shared_ptr<Clock> clock)
      : inner_(std::move(inner)), gate_(std::move(gate)), clock_(std::move(clock)) {}

  Result<http::Response> send(const http::Request& request) override {
    if (request.lane.empty()) return inner_->send(request);
    GM_TRY_ASSIGN(const MailboxGate::Lane lane, gate_->acquire(request.lane, upload_size(request)));
    auto response = inner_->send(request);
    if (response) remember_wishes(*gate_, request.lane, *response, clock_->now());
    return response;
  }

 private:
  std::shared_ptr<Kind> inner_;
  std::shared_ptr<MailboxGate> gate_;
  std::shared_ptr<Clock> clock_;
};

}  // namespace

http::Doors pace_doors(http::Doors doors, std::shared_ptr<MailboxGate> gate, std::shared_ptr<Clock> clock) {
  return {std::make_shared<PacedDoor<http::ApiDoor>>(std::move(doors.api), gate, clock),
          std::make_shared<PacedDoor<http::UploadDoor>>(std::move(doors.upload), gate, clock)};
}

}  // namespace graph_milter::graph
