// SPDX-License-Identifier: Apache-2.0
#include "core/upload/upload_state.h"

#include <gtest/gtest.h>

namespace graph_milter::upload {
namespace {

UploadState in_the_middle() {
  UploadState state;
  state.size = 20'000'000;
  state.url = Secret("https://outlook.office.com/api/v2.0/Users('a@b')/Sessions('c')?authtoken=eyJ\"x");
  state.expires = from_unix_ms(1'795'000'000'123);
  state.position = 3'932'160;
  state.position_known = false;
  state.last_range_sent = true;
  state.stalls = 2;
  state.looks = 1;
  state.sessions_opened = 3;
  state.reference = "AAMk=/+";
  return state;
}

TEST(UploadState, ComesBackFromTheJournalAsItWent) {
  const UploadState state = in_the_middle();
  const auto read = upload_state_from_json(to_json(state));
  ASSERT_TRUE(read) << read.error().text();
  EXPECT_EQ(*read, state);
  EXPECT_EQ(upload_state_from_json(to_json(UploadState{})), UploadState{});
}

TEST(UploadState, DamagedTextIsCorrupt) {
  const std::string good = to_json(in_the_middle());
  for (const std::string_view bad : {R"({})", R"([])", R"(null)", R"()", R"({"size":-1})"}) {
    const auto read = upload_state_from_json(bad);
    ASSERT_FALSE(read) << bad;
    EXPECT_EQ(read.error().kind, ErrorKind::Corrupt);
  }
  for (std::size_t cut = 0; cut < good.size(); ++cut) {
    EXPECT_FALSE(upload_state_from_json(std::string_view(good).substr(0, cut))) << cut;
  }
}

TEST(UploadState, APositionBeyondTheFileIsCorrupt) {
  UploadState state = in_the_middle();
  state.position = state.size + 1;
  EXPECT_FALSE(upload_state_from_json(to_json(state)));
}

TEST(UploadState, WordsOfAnErrorNeverHoldTheUrl) {
  std::string text = to_json(in_the_middle());
  text.pop_back();
  const auto read = upload_state_from_json(text);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().text().find("authtoken"), std::string::npos);
}

}  // namespace
}  // namespace graph_milter::upload
