// SPDX-License-Identifier: Apache-2.0
#include "core/service/map_watch.h"

#include <algorithm>
#include <utility>

namespace graph_milter::service {

namespace {

// File systems' clocks have ticks of milliseconds, some of a second.
constexpr Duration kTick = std::chrono::seconds(1);

bool is_young(const FileStamps& stamps, TimePoint now) {
  const std::int64_t since = to_unix_ms(now - kTick) * 1'000'000;
  return std::any_of(stamps.begin(), stamps.end(),
                     [&](const auto& item) { return item.second.modified >= since || item.second.changed >= since; });
}

}  // namespace

MapWatch::MapWatch(FileStamps in_force, TimePoint now) { taken(std::move(in_force), now); }

MapWatch::Verdict MapWatch::look(const FileStamps& stamps, TimePoint now) {
  if (stamps == in_force_) {
    seen_.reset();
    if (std::exchange(refused_, std::nullopt)) return Verdict::Again;
    if (certain_ || now < read_at_ + kTick) return Verdict::Same;
    certain_ = true;
    return Verdict::Read;
  }
  if (refused_ == stamps) return Verdict::Same;
  if (seen_ != stamps) {
    seen_ = stamps;
    return Verdict::Wait;
  }
  return Verdict::Read;
}

void MapWatch::taken(FileStamps in_force, TimePoint now) {
  in_force_ = std::move(in_force);
  read_at_ = now;
  certain_ = !is_young(in_force_, now);
  seen_.reset();
  refused_.reset();
}

void MapWatch::refused(const FileStamps& stamps) {
  refused_ = stamps;
  seen_.reset();
}

}  // namespace graph_milter::service
