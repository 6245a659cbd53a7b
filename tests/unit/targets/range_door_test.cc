// SPDX-License-Identifier: Apache-2.0
#include "core/targets/range_door.h"

#include <gtest/gtest.h>

#include "tests/support/scripted_door.h"

namespace graph_milter::targets {
namespace {

using test::ScriptedDoor;

class RangeDoorTest : public testing::Test {
 protected:
  const ManualClock clock_{from_unix_ms(1'790'000'000'000)};
  ScriptedDoor<http::UploadDoor> service_;
  HttpRangeDoor door_{service_, clock_, "scanner@contoso.com"};
  const Secret url_{"https://outlook.office.com/api/v2.0/Users('a@b')/AttachmentSessions('c=')?authtoken=eyJ"};
  StringSource file_{"0123456789"};
};

TEST_F(RangeDoorTest, PutsTheBytesOfTheRangeWithItsPlaceInTheFile) {
  service_.then(200, R"({"NextExpectedRanges":["6"]})");
  const auto answer = door_.put(url_, file_, {3, 6});
  ASSERT_TRUE(answer) << answer.error().text();
  EXPECT_EQ(std::get<upload::Position>(*answer).next, 6U);
  const auto sent = service_.sent();
  ASSERT_EQ(sent.size(), 1U);
  EXPECT_EQ(sent[0].method, http::Method::Put);
  EXPECT_EQ(sent[0].url, url_.reveal()) << "byte for byte";
  EXPECT_EQ(sent[0].body, "345");
  EXPECT_EQ(sent[0].header("Content-Range"), "bytes 3-5/10");
  EXPECT_EQ(sent[0].header("Content-Type"), "application/octet-stream");
  EXPECT_EQ(sent[0].header("Authorization"), "");
  EXPECT_EQ(sent[0].request.lane, "scanner@contoso.com");
}

TEST_F(RangeDoorTest, TheLastAnswerNamesTheAttachment) {
  service_.then(201, "",
                {{"location", "https://outlook.office.com/api/v2.0/Users('a')/Messages('m')/Attachments('AA1=')"}});
  const auto answer = door_.put(url_, file_, {6, 10});
  ASSERT_TRUE(answer) << answer.error().text();
  EXPECT_EQ(std::get<upload::Finished>(*answer).reference, "AA1=");
}

TEST_F(RangeDoorTest, AsksForThePositionWithoutABody) {
  service_.then(200, R"({"nextExpectedRanges":["7-"]})");
  const auto answer = door_.ask_position(url_);
  ASSERT_TRUE(answer) << answer.error().text();
  EXPECT_EQ(std::get<upload::Position>(*answer).next, 7U);
  EXPECT_EQ(service_.sent()[0].method, http::Method::Get);
  EXPECT_FALSE(service_.sent()[0].has_body);
}

TEST_F(RangeDoorTest, WhatTheServiceAnswersBecomesTheKindThatTheSessionKnows) {
  service_.then(404).then(416).then(503).then(429, "", {{"retry-after", "2.128"}}).then(404).then(405);
  EXPECT_EQ(door_.put(url_, file_, {0, 3}).error().kind, ErrorKind::SessionGone);
  EXPECT_EQ(door_.put(url_, file_, {0, 3}).error().kind, ErrorKind::OutOfStep);
  EXPECT_EQ(door_.put(url_, file_, {0, 3}).error().kind, ErrorKind::Unclear);
  const auto throttled = door_.put(url_, file_, {0, 3});
  EXPECT_EQ(throttled.error().kind, ErrorKind::Throttled);
  EXPECT_EQ(throttled.error().retry_after, Duration{2'128});
  EXPECT_EQ(door_.ask_position(url_).error().kind, ErrorKind::NotFound);
  EXPECT_EQ(door_.ask_position(url_).error().kind, ErrorKind::Permanent);
}

TEST_F(RangeDoorTest, CancelsASessionThatMayBeGone) {
  service_.then(204).then(404).then(500);
  EXPECT_TRUE(door_.cancel(url_));
  EXPECT_TRUE(door_.cancel(url_));
  EXPECT_FALSE(door_.cancel(url_));
  EXPECT_EQ(service_.sent()[0].method, http::Method::Delete);
}

}  // namespace
}  // namespace graph_milter::targets
