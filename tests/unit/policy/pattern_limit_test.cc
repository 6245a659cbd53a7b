// SPDX-License-Identifier: Apache-2.0
// Whichever condition a pattern stands in: where it comes to the end of its work, nobody knows whether the rule
// matches, and the mail is not relayed.
#include <gtest/gtest.h>

#include "core/base/format.h"
#include "tests/support/temp_folder.h"
#include "tests/unit/policy/samples.h"

namespace graph_milter::policy::test {
namespace {

// /(a+)+$/ needs about 2^40 steps to find nothing in it.
const std::string kLong = std::string(40, 'a') + "!";
const std::string kLongAddress = kLong + "@contoso.com";
constexpr const char* kLimit = "a pattern needs more steps than all patterns together may take for one message";

struct Mail {
  mail::Envelope envelope = envelope_of("10.1.20.7", "anna@contoso.com");
  mail::MessageFacts facts = facts_from("scanner@contoso.com");
};

Mail ordinary() { return {}; }
Mail with_long_from() {
  Mail mail;
  mail.facts = facts_from(kLongAddress);
  return mail;
}
Mail with_long_login() {
  Mail mail;
  mail.envelope.login = kLongAddress;
  return mail;
}
Mail with_long_sender() {
  Mail mail;
  mail.envelope.sender = mail::make_envelope_path("<" + kLongAddress + ">");
  return mail;
}
Mail with_long_recipient() {
  Mail mail;
  mail.envelope.add_recipient(mail::make_envelope_path("<" + kLongAddress + ">"));
  return mail;
}
Mail with_long_field() {
  Mail mail;
  mail.facts.headers.push_back(mail::HeaderField{"x-long", kLong, {}});
  return mail;
}
Mail with_long_name() {
  Mail mail;
  mail.facts.parts.front().name = kLong;
  return mail;
}

struct Case {
  const char* key;
  std::string condition;  // PATTERN stands for the file of the pattern
  Mail (*mail)();
};

const Case kCases[] = {
    {"from", "from = pcre:PATTERN", with_long_from},
    {"from", "from = !pcre:PATTERN, @contoso.com", with_long_from},
    {"login", "login = pcre:PATTERN", with_long_login},
    {"login", "login = !pcre:PATTERN, @contoso.com", with_long_login},
    {"sender", "sender = pcre:PATTERN", with_long_sender},
    {"sender", "sender = !pcre:PATTERN", with_long_sender},
    {"recipient", "recipient = pcre:PATTERN", with_long_recipient},
    {"recipient", "recipient = !pcre:PATTERN, bob@contoso.com", with_long_recipient},
    {"all-recipients", "all-recipients = pcre:PATTERN, anna@contoso.com", with_long_recipient},
    {"all-recipients", "all-recipients = !pcre:PATTERN", with_long_recipient},
    {"header", "header = x-long: /(a+)+$/", with_long_field},
    {"header", "header = !x-long: /(a+)+$/", with_long_field},
    {"header", "header = subject\nheader = x-long: /(a+)+$/\nheader = from", with_long_field},
    {"part-name", "part-name = /(a+)+$/", with_long_name},
    {"part-name", "part-name = !/(a+)+$/", with_long_name},
};

class PatternLimit : public testing::Test {
 protected:
  Policy policy(const Case& item) const {
    std::string condition = item.condition;
    if (const auto at = condition.find("PATTERN"); at != std::string::npos) condition.replace(at, 7, bomb_);
    const bool says_from = condition.starts_with("from");
    const bool says_login = condition.starts_with("login");
    return read(std::string("[rule bomb]\n") + (says_login ? "" : "client = 10.1.20.0/24\n") +
                (says_from ? "" : "from = scanner@contoso.com\n") + condition + "\naction = relay\n" +
                "[rule later]\nclient = 10.1.20.0/24\nfrom = @contoso.com\naction = relay\n");
  }

  const graph_milter::test::TempFolder folder_;
  const std::string bomb_ = folder_.write("bomb", "/(a+)+$/ yes\n");
};

TEST_F(PatternLimit, KeepsAMailFromBeingRelayedWhateverConditionItIsOf) {
  for (const Case& item : kCases) {
    SCOPED_TRACE(item.condition);
    Mail mail = item.mail();
    mail.facts.headers.push_back(mail::HeaderField{"subject", "Scan", {}});
    const Decision decision = policy(item).decide(mail.envelope, mail.facts);
    EXPECT_EQ(decision.action, Action::Pass);
    EXPECT_EQ(decision.mailbox, "");
    EXPECT_EQ(decision.reason, "pattern-limit");
    EXPECT_EQ(decision.text, format("rule bomb: {}: {}", item.key, kLimit));
  }
}

// What the same rules do where the pattern comes to its end: so it is the limit alone that the mails above differ by.
TEST_F(PatternLimit, IsNoOtherMailsBusiness) {
  for (const Case& item : kCases) {
    SCOPED_TRACE(item.condition);
    EXPECT_EQ(policy(item).decide(ordinary().envelope, ordinary().facts).action, Action::Relay);
  }
}

}  // namespace
}  // namespace graph_milter::policy::test
