// SPDX-License-Identifier: Apache-2.0
#include "core/probe/report.h"

#include <gtest/gtest.h>

namespace graph_milter::probe {
namespace {

Report some_report() {
  Report report;
  report.tenant = "contoso.onmicrosoft.com";
  report.graph_url = "https://graph.microsoft.com";
  report.mailbox = "scanner@contoso.com";
  report.asked = from_unix_ms(1'790'000'000'000);
  report.findings = {{Question::MimeDraft, Answer::Yes, "nothing was lost", "draft = mime"},
                     {Question::SessionFloor, Answer::No, "the smallest file that is taken has 3000000 bytes", ""},
                     {Question::RangesAreCounted, Answer::Unknown, "no range was throttled", ""}};
  report.session_floor = 3'000'000;
  report.left_behind = {"the test mail x in sentitems of scanner@contoso.com: busy"};
  return report;
}

TEST(Report, ReadsBackWhatIsKept) {
  const auto read = report_from_json(to_json(some_report()));
  ASSERT_TRUE(read) << read.error().text();
  EXPECT_EQ(*read, some_report());
  Report without_floor = some_report();
  without_floor.session_floor.reset();
  EXPECT_EQ(report_from_json(to_json(without_floor)), without_floor);
}

TEST(Report, DamageAndOtherVersionsAreRefusedWithWhatToDo) {
  const std::string text = to_json(some_report());
  std::string newer = text;
  newer.replace(newer.find("\"version\":1"), 11, "\"version\":2");
  std::string word = text;
  word.replace(word.find("\"yes\""), 5, "\"yep\"");
  for (const std::string& damaged : {std::string(), text.substr(0, text.size() / 2), newer, word}) {
    const auto read = report_from_json(damaged);
    ASSERT_FALSE(read) << damaged;
    EXPECT_EQ(read.error().text(),
              "probe: the kept result is not one that this version wrote (run graph-milterctl probe again)");
    EXPECT_EQ(read.error().kind, ErrorKind::Corrupt);
  }
}

TEST(Report, WhatWasNotAskedIsUnknown) {
  EXPECT_EQ(some_report().answer(Question::MimeDraft), Answer::Yes);
  EXPECT_EQ(some_report().answer(Question::Date), Answer::Unknown);
  EXPECT_EQ(some_report().find(Question::Date), nullptr);
}

TEST(Report, IsPrintedForPeople) {
  EXPECT_EQ(print_report(some_report()),
            "Probe of scanner@contoso.com at 2026-09-21T14:13:20Z\n"
            "\n"
            "yes      Does a MIME draft keep its header, both texts and the inline image when attachments are added?\n"
            "         nothing was lost\n"
            "         set draft = mime\n"
            "\n"
            "no       Does an upload session take a file of any size?\n"
            "         the smallest file that is taken has 3000000 bytes\n"
            "         nothing to set\n"
            "\n"
            "unknown  Do uploaded ranges count for the mailbox's byte budget?\n"
            "         no range was throttled\n"
            "         nothing to set\n"
            "\n"
            "left behind: the test mail x in sentitems of scanner@contoso.com: busy\n");
}

TEST(Questions, StandInTheirOrderWithIdsOfTheirOwn) {
  ASSERT_EQ(questions().size(), kQuestions);
  for (std::size_t i = 0; i < kQuestions; ++i) {
    EXPECT_EQ(static_cast<std::size_t>(questions()[i].question), i);
    EXPECT_TRUE(questions()[i].words.ends_with("?")) << questions()[i].words;
    for (std::size_t other = 0; other < i; ++other) EXPECT_NE(questions()[i].id, questions()[other].id);
  }
}

}  // namespace
}  // namespace graph_milter::probe
