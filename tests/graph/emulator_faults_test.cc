// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <thread>

#include "tests/graph/emulator_client.h"

namespace graph_milter::emulator {
namespace {

using ::testing::IsEmpty;

using Faults = EmulatorTest;

TEST_F(Faults, HitTheNthRequestAsOftenAsToldTo) {
  Fault fault = Fault::status("create-draft", 2, 503, "ServiceUnavailable", "2.128");
  fault.times = 2;
  model().add_fault(fault);
  EXPECT_EQ(post_mime(mime()).status, 201);
  const Answer refused = post_mime(mime());
  EXPECT_EQ(refused.status, 503);
  EXPECT_EQ(refused.code(), "ServiceUnavailable");
  EXPECT_EQ(refused.response.header("retry-after"), "2.128");
  EXPECT_EQ(post_mime(mime()).status, 503);
  EXPECT_EQ(model().counts().too_early, 1);
  clock->advance(std::chrono::seconds(3));
  EXPECT_EQ(post_mime(mime()).status, 201);
  EXPECT_EQ(model().counts().too_early, 1);
  EXPECT_EQ(model().faults()[0].hits, 2);
}

TEST_F(Faults, TakeTheConnectionBeforeOrAfterTheEffect) {
  model().add_fault(Fault::of(Action::DropBefore, "create-draft", 1));
  model().add_fault(Fault::of(Action::EffectThenDrop, "create-draft", 2));
  model().add_fault(Fault::of(Action::Refuse, "create-draft", 3));
  const auto drafts = [this] { return get("scanner@contoso.com/mailFolders/drafts").json["totalItemCount"].integer(); };
  EXPECT_EQ(post_mime(mime()).lost, ErrorKind::Unclear);
  EXPECT_EQ(drafts(), 0);
  EXPECT_EQ(post_mime(mime()).lost, ErrorKind::Unclear);
  EXPECT_EQ(drafts(), 1);
  const Answer refused = post_mime(mime());
  EXPECT_EQ(refused.status, 0);
  EXPECT_EQ(refused.lost, ErrorKind::Transient);
  EXPECT_EQ(drafts(), 1);
}

TEST_F(Faults, SpoilAnswers) {
  model().add_fault(Fault::of(Action::Garbage, "create-draft"));
  model().add_fault(Fault::of(Action::Truncate, "create-draft", 2));
  const Answer garbage = post_mime(mime());
  EXPECT_EQ(garbage.status, 201);
  EXPECT_TRUE(garbage.json.is_null());
  EXPECT_EQ(post_mime(mime()).status, 0);
}

TEST_F(Faults, MakeAnswersSaySomethingElse) {
  model().add_fault(Fault::alter("create-draft", 1, 200));
  EXPECT_EQ(post_mime(mime()).status, 200);
  EXPECT_EQ(get("scanner@contoso.com/mailFolders/drafts").json["totalItemCount"].integer(), 1) << "it took effect";
  model().add_fault(Fault::alter("*", 1, 0, "http://elsewhere.example/"));
  const Answer made = post_mime(mime());
  EXPECT_EQ(made.status, 201);
  EXPECT_EQ(made.json.find("uploadUrl"), nullptr);
  model().add_fault(Fault::alter("create-session", 1, 0, "http://elsewhere.example/"));
  const Answer session = open_session(draft(), 4'000'000);
  EXPECT_EQ(session.status, 201);
  EXPECT_EQ(session.json["uploadUrl"].text(), "http://elsewhere.example/");
}

TEST_F(Faults, HitByChanceButTheSameEveryTime) {
  const auto pattern = [this] {
    model().clear_faults();
    model().seed_faults(7);
    Fault fault = Fault::status("create-draft", 1, 503, "ServiceUnavailable");
    fault.times = 0;
    fault.chance = 0.5;
    model().add_fault(fault);
    std::string hits;
    for (int i = 0; i < 60; ++i) hits += post_mime(mime()).status == 503 ? 'x' : '.';
    return hits;
  };
  const std::string first = pattern();
  EXPECT_GT(std::count(first.begin(), first.end(), 'x'), 15);
  EXPECT_LT(std::count(first.begin(), first.end(), 'x'), 45);
  EXPECT_EQ(pattern(), first);
}

TEST_F(Faults, AreForTheMailboxTheyName) {
  auto parsed = parse_faults(*Json::parse(
      R"([{"match":{"operation":"*","mailbox":"Alice@contoso.com"},"times":0,"action":"status","status":502,"body":"<html>"}])"));
  ASSERT_TRUE(parsed.has_value());
  model().add_fault(parsed->at(0));
  EXPECT_EQ(post_mime(mime()).status, 201);
  EXPECT_EQ(post_mime(mime(), "alice@contoso.com").response.body, "<html>");
  EXPECT_EQ(post_mime(mime(), "alice@contoso.com").status, 502);
}

TEST_F(Faults, WithUnknownWordsAreRefused) {
  const auto error = [](const char* text) { return parse_faults(*Json::parse(text)).error().text(); };
  EXPECT_EQ(error(R"([{"action":"explode"}])"), "faults: there is no action 'explode'");
  EXPECT_EQ(error(R"([{"action":"drop-before","nth":2}])"), "faults: a fault has no 'nth'");
}

TEST_F(Faults, HoldARequestUntilItIsReleased) {
  model().add_fault(Fault::of(Action::Hold, "create-draft"));
  int status = 0;
  std::thread client([&] { status = post_mime(mime()).status; });
  ASSERT_TRUE(model().wait_for_held(1, std::chrono::minutes(1)));
  EXPECT_EQ(get("scanner@contoso.com/mailFolders/drafts").json["totalItemCount"].integer(), 0);
  model().release_held();
  client.join();
  EXPECT_EQ(status, 201);
}

TEST_F(Faults, ThrottleTheFifthRequestAtOnce) {
  Fault hold = Fault::of(Action::Hold, "create-draft");
  hold.times = 0;
  model().add_fault(hold);
  std::vector<std::thread> clients(4);
  for (std::thread& client : clients) client = std::thread([this] { post_mime(mime()); });
  const bool all_held = model().wait_for_held(4, std::chrono::minutes(1));
  const Answer fifth = post_mime(mime());
  const Answer elsewhere = get("alice@contoso.com/messages");
  model().release_held();
  for (std::thread& client : clients) client.join();
  EXPECT_TRUE(all_held);
  EXPECT_EQ(fifth.status, 429);
  EXPECT_EQ(fifth.code(), "ApplicationThrottled");
  EXPECT_EQ(fifth.json["error"]["message"].text(), "Application is over its MailboxConcurrency limit.");
  EXPECT_EQ(fifth.response.header("retry-after"), "1.000");
  EXPECT_EQ(elsewhere.status, 200);
}

TEST_F(Faults, ThrottleByRequestsAndBytesInAWindow) {
  switch_to("request_limit", 3);
  switch_to("retry_after_form", "integer");
  for (int i = 0; i < 3; ++i) EXPECT_EQ(post_mime(mime()).status, 201);
  EXPECT_EQ(post_mime(mime()).response.header("retry-after"), "1");
  clock->advance(std::chrono::minutes(11));
  EXPECT_EQ(post_mime(mime()).status, 201);
  switch_to("byte_limit", 100);
  EXPECT_EQ(post_mime(mime()).json["error"]["message"].text(), "Application is over its IncomingBytes limit.");
  clock->advance(std::chrono::minutes(6));
  EXPECT_EQ(post_mime(mime()).status, 201);
}

TEST_F(Faults, RetryAfterComesInEveryForm) {
  switch_to("request_limit", 1);
  get("scanner@contoso.com/messages");
  const auto header = [this](const char* form) {
    switch_to("retry_after_form", form);
    return get("scanner@contoso.com/messages").response.header("retry-after");
  };
  EXPECT_EQ(header("fraction"), "1.000");
  EXPECT_EQ(header("date"), "Mon, 21 Sep 2026 14:13:21 GMT");
  EXPECT_EQ(header("absent"), "");
  EXPECT_EQ(header("huge"), "86400000");
}

TEST_F(Faults, AndEverythingElseIsForgottenAtAReset) {
  model().add_fault(Fault::of(Action::DropBefore, "*"));
  switch_to("page_size", 3);
  get("scanner@contoso.com/nonsense");
  model().reset();
  EXPECT_EQ(model().switches(), Switches());
  EXPECT_THAT(model().faults(), IsEmpty());
  EXPECT_THAT(violations(), IsEmpty());
  EXPECT_THAT(model().requests(), IsEmpty());
  EXPECT_EQ(post_mime(mime()).status, 201);
}

}  // namespace
}  // namespace graph_milter::emulator
