// SPDX-License-Identifier: Apache-2.0
#include "core/delivery/give_up.h"

#include <gtest/gtest.h>

namespace graph_milter::delivery {
namespace {

using queue::EntryState;

const TimePoint kNow = from_unix_ms(1'790'000'000'000);

Error answered(int status, const std::string& code, const std::string& message = "words") {
  Error error = make_error(ErrorKind::Permanent, "Graph, send (a@contoso.com)",
                           "answered " + std::to_string(status) + " " + code + ": " + message, "a hint");
  error.status = status;
  error.code = code;
  return error;
}

TEST(DsnStatus, SaysWhatARefusalMeans) {
  const struct {
    int status;
    const char* code;
    const char* dsn;
  } rows[] = {
      {403, "ErrorSendAsDenied", "5.7.1"},
      {403, "ErrorAccessDenied", "5.7.1"},
      {403, "SomethingNew", "5.7.1"},
      {400, "ErrorInvalidRecipients", "5.1.1"},
      {400, "ErrorMessageSizeExceeded", "5.3.4"},
      {413, "", "5.3.4"},
      {400, "malwareDetected", "5.6.0"},
      {400, "ErrorMimeContentInvalidBase64String", "5.6.0"},
      {400, "InvalidInternetMessageHeader", "5.6.0"},
      {422, "UnprocessableType", "5.6.0"},
      {404, "ErrorInvalidUser", "5.2.0"},
      {404, "ErrorNonExistentMailbox", "5.2.0"},
      {404, "MailboxNotEnabledForRESTAPI", "5.2.1"},
      {400, "ErrorQuotaExceeded", "5.2.2"},
      {400, "BadRequest", "5.0.0"},
      {501, "", "5.0.0"},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(dsn_status(answered(row.status, row.code), false), row.dsn) << row.status << " " << row.code;
    EXPECT_EQ(dsn_status(answered(row.status, row.code), true), "4.4.7") << "its time is over, whatever the last was";
  }
  EXPECT_EQ(dsn_status(answered(400, "BadRequest", "The maximum request length is exceeded"), false), "5.3.4");
}

TEST(DsnDiagnostic, IsWhatTheServiceSaidInOnePrintableLine) {
  EXPECT_EQ(dsn_diagnostic(answered(403, "ErrorSendAsDenied", "no\r\nright")), "403 ErrorSendAsDenied: no  right");
  EXPECT_EQ(dsn_diagnostic(make_error(ErrorKind::Transient, "Graph", "can't connect")), "can't connect");
  EXPECT_EQ(dsn_diagnostic(make_error(ErrorKind::Transient, "x", "caf\xc3\xa9")), "caf  ");
  EXPECT_EQ(dsn_diagnostic(make_error(ErrorKind::Transient, "x", std::string(1'000, 'a'))).size(), 400U);
}

TEST(GiveUp, TimeSpentWaitingForTheAdministratorDoesNotCount) {
  queue::Entry entry;
  entry.accepted = kNow - std::chrono::hours(10);
  EXPECT_EQ(age_of(entry, kNow), std::chrono::hours(10));
  entry.progress.administrator_wait = std::chrono::hours(3);
  EXPECT_EQ(age_of(entry, kNow), std::chrono::hours(7));
  entry.progress.needs_administrator = kNow - std::chrono::hours(2);
  EXPECT_EQ(age_of(entry, kNow), std::chrono::hours(5));
  entry.progress.needs_administrator = kNow + std::chrono::hours(24);  // the clock was set back since
  EXPECT_EQ(age_of(entry, kNow), std::chrono::hours(7));
}

TEST(GiveUp, NothingIsGivenUpWhileASendMayHaveTakenEffectOrAfterIt) {
  const struct {
    EntryState state;
    bool unresolved;
    bool may;
  } rows[] = {
      {EntryState::Accepted, false, true},   {EntryState::DraftIntent, false, true},
      {EntryState::Draft, false, true},      {EntryState::Verified, false, true},
      {EntryState::SendIntent, false, true}, {EntryState::SendIntent, true, false},
      {EntryState::Sent, false, false},      {EntryState::GiveUp, false, false},
      {EntryState::DraftGone, false, false}, {EntryState::Returning, false, false},
      {EntryState::Returned, false, false},  {EntryState::Done, false, false},
      {EntryState::Held, false, false},
  };
  for (const auto& row : rows) {
    queue::Entry entry;
    entry.state = row.state;
    entry.progress.send_unresolved = row.unresolved;
    EXPECT_EQ(may_be_given_up(entry), row.may) << queue::name_of(row.state) << row.unresolved;
  }
}

TEST(GiveUp, OnlyTheServiceRefusesForGood) {
  EXPECT_TRUE(is_refusal(answered(403, "ErrorSendAsDenied")));
  EXPECT_FALSE(is_refusal(make_error(ErrorKind::Permanent, "draft", "somebody else has sent or filed the draft")));
  Error later = answered(503, "");
  later.kind = ErrorKind::Transient;
  EXPECT_FALSE(is_refusal(later));
  EXPECT_TRUE(says_no_mailbox(answered(404, "ErrorInvalidUser")));
  EXPECT_FALSE(says_no_mailbox(answered(404, "ErrorItemNotFound")));
}

}  // namespace
}  // namespace graph_milter::delivery
