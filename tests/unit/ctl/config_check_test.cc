// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "tests/unit/ctl/ctl_test.h"

namespace graph_milter::ctl {
namespace {

using ::testing::HasSubstr;

class ConfigCheck : public CtlTest {
 protected:
  std::string name() const { return folder_.file("a.conf"); }
};

TEST_F(ConfigCheck, SaysThatNothingIsWrong) {
  const Outcome good = run_ctl({"-c", conf(rule_), "config", "check"});
  EXPECT_EQ(good.err, "");
  EXPECT_EQ(good.out, name() + ": no errors, 1 rule\n");
  EXPECT_EQ(good.status, 0);
}

TEST_F(ConfigCheck, WarnsOfRulesThatCanDoNothing) {
  const std::string path = conf(rule_ +
                                "[rule again]\nclient = 10.1.20.7\nfrom = scanner@contoso.com\naction = pass\n"
                                "[rule huge]\npart-size = 3M-1M\naction = pass\n");
  const Outcome check = run_ctl({"-c", path, "config", "check"});
  EXPECT_EQ(check.err,
            "graph-milterctl: warning: " + name() + ":11: rule again is never reached: rule scanners in " + name() +
                ":7 takes all that it could match (put it before that rule, or remove it)\n"
                "graph-milterctl: warning: " +
                name() +
                ":15: rule huge can never match: part-size = 3M-1M holds no size (write the smaller size first: "
                "1M-3M)\n");
  EXPECT_EQ(check.out, name() + ": no errors, 2 warnings, 3 rules\n");
  EXPECT_EQ(check.status, 0);
}

TEST_F(ConfigCheck, SaysAllThatIsWrongAtOnce) {
  const std::string path = conf("wrokers = 1\nverify = md5\nca-file = /none/ca.pem\n[rule a]\nclinet = 10.0.0.0/8\n");
  ::chmod(folder_.file("secret").c_str(), 0644);
  const Outcome bad = run_ctl({"-c", path, "config", "check"});
  EXPECT_EQ(bad.status, 78);
  EXPECT_EQ(bad.out, name() + ": 5 errors\n");
  EXPECT_THAT(bad.err, HasSubstr(":7:1: unknown option \"wrokers\" (did you mean workers?)\n"));
  EXPECT_THAT(bad.err, HasSubstr(":8:10: verify: \"md5\" is not a choice (choose from size, hash)\n"));
  EXPECT_THAT(bad.err, HasSubstr(":3: client-secret-file: "));
  EXPECT_THAT(bad.err, HasSubstr(":9: ca-file: "));
  EXPECT_THAT(bad.err, HasSubstr("did you mean client?"));
}

TEST_F(ConfigCheck, WithoutTenantDomainsTheRulesAreNotJudged) {
  const std::string path =
      folder_.write("b.conf", "tenant = contoso.com\n[rule a]\naction = relay\nclinet = 10.0.0.0/8\n");
  const Outcome bad = run_ctl({"-c", path, "config", "check"});
  EXPECT_EQ(bad.status, 78);
  EXPECT_EQ(bad.out, path + ": 3 errors\n");
  EXPECT_EQ(
      bad.err,
      "graph-milterctl: error: " + path +
          ": client-id is missing (add client-id = 11111111-2222-4333-8444-555555555555)\ngraph-milterctl: error: " +
          path +
          ": client-secret-file is missing, and so is client-certificate-file (add client-secret-file = "
          "/etc/graph-milter/client-secret)\n"
          "graph-milterctl: error: " +
          path + ": tenant-domains is missing, but [rule a] relays (add tenant-domains = contoso.com)\n");
}

TEST_F(ConfigCheck, AFileThatIsNotThere) {
  const Outcome none = run_ctl({"-c", folder_.file("none"), "config", "check"});
  EXPECT_EQ(none.status, 66);
  EXPECT_EQ(none.out, folder_.file("none") + ": 1 error\n");
}

TEST_F(ConfigCheck, AnswersInJson) {
  const Outcome good = run_ctl({"-c", conf(rule_), "config", "check", "--json"});
  EXPECT_EQ(good.out, "{\"conf_file\":\"" + name() + "\",\"rules\":1,\"errors\":0,\"warnings\":0,\"findings\":[]}\n");
  EXPECT_EQ(good.status, 0);

  const Outcome bad = run_ctl({"-c", conf("verify = md5\n"), "config", "check", "--json"});
  EXPECT_EQ(bad.err, "");
  EXPECT_EQ(bad.status, 78);
  EXPECT_EQ(bad.out,
            "{\"conf_file\":\"" + name() +
                "\",\"rules\":0,\"errors\":1,\"warnings\":0,\"findings\":[{\"severity\":\"error\",\"where\":\"" +
                name() +
                ":7:10\",\"what\":\"verify: \\\"md5\\\" is not a choice\",\"hint\":\"choose from size, "
                "hash\"}]}\n");
}

}  // namespace
}  // namespace graph_milter::ctl
