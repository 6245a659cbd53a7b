// SPDX-License-Identifier: Apache-2.0
#include "core/delivery/housekeeping_rules.h"

#include <algorithm>

#include "core/base/id.h"

namespace graph_milter::delivery {

std::vector<std::string> marker_prefixes(const HousekeepingSettings& settings) {
  std::vector<std::string> prefixes = {settings.instance + "/"};
  for (const std::string& instance : settings.adopted_instances) prefixes.push_back(instance + "/");
  return prefixes;
}

std::string entry_of_marker(std::string_view marker, const std::vector<std::string>& prefixes) {
  for (const std::string& prefix : prefixes) {
    if (!marker.starts_with(prefix)) continue;
    const std::string_view id = marker.substr(prefix.size());
    if (is_entry_id(id)) return std::string(id);
  }
  return {};
}

bool is_abandoned(const graph::MarkedMessage& draft, const std::optional<queue::Entry>& entry,
                  const HousekeepingSettings& settings, TimePoint now) {
  if (!draft.is_draft || draft.created == TimePoint{} || now - draft.created < settings.abandoned_after) return false;
  if (!entry) return true;
  if (entry->state != queue::EntryState::Done || entry->progress.send_unresolved) return false;
  return entry->outcome != queue::Outcome::Sent ||
         now - entry->finished >= std::max(settings.abandoned_after, settings.send_settle);
}

Duration sent_copy_stays(const HousekeepingSettings& settings) {
  return std::max({settings.sent_copy_for, settings.send_settle, settings.resend_window});
}

}  // namespace graph_milter::delivery
