// SPDX-License-Identifier: Apache-2.0
// A folder for one test. It goes when the test passed; when the test failed it stays, and its path is printed.
#pragma once

#include <string>
#include <string_view>

namespace graph_milter::test {

class TempFolder {
 public:
  TempFolder();
  ~TempFolder();
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;

  const std::string& path() const { return path_; }
  std::string file(std::string_view name) const { return path_ + "/" + std::string(name); }
  std::string write(std::string_view name, std::string_view text) const;  // returns the path; mode 0600

 private:
  std::string path_;
};

std::string read_file(const std::string& path);

// A number for random tests: GM_SEED from the environment, or a fresh one. Printed when the test fails.
unsigned long long seed();

}  // namespace graph_milter::test
