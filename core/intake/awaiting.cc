// SPDX-License-Identifier: Apache-2.0
#include "core/intake/awaiting.h"

#include <algorithm>
#include <exception>

namespace graph_milter::intake {

namespace {

queue::GiveUp left(const char* status, const char* words) {
  queue::GiveUp out;
  out.disposal = queue::Disposal::Client;
  out.status = status;
  out.diagnostic = words;
  return out;
}

}  // namespace

std::optional<queue::GiveUp> reason_to_leave(const queue::Outlook& outlook, TimePoint now, TimePoint deadline) {
  if (outlook.is_stopping) return left("4.3.2", "graph-milter is stopping");
  if (outlook.is_stuck) return left("4.3.0", "it can't be delivered without the administrator");
  if (now >= deadline) return left("4.4.7", "it was not delivered within accept-deadline");
  if (outlook.next_attempt > deadline) return left("4.4.1", "it can't be delivered within accept-deadline");
  return std::nullopt;
}

Awaiting::~Awaiting() {
  if (!waits_) return;
  try {
    static_cast<void>(leave(left("4.3.0", "an internal error")));
  } catch (const std::exception&) {
    return;  // the next start withdraws it
  }
}

bool Awaiting::begin(const std::string& id, std::size_t most) {
  id_ = id;
  waits_ = queue_.begin_wait(id, most);
  return waits_;
}

void Awaiting::cancel() {
  if (waits_) queue_.end_wait(id_);
  waits_ = false;
}

Result<queue::Outlook> Awaiting::leave(const queue::GiveUp& why) {
  waits_ = false;
  return queue_.withdraw(id_, why);
}

Result<queue::Outlook> Awaiting::finish(const StillThere& mta_still_there) {
  for (;;) {
    const queue::Outlook outlook = queue_.wait(id_, std::min(deadline_, clock_.now() + config::kProgressInterval));
    if (outlook.prospect != queue::Prospect::Open) {
      cancel();
      return outlook;
    }
    if (const auto why = reason_to_leave(outlook, clock_.now(), deadline_)) return leave(*why);
    if (!mta_still_there()) return leave(left("4.4.2", "the MTA has gone"));
  }
}

}  // namespace graph_milter::intake
