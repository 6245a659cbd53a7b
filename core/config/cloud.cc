// SPDX-License-Identifier: Apache-2.0
#include "core/config/cloud.h"

#include <array>

namespace graph_milter::config {

// Roots and authorities: "National cloud deployments" of the Graph documentation. Microsoft names upload hosts only for
// the global cloud (outlook.office.com); the others are where each cloud's Outlook lives.
std::span<const Cloud> clouds() {
  static const std::array<Cloud, 4> rows = {
      Cloud{"global",
            "https://graph.microsoft.com",
            "https://login.microsoftonline.com",
            {"outlook.office.com", "outlook.office365.com", "graph.microsoft.com"}},
      Cloud{"usgov",
            "https://graph.microsoft.us",
            "https://login.microsoftonline.us",
            {"outlook.office365.us", "graph.microsoft.us"}},
      Cloud{"dod",
            "https://dod-graph.microsoft.us",
            "https://login.microsoftonline.us",
            {"outlook-dod.office365.us", "outlook.office365.us", "dod-graph.microsoft.us"}},
      Cloud{"china",
            "https://microsoftgraph.chinacloudapi.cn",
            "https://login.partner.microsoftonline.cn",
            {"partner.outlook.cn", "microsoftgraph.chinacloudapi.cn"}},
  };
  return rows;
}

const Cloud* find_cloud(std::string_view name) {
  for (const Cloud& cloud : clouds()) {
    if (cloud.name == name) return &cloud;
  }
  return nullptr;
}

}  // namespace graph_milter::config
