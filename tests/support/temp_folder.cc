// SPDX-License-Identifier: Apache-2.0
#include "tests/support/temp_folder.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <random>
#include <sstream>
#include <stdexcept>

namespace graph_milter::test {

TempFolder::TempFolder() {
  std::string form = (std::filesystem::temp_directory_path() / "graph-milter-test.XXXXXX").string();
  if (mkdtemp(form.data()) == nullptr) throw std::runtime_error("cannot make " + form);
  path_ = form;
}

TempFolder::~TempFolder() {
  if (::testing::Test::HasFailure()) {
    std::cerr << "evidence kept in " << path_ << "\n";
    return;
  }
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string TempFolder::write(std::string_view name, std::string_view text) const {
  std::string path = file(name);
  std::ofstream(path, std::ios::binary) << text;
  chmod(path.c_str(), 0600);
  return path;
}

std::string read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) throw std::runtime_error("cannot read " + path);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

unsigned long long seed() {
  const char* given = std::getenv("GM_SEED");
  const unsigned long long value = given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device{}();
  ::testing::Test::RecordProperty("seed", std::to_string(value));
  std::cerr << "GM_SEED=" << value << "\n";
  return value;
}

}  // namespace graph_milter::test
