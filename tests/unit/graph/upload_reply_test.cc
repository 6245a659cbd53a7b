// SPDX-License-Identifier: Apache-2.0
#include "core/graph/upload_reply.h"

#include <gtest/gtest.h>

namespace graph_milter::graph {
namespace {

constexpr TimePoint kNow = TimePoint(std::chrono::seconds(1'700'000'000));

http::Response reply(int status, std::string body = "", std::map<std::string, std::string> headers = {}) {
  http::Response response;
  response.status = status;
  response.body = std::move(body);
  response.headers = std::move(headers);
  return response;
}

std::string describe(const Result<UploadReply>& result) {
  if (!result) return std::string(name_of(result.error().kind)) + ": " + result.error().text();
  if (const auto* next = std::get_if<NextPosition>(&*result)) return "next " + std::to_string(next->next);
  return "completed " + std::get<Completed>(*result).id;
}

std::string range(int status, std::string body = "", std::map<std::string, std::string> headers = {}) {
  return describe(read_range_reply(reply(status, std::move(body), std::move(headers)), kNow));
}

std::string position(int status, std::string body = "") {
  return describe(read_position_reply(reply(status, std::move(body)), kNow));
}

TEST(RangeReply, ReadsTheNextPositionInEverySpelling) {
  EXPECT_EQ(range(200, R"({"@odata.context":"c","ExpirationDateTime":"t","NextExpectedRanges":["2097152"]})"),
            "next 2097152");
  EXPECT_EQ(range(200, R"({"expirationDateTime":"t","nextExpectedRanges":["2097152-"]})"), "next 2097152");
  EXPECT_EQ(range(200, R"({"ExpirationDateTime":"t","nextExpectedRanges":["1998457-2097094"]})"), "next 1998457");
  EXPECT_EQ(range(202, R"({"nextExpectedRanges":["12345-55232","77829-99375"]})"), "next 12345");
  EXPECT_EQ(range(200, R"({"nextExpectedRanges":["77829-99375","12345-55232"]})"), "next 12345");
  EXPECT_EQ(range(200, R"({"nextexpectedranges":[2097152]})"), "next 2097152");
  EXPECT_EQ(range(200, R"({"nextExpectedRanges":[" 5- "]})"), "next 5");
  EXPECT_EQ(range(200, R"({"nextExpectedRanges":["0-"]})"), "next 0");
}

TEST(RangeReply, CallsASuccessThatSaysNothingUnclear) {
  for (const char* body :
       {"", "{}", "<html>", R"({"nextExpectedRanges":[]})", R"({"nextExpectedRanges":["x"]})",
        R"({"nextExpectedRanges":["-5"]})", R"({"nextExpectedRanges":["9-5"]})", R"({"nextExpectedRanges":["5","x"]})",
        R"({"nextExpectedRanges":"5"})", R"({"nextExpectedRanges":[-5]})"})
    EXPECT_EQ(range(200, body), "unclear: upload (range): answered 200 without saying which range comes next") << body;
  EXPECT_EQ(range(204).substr(0, 8), "unclear:");
}

TEST(RangeReply, KeepsTheIdFromTheLocationOfTheLastAnswer) {
  EXPECT_EQ(
      range(201, "",
            {{"location", "https://outlook.office.com/api/v2.0/Users('u@t')/Messages('mid=')/Attachments('aid=')"}}),
      "completed aid=");
  EXPECT_EQ(range(201), "completed ");
  EXPECT_EQ(range(201, "", {{"location", "https://graph.microsoft.com/v1.0/x"}}), "completed ");
  EXPECT_EQ(range(201, R"({"id":"item-1","name":"a"})"), "completed item-1");
  EXPECT_EQ(range(200, R"({"id":"item-1","name":"a"})"), "completed item-1");
}

TEST(RangeReply, HandsFaultsOn) {
  EXPECT_EQ(range(404), "session-gone: upload (range): answered 404 without a body");
  EXPECT_EQ(range(416).substr(0, 11), "out-of-step");
  EXPECT_EQ(range(503).substr(0, 7), "unclear");
}

TEST(PositionReply, ReadsThreeKindsOfAnswers) {
  EXPECT_EQ(position(200, R"({"nextExpectedRanges":["327680-"]})"), "next 327680");
  EXPECT_EQ(position(404).substr(0, 9), "not-found");
  EXPECT_EQ(position(405).substr(0, 9), "permanent");
  EXPECT_EQ(position(503).substr(0, 9), "transient");
}

TEST(CancelReply, TakesGoneForDone) {
  for (const int status : {204, 404, 410}) EXPECT_TRUE(read_cancel_reply(reply(status), kNow)) << status;
  for (const int status : {200, 401, 405, 503}) EXPECT_FALSE(read_cancel_reply(reply(status), kNow)) << status;
}

TEST(IdFromLocation, IsTheLastQuotedSegment) {
  EXPECT_EQ(id_from_location("https://h/Users('a')/Messages('m')/Attachments('AAMkAD%2Bx%3D')"), "AAMkAD+x=");
  EXPECT_EQ(id_from_location("https://h/Attachments('a')?x='b'"), "a");
  EXPECT_EQ(id_from_location("https://h/Attachments('%zz%4')"), "%zz%4");
  EXPECT_EQ(id_from_location("https://h/Attachments('a"), "");
  EXPECT_EQ(id_from_location("'"), "");
  EXPECT_EQ(id_from_location("''"), "");
  EXPECT_EQ(id_from_location(""), "");
}

}  // namespace
}  // namespace graph_milter::graph
