// SPDX-License-Identifier: Apache-2.0
// graph-milter-policy(5): its examples are read and decide as the page says; every key stands there, and no other.
#include <gmock/gmock.h>

#include <map>
#include <set>

#include "core/policy/rule_keys.h"
#include "tests/support/temp_folder.h"
#include "tests/unit/policy/samples.h"

namespace graph_milter::policy::test {
namespace {

using graph_milter::test::read_file;
using testing::IsEmpty;

constexpr const char* kPage = GM_SOURCE_DIR "/man/graph-milter-policy.5";

std::string replaced(std::string text, const std::string& what, const std::string& by) {
  for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += by.size()) {
    text.replace(at, what.size(), by);
  }
  return text;
}

// What groff makes of the page's source.
std::string printed(std::string text) {
  for (const auto& [what, by] : {std::pair{"\\-", "-"}, std::pair{"\\\\", "\\"}, std::pair{"\\(dq", "\""}}) {
    text = replaced(std::move(text), what, by);
  }
  return text;
}

// name -> text of each example.
std::map<std::string, std::string> examples() {
  const std::string page = read_file(kPage);
  const std::string begin = ".\\\" example ";
  std::map<std::string, std::string> out;
  for (std::size_t at = 0; (at = page.find(begin, at)) != std::string::npos;) {
    const std::size_t name = at + begin.size();
    const std::size_t text = page.find('\n', name) + 1;
    at = page.find(".\\\" end\n", text);
    out[page.substr(name, text - 1 - name)] = printed(page.substr(text, at - text));
  }
  return out;
}

// Each has a test below that runs it.
const std::set<std::string> kRun = {"scanners", "scanners-but-one", "users", "erp", "order"};

Policy example(const std::string& name, const std::string& map = "") {
  EXPECT_TRUE(kRun.contains(name)) << name;
  return read(replaced(examples().at(name), "/etc/graph-milter/subscribers", map));
}

mail::Envelope envelope_to(const std::string& client, const std::string& login, const std::string& recipient) {
  mail::Envelope envelope = envelope_of(client, login);
  envelope.recipients = {mail::make_envelope_path("<" + recipient + ">")};
  return envelope;
}

std::string decided(const Policy& policy, const mail::Envelope& envelope, const mail::MessageFacts& facts) {
  const Decision decision = policy.decide(envelope, facts);
  const std::string rule = decision.rule == nullptr ? "none" : decision.rule->name;
  return rule + ": " + std::string(name_of(decision.action));
}

TEST(ManualExamples, Scanners) {
  const Policy wrong = example("scanners");
  const auto warnings = wrong.warnings(150 << 20, 35 << 20);
  ASSERT_EQ(warnings.size(), 1U);
  EXPECT_THAT(warnings[0].what, testing::StartsWith("!10.1.20.99 never decides"));
  EXPECT_EQ(decided(wrong, envelope_of("10.1.20.99"), facts_from("scanner@contoso.com")), "scanners: relay");

  const Policy right = example("scanners-but-one");
  EXPECT_THAT(right.warnings(150 << 20, 35 << 20), IsEmpty());
  const auto from = [&](const std::string& client, const std::string& address, ByteCount size = 4'000'000) {
    return decided(right, envelope_of(client), facts_of({{"from", address}}, size));
  };
  EXPECT_EQ(from("10.1.20.7", "scanner@contoso.com"), "scanners: relay");
  EXPECT_EQ(from("192.0.2.7", "mfp@contoso.com"), "scanners: relay");
  EXPECT_EQ(from("10.1.20.99", "scanner@contoso.com"), "none: pass");
  EXPECT_EQ(from("10.1.21.7", "scanner@contoso.com"), "none: pass");
  EXPECT_EQ(from("10.1.20.7", "ceo@contoso.com"), "none: pass");
  EXPECT_EQ(from("10.1.20.7", "scanner@contoso.com", 1'000'000), "none: pass");
}

TEST(ManualExamples, Users) {
  const Policy policy = example("users");
  const auto as = [&](const std::string& login, const std::string& from) {
    return policy.decide(envelope_of("203.0.113.9", login), facts_from(from));
  };
  EXPECT_EQ(as("anna@contoso.com", "anna@contoso.com").action, Action::Relay);
  EXPECT_EQ(as("anna@contoso.com", "bob@contoso.com").reason, "login");
  EXPECT_EQ(as("anna@contoso.com", "ceo@contoso.com").reason, "no-rule");
  EXPECT_EQ(as("ceo@contoso.com", "ceo@contoso.com").reason, "no-rule");
  EXPECT_EQ(as("", "anna@contoso.com").reason, "no-rule");
}

TEST(ManualExamples, Erp) {
  const Policy policy = example("erp");
  EXPECT_EQ(policy.rules()[1].draft, config::DraftWay::Mime);
  mail::MessageFacts invoice = facts_of({{"from", "invoices@contoso.com"}, {"x-mailer", "ERP 7"}}, 4'000'000);
  const mail::Envelope outside = envelope_to("10.2.3.4", "", "buyer@fabrikam.com");
  EXPECT_EQ(decided(policy, outside, invoice), "erp: relay");
  EXPECT_EQ(decided(policy, envelope_to("10.2.3.4", "", "anna@contoso.com"), invoice), "none: pass");
  EXPECT_EQ(decided(policy, envelope_to("10.3.3.4", "", "buyer@fabrikam.com"), invoice), "none: pass");
  invoice.headers.push_back(mail::HeaderField{"x-internal", "", {}});
  EXPECT_EQ(decided(policy, outside, invoice), "none: pass");
  for (const char* name : {"setup.EXE", "run.bat", "a.Cmd"}) {
    mail::MessageFacts program = facts_from("anna@contoso.com");
    program.parts[0].name = name;
    EXPECT_EQ(decided(policy, outside, program), "programs: reject") << name;
    EXPECT_EQ(decided(policy, envelope_to("10.2.3.4", "", "anna@contoso.com"), program), "none: pass");
  }
}

TEST(ManualExamples, Order) {
  const graph_milter::test::TempFolder folder;
  const Policy policy = example("order", folder.write("subscribers", "reader@fabrikam.com OK\n"));
  const auto to = [&](const std::string& recipient) {
    return decided(policy, envelope_to("10.1.20.7", "", recipient), facts_from("scanner@contoso.com"));
  };
  EXPECT_EQ(to("archive@contoso.com"), "to-the-archive: pass");
  EXPECT_EQ(to("2026@archive.contoso.com"), "to-the-archive: pass");
  EXPECT_EQ(to("reader@fabrikam.com"), "newsletters: tempfail");
  EXPECT_EQ(to("anna@contoso.com"), "many-large-parts: relay");
}

TEST(ManualExamples, HaveATestEach) {
  std::set<std::string> written;
  for (const auto& [name, text] : examples()) written.insert(name);
  EXPECT_EQ(kRun, written);
}

TEST(Manual, HasEveryKeyAndNoOther) {
  const std::string page = read_file(kPage);
  std::set<std::string> written;
  const std::string begin = ".TP\n.BR ";
  for (std::size_t at = 0; (at = page.find(begin, at)) != std::string::npos;) {
    at += begin.size();
    EXPECT_TRUE(written.insert(printed(page.substr(at, page.find(' ', at) - at))).second) << "twice";
  }
  std::set<std::string> keys;
  for (const Key& key : all_keys()) keys.insert(std::string(key.name));
  EXPECT_EQ(written, keys);
}

}  // namespace
}  // namespace graph_milter::policy::test
