// SPDX-License-Identifier: Apache-2.0
// Conf files that others could have written.
#include "core/config/trusted_files.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "core/base/format.h"
#include "tests/support/temp_folder.h"

namespace graph_milter::config {
namespace {

class ConfFiles : public testing::Test {
 protected:
  std::string complaints() {
    const auto text = read_conf_file(conf_);
    if (!text) return text.error().text();
    Configuration configuration;
    configuration.text = *text;
    std::string out;
    for (const Error& error : check_conf_files(configuration)) {
      EXPECT_EQ(error.kind, ErrorKind::Configuration);
      out += error.text() + "\n";
    }
    return out;
  }

  const test::TempFolder folder_;
  const std::string rules_ = folder_.write("rules.conf", "[rule a]\naction = pass\n");
  const std::string conf_ = folder_.write("a.conf", "include = rules.conf\n");
};

TEST_F(ConfFiles, OfRootOrOursAreFine) { EXPECT_EQ(complaints(), ""); }

TEST_F(ConfFiles, ThatOthersMayWriteAreNamedWithTheCommandThatMendsThem) {
  chmod(conf_.c_str(), 0666);
  chmod(rules_.c_str(), 0660);
  EXPECT_EQ(complaints(), format("{0}: has mode 0666, so others can write it (chmod go-w {0})\n"
                                 "{1}: has mode 0660, so others can write it (chmod go-w {1})\n",
                                 conf_, rules_));
}

TEST_F(ConfFiles, InAFolderThatOthersMayWriteAreNamed) {
  const std::string folder = folder_.path();
  chmod(folder.c_str(), 0770);
  const std::string lies = format(
      "lies in {0}, which has mode 0770, so others can put another file in its place (chmod "
      "go-w {0})\n",
      folder);
  EXPECT_EQ(complaints(), conf_ + ": " + lies + rules_ + ": " + lies);
  chmod(folder.c_str(), 0700);
}

TEST_F(ConfFiles, BelongToTheUserThatTheDaemonIsGoingToBe) {
  Settings settings;
  EXPECT_TRUE(trusted_owners(settings).empty());
  settings.user = "root:root";
  EXPECT_EQ(trusted_owners(settings), std::vector<uid_t>{0});
  settings.user = "no-such-user-here";
  EXPECT_TRUE(trusted_owners(settings).empty());
}

}  // namespace
}  // namespace graph_milter::config
