// SPDX-License-Identifier: Apache-2.0
#include "core/service/mta_copies.h"

#include <gtest/gtest.h>

#include "core/base/run_program.h"
#include "core/config/conf_text.h"
#include "tests/support/temp_folder.h"

namespace graph_milter::service {
namespace {

class Copies : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!find_program("postconf")) GTEST_SKIP() << "Postfix is not installed";
    folder_.write("master.cf",
                  "25 inet n - n - - smtpd\n26 inet n - n - - smtpd\n  -o cleanup_service_name=plain\n"
                  "cleanup unix n - n - 0 cleanup\nplain unix n - n - 0 cleanup\n  -o always_bcc=\n");
    settings_.socket = "unix:/run/gm.sock";
    settings_.postfix_config = folder_.path();
    write("always_bcc = journal@contoso.com\nsmtpd_milters = unix:/run/gm.sock\n");
  }

  void write(const std::string& main) { folder_.write("main.cf", "compatibility_level = 3.6\n" + main); }

  static policy::Policy rules(const std::string& action) {
    const auto text = config::read_conf_text(
        "[rule a]\nclient = 10.0.0.0/8\nfrom = a@contoso.com\naction = " + action + "\n", "test.conf");
    auto policy = policy::Policy::read(*text, {"contoso.com"});
    EXPECT_TRUE(policy) << policy.error().text();
    return *std::move(policy);
  }

  MtaCopies ask(const std::string& action = "relay") const { return ask_for_copies(settings_, rules(action)); }

  const test::TempFolder folder_;
  config::Settings settings_;
};

TEST_F(Copies, WouldBeLost) {
  EXPECT_EQ(ask().lost,
            "Postfix makes copies (always_bcc = journal@contoso.com), which would be lost with mail that is taken by "
            "DISCARD: until you say bcc-copies = lose, such mail is left to Postfix");
  EXPECT_EQ(ask().unknown, "");
}

TEST_F(Copies, MayBeLostIfTheAdministratorSaysSo) {
  settings_.bcc_copies = config::BccCopies::Lose;
  EXPECT_EQ(ask().lost, "");
}

TEST_F(Copies, AreNotAskedForWhereNothingIsTaken) { EXPECT_EQ(ask("pass").lost, ""); }

TEST_F(Copies, AreNotMade) {
  write("smtpd_milters = unix:/run/gm.sock\n");
  EXPECT_EQ(ask().lost, "");
  EXPECT_EQ(ask().unknown, "");
}

TEST_F(Copies, OfOtherMailDontMatter) {
  write("always_bcc = journal@contoso.com\nsmtpd_milters =\n");
  folder_.write("master.cf",
                "26 inet n - n - - smtpd\n  -o cleanup_service_name=plain\n  -o smtpd_milters=unix:/run/gm.sock\n"
                "cleanup unix n - n - 0 cleanup\nplain unix n - n - 0 cleanup\n  -o always_bcc=\n");
  EXPECT_EQ(ask().lost, "");
}

TEST_F(Copies, OfAPostfixThatDoesNotNameUsCountAll) {
  write("recipient_bcc_maps = hash:/etc/postfix/bcc\n");
  EXPECT_NE(ask().lost.find("(recipient_bcc_maps = hash:/etc/postfix/bcc)"), std::string::npos);
}

TEST_F(Copies, OfAPostfixThatCantBeAskedAreNotKnown) {
  settings_.postfix_config = "/nowhere";
  const MtaCopies copies = ask();
  EXPECT_EQ(copies.lost, "");
  EXPECT_EQ(copies.unknown.substr(0, 62), "whether Postfix makes copies that would be lost is not known: ");
  settings_.postfix_config = "none";
  EXPECT_EQ(ask().unknown, "");
}

}  // namespace
}  // namespace graph_milter::service
