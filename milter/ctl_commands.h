// SPDX-License-Identifier: Apache-2.0
// graph-milterctl: its commands in one table, and what each does.
#pragma once

#include <iosfwd>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/config/arguments.h"

namespace graph_milter::ctl {

struct Call {
  const config::CtlArguments& arguments;
  std::vector<std::string> operands;
  std::istream& in;
  std::ostream& out;
  std::ostream& err;
};

struct Command {
  std::string_view name;      // "queue show"
  std::string_view operands;  // "ID"; one word each; "ID...": one or more
  std::string_view help;      // one line
  int (*run)(const Call& call);

  bool takes(std::size_t operand_count) const;
};

std::span<const Command> commands();

// "graph-milterctl: " and the error.
void complain(const Call& call, const Error& error);

// --help.
std::string usage();

// All of the program but main(): returns 0, 1 (see the manual) or a sysexits code.
int run(int argc, const char* const* argv, std::istream& in, std::ostream& out, std::ostream& err);

}  // namespace graph_milter::ctl
