// SPDX-License-Identifier: Apache-2.0
#include "core/mta/dsn_request.h"

#include <gtest/gtest.h>

namespace graph_milter::mta {
namespace {

mail::EnvelopePath with(std::vector<std::string> parameters) {
  return mail::make_envelope_path("<a@example.org>", std::move(parameters));
}

std::string notify(std::vector<std::string> parameters) {
  const Notify asked = notify_of(with(std::move(parameters)));
  std::string text;
  if (asked.success) text += 's';
  if (asked.failure) text += 'f';
  if (asked.delay) text += 'd';
  return text;
}

TEST(DsnRequest, NotifySaysWhoHearsOfWhat) {
  EXPECT_EQ(notify({}), "fd");
  EXPECT_EQ(notify({"NOTIFY=NEVER"}), "");
  EXPECT_EQ(notify({"notify=never"}), "");
  EXPECT_EQ(notify({"NOTIFY=SUCCESS"}), "s");
  EXPECT_EQ(notify({"NOTIFY=FAILURE"}), "f");
  EXPECT_EQ(notify({"NOTIFY=DELAY"}), "d");
  EXPECT_EQ(notify({"ORCPT=rfc822;x", "Notify=success,Failure,DELAY"}), "sfd");
}

TEST(DsnRequest, AMalformedNotifyIsNone) {
  for (const char* const bad :
       {"NOTIFY=", "NOTIFY", "NOTIFY=NEVER,FAILURE", "NOTIFY=SOMETIMES", "NOTIFY=,", "NOTIFYNEVER"})
    EXPECT_EQ(notify({bad}), "fd") << bad;
}

TEST(DsnRequest, XtextIsDecoded) {
  EXPECT_EQ(decode_xtext("a+2Bb+3D+20c"), "a+b= c");
  EXPECT_EQ(decode_xtext(""), "");
  EXPECT_EQ(decode_xtext("+0D+0A"), "\r\n");
}

TEST(DsnRequest, WhatIsNoXtextIsNothing) {
  for (const char* const bad : {"+", "+2", "+2b", "+GG", "a=b", "a b", "a\tb", "caf\xC3\xA9"})
    EXPECT_EQ(decode_xtext(bad), std::nullopt) << bad;
}

std::optional<std::string> envid(std::string value) {
  mail::Envelope envelope;
  envelope.sender = with({"RET=FULL", "ENVID=" + std::move(value)});
  return envelope_id(envelope);
}

TEST(DsnRequest, TheEnvelopeIdIsDecodedAndPrintable) {
  EXPECT_EQ(envid("QQ314159"), "QQ314159");
  EXPECT_EQ(envid("a+20b"), "a b");
  EXPECT_EQ(envid("a+0D+0AX-Injected:+20yes"), std::nullopt);
  EXPECT_EQ(envid("a+00"), std::nullopt);
  EXPECT_EQ(envid("a+E9"), std::nullopt);
  EXPECT_EQ(envid("+20"), std::nullopt);
  EXPECT_EQ(envid(""), std::nullopt);
  EXPECT_EQ(envid("a=b"), std::nullopt);
  EXPECT_EQ(envid(std::string(2000, 'a')), std::nullopt);
  EXPECT_EQ(envelope_id({}), std::nullopt);
}

TEST(DsnRequest, TheOriginalRecipientKeepsItsTypeAndIsDecoded) {
  EXPECT_EQ(original_recipient(with({"ORCPT=rfc822;Alice+2Bx@Example.ORG"})), "rfc822;Alice+x@Example.ORG");
  EXPECT_EQ(original_recipient(with({"orcpt=X400;/c=us/"})), std::nullopt);  // '=' is coded in xtext
  EXPECT_EQ(original_recipient(with({"orcpt=X400;/c+3Dus/"})), "X400;/c=us/");
  EXPECT_EQ(original_recipient(with({"ORCPT=utf-8;b\\x{E4}r@example.org"})), "utf-8;b\\x{E4}r@example.org");
  EXPECT_EQ(original_recipient(with({"ORCPT=utf-8;b\xC3\xA4r@example.org"})), "utf-8;b\xC3\xA4r@example.org");
}

TEST(DsnRequest, WhatCouldNotStandInAFieldIsNoOriginalRecipient) {
  for (const char* const bad :
       {"ORCPT=", "ORCPT=a@b", "ORCPT=;a@b", "ORCPT=rfc822;", "ORCPT=rfc 822;a@b", "ORCPT=rfc822;a+0D+0AX:y",
        "ORCPT=rfc822;a+", "ORCPT=rfc822;a+80", "ORCPT=utf-8;a\r\nX: y", "ORCPT=utf-8;\xFF", "ORCPT=utf-8;a b"})
    EXPECT_EQ(original_recipient(with({bad})), std::nullopt) << bad;
  EXPECT_EQ(original_recipient(with({"ORCPT=rfc822;" + std::string(2000, 'a')})), std::nullopt);
  EXPECT_EQ(original_recipient(with({})), std::nullopt);
}

}  // namespace
}  // namespace graph_milter::mta
