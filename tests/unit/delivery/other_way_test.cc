// SPDX-License-Identifier: Apache-2.0
#include "core/delivery/other_way.h"

#include <gtest/gtest.h>

namespace graph_milter::delivery {
namespace {

Error refused(int status, const std::string& code, const std::string& words = "answered") {
  Error error = make_error(ErrorKind::Permanent, "Graph", words);
  error.status = status;
  error.code = code;
  return error;
}

const Error kTooSmall = refused(400, "ErrorAttachmentSizeShouldNotBeLessThanMinimumSize");

plan::PlannedPart part_of(ByteCount size) {
  plan::PlannedPart part;
  part.name = "a.pdf";
  part.body.decoded_size = size;
  return part;
}

TEST(OtherWay, APostRefusedForItsSizeLeadsToASession) {
  EXPECT_TRUE(should_go_by_session(refused(413, ""), {}));
  EXPECT_TRUE(should_go_by_session(refused(413, "RequestEntityTooLarge"), {}));
  EXPECT_TRUE(should_go_by_session(refused(400, "ErrorMessageSizeExceeded"), {}));
  EXPECT_TRUE(should_go_by_session(
      refused(400, "BadRequest", "answered 400 BadRequest: The maximum request length supported is 4MB."), {}));
  EXPECT_FALSE(should_go_by_session(refused(400, "BadRequest"), {}));
  EXPECT_FALSE(should_go_by_session(refused(400, "ErrorCorruptData"), {}));
  EXPECT_FALSE(should_go_by_session(kTooSmall, {}));
}

TEST(OtherWay, ASessionRefusedForItsSizeLeadsToAPostIfThatTakesIt) {
  EXPECT_TRUE(should_go_by_post(kTooSmall, part_of(2'000'000), {}));
  EXPECT_FALSE(should_go_by_post(kTooSmall, part_of(3'200'000), {})) << "more than a request holds";
  EXPECT_FALSE(should_go_by_post(refused(400, "ErrorAttachmentSizeLimitExceeded"), part_of(2'000'000), {}));
}

TEST(OtherWay, EachWayIsTurnedToOnce) {
  queue::PartProgress progress;
  turn_to_session(progress, 700);
  EXPECT_EQ(progress.step, queue::PartStep::Uploading);
  EXPECT_EQ(progress.upload.size, 700U);
  EXPECT_FALSE(should_go_by_session(refused(413, ""), progress));
  ASSERT_TRUE(should_go_by_post(kTooSmall, part_of(700), progress));
  turn_to_post(progress);
  EXPECT_EQ(progress.step, queue::PartStep::PostIntent) << "it is looked for before it is posted";
  EXPECT_EQ(progress.upload, upload::UploadState{});
  EXPECT_FALSE(should_go_by_post(kTooSmall, part_of(700), progress));
  EXPECT_FALSE(should_go_by_session(refused(413, ""), progress));
}

TEST(OtherWay, WhatTimeMayMendChangesNothing) {
  Error error = refused(413, "");
  error.kind = ErrorKind::Unclear;
  EXPECT_FALSE(should_go_by_session(error, {}));
  error = kTooSmall;
  error.kind = ErrorKind::Transient;
  EXPECT_FALSE(should_go_by_post(error, part_of(700), {}));
}

}  // namespace
}  // namespace graph_milter::delivery
