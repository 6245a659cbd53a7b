// SPDX-License-Identifier: Apache-2.0
#include "core/config/changes.h"

#include <gtest/gtest.h>

namespace graph_milter::config {
namespace {

TEST(Changes, AreFoundInTheOrderOfTheOptions) {
  Settings before;
  Settings after;
  EXPECT_TRUE(find_changes(before, after).empty());
  after.log_level = LogLevel::Debug;
  after.workers = 16;
  after.tenant_domains = {"contoso.com", "fabrikam.com"};
  const std::vector<OptionChange> expected = {{"tenant-domains", "", "contoso.com, fabrikam.com", Reload::Live},
                                              {"workers", "8", "16", Reload::Restart},
                                              {"log-level", "info", "debug", Reload::Live}};
  EXPECT_EQ(find_changes(before, after), expected);
}

// One value for each option that is not its default, where there is one in the table.
Settings other_values() {
  Settings settings;
  for (const Option& option : option_table()) {
    const std::string value = option.type.form == "yes|no" ? "yes" : std::string(option.example);
    if (value.empty()) continue;
    EXPECT_EQ(option.type.set(settings, std::string(option.name), value).what, "") << option.name;
  }
  settings.max_part_size = 5'000'000;
  settings.max_message_size_map = "/etc/graph-milter/sizes";
  settings.client_bytes_per_hour = 7;
  settings.when_full = WhenFull::Pass;
  settings.sent_copy_for = std::chrono::hours(24);
  settings.queue_lifetime = std::chrono::hours(7);
  settings.workers = 3;
  settings.nodes = 2;
  return settings;
}

TEST(Changes, LiveOptionsAreTakenAndAllOthersStay) {
  const Settings before;
  const Settings fresh = other_values();
  const Settings merged = with_live_options(before, fresh);
  for (const Option& option : option_table()) {
    const Settings& whose = option.reload == Reload::Live ? fresh : before;
    EXPECT_EQ(option.type.get(merged), option.type.get(whose)) << option.name;
  }
  for (const OptionChange& change : find_changes(before, merged)) EXPECT_EQ(change.reload, Reload::Live) << change.name;
  for (const OptionChange& change : find_changes(merged, fresh))
    EXPECT_EQ(change.reload, Reload::Restart) << change.name;
}

TEST(Changes, ALiveOptionCanGoBackToItsDefault) {
  for (const Option& option : option_table()) {
    if (option.reload != Reload::Live) continue;
    const Settings merged = with_live_options(other_values(), Settings{});
    EXPECT_EQ(option.type.get(merged), option.default_value()) << option.name;
  }
}

}  // namespace
}  // namespace graph_milter::config
