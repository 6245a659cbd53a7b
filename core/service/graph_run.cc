// SPDX-License-Identifier: Apache-2.0
#include "core/service/graph_run.h"

#include "core/base/forward_clock.h"
#include "core/graph/mailbox_gate.h"
#include "core/graph/paced_door.h"
#include "core/service/part_settings.h"

namespace graph_milter::service {
namespace {

http::Doors paced_doors(const config::Settings& settings, const std::shared_ptr<Clock>& clock) {
  const auto gate = std::make_shared<graph::MailboxGate>(clock, gate_settings(settings));
  return graph::pace_doors(http::open_doors(http_settings(settings, nullptr)), gate, clock);
}

}  // namespace

GraphRun::GraphRun(const config::Settings& settings)
    : clock(std::make_shared<ForwardClock>(std::make_shared<SystemClock>())),
      doors(paced_doors(settings, clock)),
      tokens(auth::make_token_source(token_settings(settings), doors.api, std::make_shared<SystemClock>())),
      client(graph_settings(settings), doors.api, tokens, clock) {}

}  // namespace graph_milter::service
