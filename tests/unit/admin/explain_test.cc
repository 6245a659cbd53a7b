// SPDX-License-Identifier: Apache-2.0
#include "core/admin/explain.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/base64.h"
#include "core/json/json.h"
#include "tests/support/temp_folder.h"

namespace graph_milter::admin {
namespace {

using ::testing::HasSubstr;

constexpr ByteCount kRange = 3'932'160;

std::string lines_of_base64(const std::string& raw) {
  const std::string encoded = base64_encode(raw);
  std::string out;
  for (std::size_t i = 0; i < encoded.size(); i += 76) out += encoded.substr(i, 76) + "\r\n";
  return out;
}

// A mail of a scanner with a text and one PDF of `size` bytes.
std::string scan(std::size_t size) {
  return "From: Scanner <scanner@contoso.com>\r\n"
         "To: a@fabrikam.com\r\n"
         "Subject: Scan\r\n"
         "Message-ID: <1@scanner>\r\n"
         "Date: Sun, 22 Nov 2026 09:02:05 +0000\r\n"
         "MIME-Version: 1.0\r\n"
         "Content-Type: multipart/mixed; boundary=\"b\"\r\n"
         "\r\n"
         "--b\r\n"
         "Content-Type: text/plain; charset=utf-8\r\n"
         "\r\n"
         "Here it is.\r\n"
         "--b\r\n"
         "Content-Type: application/pdf\r\n"
         "Content-Transfer-Encoding: base64\r\n"
         "Content-Disposition: attachment; filename=\"scan.pdf\"\r\n"
         "\r\n" +
         lines_of_base64(std::string(size, 'x')) + "--b--\r\n";
}

class Explain : public ::testing::Test {
 protected:
  static constexpr const char* kRule =
      "[rule scanners]\nclient = 10.1.20.0/24\nfrom = scanner@contoso.com\npart-size = 3M\naction = relay\n";

  Explanation explain_text(const std::string& text, const config::EnvelopeFlags& flags,
                           const std::string& rules = kRule) {
    const auto conf = config::read_conf_text(rules, "a.conf");
    const auto policy = policy::Policy::read(*conf, {"contoso.com"});
    EXPECT_TRUE(policy) << policy.error().text();
    intake::IntakeSettings settings;
    settings.instance = "mx1";
    auto out = explain(*policy, settings, flags, folder_.write("m.eml", text), from_unix_ms(1'795'348'800'000));
    EXPECT_TRUE(out) << out.error().text();
    return out ? *std::move(out) : Explanation{};
  }

  static config::EnvelopeFlags from_scanner() {
    config::EnvelopeFlags flags;
    flags.client = "10.1.20.5";
    return flags;
  }

  const test::TempFolder folder_;
};

TEST_F(Explain, SaysPartByPartWhatARelayedMailBecomes) {
  const Explanation explanation = explain_text(scan(8'000'000), from_scanner());
  ASSERT_TRUE(explanation.relayed()) << print_explanation(explanation, kRange, Form::Words);
  const std::string words = print_explanation(explanation, kRange, Form::Words);
  EXPECT_THAT(words, HasSubstr(", 3 parts, clean\n"));
  EXPECT_THAT(words,
              HasSubstr("envelope: client 10.1.20.5, login -, from <scanner@contoso.com>, to <a@fabrikam.com>\n"));
  EXPECT_THAT(words, HasSubstr("    0 multipart/mixed\n"));
  EXPECT_THAT(words, HasSubstr("    1   text/plain, 7bit, 11 B: stays (body text)\n"));
  EXPECT_THAT(words,
              HasSubstr("    2   application/pdf \"scan.pdf\" attachment, base64, 8.0 MB: upload session, 3 ranges as "
                        "\"scan.pdf\"\n"));
  EXPECT_THAT(words, HasSubstr("decision: relay by rule scanners from the mailbox scanner@contoso.com\n"));
  EXPECT_THAT(words, HasSubstr("  to: a@fabrikam.com\n  cc: -\n  bcc: -\n  message-id: <1@scanner>\n"));
}

TEST_F(Explain, TheSameAsJson) {
  const auto json = json::parse(print_explanation(explain_text(scan(8'000'000), from_scanner()), kRange, Form::Json));
  ASSERT_TRUE(json);
  EXPECT_EQ(*json->find_string("verdict"), "clean");
  EXPECT_EQ(*json->find_string("decision"), "relay");
  EXPECT_EQ(*json->find_string("rule"), "scanners");
  const json::Value& part = json->find("parts")->items().at(2);
  EXPECT_EQ(*part.find_string("way"), "session");
  EXPECT_EQ(part.find_uint64("ranges"), 3U);
  EXPECT_EQ(part.find_uint64("size"), 8'000'000U);
  EXPECT_EQ(part.find_bool("exact"), true);
  EXPECT_EQ(json->find_uint64("request_size"), (*json->find_uint64("draft_size") + 2) / 3 * 4);
}

TEST_F(Explain, SaysWhatWillBeLost) {
  std::string text = scan(8'000'000);
  text.insert(0, "Auto-Submitted: auto-generated\r\nUser-Agent: scanner/2\r\n");
  const Explanation explanation = explain_text(text, from_scanner());
  EXPECT_THAT(print_explanation(explanation, kRange, Form::Words),
              HasSubstr("  message-id: <1@scanner>\n"
                        "  if it can't be sent: its sender is told\n"
                        "  will be lost: auto-submitted: auto-generated (the draft says X-Auto-Response-Suppress) "
                        "[auto-submitted]\n"
                        "  will be lost: user-agent [other-fields]\n"
                        "  will be lost: the type application/pdf of \"scan.pdf\" (by upload session, all become "
                        "application/octet-stream) [part-types]\n"));
  const auto json = json::parse(print_explanation(explanation, kRange, Form::Json));
  ASSERT_TRUE(json);
  const auto& losses = json->find("losses")->items();
  ASSERT_EQ(losses.size(), 3U);
  EXPECT_EQ(*losses[1].find_string("code"), "other-fields");
  EXPECT_EQ(*losses[1].find_string("text"), "user-agent");
}

TEST_F(Explain, SaysThatNothingWillBeLost) {
  std::string text = scan(8'000'000);
  text.replace(text.find("application/pdf"), 15, "application/octet-stream");
  const Explanation explanation = explain_text(text, from_scanner());
  EXPECT_THAT(print_explanation(explanation, kRange, Form::Words),
              HasSubstr("  message-id: <1@scanner>\n  if it can't be sent: its sender is told\n"
                        "  nothing will be lost\n"));
  const auto json = json::parse(print_explanation(explanation, kRange, Form::Json));
  ASSERT_TRUE(json);
  EXPECT_TRUE(json->find("losses")->items().empty());
}

TEST_F(Explain, SaysWhyNoRuleMatches) {
  const Explanation explanation = explain_text(scan(8'000'000), {});
  EXPECT_FALSE(explanation.relayed());
  const std::string words = print_explanation(explanation, kRange, Form::Words);
  EXPECT_THAT(words, HasSubstr("rules:\n  "));
  EXPECT_THAT(words, HasSubstr("127.0.0.1"));
  EXPECT_THAT(words, HasSubstr("decision: left to the MTA: no-rule ("));
  const auto json = json::parse(print_explanation(explanation, kRange, Form::Json));
  ASSERT_TRUE(json);
  EXPECT_EQ(*json->find_string("decision"), "pass");
  EXPECT_EQ(*json->find_string("reason"), "no-rule");
}

TEST_F(Explain, EnvelopeFlagsBeatTheMessage) {
  config::EnvelopeFlags flags = from_scanner();
  flags.sender = "";
  flags.recipients = {"b@fabrikam.com"};
  const Explanation explanation = explain_text(scan(8'000'000), flags);
  EXPECT_TRUE(explanation.envelope.has_null_sender());
  ASSERT_EQ(explanation.envelope.recipients.size(), 1U);
  EXPECT_EQ(explanation.envelope.recipients[0].address, "b@fabrikam.com");
  EXPECT_THAT(print_explanation(explanation, kRange, Form::Words),
              HasSubstr("decision: left to the MTA, rule scanners: null-sender ("));
}

TEST_F(Explain, AMatchingMailThatCannotBeRelayedIsLeftAlone) {
  config::EnvelopeFlags flags = from_scanner();
  flags.recipients = {"b@fabrikam.com"};  // the header names a@fabrikam.com, whom the envelope does not
  const Explanation explanation = explain_text(scan(8'000'000), flags);
  ASSERT_TRUE(explanation.outcome);
  EXPECT_FALSE(explanation.relayed());
  EXPECT_THAT(print_explanation(explanation, kRange, Form::Words),
              HasSubstr("decision: left to the MTA, rule scanners: recipients-wider ("));
}

TEST_F(Explain, LinesThatEndInLfAreReadAsCrlf) {
  std::string text = scan(4'000'000);
  std::string lf;
  for (const char c : text) {
    if (c != '\r') lf += c;
  }
  const Explanation explanation = explain_text(lf, from_scanner());
  EXPECT_TRUE(explanation.line_ends_changed);
  EXPECT_EQ(explanation.facts.size, text.size());
  EXPECT_TRUE(explanation.relayed());
  EXPECT_FALSE(explain_text(text, from_scanner()).line_ends_changed);
}

TEST_F(Explain, ALoneLfInAMailWithCrlfStaysWhatItIs) {
  std::string text = scan(4'000'000);
  text.replace(text.find("Here it is.\r\n"), 13, "Here it is.\n");
  const Explanation explanation = explain_text(text, from_scanner());
  EXPECT_FALSE(explanation.line_ends_changed);
  EXPECT_EQ(explanation.facts.size, text.size());
}

TEST_F(Explain, NamesAFileThatIsNotThere) {
  const auto policy = policy::Policy::read(config::ConfText{{config::ConfSection{}}}, {});
  const auto out = explain(*policy, {}, {}, folder_.file("none"), TimePoint{});
  ASSERT_FALSE(out);
  EXPECT_EQ(out.error().text(), folder_.file("none") + ": cannot open: No such file or directory");
}

std::string decision_in(const std::string& words) { return words.substr(words.find("decision: ")); }

TEST_F(Explain, SaysWhatARuleThatRefusesSays) {
  const std::string rules = "[rule large]\npart-size = 3M\naction = reject\ncode = 5.3.4\ntext = Too large for us\n";
  const Explanation explanation = explain_text(scan(8'000'000), from_scanner(), rules);
  EXPECT_EQ(decision_in(print_explanation(explanation, kRange, Form::Words)),
            "decision: refused by 552 5.3.4 \"Too large for us\", rule large: rule (rule large says reject)\n");
  const auto json = json::parse(print_explanation(explanation, kRange, Form::Json));
  EXPECT_EQ(*json->find_string("decision"), "reject");
  EXPECT_EQ(*json->find_string("reply"), "552 5.3.4 Too large for us");
}

TEST_F(Explain, SaysWhatBecomesOfWhatCantBeRelayed) {
  config::EnvelopeFlags flags = from_scanner();
  flags.recipients = {"<other@fabrikam.com>"};
  const auto decision = [&](const std::string& more) {
    return decision_in(print_explanation(explain_text(scan(8'000'000), flags, kRule + more), kRange, Form::Words));
  };
  const std::string why =
      ", rule scanners: recipients-wider (the header names a@fabrikam.com, to whom the client did not address the "
      "message and Graph would mail it)\n";
  EXPECT_EQ(decision("otherwise = pass\n"), "decision: left to the MTA" + why);
  EXPECT_EQ(decision("otherwise = hold\n"), "decision: held for the administrator" + why);
  EXPECT_EQ(decision("otherwise = tempfail\n"),
            "decision: refused by 451 4.7.1 \"Microsoft 365 can't send this mail: the header names a@fabrikam.com, to "
            "whom the client did not address the message and Graph would mail it\"" +
                why);
  EXPECT_EQ(decision("otherwise = hold\npretend = yes\n"),
            "decision: held for the administrator" + why +
                "  pretend: all of this only goes to the log; the MTA keeps the message\n");
}

TEST_F(Explain, SaysWhatTheRuleSets) {
  std::string text = scan(8'000'000);
  text.replace(text.find("Scanner <scanner@contoso.com>"), 29, "mfp3@corp.local");
  const Explanation explanation =
      explain_text(text, from_scanner(),
                   "[rule devices]\nclient = 10.1.20.0/24\nset-from = mfp@contoso.com\nreturn = hold\n"
                   "sent-copy = 7d\npretend = yes\naction = relay\n");
  const std::string words = print_explanation(explanation, kRange, Form::Words);
  EXPECT_THAT(words, HasSubstr("rule devices (a.conf:1): matches: relay through mfp@contoso.com, From becomes "
                               "mfp@contoso.com\n"));
  EXPECT_THAT(words,
              HasSubstr("  from: mfp@contoso.com (set-from)\n  reply-to: mfp3@corp.local (the From it came with)\n"
                        "  if it can't be sent: it is held\n"
                        "  its copy in Sent Items: deleted after 7d\n"));
  EXPECT_THAT(words, HasSubstr("  pretend: all of this only goes to the log; the MTA keeps the message\n"));
  const auto json = json::parse(print_explanation(explanation, kRange, Form::Json));
  EXPECT_EQ(*json->find_string("from"), "mfp@contoso.com");
  EXPECT_EQ(*json->find_string("reply_to"), "mfp3@corp.local");
  EXPECT_EQ(*json->find_string("return"), "hold");
  EXPECT_EQ(*json->find_string("sent_copy"), "7d");
  EXPECT_EQ(json->find_bool("pretend"), true);
}

}  // namespace
}  // namespace graph_milter::admin
