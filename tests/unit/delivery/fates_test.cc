// SPDX-License-Identifier: Apache-2.0
#include "core/delivery/fates.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/delivery/notification.h"

namespace graph_milter::delivery {
namespace {

using queue::RecipientFate;
using testing::ElementsAre;
using testing::IsEmpty;

queue::Entry entry_for(std::size_t recipients) {
  queue::Entry entry;
  entry.envelope.sender = mail::make_envelope_path("<s@contoso.com>");
  for (std::size_t i = 0; i < recipients; ++i)
    entry.envelope.recipients.push_back(mail::make_envelope_path("<r" + std::to_string(i) + "@example.org>"));
  entry.progress.fates.resize(recipients);
  entry.progress.refusals.resize(recipients);
  entry.progress.give_up = queue::GiveUp{queue::Disposal::Mta, "5.7.1", "403 no", {}};
  return entry;
}

mta::SmtpOutcome outcome(bool taken, const std::vector<int>& replies, int end) {
  mta::SmtpOutcome out;
  out.taken = taken;
  for (const int code : replies) out.recipients.push_back({code, "", "r"});
  out.end = {end, "", "end"};
  return out;
}

TEST(Fates, AtFirstAllWait) {
  queue::Entry entry = entry_for(2);
  EXPECT_THAT(waiting_recipients(entry), ElementsAre(0, 1));
  entry.progress.fates.clear();
  EXPECT_THAT(waiting_recipients(entry), ElementsAre(0, 1));
}

TEST(Fates, EachRecipientHasHisAnswer) {
  queue::Entry entry = entry_for(4);
  entry.progress.fates[0] = RecipientFate::Taken;
  note_answers(entry.progress, {1, 2, 3}, outcome(true, {250, 550, 450}, 250), false);
  EXPECT_THAT(entry.progress.fates,
              ElementsAre(RecipientFate::Taken, RecipientFate::Taken, RecipientFate::Refused, RecipientFate::Waiting));
  EXPECT_THAT(entry.progress.refusals, ElementsAre("", "", "smtp; 550 r", ""));
  EXPECT_THAT(waiting_recipients(entry), ElementsAre(3));
}

TEST(Fates, WhatBecomesOfTheContentBecomesOfWhoWasAccepted) {
  queue::Entry entry = entry_for(3);
  note_answers(entry.progress, {0, 1, 2}, outcome(false, {250, 550, 450}, 451), false);
  EXPECT_THAT(entry.progress.fates,
              ElementsAre(RecipientFate::Waiting, RecipientFate::Refused, RecipientFate::Waiting));
  note_answers(entry.progress, {0, 2}, outcome(false, {250, 450}, 554), false);
  EXPECT_THAT(entry.progress.fates,
              ElementsAre(RecipientFate::Refused, RecipientFate::Refused, RecipientFate::Waiting));
  EXPECT_THAT(entry.progress.refusals, ElementsAre("smtp; 554 end", "smtp; 550 r", ""));
}

TEST(Fates, OncePatienceIsOverNobodyWaits) {
  queue::Entry entry = entry_for(2);
  note_answers(entry.progress, {0, 1}, outcome(false, {450, 250}, 451), true);
  EXPECT_THAT(waiting_recipients(entry), IsEmpty());
  EXPECT_THAT(entry.progress.refusals, ElementsAre("smtp; 450 r", "smtp; 451 end"));
}

TEST(Fates, TheFirstWhoIsPutOffSaysWhy) {
  EXPECT_EQ(first_put_off(outcome(true, {250, 450}, 250))->code, 450);
  EXPECT_EQ(first_put_off(outcome(false, {250, 550}, 451))->code, 451);
  EXPECT_EQ(first_put_off(outcome(true, {250, 550}, 250)), std::nullopt);
}

TEST(Fates, ARefusalOfAllIsEverybodys) {
  queue::Entry entry = entry_for(2);
  Error error = make_error(ErrorKind::Permanent, "SMTP to x: MAIL", "550 5.7.1 denied");
  error.code = "5.7.1";
  note_refusal(entry.progress, {1}, error);
  EXPECT_THAT(entry.progress.fates, ElementsAre(RecipientFate::Waiting, RecipientFate::Refused));
  EXPECT_EQ(entry.progress.refusals[1], "smtp; 550 5.7.1 denied");
  error.what = "the message has 21 bytes";
  error.code = "5.3.4";
  note_refusal(entry.progress, {0}, error);
  EXPECT_EQ(entry.progress.refusals[0], "x-graph-milter; 5.3.4 the message has 21 bytes");
}

// Who is told of what.

std::vector<std::string> told(const queue::Entry& entry) {
  std::vector<std::string> out;
  for (const auto& recipient : recipients_to_report(entry, mta::DsnAction::Failed, {}))
    out.push_back(recipient.path.address + " " + recipient.status + " " + recipient.diagnostic);
  return out;
}

TEST(Fates, OnlyWhoWasRefusedIsReportedOfWhatWasHandedBack) {
  queue::Entry entry = entry_for(3);
  EXPECT_THAT(told(entry), IsEmpty());
  entry.progress.fates = {RecipientFate::Taken, RecipientFate::Refused, RecipientFate::Waiting};
  entry.progress.refusals[1] = "smtp; 550 5.1.1 no such user";
  EXPECT_THAT(told(entry), ElementsAre("r1@example.org 5.1.1 smtp; 550 5.1.1 no such user"));
}

TEST(Fates, WhoHasItAlreadyIsNotReportedWhenTheRestIsReturned) {
  queue::Entry entry = entry_for(3);
  entry.progress.give_up->disposal = queue::Disposal::Dsn;
  entry.progress.fates = {RecipientFate::Taken, RecipientFate::Refused, RecipientFate::Waiting};
  entry.progress.refusals[1] = "smtp; 550 no";
  EXPECT_THAT(told(entry), ElementsAre("r1@example.org  smtp; 550 no", "r2@example.org 5.7.1 x-graph; 403 no"));
}

TEST(Fates, AMailOfOneRecipientWasTakenOrNot) {
  const mta::SmtpServer server;
  EXPECT_TRUE(taken_or_why(outcome(true, {250}, 250), server));
  const Status refused = taken_or_why(outcome(false, {550}, 550), server);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::Permanent);
  EXPECT_EQ(refused.error().text(), "SMTP to 127.0.0.1:25: RCPT: 550 r");
  const Status put_off = taken_or_why(outcome(false, {250}, 451), server);
  ASSERT_FALSE(put_off);
  EXPECT_EQ(put_off.error().kind, ErrorKind::Transient);
  EXPECT_EQ(put_off.error().text(), "SMTP to 127.0.0.1:25: end of data: 451 end");
}

}  // namespace
}  // namespace graph_milter::delivery
