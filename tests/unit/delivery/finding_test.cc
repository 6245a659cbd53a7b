// SPDX-License-Identifier: Apache-2.0
#include "core/delivery/finding.h"

#include <gtest/gtest.h>

#include <string>

namespace graph_milter::delivery {
namespace {

Error error_of(ErrorKind kind, int status, const std::string& code = {}) {
  Error error = make_error(kind, "x", "y");
  error.status = status;
  error.code = code;
  return error;
}

TEST(Finding, SaysWhomAnAnswerConcerns) {
  const struct {
    ErrorKind kind;
    int status;
    const char* code;
    Finding finding;
  } rows[] = {
      {ErrorKind::Transient, 0, "", Finding::Fails},  // no connection
      {ErrorKind::Unclear, 0, "", Finding::Fails},
      {ErrorKind::Transient, 503, "", Finding::Fails},
      {ErrorKind::Unclear, 504, "UnknownError", Finding::Fails},
      {ErrorKind::Transient, 507, "", Finding::Works},  // this mailbox is full
      {ErrorKind::Transient, 423, "", Finding::Works},
      {ErrorKind::Unclear, 404, "ErrorItemNotFound", Finding::Works},
      {ErrorKind::NotFound, 404, "ErrorItemNotFound", Finding::Works},
      {ErrorKind::NotFound, 0, "", Finding::Nothing},
      {ErrorKind::Permanent, 403, "ErrorSendAsDenied", Finding::Works},
      {ErrorKind::Permanent, 0, "", Finding::Nothing},  // our own judgement
      {ErrorKind::Configuration, 403, "ErrorAccessDenied", Finding::MailboxMisconfigured},
      {ErrorKind::Configuration, 404, "MailboxNotEnabledForRESTAPI", Finding::MailboxMisconfigured},
      {ErrorKind::Configuration, 507, "ErrorQuotaExceeded", Finding::MailboxMisconfigured},
      {ErrorKind::Configuration, 403, "SomethingNew", Finding::MailboxMisconfigured},
      {ErrorKind::Configuration, 403, "Authorization_RequestDenied", Finding::ServiceMisconfigured},
      {ErrorKind::Configuration, 401, "AADSTS7000222", Finding::ServiceMisconfigured},
      {ErrorKind::Configuration, 400, "AADSTS90002", Finding::ServiceMisconfigured},
      {ErrorKind::Configuration, 0, "", Finding::ServiceMisconfigured},  // a certificate
      {ErrorKind::Unauthorized, 401, "", Finding::ServiceMisconfigured},
      {ErrorKind::Throttled, 429, "", Finding::Nothing},
      {ErrorKind::Throttled, 0, "", Finding::Nothing},
      {ErrorKind::System, 0, "", Finding::Nothing},
      {ErrorKind::Cancelled, 0, "", Finding::Nothing},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(finding_of(error_of(row.kind, row.status, row.code)), row.finding)
        << name_of(row.kind) << " " << row.status << " " << row.code;
  }
}

TEST(Finding, OurOwnPaceIsNotThePatienceThatTheServiceAsksFor) {
  EXPECT_TRUE(is_own_pace(error_of(ErrorKind::Throttled, 0)));
  EXPECT_FALSE(is_own_pace(error_of(ErrorKind::Throttled, 429)));
  EXPECT_FALSE(is_own_pace(error_of(ErrorKind::Transient, 0)));
}

}  // namespace
}  // namespace graph_milter::delivery
