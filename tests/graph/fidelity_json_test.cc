// SPDX-License-Identifier: Apache-2.0
// The column of the fidelity table for drafts as JSON, row by row: what it says is kept arrives, what it says is lost
// is told before and does not arrive, what it says is left alone is.
#include "core/plan/json_draft.h"
#include "tests/graph/fidelity.h"

namespace graph_milter::delivery::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using Values = std::vector<std::string>;

const Arrival& arrival_as_json() {
  static const Arrival arrival = [] {
    plan::ServiceLimits limits;
    limits.request_body = 60'000;
    return FidelityWorld().relay(
        header_of_everything() + "Preamble\r\n" + text_of_everything("") + files_of_everything() + "--m--\r\n",
        kRecipients, rule_of_the_test(), limits, plan::DraftWish::Json);
  }();
  return arrival;
}

// --- kept ---

// Names and addresses, however they are written.
Values people_in(const Arrival& arrival, const std::string& name) {
  Values out;
  for (const std::string& value : arrival.values(name)) {
    for (const emulator::Address& each : emulator::parse_addresses(value))
      out.push_back(each.name + " <" + each.address + ">");
  }
  return out;
}

Check people(const std::string& name, const Values& expected) {
  return [=] { EXPECT_EQ(people_in(arrival_as_json(), name), expected); };
}

Check fields(std::vector<std::string> names) {
  return [names = std::move(names)] { expect_fields(arrival_as_json(), names); };
}

Check file(const std::string& name, const std::string& content, const std::string& origin = "post") {
  return [=] { EXPECT_TRUE(arrived_with(arrival_as_json(), name, content, origin)); };
}

Check image(const std::string& name, const std::string& content_id, const std::string& content,
            const std::string& origin) {
  return [=] {
    EXPECT_TRUE(arrived_with(arrival_as_json(), name, content, origin));
    const emulator::DeliveredPart* part = arrival_as_json().part(name);
    ASSERT_NE(part, nullptr);
    EXPECT_TRUE(part->is_inline);
    EXPECT_EQ(part->content_id, content_id);
  };
}

void expect_to_and_cc() {
  EXPECT_EQ(people_in(arrival_as_json(), "To"),
            (Values{"Alice <alice@example.org>", " <bob@example.org>", "Carol <carol@example.org>"}));
  EXPECT_EQ(people_in(arrival_as_json(), "Cc"), Values{"J\u00f6rg <joerg@xn--bcher-kva.example>"});
}

void expect_hidden_recipients() {
  const Arrival& arrival = arrival_as_json();
  EXPECT_EQ(arrival.delivery.bcc, Values{"hidden@example.net"});
  for (const char* hidden : {"hidden@example.net", "former@example.net", "secret@example.net"}) {
    EXPECT_THAT(arrival.text, Not(HasSubstr(hidden)));
  }
  Values all = kRecipients;
  std::sort(all.begin(), all.end());
  EXPECT_EQ(arrival.delivery.recipients, all);
}

void expect_subject() { EXPECT_EQ(arrival_as_json().delivery.subject, "\u00c4ngstliche \u00dcbung and more"); }

void expect_bytes() {
  EXPECT_TRUE(arrived_with(arrival_as_json(), "plain.pdf", content("plain.pdf"), "post"));
  EXPECT_TRUE(arrived_with(arrival_as_json(), "big.pdf", kBigFile, "session"));
}

void expect_names() {
  for (const std::string& name : {std::string("plain.pdf"), std::string("\u00dcbersicht 2231.pdf"), kLongName,
                                  std::string("\u00dcbersicht 2047.pdf"), std::string("\u00dcbersicht utf-8.pdf")}) {
    EXPECT_TRUE(arrived_with(arrival_as_json(), name, content(name)));
  }
}

void expect_nameless() {
  const auto& parts = arrival_as_json().delivery.parts;
  const auto found = std::find_if(parts.begin(), parts.end(), [](const emulator::DeliveredPart& part) {
    return part.sha256 == sha256_hex(content("nameless"));
  });
  ASSERT_NE(found, parts.end());
  EXPECT_THAT(found->name, testing::MatchesRegex("attachment-[0-9]+\\.jpg"));
}

void expect_content_id() {
  const emulator::DeliveredPart* part = arrival_as_json().part("with-id.pdf");
  ASSERT_NE(part, nullptr);
  EXPECT_EQ(part->content_id, "file@x");
  EXPECT_FALSE(part->is_inline);
}

void expect_posted_type() {
  const emulator::DeliveredPart* part = arrival_as_json().part("plain.pdf");
  ASSERT_NE(part, nullptr);
  EXPECT_EQ(part->type, "application/pdf");
}

const std::map<std::string, Check>& kept() {
  static const std::map<std::string, Check> all = {
      {"From", people("From", {"J\u00fcrgens Scanner <scanner@contoso.com>"})},
      {"Reply-To", people("Reply-To", {"Desk, Help <desk@contoso.com>"})},
      {"To, Cc", expect_to_and_cc},
      {"Bcc, and recipients that are only in the envelope", expect_hidden_recipients},
      {"Message-ID", fields({"Message-ID"})},
      {"In-Reply-To, References", fields({"In-Reply-To", "References"})},
      {"Subject", expect_subject},
      {"X- fields", fields({"X-Mailer"})},
      {"Importance, X-Priority", fields({"Importance", "X-Priority"})},
      {"Sensitivity", fields({"Sensitivity"})},
      {"Disposition-Notification-To, Return-Receipt-To", [] { expect_receipts_to_the_mailbox(arrival_as_json()); }},
      {"8bit and binary bodies", file("raw.bin", kBinary)},
      {"related images (Content-ID)", image("small.png", "small@x", kSmallImage, "post")},
      {"related images that don't fit", image("big.png", "big@x", kBigImage, "session")},
      {"winmail.dat (TNEF)", file("winmail.dat", kTnef)},
      {"bytes of attachments", expect_bytes},
      {"how they were encoded", file("prices.csv", kCsv)},
      {"names: ASCII, RFC 2231, RFC 2047, UTF-8", expect_names},
      {"raw 8-bit names, rule `name-charset`", file("\u00dcbersicht raw.pdf", content("\u00dcbersicht raw.pdf"))},
      {"files without a name", expect_nameless},
      {"Content-ID of attachments", expect_content_id},
      {"types of attachments that are posted", expect_posted_type},
  };
  return all;
}

// --- made anew: there, and of the service's own making ---

void expect_one_text() {
  const Entity* text = find_type(arrival_as_json().entity, "text/html");
  ASSERT_NE(text, nullptr);
  EXPECT_EQ(text->type_parameters.at("charset"), "utf-8");
  EXPECT_EQ(emulator::decoded_body(arrival_as_json().text, *text),
            "<p>Gr\u00fc\u00dfe <img src=\"cid:small@x\"> <img src=\"cid:big@x\">");
}

void expect_no_wrapping() { EXPECT_THAT(arrival_as_json().text, Not(HasSubstr("Preamble"))); }

void expect_only_hidden_recipients() {
  const Arrival arrival = FidelityWorld().relay("From: scanner@contoso.com\r\nSubject: Scan\r\n\r\nHello\r\n",
                                                {"hidden@example.net"}, rule_of_the_test(), {}, plan::DraftWish::Json);
  EXPECT_EQ(arrival.delivery.recipients, Values{"hidden@example.net"});
  EXPECT_EQ(arrival.values("To"), Values{}) << "a JSON draft has no group to write there";
}

const std::map<std::string, Check>& made_anew() {
  static const std::map<std::string, Check> all = {
      {"Sender that is the mailbox or From", [] { EXPECT_EQ(arrival_as_json().values("Sender"), Values{}); }},
      {"no To and no Cc", expect_only_hidden_recipients},
      {"MIME-Version, Content-Type, Content-Transfer-Encoding of what stays", expect_one_text},
      {"charsets of the text", expect_one_text},
      {"boundaries, preamble, epilogue", expect_no_wrapping},
  };
  return all;
}

// --- lost: told, and really lost ---

Check absent(Values names) {
  return [names = std::move(names)] {
    for (const std::string& name : names) EXPECT_EQ(arrival_as_json().values(name), Values{}) << name;
  };
}

const std::map<std::string, Check>& lost() {
  static const std::map<std::string, Check> all = {
      {"To or Cc with groups, comments, words in names",
       [] { EXPECT_THAT(arrival_as_json().text, Not(HasSubstr("Team"))); }},
      {"Date",
       [] { EXPECT_THAT(arrival_as_json().values("Date"), ElementsAre(Not("Sun, 22 Nov 2026 09:02:05 +0100"))); }},
      {"X- fields of a name that stands there twice",
       [] { EXPECT_EQ(arrival_as_json().values("X-Scan-Job"), Values{"4711"}); }},
      {"List-Help, List-Subscribe, List-Unsubscribe", absent({"List-Help", "List-Subscribe", "List-Unsubscribe"})},
      {"Priority", absent({"Priority"})},
      {"Thread-Topic, Thread-Index, Keywords, Comments, Accept-Language, Content-Language",
       absent({"Thread-Topic", "Thread-Index", "Keywords", "Comments", "Accept-Language", "Content-Language"})},
      {"text and HTML alternatives",
       [] { EXPECT_EQ(find_type(arrival_as_json().entity, "multipart/alternative"), nullptr); }},
      {"format=flowed and what else the header of the text says",
       [] { EXPECT_THAT(arrival_as_json().text, Not(HasSubstr("the letter"))); }},
  };
  return all;
}

// --- left alone ---

std::string mixed(const std::string& part) {
  return "From: scanner@contoso.com\r\nTo: alice@example.org\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; "
         "boundary=m\r\n\r\n--m\r\n\r\nHello\r\n--m\r\n" +
         part + "\r\n--m--\r\n";
}

// By the row; a message of which the row speaks.
const std::map<std::string, std::string>& left_alone() {
  static const std::map<std::string, std::string> all = {
      {"text/calendar", mixed("Content-Type: text/calendar; method=REQUEST\r\n\r\nBEGIN:VCALENDAR")},
      {"message/rfc822", mixed("Content-Type: message/rfc822\r\n\r\nSubject: old\r\n\r\nold")},
      {"empty files", mixed(attachment("filename=empty.pdf") + "\r\n")},
      {"a message that is one file", "From: scanner@contoso.com\r\nTo: alice@example.org\r\nMIME-Version: 1.0\r\n" +
                                         attachment("filename=a.pdf") + "\r\nPDF\r\n"},
      {"text and nested parts of more than 3 MiB together",
       "From: scanner@contoso.com\r\nTo: alice@example.org\r\n\r\n" + repeat("a line of text\r\n", 300'000)},
  };
  return all;
}

std::string reason_of(const std::string& message) {
  mail::Scanner scanner;
  scanner.feed(message);
  StringSource source{message};
  const mail::MessageFacts facts = scanner.finish();
  mail::Envelope envelope;
  envelope.sender = mail::make_envelope_path("<scanner@contoso.com>");
  envelope.add_recipient(mail::make_envelope_path("<alice@example.org>"));
  const policy::Rule rule = rule_of_the_test();
  const auto outcome = plan::make_plan({.envelope = envelope,
                                        .facts = facts,
                                        .rule = rule,
                                        .limits = {},
                                        .entry_id = "0123456789abcdefghijklmnop",
                                        .instance = "mx1",
                                        .draft = plan::DraftWish::Json,
                                        .message = &source});
  const auto* left = std::get_if<plan::LeaveAlone>(&outcome);
  return left == nullptr ? std::string("relayed") : left->reason;
}

// --- the column ---

class JsonFidelity : public testing::TestWithParam<TableRow> {};

TEST_P(JsonFidelity, IsAsTheTableSays) {
  const TableRow& row = GetParam();
  if (row.as_json == "same") {
    ASSERT_TRUE(kept().contains(row.what)) << "no check of " << row.what;
    return kept().at(row.what)();
  }
  if (row.as_json == "made anew") {
    ASSERT_TRUE(made_anew().contains(row.what)) << "no check of " << row.what;
    return made_anew().at(row.what)();
  }
  const Values codes = codes_in(row.as_json);
  ASSERT_EQ(codes.size(), 1U) << row.as_json;
  if (row.as_json.starts_with("left alone: ")) {
    ASSERT_TRUE(left_alone().contains(row.what)) << "no message of " << row.what;
    EXPECT_EQ(reason_of(left_alone().at(row.what)), codes[0]);
    return;
  }
  ASSERT_TRUE(row.as_json.starts_with("lost: ")) << row.as_json;
  ASSERT_TRUE(lost().contains(row.what)) << "no check of " << row.what;
  EXPECT_TRUE(arrival_as_json().will_lose(codes[0])) << codes[0];
  lost().at(row.what)();
}

// What a MIME draft loses or what is left alone whatever the draft needs no second look.
std::vector<TableRow> rows_with_a_fate_of_their_own() {
  std::vector<TableRow> rows = read_table();
  std::erase_if(rows, [](const TableRow& row) { return row.as_mime != "kept" && row.as_json == "same"; });
  return rows;
}

std::string name_of(const testing::TestParamInfo<TableRow>& row) {
  std::string name = std::to_string(row.index) + "_";
  for (const char c : row.param.what) {
    if (is_ascii_digit(c) || (ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z')) name += c;
  }
  return name;
}

INSTANTIATE_TEST_SUITE_P(Row, JsonFidelity, testing::ValuesIn(rows_with_a_fate_of_their_own()), name_of);

TEST(FidelityTable, OfAJsonDraftLossesOfTheMailWithEverythingAreTold) {
  EXPECT_EQ(plan::join_codes(arrival_as_json().losses),
            "auto-submitted,list-fields,resent-fields,trace-fields,signature-fields,reserved-fields,other-fields,"
            "envelope-sender,delivery-reports,priority,part-names,part-types,part-parameters,part-fields,other-texts,"
            "text-form,json-fields,address-forms");
}

// By name: a field that a draft is said to have arrives, and no other does. Sender and Date are of the service's
// making.
TEST(FidelityTable, OfAJsonDraftTheFieldsArriveThatAreSaidTo) {
  const mail::MessageFacts& facts = arrival_as_json().facts;
  for (const mail::HeaderField& field : facts.headers) {
    if (field.name == "bcc" || field.name == "sender" || field.name == "date") continue;
    const bool said = std::any_of(facts.headers.begin(), facts.headers.end(), [&](const mail::HeaderField& each) {
      return each.name == field.name && plan::is_kept_field(each.name) && plan::is_in_json_draft(facts, each);
    });
    EXPECT_EQ(!arrival_as_json().values(field.name).empty(), said) << field.name;
  }
}

}  // namespace
}  // namespace graph_milter::delivery::test
