// SPDX-License-Identifier: Apache-2.0
// main() of graph-milterctl.
#include <sysexits.h>

#include <exception>
#include <iostream>

#include "milter/ctl_commands.h"

int main(int argc, char** argv) {
  try {
    const int status = graph_milter::ctl::run(argc, argv, std::cin, std::cout, std::cerr);
    std::cout.flush();
    if (!std::cout) return EX_IOERR;
    return status;
  } catch (const std::exception& exception) {
    std::cerr << "graph-milterctl: " << exception.what() << "\n";
    return EX_SOFTWARE;
  }
}
