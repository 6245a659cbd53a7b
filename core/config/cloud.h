// SPDX-License-Identifier: Apache-2.0
// The national clouds of Microsoft 365, one row each: where Graph, the token service and upload URLs live.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace graph_milter::config {

// Hosts are suffixes: "outlook.office.com" also allows "x.outlook.office.com".
struct Cloud {
  std::string_view name;
  std::string_view graph_url;
  std::string_view login_url;
  std::vector<std::string> upload_hosts;
};

std::span<const Cloud> clouds();
const Cloud* find_cloud(std::string_view name);  // null: no such cloud

}  // namespace graph_milter::config
