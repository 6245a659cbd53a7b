// SPDX-License-Identifier: Apache-2.0
#include "core/http/retry_after.h"

#include <gtest/gtest.h>

#include <string>

namespace graph_milter::http {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

// Sun, 22 Nov 2026 12:00:00 GMT.
constexpr TimePoint kNow = TimePoint(seconds(1'795'348'800));

std::optional<Duration> wait(const std::string& value, const std::string& date = {}) {
  Response response;
  response.status = 429;
  response.headers["retry-after"] = value;
  if (!date.empty()) response.headers["date"] = date;
  return retry_after(response, kNow);
}

TEST(RetryAfter, IsReadInEveryFormAndKeptWithinReason) {
  struct Case {
    const char* value;
    std::optional<Duration> expected;
  };
  const Case cases[] = {
      // Seconds, as they are meant.
      {"1", seconds(1)},
      {"12", seconds(12)},
      {" 12 ", seconds(12)},
      {"0012", seconds(12)},
      {"3599", seconds(3599)},
      {"2.128", Duration(2128)},
      {"2.1280001", Duration(2129)},
      {"2.5", Duration(2500)},
      {"2.", seconds(2)},
      // A date, measured from now where the answer has none of its own.
      {"Sun, 22 Nov 2026 12:00:30 GMT", seconds(30)},
      {"Sunday, 22-Nov-26 12:00:30 GMT", seconds(30)},
      {"Sun Nov 22 12:00:30 2026", seconds(30)},
      // Nothing, negative, past: the least.
      {"0", seconds(1)},
      {"0.0", seconds(1)},
      {"0.25", seconds(1)},
      {"-1", seconds(1)},
      {"-0.5", seconds(1)},
      {"-86400", seconds(1)},
      {"-99999999999999999999999999", seconds(1)},
      {"Sun, 22 Nov 2026 11:59:00 GMT", seconds(1)},
      {"Thu, 01 Jan 1970 00:00:01 GMT", seconds(1)},
      // Absurd: the most.
      {"3600", hours(1)},
      {"3601", hours(1)},
      {"31536000", hours(1)},
      {"31536000.5", hours(1)},
      {"99999999999999999999999999", hours(1)},
      {"Mon, 22 Nov 2027 12:00:00 GMT", hours(1)},
      {"Fri, 31 Dec 9999 23:59:59 GMT", hours(1)},
      // Nothing that could be obeyed.
      {"", std::nullopt},
      {"   ", std::nullopt},
      {"soon", std::nullopt},
      {"-", std::nullopt},
      {"--5", std::nullopt},
      {".", std::nullopt},
      {".5", std::nullopt},
      {"1.2.3", std::nullopt},
      {"1e3", std::nullopt},
      {"0x10", std::nullopt},
      {"12 s", std::nullopt},
      {"NaN", std::nullopt},
      {"Infinity", std::nullopt},
      {"\xff\xfe", std::nullopt},
  };
  for (const Case& c : cases) EXPECT_EQ(wait(c.value), c.expected) << "'" << c.value << "'";
}

TEST(RetryAfter, MeasuresADateFromTheAnswersOwn) {
  EXPECT_EQ(wait("Sun, 22 Nov 2026 20:00:30 GMT", "Sun, 22 Nov 2026 20:00:00 GMT"), seconds(30));
  EXPECT_EQ(wait("Sun, 22 Nov 2026 12:00:30 GMT", "gibberish"), seconds(30));
}

TEST(RetryAfter, IsNothingWithoutAHeader) { EXPECT_EQ(retry_after(Response{}, kNow), std::nullopt); }

}  // namespace
}  // namespace graph_milter::http
