// SPDX-License-Identifier: Apache-2.0
// Attacks on whoever reads mail, M1 to M32, each as a whole message with what becomes of it.
#pragma once

#include <string>
#include <vector>

namespace graph_milter::intake {

inline constexpr const char* kRelayed = "relayed";

struct GateCase {
  std::string name;     // "M02_two_boundaries"
  std::string text;     // the message; "\n" is CRLF, "@" + "R" a CR alone, "@" + "L" an LF alone, "@" + "0" a NUL
  std::string outcome;  // kRelayed, or the reason for which it is left alone
  std::vector<std::string> cut = {};  // names of the parts that leave the skeleton, where it is relayed
  std::string sender = "scanner@contoso.com";
  std::size_t recipients = 1;
};

std::vector<GateCase> gate_cases();

}  // namespace graph_milter::intake
