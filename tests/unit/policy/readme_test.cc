// SPDX-License-Identifier: Apache-2.0
// The configurations in README.md are read, and decide as it says.
#include <gmock/gmock.h>

#include <sstream>

#include "core/config/configuration.h"
#include "tests/support/temp_folder.h"
#include "tests/unit/policy/samples.h"

namespace graph_milter::policy::test {
namespace {

using graph_milter::test::read_file;
using graph_milter::test::TempFolder;
using testing::IsEmpty;

// The indented text that holds `line`, from one line of prose to the next.
std::string block_with(const std::string& line) {
  std::istringstream readme(read_file(GM_SOURCE_DIR "/README.md"));
  std::string block;
  bool found = false;
  for (std::string text; std::getline(readme, text);) {
    if (!text.empty() && !text.starts_with("    ")) {
      if (found) return block;
      block.clear();
      continue;
    }
    found = found || text == "    " + line;
    block += (text.empty() ? text : text.substr(4)) + "\n";
  }
  ADD_FAILURE() << "README.md has no " << line;
  return "";
}

std::string decided(const Policy& policy, const mail::Envelope& envelope, const std::string& from) {
  const Decision decision = policy.decide(envelope, facts_from(from));
  const std::string rule = decision.rule == nullptr ? "none" : decision.rule->name;
  return rule + ": " + std::string(name_of(decision.action)) + " " + decision.mailbox;
}

TEST(Readme, HasAFirstConfigurationThatPretendsForOneScanner) {
  const std::string text = block_with("[rule scanners]");
  const config::Reading reading = config::read_configuration(*config::read_conf_text(text, "README.md"), "README.md");
  ASSERT_TRUE(reading.ok()) << reading.errors.front().text();
  const config::Settings& settings = reading.configuration.settings;
  EXPECT_EQ(settings.outside_mailbox, "ceo@contoso.com");
  EXPECT_NE(settings.client_key_file, "");
  const auto policy = Policy::read(reading.configuration.text, settings.tenant_domains);
  ASSERT_TRUE(policy) << policy.error().text();
  EXPECT_THAT(policy->warnings(settings.max_part_size, settings.max_message_size), IsEmpty());
  EXPECT_EQ(policy->rules().front().pretend, true);
  EXPECT_EQ(decided(*policy, envelope_of("10.1.20.7"), "scanner@contoso.com"), "scanners: relay scanner@contoso.com");
  EXPECT_EQ(decided(*policy, envelope_of("10.1.21.7"), "scanner@contoso.com"), "none: pass ");
}

TEST(Readme, GivesScannersAFrom) {
  const Policy policy = read(block_with("set-from  = scanner@contoso.com"));
  EXPECT_EQ(decided(policy, envelope_of("10.1.20.7"), "mfp3@corp.local"), "scanners: relay scanner@contoso.com");
  EXPECT_EQ(policy.rules().front().mime, MimeReading::Tolerant);
}

TEST(Readme, HoldsWhatAnErpCannotHaveRelayed) {
  const Policy policy = read(block_with("[rule erp]"));
  EXPECT_EQ(decided(policy, envelope_of("10.1.5.12"), "dunning@contoso.com"), "erp: relay billing@contoso.com");
  EXPECT_EQ(decided(policy, envelope_of("10.1.5.13"), "dunning@contoso.com"), "none: pass ");
  EXPECT_EQ(policy.rules().front().otherwise, config::Otherwise::Hold);
}

TEST(Readme, LetsUsersSendAsWhatTheMapSays) {
  TempFolder folder;
  const std::string map = folder.write("senders", block_with("anna    anna@contoso.com, team@contoso.com"));
  std::string text = block_with("[rule users]");
  const std::string path = "/etc/graph-milter/senders";
  text.replace(text.find(path), path.size(), map);
  const Policy policy = read(text);
  mail::Envelope envelope = envelope_of("203.0.113.9", "anna");
  envelope.daemon_name = "submission";
  EXPECT_EQ(decided(policy, envelope, "team@contoso.com"), "users: relay team@contoso.com");
  EXPECT_EQ(decided(policy, envelope, "bert@contoso.com"), "none: pass ");
  envelope.daemon_name = "smtp";
  EXPECT_EQ(decided(policy, envelope, "team@contoso.com"), "none: pass ");
}

}  // namespace
}  // namespace graph_milter::policy::test
