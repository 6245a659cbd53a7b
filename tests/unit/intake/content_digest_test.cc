// SPDX-License-Identifier: Apache-2.0
#include "core/intake/content_digest.h"

#include <gtest/gtest.h>

#include "core/base/digest.h"
#include "core/mail/scanner.h"

namespace graph_milter::intake {
namespace {

std::string digest_of(const std::string& message) {
  mail::Scanner scanner;
  scanner.feed(message);
  StringSource source(message);
  return *content_digest(scanner.finish(), source);
}

const std::string kMessage =
    "From: a@contoso.com\r\nSubject: two\r\n lines\r\nDate: Sun, 22 Nov 2026 09:00:00 +0000\r\n"
    "Message-ID: <1@contoso.com>\r\nContent-Type: text/plain\r\n\r\nbody\r\n";

std::string with(const std::string& before, const std::string& from = "", const std::string& to = "") {
  std::string out = before + kMessage;
  if (!from.empty()) out.replace(out.find(from), from.size(), to);
  return out;
}

TEST(ContentDigest, IsOfTheAuthorsFieldsAndTheBody) { EXPECT_EQ(digest_of(kMessage), sha256_hex(kMessage)); }

TEST(ContentDigest, LeavesOutWhatIsWrittenOnTheWay) {
  for (const char* field :
       {"Received: from a by b with ESMTP id 4F1; Sun, 22 Nov 2026 09:00:01 +0000\r\n", "X-Queue-Id: 4F1\r\n",
        "Authentication-Results: mx;\r\n auth=pass\r\n", "DKIM-Signature: v=1; t=1\r\n", "Return-Path: <a@b>\r\n",
        "ARC-Seal: i=1\r\n", "Received-SPF: pass\r\n"}) {
    EXPECT_EQ(digest_of(with(field)), digest_of(kMessage)) << field;
  }
}

TEST(ContentDigest, ChangesWithEverythingElse) {
  for (const auto& [from, to] : {std::pair{"a@contoso", "b@contoso"},
                                 {"two", "three"},
                                 {"\r\n lines", "\r\n\tlines"},
                                 {"09:00:00", "09:00:01"},
                                 {"<1@", "<2@"},
                                 {"text/plain", "text/html"},
                                 {"body", "b0dy"},
                                 {"body\r\n", "body\r\n\r\n"},
                                 {"From:", "from:"}}) {
    EXPECT_NE(digest_of(with("", from, to)), digest_of(kMessage)) << from;
  }
  EXPECT_NE(digest_of(with("To: b@contoso.com\r\n")), digest_of(kMessage));
  EXPECT_NE(digest_of(with("Resent-Date: Sun, 22 Nov 2026 10:00:00 +0000\r\n")), digest_of(kMessage));
  EXPECT_NE(digest_of(with("Comments: x\r\n")), digest_of(kMessage));
}

TEST(ContentDigest, TakesNoBodyForAHeader) {
  EXPECT_NE(digest_of("Subject: x\r\n\r\nTo: y\r\n\r\nz"), digest_of("Subject: x\r\nTo: y\r\n\r\nz"));
}

TEST(ContentDigest, ReadsLongMessagesInPieces) {
  const std::string message = kMessage + std::string(1000000, 'x') + "\r\n";
  EXPECT_EQ(digest_of(message), sha256_hex(message));
}

TEST(ContentDigest, FailsWhereTheBytesAreNotThere) {
  mail::Scanner scanner;
  scanner.feed(kMessage);
  StringSource half(kMessage.substr(0, 20));
  const auto digest = content_digest(scanner.finish(), half);
  ASSERT_FALSE(digest);
  EXPECT_EQ(digest.error().text(), "message file: ends too early");
}

}  // namespace
}  // namespace graph_milter::intake
