// SPDX-License-Identifier: Apache-2.0
// Which operation a method and a path are.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace graph_milter::emulator {

struct Route {
  std::string operation;  // README.md's names; empty: no such resource, or not with this method
  bool known_path = false;
  bool is_event = false;
  std::string tenant;  // of a token request
  std::string user;
  std::string folder;  // name or id; empty: not below a folder
  std::string item;
  std::string attachment;
};

Route find_route(std::string_view method, const std::vector<std::string>& segments);

}  // namespace graph_milter::emulator
