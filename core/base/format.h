// SPDX-License-Identifier: Apache-2.0
// The one way in for fmt, so that std::format can replace it in one line.
#pragma once

#include <fmt/format.h>

#include <string>
#include <utility>

namespace graph_milter {

template <class... Args>
std::string format(fmt::format_string<Args...> form, Args&&... args) {
  return fmt::format(form, std::forward<Args>(args)...);
}

}  // namespace graph_milter
