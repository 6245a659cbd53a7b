// SPDX-License-Identifier: Apache-2.0
// graph-milterctl in this process, with a configuration in a folder of its own.
#pragma once

#include <gtest/gtest.h>

#include <sstream>
#include <string>
#include <vector>

#include "milter/ctl_commands.h"
#include "tests/support/temp_folder.h"

namespace graph_milter::ctl {

struct Outcome {
  int status = 0;
  std::string out;
  std::string err;
};

inline Outcome run_ctl(std::vector<std::string> words, const std::string& input = {}) {
  words.insert(words.begin(), "graph-milterctl");
  std::vector<const char*> argv;
  argv.reserve(words.size());
  for (const std::string& word : words) argv.push_back(word.c_str());
  std::istringstream in(input);
  std::ostringstream out;
  std::ostringstream err;
  const int status = run(static_cast<int>(argv.size()), argv.data(), in, out, err);
  return {status, out.str(), err.str()};
}

class CtlTest : public ::testing::Test {
 protected:
  std::string conf(const std::string& more = {}) {
    folder_.write("secret", "s3cret");
    return folder_.write("a.conf",
                         "tenant = contoso.com\nclient-id = 11111111-2222-4333-8444-555555555555\n"
                         "client-secret-file = " +
                             folder_.file("secret") +
                             "\ntenant-domains = contoso.com\n"
                             "spool-directory = " +
                             folder_.file("spool") +
                             "\n"
                             "control-socket = " +
                             folder_.file("control.sock") + "\n" + more);
  }

  const test::TempFolder folder_;
  const std::string rule_ = "[rule scanners]\nclient = 10.1.20.0/24\nfrom = scanner@contoso.com\naction = relay\n";
};

}  // namespace graph_milter::ctl
