// SPDX-License-Identifier: Apache-2.0
#include "core/delivery/mailbox_board.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace graph_milter::delivery {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const TimePoint kNow = from_unix_ms(1'790'000'000'000);

TEST(MailboxBoard, AMailboxIsBusyWhenAllItsPlacesAreTaken) {
  MailboxBoard board(2);
  board.begin("a@contoso.com");
  EXPECT_THAT(board.busy(kNow), IsEmpty());
  board.begin("a@contoso.com");
  board.begin("b@contoso.com");
  EXPECT_THAT(board.busy(kNow), ElementsAre("a@contoso.com"));
  board.end("a@contoso.com");
  EXPECT_THAT(board.busy(kNow), IsEmpty());
}

TEST(MailboxBoard, AMailboxThatAskedForPatienceIsBusyUntilThen) {
  MailboxBoard board(2);
  board.hold("a@contoso.com", kNow + Duration{5'000});
  board.hold("a@contoso.com", kNow + Duration{2'000});
  EXPECT_THAT(board.busy(kNow + Duration{4'999}), ElementsAre("a@contoso.com"));
  EXPECT_THAT(board.busy(kNow + Duration{5'000}), IsEmpty());
}

TEST(MailboxBoard, ForgettingAnIdleMailboxDoesNotForgetABusyOne) {
  MailboxBoard board(1);
  board.begin("a@contoso.com");
  board.hold("a@contoso.com", kNow + Duration{1'000});
  EXPECT_THAT(board.busy(kNow + Duration{2'000}), ElementsAre("a@contoso.com"));
  board.end("a@contoso.com");
  EXPECT_THAT(board.busy(kNow + Duration{2'000}), IsEmpty());
}

}  // namespace
}  // namespace graph_milter::delivery
