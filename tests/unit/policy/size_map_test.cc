// SPDX-License-Identifier: Apache-2.0
#include "core/policy/size_map.h"

#include <gtest/gtest.h>

#include "core/policy/policy.h"
#include "tests/support/temp_folder.h"

namespace graph_milter::policy {
namespace {

class SizeMaps : public ::testing::Test {
 protected:
  Result<SizeMap> read(const std::string& text) {
    folder_.write("sizes", text);
    MapStore maps;
    return SizeMap::read(path_, 1024, 2ULL << 30, maps);
  }
  std::string error_of(const std::string& text) {
    const auto map = read(text);
    if (map) return "no error";
    EXPECT_EQ(map.error().kind, ErrorKind::Usage);
    return map.error().text();
  }

  const test::TempFolder folder_;
  const std::string path_ = folder_.file("sizes");
};

TEST_F(SizeMaps, KnowMailboxesAndDomains) {
  const auto map = read(
      "# who may send how much\nscanner@contoso.com  150M\n@Contoso.com\t 35M\n@b\xC3\xBC"
      "cher.example\n  1M\n");
  ASSERT_TRUE(map) << map.error().text();
  EXPECT_EQ(map->find("scanner@contoso.com"), 150ULL << 20);
  EXPECT_EQ(map->find("ann@contoso.com"), 35ULL << 20);
  EXPECT_EQ(map->find("x@xn--bcher-kva.example"), 1ULL << 20);
  EXPECT_EQ(map->find("ann@sub.contoso.com"), std::nullopt);
  EXPECT_EQ(map->largest(), 150ULL << 20);
}

TEST_F(SizeMaps, MayBeEmpty) {
  const auto map = read("");
  ASSERT_TRUE(map);
  EXPECT_EQ(map->find("a@b.example"), std::nullopt);
  EXPECT_EQ(map->largest(), 0U);
}

TEST_F(SizeMaps, AreThePolicysLimitOfEachMailbox) {
  const auto conf = config::read_conf_text("[rule a]\naction = pass\n", "a.conf");
  ASSERT_TRUE(conf);
  auto policy = Policy::read(*conf, {"contoso.com"});
  ASSERT_TRUE(policy);
  EXPECT_EQ(policy->message_limit("scanner@contoso.com", 7), 7U);
  EXPECT_EQ(policy->largest_message_limit(7), 7U);
  policy->limit_messages(*read("scanner@contoso.com 1K\n"));
  EXPECT_EQ(policy->message_limit("scanner@contoso.com", 7), 1024U);
  EXPECT_EQ(policy->message_limit("ann@contoso.com", 7), 7U);
  EXPECT_EQ(policy->largest_message_limit(7), 1024U);
  EXPECT_EQ(policy->largest_message_limit(2048), 2048U);
}

TEST_F(SizeMaps, AreRefusedInPlainWords) {
  EXPECT_EQ(error_of("a@b.example 35 MB\n"),
            path_ +
                ":1: \"35 MB\" is not a size (write a number of bytes, or a number with K, M or G (1024 bytes and "
                "its powers))");
  EXPECT_EQ(error_of("a@b.example\n"),
            path_ +
                ":1: \"\" is not a size (write a number of bytes, or a number with K, M or G (1024 bytes and its "
                "powers))");
  EXPECT_EQ(error_of("# x\nscanner 1M\n"), path_ + ":2: \"scanner\" is not a mailbox (write user@domain or @domain)");
  EXPECT_EQ(error_of("a@b.example 3G\n"), path_ + ":1: 3G is out of bounds (write 1K to 2G)");
  EXPECT_EQ(error_of("a@b.example 1M\nA@b.example 2M\n"),
            path_ + ":2: a@b.example has a line already (it is line 1; keep one of them)");
  MapStore maps;
  const auto none = SizeMap::read(folder_.file("none"), 1, 2, maps);
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().text(),
            "max-message-size: " + folder_.file("none") + ": cannot open: No such file or directory");
}

}  // namespace
}  // namespace graph_milter::policy
