// SPDX-License-Identifier: Apache-2.0
#include "core/mta/postfix_settings.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/run_program.h"
#include "tests/support/temp_folder.h"

namespace graph_milter::mta {
namespace {

TEST(PostfixSettings, AreWhatPostconfPrints) {
  const auto settings = PostfixSettings::parse(
      "compatibility_level = 3.6\nalways_bcc =\nsmtpd_milters = unix:/a b=c, inet:x:1\nnonsense\n",
      "smtp       inet  n       -       -       -       -       smtpd\n"
      "127.0.0.1:10026 inet n   -       y       -       -       smtpd -o smtpd_milters= -o {x=y z}\nbroken line\n"
      "/run/a     unix  n       -       n       -       -       smtpd\n",
      "127.0.0.1:10026/inet/smtpd_milters =\n/run/a/unix/always_bcc = a@b\nnothing/inet/x = y\n");
  EXPECT_EQ(settings.get("smtpd_milters"), "unix:/a b=c, inet:x:1");
  EXPECT_EQ(settings.get("always_bcc"), "");
  EXPECT_EQ(settings.get("unknown"), "");
  ASSERT_EQ(settings.services().size(), 3U);
  const PostfixService& first = settings.services()[0];
  EXPECT_EQ(first.label(), "smtp/inet");
  EXPECT_FALSE(first.chroot);
  EXPECT_EQ(settings.get(first, "smtpd_milters"), "unix:/a b=c, inet:x:1");
  const PostfixService* second = settings.find("127.0.0.1:10026", "inet");
  ASSERT_NE(second, nullptr);
  EXPECT_TRUE(second->chroot);
  EXPECT_EQ(second->command, "smtpd");
  EXPECT_EQ(settings.get(*second, "smtpd_milters"), "");
  EXPECT_EQ(settings.get(*settings.find("/run/a", "unix"), "always_bcc"), "a@b");
  EXPECT_EQ(settings.find("smtp", "unix"), nullptr);
}

TEST(PostfixSettings, BeforeLevelOneADashMeansChroot) {
  constexpr std::string_view kLine = "smtp inet n - - - - smtpd\n";
  EXPECT_TRUE(PostfixSettings::parse("compatibility_level = 0\n", kLine, {}).services()[0].chroot);
  EXPECT_TRUE(PostfixSettings::parse("", kLine, {}).services()[0].chroot);
  EXPECT_FALSE(PostfixSettings::parse("compatibility_level = 2\n", kLine, {}).services()[0].chroot);
}

TEST(PostfixMilters, AreSplitAsPostfixSplitsThem) {
  const auto milters = parse_milters(
      " unix:/a, { inet:localhost:8891, default_action=accept ,connect_timeout=1s } inet:h:1\tlocal:b/c ,");
  ASSERT_EQ(milters.size(), 4U);
  EXPECT_EQ(milters[0].endpoint, "unix:/a");
  EXPECT_EQ(milters[1].endpoint, "inet:localhost:8891");
  EXPECT_EQ(milters[1].settings.at("default_action"), "accept");
  EXPECT_EQ(milters[1].settings.at("connect_timeout"), "1s");
  EXPECT_EQ(milters[1].text, "{ inet:localhost:8891, default_action=accept ,connect_timeout=1s }");
  EXPECT_EQ(milters[2].endpoint, "inet:h:1");
  EXPECT_EQ(milters[3].endpoint, "local:b/c");
  EXPECT_TRUE(parse_milters(" ,\t").empty());
  EXPECT_EQ(parse_milters("{ unix:/open").at(0).endpoint, "unix:/open");
}

class AskPostfix : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!find_program("postconf")) GTEST_SKIP() << "Postfix is not installed";
  }
  const test::TempFolder folder_;
};

TEST_F(AskPostfix, ReadsAConfigurationOfItsOwn) {
  folder_.write("main.cf", "compatibility_level = 3.6\nmyhostname = a.example\nalways_bcc = x@$myhostname\n");
  folder_.write("master.cf", "25 inet n - n - - smtpd\n  -o { smtpd_milters = unix:/a, unix:/b }\n");
  const auto settings = ask_postfix(folder_.path());
  ASSERT_TRUE(settings) << settings.error().text();
  EXPECT_EQ(settings->get("always_bcc"), "x@a.example");
  ASSERT_EQ(settings->services().size(), 1U);
  EXPECT_EQ(settings->get(settings->services()[0], "smtpd_milters"), "unix:/a, unix:/b");
}

TEST_F(AskPostfix, SaysWhatPostfixSays) {
  const auto none = ask_postfix("/nowhere");
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().kind, ErrorKind::Configuration);
  EXPECT_NE(none.error().text().find("open /nowhere/main.cf: No such file or directory"), std::string::npos)
      << none.error().text();
}

}  // namespace
}  // namespace graph_milter::mta
