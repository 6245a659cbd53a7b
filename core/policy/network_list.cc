// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "core/base/text.h"
#include "core/policy/condition.h"

namespace graph_milter::policy {

Result<NetworkList> NetworkList::parse(std::string_view text, std::string_view where) {
  NetworkList list;
  list.text_ = trim(text);
  for (const std::string& word : split_list(text)) {
    GM_TRY_ASSIGN(const Network network, parse_network(word, where));
    list.networks_.push_back(network);
  }
  if (!list.networks_.empty()) return list;
  return fail(ErrorKind::Usage, std::string(where), "an empty list of networks", std::string(kNetworkForm));
}

bool NetworkList::contains(std::string_view address) const {
  const auto parsed = parse_ip(address);
  return parsed && std::any_of(networks_.begin(), networks_.end(),
                               [&](const Network& network) { return network.contains(*parsed); });
}

bool NetworkList::holds_everybody() const {
  return std::any_of(networks_.begin(), networks_.end(), [](const Network& network) { return network.is_everybody; });
}

}  // namespace graph_milter::policy
