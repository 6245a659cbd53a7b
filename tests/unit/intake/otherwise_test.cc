// SPDX-License-Identifier: Apache-2.0
// What becomes of mail that a relay rule matches and that can't be relayed, for every reason there is.
#include <map>

#include "core/intake/fallback.h"
#include "tests/unit/intake/gate_rig.h"

namespace graph_milter::intake {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;
using testing::StartsWith;

// What no rule wanted, or nobody may refuse.
bool is_left_to_the_mta(const std::string& reason) { return reason == "no-rule" || reason == "null-sender"; }

class Otherwise : public GateRig {
 protected:
  void forget() {
    queue_->committed.clear();
    queue_->records.clear();
  }

  static std::string words_of(const Answer& answer) { return answer.code + " " + answer.enhanced + " " + answer.text; }

  static const GateCase& named(const std::string& name) {
    static const std::vector<GateCase> all = gate_cases();
    for (const GateCase& item : all) {
      if (item.name == name) return item;
    }
    throw std::runtime_error("no case " + name);
  }

  // One case for each reason.
  static std::map<std::string, GateCase> cases_by_reason() {
    std::map<std::string, GateCase> out;
    for (const GateCase& item : gate_cases()) {
      if (item.outcome != kRelayed) out.emplace(item.outcome, item);
    }
    return out;
  }
};

TEST_F(Otherwise, RejectRefusesForEachReason) {
  use_gate("otherwise = reject\n");
  for (const auto& [reason, item] : cases_by_reason()) {
    SCOPED_TRACE(reason);
    forget();
    CapturedLog log;
    const Answer answer = answer_to(item);
    const std::string words = log.take();
    EXPECT_THAT(queue_->committed, IsEmpty());
    if (is_left_to_the_mta(reason)) {
      EXPECT_EQ(answer.kind, AnswerKind::Accept);
      continue;
    }
    EXPECT_EQ(answer.kind, AnswerKind::Reject) << words;
    EXPECT_THAT(words_of(answer),
                testing::ContainsRegex("^55[02] 5\\.[1-7]\\.[0-9] Microsoft 365 can't send this mail: ."));
    EXPECT_THAT(words,
                AllOf(HasSubstr("event=refused"), HasSubstr(" rule="),
                      HasSubstr(" status=\"" + answer.code + " " + answer.enhanced + "\" reason=" + reason + " ")));
  }
}

TEST_F(Otherwise, TempfailPutsOffForEachReason) {
  use_gate("otherwise = tempfail\n");
  for (const auto& [reason, item] : cases_by_reason()) {
    SCOPED_TRACE(reason);
    forget();
    CapturedLog log;
    const Answer answer = answer_to(item);
    EXPECT_THAT(queue_->committed, IsEmpty());
    if (is_left_to_the_mta(reason)) continue;
    EXPECT_EQ(answer.kind, AnswerKind::TempFail) << log.take();
    EXPECT_THAT(words_of(answer),
                testing::ContainsRegex("^45[12] 4\\.[1-7]\\.[0-9] Microsoft 365 can't send this mail: ."));
  }
}

TEST_F(Otherwise, HoldKeepsTheMessageForEachReason) {
  use_gate("otherwise = hold\nreturn = mta\n");
  for (const auto& [reason, item] : cases_by_reason()) {
    SCOPED_TRACE(reason);
    forget();
    CapturedLog log;
    const Answer answer = answer_to(item);
    const std::string words = log.take();
    if (is_left_to_the_mta(reason)) {
      EXPECT_EQ(answer.kind, AnswerKind::Accept);
      continue;
    }
    ASSERT_EQ(answer.kind, AnswerKind::Discard) << words;
    ASSERT_THAT(queue_->committed, SizeIs(1));
    const auto& kept = queue_->committed.front();
    ASSERT_TRUE(kept.plan.unplanned);
    EXPECT_EQ(kept.plan.unplanned->reason, reason);
    EXPECT_EQ(kept.bytes, test::bytes_of(item.text)) << "all of it";
    EXPECT_EQ(kept.envelope.recipients.size(), item.recipients);
    EXPECT_EQ(kept.plan.handling.return_by, plan::ReturnBy::Mta);
    EXPECT_EQ(plan::plan_from_json(plan::to_json(kept.plan)).value(), kept.plan);
    EXPECT_THAT(words, AllOf(HasSubstr("event=received"), HasSubstr("event=held"), HasSubstr(" reason=" + reason + " "),
                             Not(HasSubstr("event=planned"))));
    if (kept.resend_key.empty()) continue;
    EXPECT_EQ(answer_to(item).kind, AnswerKind::Discard);
    EXPECT_THAT(queue_->committed, SizeIs(1)) << "sent again by its client it is the same";
  }
}

TEST_F(Otherwise, PassIsWhatWasAlwaysDone) {
  use_gate("otherwise = pass\n");
  for (const auto& [reason, item] : cases_by_reason()) {
    forget();
    CapturedLog log;
    EXPECT_EQ(answer_to(item).kind, AnswerKind::Accept) << reason;
    EXPECT_THAT(log.take(), HasSubstr(" reason=" + reason));
  }
}

// Whole mails of a scanner, with the limits that the service has.
class OtherwiseForScanners : public Otherwise {
 protected:
  OtherwiseForScanners() { settings_.service = {}; }
};

TEST_F(OtherwiseForScanners, NamesTheLimitAndTheOptionOfWhatIsTooLarge) {
  settings_.service.max_message_size = 200'000;
  use_rules(std::string(kRules) + "otherwise = reject\n");
  Answer answer = deliver(kLarge);
  const std::string size = std::to_string(IntakeTest::pdf_body(kLarge).size());
  EXPECT_EQ(answer.code + " " + answer.enhanced, "552 5.3.4");
  EXPECT_THAT(answer.text, AllOf(StartsWith("Microsoft 365 can't send this mail: the message has 4"),
                                 HasSubstr(" bytes, more than max-message-size = 200000")));
  settings_.service.max_message_size = 36'700'160;
  settings_.service.max_part_size = 100'000;
  use_rules(std::string(kRules) + "otherwise = reject\n");
  answer = deliver(kLarge);
  EXPECT_EQ(words_of(answer),
            "552 5.3.4 Microsoft 365 can't send this mail: part 2 (s.pdf) has 300000 bytes, more than max-part-size = "
            "100000");
}

TEST_F(OtherwiseForScanners, IsTheOptionsWordWhereTheRuleSaysNone) {
  settings_.otherwise = config::Otherwise::Reject;
  settings_.service.max_message_size = 200'000;
  use_rules(kRules);
  EXPECT_EQ(deliver(kLarge).kind, AnswerKind::Reject);
  use_rules("[defaults]\notherwise = tempfail\n" + std::string(kRules));
  EXPECT_EQ(deliver(kLarge).kind, AnswerKind::TempFail);
  use_rules("[defaults]\notherwise = tempfail\n" + std::string(kRules) + "otherwise = pass\n");
  EXPECT_EQ(deliver(kLarge).kind, AnswerKind::Accept);
}

TEST_F(OtherwiseForScanners, AlsoWhereTheHourHasSeenTooMuch) {
  quotas_ = std::make_shared<pace::Quotas>();
  settings_.client_quota = {1, 0};
  const auto third = [&](const std::string& otherwise) {
    quotas_ = std::make_shared<pace::Quotas>();
    forget();
    use_rules(std::string(kRules) + otherwise);
    message_id_ = " <1@contoso.com>";
    EXPECT_EQ(deliver(kLarge).kind, AnswerKind::Discard);
    message_id_ = " <2@contoso.com>";
    return deliver(kLarge);
  };
  EXPECT_EQ(words_of(third("otherwise = reject\n")),
            "550 5.7.1 Microsoft 365 can't send this mail: client 10.1.20.7 has reached client-messages-per-hour = 1");
  EXPECT_EQ(third("otherwise = hold\n").kind, AnswerKind::Discard);
  EXPECT_EQ(queue_->committed.back().plan.unplanned->reason, "client-limit");
  settings_.when_over_limit = WhenOverLimit::TempFail;
  EXPECT_EQ(words_of(third("otherwise = reject\n")), "450 4.7.1 Too much mail within an hour; try again later")
      << "that option speaks of this reason alone";
}

// Refusing it would bounce what was delivered; holding it would lose it; and it would come again.
TEST_F(OtherwiseForScanners, NeverTouchesWhatCameBack) {
  for (const std::string word : {"reject", "tempfail", "hold"}) {
    SCOPED_TRACE(word);
    forget();
    // Also where nobody could relay it anyway.
    for (const std::size_t limit : {std::size_t{36'700'160}, std::size_t{200'000}}) {
      settings_.service.max_message_size = limit;
      use_rules(std::string(kRules) + "otherwise = " + word + "\n");
      first_fields_ = {{"X-Graph-Milter-Seal", " " + guard_->seal("test-instance/01hf3abcdejk0123456789mnpq")}};
      CapturedLog log;
      EXPECT_EQ(deliver(kLarge).kind, AnswerKind::Accept);
      EXPECT_THAT(log.take(), HasSubstr(" reason=loop "));
    }
    first_fields_.clear();
    settings_.service.max_message_size = 36'700'160;
    use_rules(kRules);
    EXPECT_EQ(deliver(kLarge).kind, AnswerKind::Discard);
    pretend_sent(queue_->committed.front(), clock_->now());
    queue_->committed.clear();
    settings_.service.max_message_size = 200'000;
    use_rules(std::string(kRules) + "otherwise = " + word + "\n");
    CapturedLog log;
    EXPECT_EQ(deliver(kLarge + 1).kind, AnswerKind::Accept);
    EXPECT_THAT(log.take(), HasSubstr(" reason=message-id-came-back "));
    mail::Envelope null_sender = envelope();
    null_sender.sender = mail::make_envelope_path("<>");
    EXPECT_EQ(deliver_from(null_sender, kLarge).kind, AnswerKind::Accept);
    EXPECT_THAT(queue_->committed, IsEmpty());
  }
}

TEST_F(OtherwiseForScanners, HoldsNothingWhoseRecipientsNobodyKnows) {
  const auto answer = [&](const std::string& word) {
    use_rules(std::string(kRules) + "otherwise = " + word + "\n");
    Message message(context_, envelope());
    feed(message, kLarge);
    message.leave_alone("recipients-changed", "the MTA serves other recipients than it told us");
    return message.end("Q", [] { return true; });
  };
  EXPECT_EQ(answer("hold").kind, AnswerKind::Accept);
  EXPECT_EQ(answer("pass").kind, AnswerKind::Accept);
  EXPECT_EQ(words_of(answer("reject")),
            "550 5.7.1 Microsoft 365 can't send this mail: the MTA serves other recipients than it told us");
  EXPECT_THAT(queue_->committed, IsEmpty());
}

// Postfix knows them by forms that can't be compared, so it keeps them.
TEST_F(OtherwiseForScanners, HoldsForTheRecipientsThatCanBeCompared) {
  settings_.service.max_message_size = 200'000;
  use_rules(std::string(kRules) + "otherwise = hold\n");
  mail::Envelope odd = envelope();
  odd.recipients = {mail::make_envelope_path("<postmaster>")};
  EXPECT_EQ(deliver_from(odd, kLarge).kind, AnswerKind::Accept);
  odd.recipients.push_back(mail::make_envelope_path("<a@contoso.com>"));
  const Answer answer = deliver_from(odd, kLarge);
  EXPECT_EQ(answer.kind, AnswerKind::Share);
  EXPECT_EQ(answer.taken, std::vector<std::string>{"<a@contoso.com>"});
  ASSERT_THAT(queue_->committed, SizeIs(1));
  EXPECT_THAT(queue_->committed.front().envelope.recipients, SizeIs(1));
}

TEST_F(OtherwiseForScanners, HeldMailNeedsRoomAndAnMtaLikeAnyOther) {
  settings_.service.max_message_size = 200'000;
  use_rules(std::string(kRules) + "otherwise = hold\n");
  mta_waits_ = false;
  EXPECT_EQ(words_of(deliver(kLarge)), "451 4.3.0 The mail could not be processed now; try again later");
  mta_waits_ = true;
  queue_->room_error = system_error("spool", "storing", ENOSPC);
  EXPECT_EQ(words_of(deliver(kLarge)), "452 4.3.1 No room to store the mail now; try again later");
  EXPECT_THAT(queue_->committed, IsEmpty());
}

// --- what a rule refuses

class RuleThatRefuses : public OtherwiseForScanners {
 protected:
  void use(const std::string& lines) {
    use_rules("[rule large]\nclient = 10.1.20.0/24\npart-size = 100K\n" + lines + "[rule rest]\naction = pass\n");
  }
};

TEST_F(RuleThatRefuses, SaysItsNameOrItsOwnWords) {
  use("action = reject\n");
  CapturedLog log;
  const Answer rejected = deliver(kLarge);
  EXPECT_EQ(rejected.kind, AnswerKind::Reject);
  EXPECT_EQ(words_of(rejected), "550 5.7.1 Mail refused by rule large");
  EXPECT_THAT(log.take(), AllOf(HasSubstr("event=refused"), HasSubstr(" rule=large status=\"550 5.7.1\" reason=rule "
                                                                      "text=\"rule large says reject\"")));
  use("action = tempfail\n");
  const Answer put_off = deliver(kLarge);
  EXPECT_EQ(put_off.kind, AnswerKind::TempFail);
  EXPECT_EQ(words_of(put_off), "451 4.7.1 Mail refused for now by rule large; try again later");
  use("action = reject\ncode = 5.3.4\ntext = Files of more than 100 KB go to https://files.contoso.com/ please\n");
  EXPECT_EQ(words_of(deliver(kLarge)), "552 5.3.4 Files of more than 100 KB go to https://files.contoso.com/ please");
  EXPECT_EQ(deliver(kSmall).kind, AnswerKind::Accept);
  EXPECT_THAT(queue_->committed, IsEmpty());
}

TEST_F(RuleThatRefuses, AsksNobodyWhoWroteIt) {
  use("action = reject\n");
  EXPECT_EQ(deliver(kLarge, " anybody@elsewhere.example").kind, AnswerKind::Reject);
  EXPECT_EQ(deliver(kLarge, " no address").kind, AnswerKind::Reject);
  client_ = "10.9.9.9";
  EXPECT_EQ(deliver(kLarge).kind, AnswerKind::Accept);
}

TEST_F(RuleThatRefuses, DoesNotRefuseWhatTheQueueHasNorWhatCameBack) {
  use_rules(kRules);
  EXPECT_EQ(deliver(kLarge).kind, AnswerKind::Discard);
  use("action = reject\n");
  CapturedLog log;
  EXPECT_EQ(deliver(kLarge).kind, AnswerKind::Discard) << "its client did not hear that it was taken";
  EXPECT_THAT(log.take(), HasSubstr("event=adopted"));
  mail::Envelope null_sender = envelope();
  null_sender.sender = mail::make_envelope_path("<>");
  EXPECT_EQ(deliver_from(null_sender, kLarge).kind, AnswerKind::Accept);
  first_fields_ = {{"X-Graph-Milter-Seal", " " + guard_->seal("test-instance/01hf3abcdejk0123456789mnpq")}};
  EXPECT_EQ(deliver(kLarge).kind, AnswerKind::Accept);
}

// --- pretend

TEST_F(OtherwiseForScanners, PretendLogsWhatWouldBeDoneAndPasses) {
  const std::string tail = "pretend = yes\n";
  use_rules(kRules + tail);
  CapturedLog relay;
  EXPECT_EQ(deliver(kLarge).kind, AnswerKind::Accept);
  const std::string words = relay.take();
  EXPECT_THAT(words, HasSubstr("event=would-relay message-id=<1@contoso.com> client=10.1.20.7 "
                               "sender=scanner@contoso.com from=scanner@contoso.com nrcpt=1 to=a@contoso.com size="));
  EXPECT_THAT(words, HasSubstr(" mailbox=scanner@contoso.com parts=1 rule=scanners skeleton="));
  EXPECT_THAT(words, HasSubstr(" posts=1 sessions=0 decoded=300000 bcc=0"));
  EXPECT_THAT(words, AllOf(HasSubstr("event=passed"), HasSubstr(" rule=scanners status=accept reason=pretend "
                                                                "text=\"the rule only pretends\"")));
  settings_.service.max_message_size = 200'000;
  use_rules(kRules + tail + "otherwise = reject\n");
  CapturedLog reject;
  EXPECT_EQ(deliver(kLarge).kind, AnswerKind::Accept);
  EXPECT_THAT(reject.take(),
              AllOf(HasSubstr("event=would-refuse"), HasSubstr(" rule=scanners status=\"552 5.3.4\" reason=too-large "),
                    HasSubstr("reason=pretend")));
  use_rules(kRules + tail + "otherwise = hold\n");
  CapturedLog hold;
  EXPECT_EQ(deliver(kLarge).kind, AnswerKind::Accept);
  EXPECT_THAT(hold.take(), AllOf(HasSubstr("event=would-hold"), HasSubstr(" rule=scanners reason=too-large ")));
  use_rules("[rule no]\nclient = 10.1.20.0/24\npart-size = 100K\naction = reject\n" + tail);
  CapturedLog refuse;
  EXPECT_EQ(deliver(kLarge).kind, AnswerKind::Accept);
  EXPECT_THAT(refuse.take(), HasSubstr(" rule=no status=\"550 5.7.1\" reason=rule text=\"rule no says reject\""));
  EXPECT_THAT(queue_->committed, IsEmpty());
}

TEST_F(OtherwiseForScanners, PretendIsAlsoAnOptionThatTheRuleBeats) {
  settings_.pretend = true;
  use_rules(kRules);
  EXPECT_EQ(deliver(kLarge).kind, AnswerKind::Accept);
  use_rules(std::string(kRules) + "pretend = no\n");
  EXPECT_EQ(deliver(kLarge).kind, AnswerKind::Discard);
  use_rules(kRules);
  EXPECT_EQ(deliver(kLarge).kind, AnswerKind::Discard) << "it was taken before, and its client sends it again";
  EXPECT_THAT(queue_->committed, SizeIs(1));
}

// --- the codes

TEST(RefusalOf, HasTheCodeThatFitsTheReason) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"too-large", "552 5.3.4 452 4.3.4"},
      {"part-too-large", "552 5.3.4 452 4.3.4"},
      {"skeleton-too-large", "552 5.3.4 452 4.3.4"},
      {"json:too-large", "552 5.3.4 452 4.3.4"},
      {"json:text", "550 5.6.0 451 4.6.0"},
      {"too-many-recipients", "550 5.5.3 451 4.5.3"},
      {"recipient-address", "550 5.1.3 451 4.1.3"},
      {"no-recipients", "550 5.5.1 451 4.5.1"},
      {"esmtp-parameter", "550 5.5.4 451 4.5.4"},
      {"smtputf8", "550 5.6.7 451 4.6.7"},
      {"too-many-attachments", "550 5.6.0 451 4.6.0"},
      {"too-deep", "550 5.6.0 451 4.6.0"},
      {"no-way", "550 5.6.0 451 4.6.0"},
      {"not-utf8", "550 5.6.0 451 4.6.0"},
      {"ambiguous:dup-header", "550 5.6.0 451 4.6.0"},
      {"protected:signed", "550 5.6.0 451 4.6.0"},
      {"overlimit:parts", "550 5.6.0 451 4.6.0"},
      {"inexact:base64", "550 5.6.0 451 4.6.0"},
      {"recipients-wider", "550 5.7.1 451 4.7.1"},
      {"auto-replied", "550 5.7.1 451 4.7.1"},
      {"dkim-signed", "550 5.7.1 451 4.7.1"},
      {"arc-sealed", "550 5.7.1 451 4.7.1"},
      {"from", "550 5.7.1 451 4.7.1"},
      {"tenant-domain", "550 5.7.1 451 4.7.1"},
      {"other-author", "550 5.7.1 451 4.7.1"},
      {"login", "550 5.7.1 451 4.7.1"},
      {"mailbox-map", "550 5.7.1 451 4.7.1"},
      {"mailbox", "550 5.7.1 451 4.7.1"},
      {"client-limit", "550 5.7.1 451 4.7.1"},
      {"what nobody has thought of", "550 5.7.1 451 4.7.1"},
  };
  for (const auto& [reason, codes] : cases) {
    const Answer permanent = refusal_of(reason, "why", true);
    const Answer transient = refusal_of(reason, "why", false);
    EXPECT_EQ(permanent.code + " " + permanent.enhanced + " " + transient.code + " " + transient.enhanced, codes)
        << reason;
    EXPECT_EQ(permanent.kind, AnswerKind::Reject);
    EXPECT_EQ(transient.kind, AnswerKind::TempFail);
    EXPECT_EQ(permanent.text, "Microsoft 365 can't send this mail: why");
  }
}

TEST(RefusalOf, SaysItInOneLineThatLibmilterTakes) {
  const Answer answer = refusal_of("from", "100% \r\n\xC3\xA4 " + std::string(1000, 'x'), true);
  EXPECT_EQ(answer.text.size(), 400U);
  EXPECT_THAT(answer.text, StartsWith("Microsoft 365 can't send this mail: 100       xxx"));
}

}  // namespace
}  // namespace graph_milter::intake
