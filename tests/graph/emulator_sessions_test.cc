// SPDX-License-Identifier: Apache-2.0
#include "core/base/digest.h"
#include "tests/graph/emulator_client.h"

namespace graph_milter::emulator {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

constexpr std::uint64_t kSize = 10'000'000;
constexpr std::uint64_t kRange = 3'932'160;

class Sessions : public EmulatorTest {
 protected:
  std::string item = draft();
  std::string bytes = random_like(kSize);
  std::string url = open_session(item, kSize).json["uploadUrl"].text();

  static std::string random_like(std::size_t size) {
    std::string out(size, '\0');
    std::uint32_t state = 12345;
    for (char& c : out) {
      state = state * 1664525U + 1013904223U;
      c = static_cast<char>(state >> 24);
    }
    return out;
  }

  Answer put_at(std::uint64_t begin) {
    return put(url, bytes.substr(begin, std::min(kRange, kSize - begin)), begin, kSize);
  }

  Answer put_all() {
    Answer answer;
    for (std::uint64_t at = 0; at < kSize; at += kRange) answer = put_at(at);
    return answer;
  }

  std::size_t attachments() { return get(item + "/attachments").json["value"].items().size(); }
};

TEST_F(Sessions, OpenWithAUrlOnAnotherHostFullOfAwkwardCharacters) {
  const Answer opened = open_session(item, kSize);
  EXPECT_EQ(opened.status, 201);
  EXPECT_THAT(opened.json["nextExpectedRanges"].items()[0].text(), "0-");
  EXPECT_TRUE(::testing::Matches(::testing::MatchesRegex("....-..-..T..:..:..\\.[0-9]{7}Z"))(
      opened.json["expirationDateTime"].text()));
  const std::string target = opened.json["uploadUrl"].text();
  EXPECT_THAT(target, StartsWith("https://outlook.office.com/api/v2.0/Users('"));
  EXPECT_THAT(target, HasSubstr("')/AttachmentSessions('"));
  EXPECT_THAT(target, HasSubstr("@"));
  EXPECT_THAT(target, HasSubstr("')?authtoken=eyJ"));
}

TEST_F(Sessions, AnswerIntermediateRangesInPascalCaseWithBareNumbers) {
  const Answer first = put_at(0);
  EXPECT_EQ(first.status, 200);
  EXPECT_EQ(first.json["NextExpectedRanges"].items()[0].text(), "3932160");
  EXPECT_EQ(first.json.find("uploadUrl"), nullptr);
  EXPECT_EQ(attachments(), 0U);
}

TEST_F(Sessions, AnswerPositionsInTheFormTheSwitchesChoose) {
  switch_to("position_keys", "mixed");
  switch_to("position_form", "range");
  const Answer first = put_at(0);
  EXPECT_EQ(first.json["nextExpectedRanges"].items()[0].text(), "3932160-9999999");
  EXPECT_NE(first.json.find("ExpirationDateTime"), nullptr);
}

TEST_F(Sessions, EndWith201NoBodyAndALocationOnTheOutlookHost) {
  const Answer last = put_all();
  EXPECT_EQ(last.status, 201);
  EXPECT_EQ(last.response.body, "");
  EXPECT_EQ(last.response.header("content-length"), "0");
  EXPECT_THAT(last.response.header("location"), StartsWith("https://outlook.office.com/api/v2.0/Users('"));
  EXPECT_THAT(last.response.header("location"), HasSubstr(")/Attachments('"));
  const Json listed = get(item + "/attachments").json["value"].items()[0];
  EXPECT_EQ(listed["name"].text(), "big.pdf");
  EXPECT_EQ(listed["contentType"].text(), "application/octet-stream");
  EXPECT_GT(listed["size"].integer(), static_cast<std::int64_t>(kSize));
  EXPECT_THAT(violations(), IsEmpty());
}

TEST_F(Sessions, KeepTheBytesAsTheyCame) {
  put_all();
  const std::string id = get(item + "/attachments?$select=id").json["value"].items()[0]["id"].text();
  EXPECT_EQ(sha256_hex(get(item + "/attachments/" + percent_encode(id) + "/$value").response.body), sha256_hex(bytes));
}

TEST_F(Sessions, RefuseAuthorization) {
  // The upload door does not let it through, so the model is asked directly.
  Exchange exchange{Host::Upload, "PUT", url.substr(std::string("https://outlook.office.com").size()), {}};
  exchange.headers = {{"authorization", "Bearer " + token}};
  struct NoBody final : BodyReader {
    ByteCount size() const override { return 0; }
    std::size_t read(std::span<char>) override { return 0; }
  } none;
  const Reply reply = model().handle(exchange, none);
  EXPECT_EQ(reply.status, 401);
  EXPECT_THAT(reply.body, HasSubstr("InvalidAudienceForResource"));
  EXPECT_THAT(violations(), ElementsAre("Authorization sent to an upload URL"));
}

TEST_F(Sessions, CompareTheUrlByteForByte) {
  std::string altered = url;
  altered.replace(altered.find('\''), 1, "%27");
  EXPECT_EQ(put(altered, bytes.substr(0, kRange), 0, kSize).status, 401);
  EXPECT_THAT(violations(), ElementsAre("the upload URL was altered"));
}

TEST_F(Sessions, RefuseGapsAndRepetitions) {
  EXPECT_EQ(put_at(kRange).status, 416);
  EXPECT_EQ(put_at(0).status, 200);
  EXPECT_EQ(put_at(0).status, 416);
  EXPECT_THAT(violations(), ElementsAre("a range leaves a gap", "a range was sent again"));
}

TEST_F(Sessions, RefuseAnotherTotal) {
  EXPECT_EQ(put(url, "abc", 0, kSize + 1).status, 416);
  EXPECT_THAT(violations(), ElementsAre("total 10000001 instead of 10000000"));
}

TEST_F(Sessions, RefuseARangeThatIsNotAsLongAsItSays) {
  const Headers headers = {{"Content-Type", "application/octet-stream"}, {"Content-Range", "bytes 0-9/10000000"}};
  EXPECT_EQ(ask(*service.upload(), http::Method::Put, url, headers, "abc").status, 400);
  EXPECT_THAT(violations(), ElementsAre("Content-Range 'bytes 0-9/10000000' with Content-Length '3'"));
}

TEST_F(Sessions, RefuseRangesAboveTheLimit) {
  EXPECT_EQ(put(url, bytes.substr(0, 4'000'001), 0, kSize).status, 413);
  switch_to("range_limit", 0);
  EXPECT_EQ(put(url, bytes, 0, kSize).status, 201);
}

TEST_F(Sessions, KeepLessThanWasSentIfToldTo) {
  switch_to("keeps_less", 100);
  EXPECT_EQ(put_at(0).json["NextExpectedRanges"].items()[0].text(), "3932060");
  EXPECT_EQ(put_at(3'932'060).json["NextExpectedRanges"].items()[0].text(), "7864120");
  EXPECT_EQ(put_at(7'864'120).status, 201);
  EXPECT_THAT(violations(), IsEmpty());
}

TEST_F(Sessions, EndAtAFixedTime) {
  put_at(0);
  clock->advance(std::chrono::hours(2));
  EXPECT_EQ(put_at(kRange).status, 404);
}

TEST_F(Sessions, AnswerQuestionsForThePositionAsSwitched) {
  put_at(0);
  EXPECT_EQ(ask_position(url).status, 404);
  switch_to("ask_position_status", 405);
  EXPECT_EQ(ask_position(url).status, 405);
  switch_to("ask_position_status", 200);
  EXPECT_EQ(ask_position(url).json["NextExpectedRanges"].items()[0].text(), "3932160");
}

TEST_F(Sessions, AreGoneWhenCancelled) {
  EXPECT_EQ(ask(*service.upload(), http::Method::Delete, url, {}, "").status, 204);
  EXPECT_EQ(put_at(0).status, 404);
  EXPECT_EQ(model().counts().sessions_cancelled, 1);
}

TEST_F(Sessions, WantAFileOfTheRightSize) {
  EXPECT_EQ(open_session(item, 2'999'999).code(), "ErrorAttachmentSizeShouldNotBeLessThanMinimumSize");
  EXPECT_EQ(open_session(item, 150'000'001).code(), "ErrorAttachmentSizeLimitExceeded");
  const Json wanted = Json::object({{"attachmentType", "item"}, {"name", "x"}, {"size", 5'000'000}});
  const Answer other =
      post(item + "/attachments/createUploadSession", Json::object({{"AttachmentItem", wanted}}).dump());
  EXPECT_EQ(other.status, 405);
  EXPECT_EQ(other.code(), "ErrorAttachmentSessionIsSupportedOnlyForFileAttachments");
}

TEST_F(Sessions, StopInTheMiddleWhenTheMessageGetsTooLarge) {
  ASSERT_TRUE(model().change_mailbox(Json::object({{"address", kMailbox}, {"maxSendSize", 5'000'000}})).has_value());
  EXPECT_EQ(put_at(0).status, 200);
  EXPECT_EQ(put_at(kRange).code(), "ErrorMessageSizeExceeded");
}

TEST_F(Sessions, LoseTheLastAnswerThoughTheFileIsThere) {
  model().add_fault(Fault::of(Action::EffectThenDrop, "put-last-range"));
  const Answer last = put_all();
  EXPECT_EQ(last.status, 0);
  EXPECT_EQ(last.lost, ErrorKind::Unclear);
  EXPECT_EQ(attachments(), 1U);
  EXPECT_THAT(violations(), IsEmpty());
}

TEST_F(Sessions, ForgetARangeThatWasCutInTheMiddle) {
  model().add_fault(Fault::of(Action::DropInBody, "put-range"));
  EXPECT_EQ(put_at(0).status, 0);
  EXPECT_EQ(put_at(0).status, 200);
  EXPECT_THAT(violations(), IsEmpty());
}

TEST_F(Sessions, LagBehindTheDraftIfToldTo) {
  switch_to("lag_operations", Json::strings({"create-session", "put-range"}));
  switch_to("lag_calls", 1);
  const std::string other = draft();
  EXPECT_EQ(open_session(other, kSize).code(), "ErrorItemNotFound");
  const std::string late = open_session(other, kSize).json["uploadUrl"].text();
  EXPECT_EQ(put(late, bytes.substr(0, kRange), 0, kSize).code(), "ErrorItemNotFound");
  EXPECT_EQ(put(late, bytes.substr(0, kRange), 0, kSize).status, 200);
}

}  // namespace
}  // namespace graph_milter::emulator
