// SPDX-License-Identifier: Apache-2.0
// Our reading of tables beside Postfix's own: random tables, and what postmap(1) finds in them.
#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <map>
#include <random>
#include <set>
#include <sstream>

#include "core/base/format.h"
#include "core/policy/map.h"
#include "tests/support/temp_folder.h"

namespace graph_milter::policy {
namespace {

constexpr const char* kPostmap = "/usr/sbin/postmap";

class Postmap : public testing::Test {
 protected:
  void SetUp() override {
    if (::access(kPostmap, X_OK) != 0) GTEST_SKIP() << kPostmap << " is not installed";
    folder_.write("main.cf", "");
  }

  // What postmap finds for each of `keys`.
  std::map<std::string, std::string> ask(const std::string& type, const std::string& table,
                                         const std::vector<std::string>& keys) {
    std::string lines;
    for (const std::string& key : keys) lines += key + "\n";
    // postmap waits until a table has not been written to for two seconds.
    const std::string file = folder_.write("table", table);
    std::filesystem::last_write_time(file, std::filesystem::last_write_time(file) - std::chrono::hours(1));
    const std::string command =
        format("{} -c {} -q - {}:{} < {}", kPostmap, folder_.path(), type, file, folder_.write("keys", lines));
    FILE* out = ::popen(command.c_str(), "r");
    std::map<std::string, std::string> found;
    for (char line[4096]; std::fgets(line, sizeof line, out) != nullptr;) {
      const std::string text(line);
      const std::size_t tab = text.find('\t');
      found[text.substr(0, tab)] = text.substr(tab + 1, text.size() - tab - 2);
    }
    ::pclose(out);
    return found;
  }

  void compare(MapKind kind, const std::string& type, const std::string& table, const std::vector<std::string>& keys) {
    const auto map = parse_map({kind, "/m"}, table);
    ASSERT_TRUE(map) << map.error().text() << "\n" << table;
    const auto expected = ask(type, table, keys);
    for (const std::string& key : keys) {
      const auto hit = (*map)->find(key);
      const auto theirs = expected.find(key);
      EXPECT_EQ(hit ? hit->value : "-", theirs == expected.end() ? "-" : theirs->second) << key << " in\n" << table;
    }
  }

  std::size_t below(std::size_t end) { return std::uniform_int_distribution<std::size_t>(0, end - 1)(dice_); }

  graph_milter::test::TempFolder folder_;
  std::mt19937_64 dice_{graph_milter::test::seed()};
};

TEST_F(Postmap, FindsTheSameInTextTables) {
  for (int round = 0; round < 3; ++round) {
    std::string table = "# a table\n";
    std::vector<std::string> keys;
    std::set<std::string> used;
    for (int i = 0; i < 60; ++i) {
      const std::string key = format("user{}@d{}.example", below(40), below(3));
      keys.push_back(key);
      if (!used.insert(key).second || below(3) == 0) continue;
      table += key + std::string(1 + below(3), below(2) == 0 ? ' ' : '\t') + format("value {}", i);
      if (below(4) == 0) table += "  \n  # comment\n\n \t goes on";
      table += below(5) == 0 ? "\r\n" : "\n";
    }
    compare(MapKind::Text, "texthash", table, keys);
  }
}

TEST_F(Postmap, FindsTheSameInCidrTables) {
  const std::vector<std::string> networks = {"10.0.0.0/8",     "10.1.0.0/16", "10.1.2.0/24",       "10.1.2.3",
                                             "192.168.0.0/16", "0.0.0.0/0",   "2001:db8::/32",     "[2001:db8:1::]/48",
                                             "::/0",           "[::1]",       "[2001:db8:2::/48]", "172.16.0.0/12"};
  const std::vector<std::string> keys = {"10.1.2.3",      "10.1.2.4",    "10.1.3.1",    "10.2.0.1",
                                         "192.168.7.7",   "8.8.8.8",     "2001:db8::1", "2001:db8:1::1",
                                         "2001:db8:2::1", "2001:db9::1", "::1",         "172.31.0.1"};
  for (int round = 0; round < 8; ++round) {
    std::string table;
    int open = 0;
    for (int i = 0; i < 8; ++i) {
      const std::string network = (below(4) == 0 ? "!" : "") + networks[below(networks.size())];
      const std::size_t what = below(6);
      if (what == 0) {
        table += "if " + network + "\n";
        ++open;
      } else if (what == 1 && open > 0) {
        table += "endif\n";
        --open;
      } else if (table.find(network + " ") == std::string::npos) {
        table += format("{} line {}\n", network, i);
      }
    }
    while (open-- > 0) table += "endif\n";
    compare(MapKind::Cidr, "cidr", table, keys);
  }
}

struct PatternLine {
  const char* pattern;
  const char* value;  // in front of the number of the line
};

TEST_F(Postmap, FindsTheSameInPcreTables) {
  if (ask("pcre", "/^a$/ yes\n", {"a"}).empty())
    GTEST_SKIP() << "Postfix has no pcre tables here: install postfix-pcre";
  const std::vector<PatternLine> patterns = {{"/^user1@/", "plain"},
                                             {"/@D1\\.Example$/", "any case"},
                                             {"/^USER2@/i", "upper case only"},
                                             {"/^(user)(\\d)@/", "$2 of ${1}, $(2)"},
                                             {"/^(.*)@(d[12])/", "$1 at $2 for $$ 5"},
                                             {"!/d1/", "outside"},
                                             {"!|^user[0-4]@|", "another delimiter"},
                                             {"/ ^ user 3 @ /x", "blanks do not count"},
                                             {"/^user4@d2.example$/s", "a dot"},
                                             {"/^(?:user|guest)(?<n>[5-9])@/", "named $1"},
                                             {"/5@|6@|7@/", "one of them"},
                                             {"/user/U", "lazy"},
                                             {"/user8@/A", "at the start"},
                                             {"/example$/E", "at the end"}};
  std::vector<std::string> keys = {"guest5@d1.example", "user", "USER2@d2.example"};
  for (int user = 0; user < 10; ++user) {
    for (int domain = 0; domain < 3; ++domain) keys.push_back(format("user{}@d{}.example", user, domain));
  }
  for (int round = 0; round < 20; ++round) {
    std::string table;
    std::set<std::string> used;
    int open = 0;
    for (int i = 0; i < 10; ++i) {
      const PatternLine& line = patterns[below(patterns.size())];
      const std::size_t what = below(6);
      if (what == 0) {
        table += format("if {}\n", line.pattern);
        ++open;
      } else if (what == 1 && open > 0) {
        table += "endif\n";
        --open;
      } else if (used.insert(line.pattern).second) {
        table += format("{}\t{} {}\n", line.pattern, line.value, i);
      }
    }
    while (open-- > 0) table += "endif\n";
    compare(MapKind::Pcre, "pcre", table, keys);
  }
}

}  // namespace
}  // namespace graph_milter::policy
