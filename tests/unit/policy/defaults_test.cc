// SPDX-License-Identifier: Apache-2.0
// [defaults]: settings for the rules that do not say them themselves.
#include <gmock/gmock.h>

#include <set>

#include "core/policy/rule_keys.h"
#include "tests/unit/policy/samples.h"

namespace graph_milter::policy::test {
namespace {

TEST(Defaults, FillWhatARuleDoesNotSay) {
  const Policy policy = read("[defaults]\nmailbox = relay@contoso.com\nmime = tolerant\n" + kScanners +
                             "[rule mfp]\nmime = strict\naction = pass\n");
  ASSERT_EQ(policy.rules().size(), 2U);
  EXPECT_EQ(policy.rules()[0].mailbox, "relay@contoso.com");
  EXPECT_EQ(policy.rules()[0].mime, MimeReading::Tolerant);
  EXPECT_EQ(policy.rules()[1].mailbox, "relay@contoso.com");
  EXPECT_EQ(policy.rules()[1].mime, MimeReading::Strict);
}

TEST(Defaults, MayStandBehindTheRules) {
  EXPECT_EQ(read(kScanners + "[defaults]\nname-charset = windows-1252\n").rules()[0].name_charset, "windows-1252");
}

TEST(Defaults, AreRefusedWithWhereAndWhy) {
  struct Case {
    std::string text;
    std::string words;
  };
  for (const Case& item : {
           Case{"[defaults]\nmailbocks = a@contoso.com\n",
                "test.conf:2: a rule has no key \"mailbocks\" (did you mean mailbox?)"},
           Case{"[defaults]\nclient = 10.0.0.1\n",
                "test.conf:2: client is a condition, and [defaults] has settings only (write it into each rule that it "
                "is for)"},
           Case{"[defaults]\naction = pass\n",
                "test.conf:2: action is what a rule does, and [defaults] has settings only (write it into each rule "
                "that it is for)"},
           Case{"[defaults]\ndraft = jsn\n", "test.conf:2: draft = jsn is not known (did you mean json?)"},
           Case{"[defaults]\nmime = strict\nmime = strict\n",
                "test.conf:3: mime is set twice in [defaults] (it is set in test.conf:2 already; write several values "
                "in one line, separated by commas)"},
           Case{"[defaults]\n[rule a]\naction = pass\n[defaults]\n",
                "test.conf:4: there are two sections [defaults] (the other one is in test.conf:1; write all into one)"},
           Case{"[defaults]\nmailbox = a@fabrikam.com\n" + kScanners,
                "test.conf:2: mailbox names the domain fabrikam.com, and tenant-domains is contoso.com (Graph has "
                "mailboxes of the tenant only: correct the rule, or add the domain to tenant-domains)"},
       }) {
    const auto policy = try_read(item.text);
    ASSERT_FALSE(policy) << item.text;
    EXPECT_EQ(policy.error().text(), item.words);
  }
}

TEST(RuleKeys, StandInTheTableOnce) {
  std::set<std::string_view> names;
  for (const Key& key : all_keys()) {
    EXPECT_TRUE(names.insert(key.name).second) << key.name;
    EXPECT_EQ((std::holds_alternative<SetSetting>(key.set) || std::holds_alternative<SetSettingByMap>(key.set)),
              key.kind == KeyKind::Setting)
        << key.name;
    EXPECT_EQ(find_key(key.name), &key);
  }
}

}  // namespace
}  // namespace graph_milter::policy::test
