// SPDX-License-Identifier: Apache-2.0
// Writes each sample notification into a directory, for check_dsn.py to read.
#include <fstream>
#include <iostream>

#include "tests/unit/mta/dsn_samples.h"

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: write_dsn_samples DIRECTORY\n";
    return 2;
  }
  for (const auto& sample : graph_milter::mta::test::all_samples()) {
    std::ofstream out(std::string(argv[1]) + "/" + sample->name + ".eml", std::ios::binary);
    out << sample->compose();
    if (!out.flush()) return 1;
  }
  return 0;
}
