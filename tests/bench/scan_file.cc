// SPDX-License-Identifier: Apache-2.0
// Reads one message file with the scanner as the milter feeds it, and prints verdict, CPU time and peak memory as JSON.
#include <sys/resource.h>

#include <array>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <string>

#include "core/base/format.h"
#include "core/mail/scanner.h"

namespace {

// VmHWM, not ru_maxrss: that one also counts the process that started this one.
long peak_kib() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmHWM:")) return std::stol(line.substr(6));
  }
  return -1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: scan_file MESSAGE\n";
    return 64;
  }
  std::FILE* file = std::fopen(argv[1], "rb");
  if (file == nullptr) {
    std::cerr << argv[1] << ": cannot open\n";
    return 66;
  }
  graph_milter::mail::Scanner scanner;
  std::array<char, 65535> block{};  // the chunk of the milter protocol
  while (const std::size_t length = std::fread(block.data(), 1, block.size(), file))
    scanner.feed({block.data(), length});
  std::fclose(file);
  const graph_milter::mail::MessageFacts facts = scanner.finish();
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const double seconds = static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
                         static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
  std::cout << graph_milter::format(R"({{"verdict":"{}","code":"{}","parts":{},"cpu_seconds":{:.3f},"peak_kib":{}}})",
                                    graph_milter::mail::name_of(facts.verdict),
                                    facts.findings.empty() ? "" : facts.findings.front().code, facts.parts.size(),
                                    seconds, peak_kib())
            << "\n";
  return 0;
}
