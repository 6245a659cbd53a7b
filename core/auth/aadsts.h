// SPDX-License-Identifier: Apache-2.0
// The error numbers of Microsoft's token service (AADSTS...) that have a reaction or an advice of their own.
#pragma once

#include <cstdint>
#include <string_view>

#include "core/base/error.h"

namespace graph_milter::auth {

struct Aadsts {
  std::uint64_t code = 0;
  ErrorKind kind = ErrorKind::Configuration;
  std::string_view hint;
};

const Aadsts* find_aadsts(std::uint64_t code);  // null: not known

}  // namespace graph_milter::auth
