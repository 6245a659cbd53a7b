// SPDX-License-Identifier: Apache-2.0
// The fidelity table of ARCHITECTURE.md, row by row: what it says is kept arrives through the emulator as it was sent,
// what it says is lost is told before by core/plan/losses.h, and nothing else is missing.
#include "tests/graph/fidelity.h"

#include "core/mail/skeleton.h"

namespace graph_milter::delivery::test {
namespace {

using testing::AnyOf;
using testing::HasSubstr;

// --- the table ---

std::set<std::string> rows_that_are(const std::string& fate) {
  std::set<std::string> rows;
  for (const TableRow& row : read_table()) {
    if (row.as_mime == fate) rows.insert(row.what);
  }
  return rows;
}

TEST(FidelityTable, HasOneRowForEachCodeOfALossAtLeast) {
  std::set<std::string> told;
  for (const TableRow& row : read_table()) {
    for (const std::string& fate : {row.as_mime, row.as_json}) {
      if (!fate.starts_with("lost: ")) continue;
      for (const std::string& code : codes_in(fate)) told.insert(code);
    }
  }
  const auto codes = plan::loss_codes();
  EXPECT_EQ(told, std::set<std::string>(codes.begin(), codes.end()));
}

TEST(FidelityTable, SaysOfEachRowWhatBecomesOfItAndWhoSaysSo) {
  const std::vector<TableRow> rows = read_table();
  ASSERT_GT(rows.size(), 50U);
  std::set<std::string> seen;
  std::ifstream header(GM_SOURCE_DIR "/core/plan/plan.h");
  const std::string reasons((std::istreambuf_iterator<char>(header)), std::istreambuf_iterator<char>());
  for (const TableRow& row : rows) {
    EXPECT_TRUE(seen.insert(row.what).second) << row.what << " is there twice";
    EXPECT_TRUE(row.as_mime == "kept" || row.as_mime.starts_with("lost: `") || row.as_mime.starts_with("left alone: `"))
        << row.what << ": " << row.as_mime;
    const bool has_another_fate = row.as_mime == "kept" || row.as_json.starts_with("left alone: `json:");
    EXPECT_TRUE(row.as_json == "same" || has_another_fate) << row.what << ": " << row.as_json;
    EXPECT_THAT(row.known,
                AnyOf(HasSubstr("documented"), HasSubstr("reported"), HasSubstr("unknown"), HasSubstr("RFC ")))
        << row.what;
    if (!row.as_mime.starts_with("left alone: ")) continue;
    for (const std::string& code : codes_in(row.as_mime)) EXPECT_THAT(reasons, HasSubstr("\"" + code)) << row.what;
  }
}

// --- mails, and what arrives of them ---

std::string everything() {
  const std::string calendar =
      "--a\r\nContent-Type: text/calendar; method=REQUEST; charset=utf-8\r\n\r\nBEGIN:VCALENDAR\r\n";
  const std::string nested =
      "--m\r\nContent-Type: message/rfc822; name=old.eml\r\nContent-Disposition: attachment; "
      "filename=old.eml\r\n\r\n" +
      kNested + "\r\n";
  return header_of_everything() + "This is a multi-part message.\r\n" + text_of_everything(calendar) + nested +
         files_of_everything() + file_part(attachment("filename=empty.pdf"), "") + "--m--\r\nThat was it.\r\n";
}

// Each is delivered once, however many rows look at it.
const Arrival& arrival_of_everything() {
  static const Arrival arrival = [] {
    plan::ServiceLimits limits;
    limits.request_body = 60'000;
    return FidelityWorld().relay(everything(), kRecipients, rule_of_the_test(), limits);
  }();
  return arrival;
}

// Small enough for everything but the large file to stay in the skeleton.
const Arrival& arrival_of_a_small_mail() {
  static const Arrival arrival = [] {
    policy::Rule rule = rule_of_the_test();
    rule.part_size = 40'000;
    return FidelityWorld().relay(everything(), kRecipients, rule, {});
  }();
  return arrival;
}

const Arrival& arrival_of_a_bare_file() {
  static const Arrival arrival = [] {
    return FidelityWorld().relay("From: scanner@contoso.com\r\nSubject: Scan\r\nMIME-Version: 1.0\r\n" +
                                     attachment("filename=scan.pdf") + "Content-Transfer-Encoding: base64\r\n\r\n" +
                                     lines_of_base64(content("scan.pdf")),
                                 {"hidden@example.net"}, rule_of_the_test(), {});
  }();
  return arrival;
}

// --- what a row means ---

Check fields(std::vector<std::string> names) {
  return [names = std::move(names)] { expect_fields(arrival_of_everything(), names); };
}

Check file(const std::string& name, const std::string& content, const std::string& origin = "") {
  return [=] { EXPECT_TRUE(arrived_with(arrival_of_everything(), name, content, origin)); };
}

void expect_alternatives() {
  const Arrival& arrival = arrival_of_everything();
  const Entity* alternative = find_type(arrival.entity, "multipart/alternative");
  ASSERT_NE(alternative, nullptr);
  ASSERT_EQ(alternative->children.size(), 3U);
  EXPECT_EQ(emulator::decoded_body(arrival.text, alternative->children[0]),
            "Gr\xFC\xDF"
            "e");
  EXPECT_EQ(alternative->children[1].type, "multipart/related");
  EXPECT_EQ(emulator::decoded_body(arrival.text, alternative->children[1].children.at(0)),
            "<p>Gr\xC3\xBC\xC3\x9F"
            "e <img src=\"cid:small@x\"> <img src=\"cid:big@x\">");
}

void expect_charsets() {
  const Entity* text = find_type(arrival_of_everything().entity, "text/plain");
  const Entity* html = find_type(arrival_of_everything().entity, "text/html");
  ASSERT_TRUE(text != nullptr && html != nullptr);
  EXPECT_EQ(text->type_parameters.at("charset"), "iso-8859-1");
  EXPECT_EQ(text->encoding, "8bit");
  EXPECT_EQ(html->type_parameters.at("charset"), "utf-8");
}

void expect_form_of_the_text() {
  const Entity* text = find_type(arrival_of_everything().entity, "text/plain");
  ASSERT_NE(text, nullptr);
  EXPECT_EQ(text->type_parameters.at("format"), "flowed");
  EXPECT_THAT(arrival_of_everything().text, HasSubstr("\r\nContent-Description: the letter\r\n"));
}

void expect_receipts() { expect_receipts_to_the_mailbox(arrival_of_everything()); }

void expect_types_of_what_stays() {
  const Entity* text = find_type(arrival_of_everything().entity, "text/html");
  ASSERT_NE(text, nullptr);
  EXPECT_EQ(text->encoding, "quoted-printable");
  EXPECT_EQ(arrival_of_everything().values("MIME-Version"), std::vector<std::string>{"1.0"});
  EXPECT_THAT(arrival_of_everything().values("Content-Type").back(), HasSubstr("multipart/mixed; boundary=\"m\""));
}

void expect_images_in_the_skeleton() {
  const Arrival& arrival = arrival_of_a_small_mail();
  const emulator::DeliveredPart* image = arrival.part("small.png");
  ASSERT_NE(image, nullptr);
  EXPECT_EQ(image->origin, "mime");
  EXPECT_TRUE(image->is_inline);
  EXPECT_EQ(image->content_id, "small@x");
  EXPECT_EQ(image->sha256, sha256_hex(kSmallImage));
  const Entity* related = find_type(arrival.entity, "multipart/related");
  ASSERT_NE(related, nullptr);
  EXPECT_EQ(related->children.size(), 3U);
}

void expect_images_by_session() {
  const emulator::DeliveredPart* image = arrival_of_everything().part("big.png");
  ASSERT_NE(image, nullptr);
  EXPECT_EQ(image->origin, "session");
  EXPECT_TRUE(image->is_inline);
  EXPECT_EQ(image->content_id, "big@x");
  EXPECT_EQ(image->sha256, sha256_hex(kBigImage));
}

void expect_calendar() {
  const Entity* alternative = find_type(arrival_of_everything().entity, "multipart/alternative");
  ASSERT_TRUE(alternative != nullptr && alternative->children.size() == 3);
  EXPECT_EQ(alternative->children[2].type, "text/calendar");
  EXPECT_EQ(alternative->children[2].type_parameters.at("method"), "REQUEST");
}

void expect_nested_message() {
  const Entity* nested = find_type(arrival_of_a_small_mail().entity, "message/rfc822");
  ASSERT_NE(nested, nullptr);
  const std::string& text = arrival_of_a_small_mail().text;
  EXPECT_EQ(text.substr(nested->body, nested->end - nested->body), kNested);
}

void expect_hidden_recipients() {
  const Arrival& arrival = arrival_of_everything();
  EXPECT_EQ(arrival.delivery.bcc, std::vector<std::string>{"hidden@example.net"});
  for (const char* hidden : {"hidden@example.net", "former@example.net", "secret@example.net"}) {
    EXPECT_EQ(arrival.text.find(hidden), std::string::npos) << hidden << " is in everybody's copy";
  }
  std::vector<std::string> all = kRecipients;
  std::sort(all.begin(), all.end());
  EXPECT_EQ(arrival.delivery.recipients, all);
}

void expect_only_hidden_recipients() {
  const Arrival& arrival = arrival_of_a_bare_file();
  EXPECT_EQ(arrival.delivery.recipients, std::vector<std::string>{"hidden@example.net"});
  EXPECT_EQ(arrival.values("To"), std::vector<std::string>{"undisclosed-recipients:;"});
}

void expect_bare_file() {
  EXPECT_TRUE(arrived_with(arrival_of_a_bare_file(), "scan.pdf", content("scan.pdf"), "post"));
  const Entity* text = find_type(arrival_of_a_bare_file().entity, "text/plain");
  ASSERT_NE(text, nullptr);
  EXPECT_EQ(emulator::decoded_body(arrival_of_a_bare_file().text, *text), "");
}

void expect_bytes() {
  EXPECT_TRUE(arrived_with(arrival_of_everything(), "plain.pdf", content("plain.pdf"), "post"));
  EXPECT_TRUE(arrived_with(arrival_of_everything(), "big.pdf", kBigFile, "session"));
  EXPECT_TRUE(arrived_with(arrival_of_a_small_mail(), "plain.pdf", content("plain.pdf"), "mime"));
}

void expect_names() {
  for (const std::string& name : {std::string("plain.pdf"), std::string("Übersicht 2231.pdf"), kLongName,
                                  std::string("Übersicht 2047.pdf"), std::string("Übersicht utf-8.pdf")}) {
    EXPECT_TRUE(arrived_with(arrival_of_everything(), name, content(name)));
  }
}

void expect_content_id() {
  const emulator::DeliveredPart* part = arrival_of_everything().part("with-id.pdf");
  ASSERT_NE(part, nullptr);
  EXPECT_EQ(part->content_id, "file@x");
  EXPECT_FALSE(part->is_inline);
}

void expect_posted_type() {
  const emulator::DeliveredPart* part = arrival_of_everything().part("plain.pdf");
  ASSERT_NE(part, nullptr);
  EXPECT_EQ(part->type, "application/pdf");
}

void expect_wrapping() {
  EXPECT_THAT(arrival_of_everything().text, HasSubstr("This is a multi-part message.\r\n--m\r\n"));
  EXPECT_THAT(arrival_of_everything().text, HasSubstr("--m--\r\nThat was it.\r\n"));
}

// By the row of the table, each that is kept in a MIME draft.
const std::map<std::string, Check>& checks() {
  static const std::map<std::string, Check> all = {
      {"From", fields({"From"})},
      {"Sender that is the mailbox or From", fields({"Sender"})},
      {"Reply-To", fields({"Reply-To"})},
      {"To, Cc", fields({"To", "Cc"})},
      {"To or Cc with groups, comments, words in names", fields({"To", "Cc"})},
      {"Bcc, and recipients that are only in the envelope", expect_hidden_recipients},
      {"no To and no Cc", expect_only_hidden_recipients},
      {"Date", fields({"Date"})},
      {"Message-ID", fields({"Message-ID"})},
      {"In-Reply-To, References", fields({"In-Reply-To", "References"})},
      {"Subject", fields({"Subject"})},
      {"X- fields", fields({"X-Mailer"})},
      {"X- fields of a name that stands there twice", fields({"X-Scan-Job"})},
      {"List-Help, List-Subscribe, List-Unsubscribe", fields({"List-Help", "List-Subscribe", "List-Unsubscribe"})},
      {"Importance, X-Priority", fields({"Importance", "X-Priority"})},
      {"Priority", fields({"Priority"})},
      {"Sensitivity", fields({"Sensitivity"})},
      {"Disposition-Notification-To, Return-Receipt-To", expect_receipts},
      {"Thread-Topic, Thread-Index, Keywords, Comments, Accept-Language, Content-Language",
       fields({"Thread-Topic", "Thread-Index", "Keywords", "Comments", "Accept-Language", "Content-Language"})},
      {"MIME-Version, Content-Type, Content-Transfer-Encoding of what stays", expect_types_of_what_stays},
      {"text and HTML alternatives", expect_alternatives},
      {"charsets of the text", expect_charsets},
      {"format=flowed and what else the header of the text says", expect_form_of_the_text},
      {"8bit and binary bodies", file("raw.bin", kBinary)},
      {"boundaries, preamble, epilogue", expect_wrapping},
      {"related images (Content-ID)", expect_images_in_the_skeleton},
      {"related images that don't fit", expect_images_by_session},
      {"text/calendar", expect_calendar},
      {"message/rfc822", expect_nested_message},
      {"winmail.dat (TNEF)", file("winmail.dat", kTnef)},
      {"bytes of attachments", expect_bytes},
      {"how they were encoded", file("prices.csv", kCsv)},
      {"names: ASCII, RFC 2231, RFC 2047, UTF-8", expect_names},
      {"raw 8-bit names, rule `name-charset`", file("Übersicht raw.pdf", content("Übersicht raw.pdf"))},
      {"files without a name", file("attachment-13.jpg", content("nameless"))},
      {"empty files", file("empty.pdf", "", "mime")},
      {"Content-ID of attachments", expect_content_id},
      {"types of attachments that are posted", expect_posted_type},
      {"a message that is one file", expect_bare_file},
  };
  return all;
}

class Fidelity : public testing::TestWithParam<std::string> {};

TEST_P(Fidelity, ArrivesAsTheTableSays) { checks().at(GetParam())(); }

std::vector<std::string> rows_with_a_check() {
  std::vector<std::string> rows;
  for (const auto& [row, check] : checks()) rows.push_back(row);
  return rows;
}

std::string name_of_row(const testing::TestParamInfo<std::string>& row) {
  std::string name = std::to_string(row.index) + "_";
  for (const char c : row.param) {
    if (is_ascii_digit(c) || (ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z')) name += c;
  }
  return name;
}

INSTANTIATE_TEST_SUITE_P(Row, Fidelity, testing::ValuesIn(rows_with_a_check()), name_of_row);

TEST(FidelityTable, HasARowForEachCheckAndACheckForEachRowThatIsKept) {
  const std::vector<std::string> checked = rows_with_a_check();
  EXPECT_EQ(rows_that_are("kept"), std::set<std::string>(checked.begin(), checked.end()));
}

// --- losses are told, and nothing else is lost ---

TEST(FidelityTable, EveryHeaderFieldArrivesOrItsLossIsTold) {
  for (const Arrival* arrival : {&arrival_of_everything(), &arrival_of_a_small_mail()}) {
    std::string told;
    for (const plan::Loss& loss : arrival->losses) told += loss.text + "\n";
    for (const mail::HeaderField& field : arrival->facts.headers) {
      if (field.name == "bcc") continue;
      const bool arrived = !arrival->values(field.name).empty();
      EXPECT_EQ(arrived, plan::is_kept_field(field.name)) << field.name;
      if (!arrived) {
        EXPECT_THAT(told, HasSubstr(field.name));
      }
    }
  }
}

TEST(FidelityTable, LossesOfTheMailWithEverythingAreTold) {
  EXPECT_EQ(plan::join_codes(arrival_of_everything().losses),
            "auto-submitted,list-fields,resent-fields,trace-fields,signature-fields,reserved-fields,other-fields,"
            "envelope-sender,delivery-reports,priority,part-names,part-types,part-parameters,part-fields");
}

TEST(FidelityTable, WhatIsToldOfPartsIsWhatRecipientsSee) {
  const Arrival& arrival = arrival_of_everything();
  EXPECT_TRUE(arrived_with(arrival, "a_b.pdf", content("a_b.pdf")));
  EXPECT_TRUE(arrived_with(arrival, "equal.pdf", content("equal.pdf")));
  EXPECT_TRUE(arrived_with(arrival, "equal (2).pdf", content("equal (2).pdf")));
  EXPECT_EQ(arrival.part("a:b.pdf"), nullptr);
  ASSERT_NE(arrival.part("big.pdf"), nullptr);
  EXPECT_EQ(arrival.part("big.pdf")->type, "application/octet-stream");
  EXPECT_EQ(arrival.text.find("a scan"), std::string::npos);
  EXPECT_EQ(arrival.values("X-Auto-Response-Suppress"), std::vector<std::string>{"OOF, AutoReply"});
}

Arrival arrival_with(const std::string& fields, plan::DraftWish wish) {
  return FidelityWorld().relay("From: scanner@contoso.com\r\nTo: alice@example.org\r\n" + fields + "\r\nHello\r\n",
                               {"alice@example.org"}, rule_of_the_test(), {}, wish);
}

TEST(FidelityTable, TheEndOfALongSubjectIsCutInEveryDraft) {
  for (const plan::DraftWish wish : {plan::DraftWish::Mime, plan::DraftWish::Json}) {
    const std::string fits = repeat("\u00fc", 255);
    const Arrival whole = arrival_with(mail::make_field("Subject", fits) + "\r\n", wish);
    EXPECT_EQ(whole.delivery.subject, fits);
    EXPECT_FALSE(whole.will_lose("long-subject"));
    const Arrival cut = arrival_with(mail::make_field("Subject", fits + "x") + "\r\n", wish);
    EXPECT_EQ(cut.delivery.subject, fits);
    EXPECT_TRUE(cut.will_lose("long-subject"));
  }
}

TEST(FidelityTable, ReceiptsGoToTheMailboxWhateverTheMailSays) {
  const std::string fields =
      "Disposition-Notification-To: Desk <desk@contoso.com>\r\nReturn-Receipt-To: desk@contoso.com\r\n";
  for (const plan::DraftWish wish : {plan::DraftWish::Mime, plan::DraftWish::Json}) {
    const Arrival arrival = arrival_with(fields, wish);
    expect_receipts_to_the_mailbox(arrival);
    EXPECT_TRUE(arrival.will_lose("receipt-address"));
  }
}

TEST(FidelityTable, AMessageInsideThatDoesNotFitArrivesAsAFileByRule) {
  std::string nested = "From: x@y.example\r\nSubject: old\r\n\r\n";
  while (nested.size() < 40'000) nested += "a line of the old message\r\n";
  plan::ServiceLimits limits;
  limits.request_body = 30'000;
  const Arrival arrival = FidelityWorld().relay(
      "From: scanner@contoso.com\r\nTo: alice@example.org\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; "
      "boundary=m\r\n\r\n--m\r\n\r\nsee below\r\n--m\r\nContent-Type: message/rfc822; name=old\r\n\r\n" +
          nested + "\r\n--m--\r\n",
      {"alice@example.org"}, rule_of_the_test(), limits);
  EXPECT_TRUE(arrived_with(arrival, "old.eml", nested));
  EXPECT_TRUE(arrival.will_lose("message-as-file"));
}

}  // namespace
}  // namespace graph_milter::delivery::test
