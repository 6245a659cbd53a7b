// SPDX-License-Identifier: Apache-2.0
#include "core/plan/recipients.h"

#include <gtest/gtest.h>

#include "core/policy/list_kinds.h"
#include "tests/unit/plan/plan_case.h"

namespace graph_milter::plan {
namespace {

using Addresses = std::vector<std::string>;

struct Mail {
  mail::Envelope envelope;
  mail::MessageFacts facts;
  policy::Rule rule;

  explicit Mail(const Addresses& recipients, const Addresses& to = {}, const Addresses& cc = {}) {
    envelope.sender = mail::make_envelope_path("<ann@contoso.com>");
    for (const auto& recipient : recipients) envelope.add_recipient(mail::make_envelope_path("<" + recipient + ">"));
    for (const auto& address : to) facts.to.push_back({"", address});
    for (const auto& address : cc) facts.cc.push_back({"", address});
  }

  Recipients match() const {
    auto outcome = match_recipients(envelope, facts, rule, 500);
    if (const auto* refusal = std::get_if<LeaveAlone>(&outcome)) {
      ADD_FAILURE() << refusal->reason << ": " << refusal->text;
      return {};
    }
    return std::get<Recipients>(outcome);
  }

  LeaveAlone refusal() const {
    auto outcome = match_recipients(envelope, facts, rule, 500);
    if (const auto* refusal = std::get_if<LeaveAlone>(&outcome)) return *refusal;
    ADD_FAILURE() << "the message would be relayed";
    return {};
  }
};

TEST(Recipients, AreThoseOfTheEnvelopeInTheFieldThatNamesThem) {
  const Recipients recipients =
      Mail({"c@x.example", "a@x.example", "b@x.example"}, {"a@x.example"}, {"b@x.example"}).match();
  EXPECT_EQ(recipients.to, Addresses{"a@x.example"});
  EXPECT_EQ(recipients.cc, Addresses{"b@x.example"});
  EXPECT_EQ(recipients.bcc, Addresses{"c@x.example"});
}

TEST(Recipients, AreComparedCanonically) {
  const Recipients recipients = Mail({"A@X.Example",
                                      "b@B\xC3\xBC"
                                      "cher.example"},
                                     {"a@x.example", "b@xn--bcher-kva.example"})
                                    .match();
  EXPECT_EQ(recipients.to, (Addresses{"a@x.example", "b@xn--bcher-kva.example"}));
  EXPECT_TRUE(recipients.bcc.empty());
}

TEST(Recipients, AreNamedOnceWhoeverNamesThemTwice) {
  const Recipients recipients = Mail({"a@x.example", "A@x.example", "b@x.example", "b@x.example"},
                                     {"a@x.example", "a@x.example"}, {"a@x.example"})
                                    .match();
  EXPECT_EQ(recipients.to, Addresses{"a@x.example"});
  EXPECT_TRUE(recipients.cc.empty());
  EXPECT_EQ(recipients.bcc, Addresses{"b@x.example"});
}

TEST(Recipients, AreNeverMoreThanTheEnvelopeSays) {
  const std::string text =
      "the header names b@x.example, to whom the client did not address the message and Graph would mail it";
  EXPECT_EQ(Mail({"a@x.example"}, {"a@x.example", "b@x.example"}).refusal(), (LeaveAlone{"recipients-wider", text}));
  EXPECT_EQ(Mail({"a@x.example"}, {"a@x.example"}, {"b@x.example"}).refusal(), (LeaveAlone{"recipients-wider", text}));
}

TEST(Recipients, AreAtMostAsManyAsGraphTakes) {
  Addresses many;
  for (std::size_t i = 0; i < 500; ++i) many.push_back("r" + std::to_string(i) + "@x.example");
  EXPECT_EQ(Mail(many).match().bcc.size(), 500U);
  many.emplace_back("R0@X.example");
  EXPECT_EQ(Mail(many).match().bcc.size(), 500U) << "one of them twice";
  many.emplace_back("one.more@x.example");
  EXPECT_EQ(Mail(many).refusal(), (LeaveAlone{"too-many-recipients", "501 recipients, and Graph takes 500"}));
}

TEST(Recipients, ThatWereNotKeptAreTooMany) {
  Addresses all(mail::kMostRecipientsKept, "a@x.example");
  EXPECT_EQ(Mail(all).match().bcc, Addresses{"a@x.example"});
  all.emplace_back("b@x.example");
  EXPECT_EQ(Mail(all).envelope.recipients.size(), mail::kMostRecipientsKept);
  EXPECT_EQ(Mail(all).refusal().reason, "too-many-recipients");
}

TEST(Recipients, FoldNeitherDotsNorTagsNorSubdomains) {
  EXPECT_EQ(Mail({"a.b@x.example"}, {"ab@x.example"}).refusal().reason, "recipients-wider");
  EXPECT_EQ(Mail({"a+t@x.example"}, {"a@x.example"}).refusal().reason, "recipients-wider");
  EXPECT_EQ(Mail({"a@mail.x.example"}, {"a@x.example"}).refusal().reason, "recipients-wider");
}

TEST(Recipients, MustBeAddressesThatGraphCanMail) {
  EXPECT_EQ(Mail({"postmaster"}).refusal(),
            (LeaveAlone{"recipient-address", "the recipient \"postmaster\" is not an address that Graph could mail"}));
  EXPECT_EQ(Mail({"a@[127.0.0.1]"}).refusal().reason, "recipient-address");
  EXPECT_EQ(Mail({"\"odd local\"@x.example"}).refusal().reason, "recipient-address");
  EXPECT_EQ(Mail({"\xC3\xA4@x.example"}).refusal().reason, "smtputf8");
  EXPECT_EQ(Mail({}).refusal(), (LeaveAlone{"no-recipients", "the envelope has no recipient"}));
}

TEST(Recipients, AreLeftAloneWhereTheHeaderWritesADomainInRawUtf8) {
  PlanCase c;
  c.envelope.recipients = {mail::make_envelope_path("<bob@xn--bcher-kva.example>")};
  c.header =
      "From: ann@contoso.com\r\nTo: B\xC3\xB6"
      "b <bob@xn--bcher-kva.example>\r\n";
  EXPECT_EQ(c.plan().to, Addresses{"bob@xn--bcher-kva.example"}) << "a name in raw UTF-8 is no reason";
  c.header =
      "From: ann@contoso.com\r\nTo: bob@b\xC3\xBC"
      "cher.example\r\n";
  c.facts = {};
  EXPECT_EQ(c.refusal(), (LeaveAlone{"smtputf8", "to has a domain in raw UTF-8"}));
}

TEST(Recipients, MayAskForWhatExchangeDoesInItsOwnWay) {
  Mail mail({"a@x.example"});
  mail.envelope.sender.parameters = {"SIZE=1000", "body=8BITMIME", "RET=HDRS", "ENVID=x", "SMTPUTF8", "AUTH=<>"};
  mail.envelope.recipients[0].parameters = {"NOTIFY=SUCCESS,FAILURE", "ORCPT=rfc822;a@x.example"};
  mail.match();
}

TEST(Recipients, MayNotAskForWhatGraphCantPromise) {
  for (const char* parameter :
       {"REQUIRETLS", "HOLDFOR=3600", "BY=120;R", "RRVS=2026-01-01T00:00:00Z", "XVERP", "X-NEW=1"}) {
    Mail by_sender({"a@x.example"});
    by_sender.envelope.sender.parameters = {"SIZE=1", parameter};
    EXPECT_EQ(by_sender.refusal().reason, "esmtp-parameter") << parameter;
    Mail by_recipient({"a@x.example"});
    by_recipient.envelope.recipients[0].parameters = {parameter};
    EXPECT_EQ(by_recipient.refusal().reason, "esmtp-parameter") << parameter;
  }
  Mail mail({"a@x.example"});
  mail.envelope.sender.parameters = {"HOLDFOR=3600"};
  EXPECT_EQ(mail.refusal().text, "the client asks for HOLDFOR, which Graph can't be asked for");
}

policy::MatchList list_of(const std::string& text) {
  policy::MapStore maps;
  return *policy::MatchList::parse(text, "test.conf:1", policy::kAddressList, maps);
}

TEST(Recipients, OfTheHeaderAloneAreTrimmedWhereTheRuleSaysSo) {
  Mail mail({"a@x.example", "b@x.example"}, {"a@x.example", "stranger@x.example"}, {"other@y.example"});
  EXPECT_EQ(mail.refusal().reason, "recipients-wider");
  mail.rule.header_only = policy::HeaderOnly::Trim;
  const Recipients recipients = mail.match();
  EXPECT_EQ(recipients.to, Addresses{"a@x.example"});
  EXPECT_EQ(recipients.cc, Addresses{});
  EXPECT_EQ(recipients.bcc, Addresses{"b@x.example"});
  EXPECT_TRUE(recipients.is_trimmed);
}

TEST(Recipients, AreNotTrimmedWhereNobodyIsTooMany) {
  Mail mail({"a@x.example"}, {"a@x.example"});
  mail.rule.header_only = policy::HeaderOnly::Trim;
  EXPECT_FALSE(mail.match().is_trimmed);
}

TEST(Recipients, WhomTheRuleLeavesToTheMtaAreNotGraphsWhateverTheirForm) {
  Mail mail({"a@x.example", "b@y.example", "\"odd one\"@y.example"}, {"a@x.example", "b@y.example"});
  mail.envelope.recipients[1].parameters = {"BY=1;R"};
  mail.rule.take_recipients = list_of("@x.example");
  EXPECT_EQ(mail.refusal().reason, "recipients-wider");
  mail.rule.header_only = policy::HeaderOnly::Trim;
  const Recipients recipients = mail.match();
  EXPECT_EQ(recipients.to, Addresses{"a@x.example"});
  EXPECT_TRUE(recipients.bcc.empty());
  mail.rule.take_recipients = list_of("!@y.example");
  EXPECT_EQ(mail.refusal().reason, "recipient-address") << "who is no plain address is not known to be in @y.example";
  mail.rule.take_recipients = list_of("@z.example");
  EXPECT_EQ(mail.refusal(), (LeaveAlone{"no-recipients", "none of the recipients is in take-recipients"}));
}

}  // namespace
}  // namespace graph_milter::plan
