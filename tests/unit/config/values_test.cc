// SPDX-License-Identifier: Apache-2.0
#include "core/config/values.h"

#include <gtest/gtest.h>

#include <random>

#include "tests/support/temp_folder.h"

namespace graph_milter::config {
namespace {

TEST(Values, ReadsSizesInBytesAndPowersOf1024) {
  EXPECT_EQ(parse_size("0"), 0U);
  EXPECT_EQ(parse_size("3932160"), 3'932'160U);
  EXPECT_EQ(parse_size("3M"), 3U * 1024 * 1024);
  EXPECT_EQ(parse_size("64k"), 64U * 1024);
  EXPECT_EQ(parse_size("2G"), 2ULL << 30U);
  for (const char* bad : {"", "M", "-1", "1.5M", "1 M", "1MB", "3M ", "18446744073709551616", "17179869184G"}) {
    EXPECT_FALSE(parse_size(bad)) << bad;
  }
}

TEST(Values, ReadsTimesWithUnits) {
  using namespace std::chrono_literals;
  EXPECT_EQ(parse_duration("30"), 30s);
  EXPECT_EQ(parse_duration("30s"), 30s);
  EXPECT_EQ(parse_duration("250ms"), 250ms);
  EXPECT_EQ(parse_duration("5m"), 5min);
  EXPECT_EQ(parse_duration("1h"), 1h);
  EXPECT_EQ(parse_duration("2d"), 48h);
  for (const char* bad : {"", "s", "-1s", "1w", "1.5h", "1h30m", "9223372036854775808ms", "9223372036854775807s"}) {
    EXPECT_FALSE(parse_duration(bad)) << bad;
  }
}

TEST(Values, ReadsYesAndNoAndModes) {
  EXPECT_EQ(parse_boolean("Yes"), true);
  EXPECT_EQ(parse_boolean("off"), false);
  EXPECT_FALSE(parse_boolean("1"));
  EXPECT_FALSE(parse_boolean(""));
  EXPECT_EQ(parse_mode("0660"), 0660U);
  EXPECT_EQ(parse_mode("600"), 0600U);
  for (const char* bad : {"", "66", "0668", "1777", "00660", "rw"}) EXPECT_FALSE(parse_mode(bad)) << bad;
}

TEST(Values, ReadsDates) {
  EXPECT_EQ(parse_date("2027-03-31"), from_unix_ms(1'806'451'200'000));
  EXPECT_EQ(write_date(from_unix_ms(1'806'451'200'000)), "2027-03-31");
  EXPECT_EQ(parse_date("2028-02-29"), from_unix_ms(1'835'395'200'000));
  for (const char* bad : {"", "2027-02-29", "2027-13-01", "2027-00-01", "2027-3-31", "31.03.2027", "2027-03-31 ",
                          "2027/03/31", "1970-01-01", "tomorrow"}) {
    EXPECT_FALSE(parse_date(bad)) << bad;
  }
}

TEST(Values, WhatIsWrittenReadsBackAsTheSame) {
  std::mt19937_64 random(test::seed());
  for (int round = 0; round < 2000; ++round) {
    const std::uint64_t number = random() >> (random() % 64);
    EXPECT_EQ(parse_size(write_size(number)), number);
    const Duration duration(static_cast<Duration::rep>(number >> 1U));
    EXPECT_EQ(parse_duration(write_duration(duration)), duration);
    const auto mode = static_cast<unsigned>(number % 01000);
    EXPECT_EQ(parse_mode(write_mode(mode)), mode);
  }
  EXPECT_EQ(write_size(3'145'728), "3M");
  EXPECT_EQ(write_size(150'000'000), "150000000");
  EXPECT_EQ(write_duration(std::chrono::seconds(90)), "90s");
  EXPECT_EQ(write_duration(Duration(0)), "0s");
}

}  // namespace
}  // namespace graph_milter::config
