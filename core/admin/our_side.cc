// SPDX-License-Identifier: Apache-2.0
#include "core/admin/our_side.h"

#include <algorithm>

namespace graph_milter::admin {

namespace {

// Those that are named; what stands behind a '!' is not.
void add_names(const policy::MatchList& list, std::vector<std::string>& names) {
  for (const std::string& item : policy::split_items(list.text())) {
    if (item.starts_with('!')) continue;
    if (std::find(names.begin(), names.end(), item) == names.end()) names.push_back(item);
  }
}

}  // namespace

OurSide our_side(const config::Settings& settings, const policy::Policy& policy) {
  OurSide out;
  if (auto socket = config::parse_socket_address(settings.socket, "socket")) out.socket = *std::move(socket);
  out.largest_message = policy.largest_message_limit(settings.max_message_size);
  out.copies_may_be_lost = settings.bcc_copies == config::BccCopies::Lose;
  out.hand_back_to = settings.hand_back_to;
  for (const policy::Rule& rule : policy.rules()) {
    if (rule.action != policy::Action::Relay) continue;
    out.relays = true;
    out.hands_back = out.hands_back || rule.return_by.value_or(settings.return_by) == config::Return::Mta;
    out.discards = out.discards || rule.take.value_or(settings.take) == config::Take::Discard;
    if (rule.accept.value_or(settings.accept) == config::Accept::Delivered)
      out.accept_deadline = settings.accept_deadline;
    out.logins = out.logins || rule.login || rule.sender_map;
    if (rule.daemon) add_names(*rule.daemon, out.daemons);
  }
  return out;
}

}  // namespace graph_milter::admin
