// SPDX-License-Identifier: Apache-2.0
#include "core/upload/range_rules.h"

#include <algorithm>

namespace graph_milter::upload {
namespace {

constexpr ByteCount kOutlookLimit = 4'000'000;
constexpr ByteCount kDriveMultiple = 327'680;
constexpr ByteCount kDriveLimit = 60 * 1024 * 1024 - kDriveMultiple;  // the largest multiple below 60 MiB

RangeRules rules(ByteCount wanted, ByteCount multiple, ByteCount limit) {
  const ByteCount size = std::clamp(wanted / multiple * multiple, multiple, limit);
  return {.size = size, .multiple = multiple, .limit = limit};
}

}  // namespace

RangeRules outlook_rules(ByteCount wanted) { return rules(wanted, 1, kOutlookLimit); }

RangeRules drive_rules(ByteCount wanted) { return rules(wanted, kDriveMultiple, kDriveLimit); }

ByteRange range_at(const RangeRules& rules, ByteCount position, ByteCount size) {
  return {position, std::min(size, position + rules.size)};
}

}  // namespace graph_milter::upload
