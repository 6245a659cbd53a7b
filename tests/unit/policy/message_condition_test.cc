// SPDX-License-Identifier: Apache-2.0
// Conditions on recipients, header, sizes and parts: what they hold for, and the words where they don't.
#include <gmock/gmock.h>

#include "core/base/format.h"
#include "tests/unit/policy/samples.h"

namespace graph_milter::policy::test {
namespace {

mail::Part part_of(const std::string& type, const std::string& name, ByteCount size) {
  mail::Part part;
  part.parent = 0;
  part.depth = 1;
  part.type = type;
  part.disposition = "attachment";
  part.name = name;
  part.body.decoded_size = size;
  return part;
}

// A text and three attachments: 1 MiB, 2 MiB, 4 MiB.
mail::MessageFacts three_parts() {
  mail::MessageFacts facts = facts_of({{"from", "scanner@contoso.com"},
                                       {"subject", "=?utf-8?q?Rechnung_f=C3=BCr_Anna?="},
                                       {"x-scanner", "Yes"},
                                       {"x-empty", ""},
                                       {"received", "from a"},
                                       {"received", "from b"}});
  mail::Part root;
  root.type = "multipart/mixed";
  root.is_multipart = true;
  mail::Part text = part_of("text/plain", "", 500);
  text.disposition.clear();
  facts.parts = {root, text, part_of("application/pdf", "Scan 1.PDF", 1 << 20),
                 part_of("image/png", "photo.png", 2 << 20), part_of("application/octet-stream", "", 4 << 20)};
  facts.size = 10 << 20;
  return facts;
}

mail::Envelope to(const std::vector<std::string>& recipients) {
  mail::Envelope envelope = envelope_of("10.1.20.7");
  envelope.recipients.clear();
  for (const std::string& address : recipients) envelope.add_recipient(mail::make_envelope_path("<" + address + ">"));
  return envelope;
}

// "" where the condition holds; else why not.
std::string why_not(const std::string& condition, const mail::Envelope& envelope, const mail::MessageFacts& facts) {
  const std::string words = read("[rule a]\n" + condition + "\naction = pass\n").explain(envelope, facts);
  const std::string begin = "rule a (test.conf:1): does not match: ";
  if (!words.starts_with(begin)) return words.starts_with("rule a (test.conf:1): matches: pass\n") ? "" : words;
  return words.substr(begin.size(), words.find('\n') - begin.size());
}

std::string why_not(const std::string& condition) {
  return why_not(condition, to({"anna@contoso.com", "bob@fabrikam.com"}), three_parts());
}

TEST(Recipients, OneOrAllAreInTheList) {
  const mail::MessageFacts facts = three_parts();
  const mail::Envelope both = to({"Anna@Contoso.com", "bob@fabrikam.com"});
  EXPECT_EQ(why_not("recipient = anna@contoso.com", both, facts), "");
  EXPECT_EQ(why_not("recipient = @fabrikam.com", both, facts), "");
  EXPECT_EQ(why_not("recipient = !@contoso.com", both, facts), "") << "bob is somebody else";
  EXPECT_EQ(why_not("recipient = eve@contoso.com, @example.com", both, facts),
            "recipient: none of 2 is in eve@contoso.com, @example.com");
  EXPECT_EQ(why_not("recipient = eve@contoso.com", to({"anna@contoso.com"}), facts),
            "recipient anna@contoso.com is not in eve@contoso.com");
  EXPECT_EQ(why_not("all-recipients = @contoso.com, @fabrikam.com", both, facts), "");
  EXPECT_EQ(why_not("all-recipients = @contoso.com", both, facts),
            "all-recipients: recipient bob@fabrikam.com is not in @contoso.com");
  EXPECT_EQ(why_not("all-recipients = !bob@fabrikam.com", both, facts),
            "all-recipients: recipient bob@fabrikam.com is kept out by !bob@fabrikam.com");
  EXPECT_EQ(why_not("recipient = !@contoso.com", to({}), facts), "recipient: none of 0 is in !@contoso.com");
  EXPECT_EQ(why_not("all-recipients = @contoso.com", to({}), facts), "all-recipients: there are 0 recipients");
}

TEST(Recipients, OfWhichSomeWereNotKeptAreNeverAll) {
  mail::Envelope envelope = to({"anna@contoso.com"});
  envelope.further_recipients = 5;
  EXPECT_EQ(why_not("all-recipients = @contoso.com", envelope, three_parts()),
            "all-recipients: there are 6 recipients");
  EXPECT_EQ(why_not("recipients-are = inside", envelope, three_parts()), "recipients-are: they are mixed, not inside");
}

TEST(Recipients, AreInsideOutsideOrMixed) {
  struct Case {
    std::vector<std::string> recipients;
    std::string condition;
    std::string words;
  };
  for (const Case& item : {
           Case{{"a@contoso.com", "b@CONTOSO.com"}, "inside", ""},
           Case{{"a@contoso.com"}, "outside", "recipients-are: they are inside, not outside"},
           Case{{"a@sub.contoso.com"}, "outside", ""},
           Case{{"a@fabrikam.com", "b@example.com"}, "outside, mixed", ""},
           Case{{"a@contoso.com", "b@example.com"}, "mixed", ""},
           Case{{"a@contoso.com", "b@example.com"}, "!inside", ""},
           Case{{"a@contoso.com", "b@example.com"}, "!mixed", "recipients-are: they are mixed, not !mixed"},
           Case{{}, "!mixed", "recipients-are: they are (none), not !mixed"},
       }) {
    EXPECT_EQ(why_not("recipients-are = " + item.condition, to(item.recipients), three_parts()), item.words);
  }
}

TEST(Headers, ArePresentEqualOrMatched) {
  for (const auto& [condition, words] : {
           std::pair{"X-Scanner", ""},
           std::pair{"x-none", "header: there is no field x-none"},
           std::pair{"!x-none", ""},
           std::pair{"!x-scanner", "header: there is a field x-scanner"},
           std::pair{"x-scanner: yes", ""},
           std::pair{"x-scanner: ye", "header: there is no field x-scanner that is \\\"ye\\\""},
           std::pair{"!x-scanner: no", ""},
           std::pair{"x-scanner: \"yes\"", ""},
           std::pair{"x-empty: \"\"", ""},
           std::pair{"x-scanner: /^ye/i", ""},
           std::pair{"x-scanner: /^ye/", "header: there is no field x-scanner that matches /^ye/"},
           std::pair{"Subject: Rechnung f\xC3\xBCr anna", ""},
           std::pair{"Subject: /f\xC3\xBCr Anna$/", ""},
           std::pair{"Received: from b", ""},
           std::pair{"Received: /[ab]$/", ""},
           std::pair{"!Received: from b", "header: there is a field received that is \\\"from b\\\""},
       }) {
    std::string expected = words;
    for (std::size_t at = 0; (at = expected.find("\\\"", at)) != std::string::npos;) expected.replace(at, 2, "\\x22");
    EXPECT_EQ(why_not(std::string("header = ") + condition), expected) << condition;
  }
}

TEST(Headers, MustAllHold) {
  EXPECT_EQ(why_not("header = x-scanner\nheader = Subject: /Rechnung/"), "");
  EXPECT_EQ(why_not("header = x-scanner\nheader = Subject: /Quittung/"),
            "header: there is no field subject that matches /Quittung/");
}

TEST(Sizes, AreAtLeastAtMostOrBetween) {
  for (const auto& [condition, words] : {
           std::pair{"message-size = 10M", ""},
           std::pair{"message-size = 11M", "message-size: the message has 10485760 bytes, fewer than 11534336"},
           std::pair{"message-size = -10M", ""},
           std::pair{"message-size = -9M", "message-size: the message has 10485760 bytes, more than 9437184"},
           std::pair{"message-size = 1M-9M, 10M-11M", ""},
           std::pair{"message-size = 1M-9M, 11M",
                     "message-size: the message has 10485760 bytes, which is not in 1M-9M, 11M"},
           std::pair{"message-size = !9M-11M", "message-size: the message has 10485760 bytes, which is not in !9M-11M"},
           std::pair{"part-size = 4M", ""},
           std::pair{"part-size = -4M", ""},
           std::pair{"part-size = -3M", "part-size: the largest part has 4194304 bytes, more than 3145728"},
           std::pair{"large-parts-size = 7M-7M", ""},
           std::pair{"part-size = 2M\nlarge-parts-size = 6M-6M", ""},
           std::pair{"part-size = 2M\nlarge-parts-size = 7M",
                     "large-parts-size: what is in parts of at least 2097152 bytes has 6291456 bytes, fewer than "
                     "7340032"},
           std::pair{"part-threshold = 3M\nlarge-parts-size = 4M-4M", ""},
       }) {
    EXPECT_EQ(why_not(condition), words) << condition;
  }
}

TEST(Parts, OneHasTheTypeOrName) {
  for (const auto& [condition, words] : {
           std::pair{"part-type = application/pdf", ""},
           std::pair{"part-type = IMAGE/*", ""},
           std::pair{"part-type = text/plain", "part-type: none of 3 is in text/plain"},
           std::pair{"part-type = !application/pdf, !image/*", ""},
           std::pair{"part-type = !application/*, !image/*", "part-type: none of 3 is in !application/*, !image/*"},
           std::pair{"part-name = *.pdf", ""},
           std::pair{"part-name = \"scan ?.pdf\"", ""},
           std::pair{"part-name = scan*", ""},
           std::pair{"part-name = scan", "part-name: none of 3 is in scan"},
           std::pair{"part-name = /^scan \\d+\\.pdf$/i, *.doc", ""},
           std::pair{"part-name = *.doc *.xls", "part-name: none of 3 is in *.doc *.xls"},
           std::pair{"part-name = !*.pdf, *.p?f", "part-name: none of 3 is in !*.pdf, *.p?f"},
       }) {
    EXPECT_EQ(why_not(condition), words) << condition;
  }
}

TEST(MessageConditions, AreRefusedWithWhereAndWhy) {
  struct Case {
    std::string text;
    std::string words;
  };
  for (const Case& item : {
           Case{"header = X Scanner",
                "test.conf:2: \"X Scanner\" is not the name of a header field (write NAME, NAME: "
                "text or NAME: /pattern/)"},
           Case{"header =",
                "test.conf:2: \"\" is not the name of a header field (write NAME, NAME: text or NAME: "
                "/pattern/)"},
           Case{"header = Subject:",
                "test.conf:2: nothing stands behind Subject: (write NAME, NAME: text or NAME: "
                "/pattern/; \"\" for a field without text)"},
           Case{"header = Subject: /a(/",
                "test.conf:2: \"/a(/\": missing closing parenthesis (look at byte 3 of the expression)"},
           Case{"recipients-are = insde", "test.conf:2: \"insde\" is not known (did you mean inside?)"},
           Case{"recipients-are = here", "test.conf:2: \"here\" is not known (write inside, outside or mixed)"},
           Case{"part-type = pdf", "test.conf:2: \"pdf\" is not a type (write application/pdf or image/*)"},
           Case{"part-type = */pdf", "test.conf:2: \"*/pdf\" is not a type (write application/pdf or image/*)"},
           Case{"part-type =", "test.conf:2: an empty list of types (write application/pdf or image/*)"},
           Case{"part-name = /(/",
                "test.conf:2: \"/(/\": missing closing parenthesis (look at byte 2 of the "
                "expression)"},
           Case{"part-size = 3X",
                "test.conf:2: part-size = 3X is not a size (write a number of bytes, or a number "
                "with K, M or G (1024 bytes and its powers); 3M is at least that much, -3M at most, "
                "1M-3M between)"},
           Case{"message-size = 1M-",
                "test.conf:2: message-size = 1M- is not a size (write a number of bytes, or a "
                "number with K, M or G (1024 bytes and its powers); 3M is at least that much, "
                "-3M at most, 1M-3M between)"},
           Case{"large-parts-size =", "test.conf:2: large-parts-size has 0 sizes (write 1 to 64)"},
           Case{"recipient = bob",
                "test.conf:2: \"bob\" is not an address or domain (write user@domain, @domain or "
                "map:/path)"},
           Case{"recipents = bob@contoso.com",
                "test.conf:2: a rule has no key \"recipents\" (did you mean "
                "recipient?)"},
           Case{"part-size = 1M\npart-size = 2M",
                "test.conf:3: part-size is set twice in rule a (it is set in test.conf:2 already; write several values "
                "in one line, separated by commas)"},
       }) {
    const auto policy = try_read("[rule a]\n" + item.text + "\naction = pass\n");
    ASSERT_FALSE(policy) << item.text;
    EXPECT_EQ(policy.error().kind, ErrorKind::Usage);
    EXPECT_EQ(policy.error().text(), item.words);
  }
}

// Nobody knows whether such a rule matches: neither it nor a later one relays.
TEST(PatternLimits, KeepMailFromBeingRelayed) {
  mail::MessageFacts facts = three_parts();
  facts.headers.push_back(mail::HeaderField{"x-long", std::string(3000, 'a') + "!", {}});
  const std::string later = "[rule later]\nclient = 10.1.20.0/24\nfrom = scanner@contoso.com\naction = relay\n";
  const Policy bomb = read("[rule bomb]\nheader = x-long: /(a+)+$/\naction = pass\n" + later);
  const Decision decision = bomb.decide(envelope_of("10.1.20.7"), facts);
  EXPECT_EQ(decision.action, Action::Pass);
  EXPECT_EQ(decision.reason, "pattern-limit");
  EXPECT_EQ(decision.text,
            "rule bomb: header: a pattern needs more steps than all patterns together may take for one message");
  EXPECT_EQ(bomb.explain(envelope_of("10.1.20.7"), facts),
            "rule bomb (test.conf:1): nobody knows whether it matches, so it is not relayed: header: a pattern needs "
            "more steps than all patterns together may take for one message\n"
            "rule later (test.conf:4): not asked\n");
  EXPECT_EQ(bomb.decide(envelope_of("10.1.20.7"), three_parts()).action, Action::Relay) << "without such a field";
  // Another condition settles it.
  const Policy settled = read("[rule bomb]\nheader = x-long: /(a+)+$/\nclient = 192.0.2.1\naction = pass\n" + later);
  EXPECT_EQ(settled.decide(envelope_of("10.1.20.7"), facts).action, Action::Relay);
}

TEST(SmallestInterestingSize, AsksForTheLeastOfEachSize) {
  const std::string who = "client = 10.1.20.0/24\nfrom = @contoso.com\naction = relay\n";
  const auto smallest = [&](const std::string& conditions) {
    return read("[rule a]\n" + who + conditions).smallest_interesting_size(envelope_of("10.1.20.7"));
  };
  EXPECT_EQ(smallest("part-size = 2M-3M, 1M-1M\n"), 1U << 20);
  EXPECT_EQ(smallest("part-size = -1M\n"), 0U);
  EXPECT_EQ(smallest("message-size = 1M\nlarge-parts-size = 2M\n"), 2U << 20);
  EXPECT_EQ(smallest("message-size = !-1M\n"), (1U << 20) + 1);
  EXPECT_EQ(smallest("part-size = 3M-1M\n"), std::nullopt);
}

}  // namespace
}  // namespace graph_milter::policy::test
