// SPDX-License-Identifier: Apache-2.0
#include "core/config/exit_status.h"

#include <gtest/gtest.h>

#include <cerrno>

#include "core/config/configuration.h"
#include "tests/support/temp_folder.h"

namespace graph_milter::config {
namespace {

TEST(ExitStatus, IsTheOneOfSysexits) {
  const auto of = [](ErrorKind kind) { return exit_status(make_error(kind, "", "")); };
  EXPECT_EQ(of(ErrorKind::Usage), 64);
  EXPECT_EQ(of(ErrorKind::Corrupt), 65);
  EXPECT_EQ(of(ErrorKind::NotFound), 66);
  EXPECT_EQ(of(ErrorKind::System), 71);
  EXPECT_EQ(of(ErrorKind::Transient), 75);
  EXPECT_EQ(of(ErrorKind::Unauthorized), 77);
  EXPECT_EQ(of(ErrorKind::Configuration), 78);
  EXPECT_EQ(exit_status(system_error("", "", ENOENT)), 66);
  EXPECT_EQ(exit_status(system_error("", "", EACCES)), 77);
  EXPECT_EQ(exit_status(system_error("", "", ENOSPC)), 74);
}

TEST(ExitStatus, OfAConfFileIs78UnlessTheFileCannotBeRead) {
  const test::TempFolder folder;
  EXPECT_EQ(exit_status_of_configuration({}), 0);
  EXPECT_EQ(exit_status_of_configuration(read_configuration(folder.file("none")).errors), 66);
  EXPECT_EQ(exit_status_of_configuration(read_configuration(folder.write("a", "x = 1\n")).errors), 78);
}

}  // namespace
}  // namespace graph_milter::config
