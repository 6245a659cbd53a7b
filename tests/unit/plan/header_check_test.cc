// SPDX-License-Identifier: Apache-2.0
#include "core/plan/header_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/plan/plan_case.h"

namespace graph_milter::plan {
namespace {

using testing::HasSubstr;
using testing::Not;

const std::vector<std::string> kOurs = {"contoso.com", "contoso.de"};

std::string reason_for(const std::string& fields) {
  PlanCase c;
  c.tenant_domains = kOurs;
  c.header += fields;
  const Outcome outcome = c.run();
  const auto* refusal = std::get_if<LeaveAlone>(&outcome);
  return refusal != nullptr ? refusal->reason : "";
}

TEST(HeaderCheck, LeavesOurOwnSignaturesOutOfTheDraft) {
  for (const std::string_view domain : {"contoso.com", "Contoso.DE", " contoso.com "}) {
    PlanCase c;
    c.tenant_domains = kOurs;
    c.header += "DKIM-Signature: v=1; a=rsa-sha256; d=" + std::string(domain) +
                "; s=x;\r\n h=from:to; bh=abc=; b=def\r\n =\r\nX-Kept: 1\r\n";
    const std::string skeleton = c.skeleton();
    EXPECT_THAT(skeleton, Not(HasSubstr("DKIM-Signature"))) << domain;
    EXPECT_THAT(skeleton, Not(HasSubstr("bh=abc"))) << domain;
    EXPECT_THAT(skeleton, HasSubstr("X-Kept: 1\r\n")) << domain;
  }
}

TEST(HeaderCheck, LeavesMailAloneThatOthersHaveSigned) {
  for (const std::string_view domain : {"example.com", "mail.contoso.com", "com", "contoso.com.", "contoso.com; d=a.b",
                                        "", "contoso.co", "=?utf-8?q?contoso.com?="}) {
    EXPECT_EQ(reason_for("DKIM-Signature: v=1; d=" + std::string(domain) + "; s=x; b=abc\r\n"), "dkim-signed")
        << domain;
  }
  EXPECT_EQ(reason_for("DKIM-Signature: v=1; s=x; b=abc\r\n"), "dkim-signed");
  EXPECT_EQ(reason_for("DKIM-Signature: D=contoso.com\r\n"), "dkim-signed");
  EXPECT_EQ(reason_for("DomainKey-Signature: d=example.com\r\n"), "dkim-signed");
  EXPECT_EQ(reason_for("DKIM-Signature: d=contoso.com; b=a\r\nDKIM-Signature: d=example.com; b=a\r\n"), "dkim-signed");
}

TEST(HeaderCheck, LeavesSealedMailAloneWhoeverSealedIt) {
  for (const std::string_view name : {"ARC-Seal", "ARC-Message-Signature", "arc-authentication-results"}) {
    EXPECT_EQ(reason_for(std::string(name) + ": i=1; d=contoso.com; b=abc\r\n"), "arc-sealed") << name;
  }
}

TEST(HeaderCheck, TellsAutomaticAnswersFromOtherAutomaticMail) {
  for (const std::string_view value : {"auto-replied", "Auto-Replied", "auto-replied (vacation)",
                                       "auto-replied; owner-email=\"a@contoso.com\"", "\r\n auto-replied"}) {
    EXPECT_EQ(reason_for("Auto-Submitted: " + std::string(value) + "\r\n"), "auto-replied") << value;
  }
  for (const std::string_view value : {"auto-generated", "no", "auto-notified", "auto-replied-not", ""}) {
    EXPECT_EQ(reason_for("Auto-Submitted: " + std::string(value) + "\r\n"), "") << value;
  }
  EXPECT_EQ(reason_for("Precedence: bulk\r\nX-Auto-Response-Suppress: All\r\nX-Cron-Env: <SHELL=/bin/sh>\r\n"), "");
}

TEST(HeaderCheck, SaysWhy) {
  PlanCase c;
  c.tenant_domains = kOurs;
  c.header += "DKIM-Signature: d=example.com\r\n";
  EXPECT_EQ(c.refusal(),
            (LeaveAlone{"dkim-signed",
                        "signed by example.com, which is not in tenant-domains: Graph would break the signature"}));
}

}  // namespace
}  // namespace graph_milter::plan
