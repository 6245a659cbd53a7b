// SPDX-License-Identifier: Apache-2.0
#include "core/queue/room.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "core/base/format.h"
#include "core/base/text.h"

namespace graph_milter::queue {

Room::Promise::Promise(Room& room, std::string id, ByteCount message, ByteCount still_needed)
    : room_(room), id_(std::move(id)) {
  const std::lock_guard lock(room_.mutex_);
  mine_ = room_.promised_.emplace(id_, Promised{message, still_needed}).second;
}

Room::Promise::~Promise() {
  const std::lock_guard lock(room_.mutex_);
  if (mine_) room_.promised_.erase(id_);
}

void Room::add(ByteCount message) {
  const std::lock_guard lock(mutex_);
  used_ += message;
}

void Room::remove(ByteCount message) {
  const std::lock_guard lock(mutex_);
  used_ -= std::min(used_, message);
}

Status Room::check(ByteCount bytes) const {
  ByteCount used = 0;
  ByteCount still_needed = 0;
  {
    const std::lock_guard lock(mutex_);
    used = used_;
    for (const auto& [id, promised] : promised_) {
      used += promised.message;
      still_needed += promised.still_needed;
    }
  }
  GM_TRY(check_limit(bytes, used));
  return spool_.check_room(bytes + still_needed, reserve_);
}

Status Room::check_limit(ByteCount bytes, ByteCount used) const {
  if (limit_ == 0 || (used <= limit_ && bytes <= limit_ - used)) return {};
  Error error = make_error(
      ErrorKind::System, spool_.directory(),
      format("no room for {}: the queue holds {} of {}", human_size(bytes), human_size(used), human_size(limit_)),
      "see why mail waits (graph-milterctl queue list), or raise max-queue-size");
  error.status = ENOSPC;
  return fail(std::move(error));
}

}  // namespace graph_milter::queue
