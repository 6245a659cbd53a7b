// SPDX-License-Identifier: Apache-2.0
// The fidelity table of ARCHITECTURE.md, row by row: what it says is kept arrives through the emulator as it was sent,
// what it says is lost is told before by core/plan/losses.h, and nothing else is missing.
#include <algorithm>
#include <fstream>
#include <map>
#include <optional>
#include <set>
#include <sstream>

#include "core/base/text.h"
#include "core/mail/second_reader.h"
#include "core/plan/losses.h"
#include "tests/graph/delivery_world.h"
#include "tests/graph_emulator/delivery.h"
#include "tests/graph_emulator/mime_reader.h"

namespace graph_milter::delivery::test {
namespace {

using emulator::Entity;
using testing::AnyOf;
using testing::HasSubstr;
using testing::IsSupersetOf;

// --- the table ---

struct TableRow {
  std::string what, fate, does, known;
};

std::vector<std::string> cells_of(const std::string& line) {
  std::vector<std::string> cells;
  std::string cell;
  for (std::size_t i = 1; i < line.size(); ++i) {
    if (line[i] != '|') {
      cell += line[i];
      continue;
    }
    const std::size_t begin = cell.find_first_not_of(' ');
    cells.push_back(begin == std::string::npos ? std::string()
                                               : cell.substr(begin, cell.find_last_not_of(' ') - begin + 1));
    cell.clear();
  }
  return cells;
}

std::vector<TableRow> read_table() {
  std::ifstream file(GM_SOURCE_DIR "/ARCHITECTURE.md");
  std::vector<TableRow> rows;
  bool in_section = false;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("## ")) in_section = line.starts_with("## Fidelity");
    if (!in_section || !line.starts_with("| ") || line.starts_with("| what ")) continue;
    std::vector<std::string> cells = cells_of(line);
    if (cells.size() != 4) {
      ADD_FAILURE() << "not four cells: " << line;
      continue;
    }
    rows.push_back({cells[0], cells[1], cells[2], cells[3]});
  }
  return rows;
}

// The words in `backquotes`.
std::vector<std::string> codes_in(const std::string& cell) {
  std::vector<std::string> codes;
  for (std::size_t at = cell.find('`'); at != std::string::npos; at = cell.find('`', at)) {
    const std::size_t end = cell.find('`', at + 1);
    if (end == std::string::npos) break;
    codes.push_back(cell.substr(at + 1, end - at - 1));
    at = end + 1;
  }
  return codes;
}

std::set<std::string> rows_that_are(const std::string& fate) {
  std::set<std::string> rows;
  for (const TableRow& row : read_table()) {
    if (row.fate == fate) rows.insert(row.what);
  }
  return rows;
}

TEST(FidelityTable, HasOneRowForEachCodeOfALossAtLeast) {
  std::set<std::string> told;
  for (const TableRow& row : read_table()) {
    if (!row.fate.starts_with("lost: ")) continue;
    for (const std::string& code : codes_in(row.fate)) told.insert(code);
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
    EXPECT_TRUE(row.fate == "kept" || row.fate.starts_with("lost: `") || row.fate.starts_with("left alone: `"))
        << row.what << ": " << row.fate;
    EXPECT_THAT(row.known,
                AnyOf(HasSubstr("documented"), HasSubstr("reported"), HasSubstr("unknown"), HasSubstr("RFC ")))
        << row.what;
    if (!row.fate.starts_with("left alone: ")) continue;
    for (const std::string& code : codes_in(row.fate)) EXPECT_THAT(reasons, HasSubstr("\"" + code)) << row.what;
  }
}

// --- mails, and what arrives of them ---

std::string lines_of_base64(const std::string& content) {
  const std::string encoded = base64_encode(content);
  std::string out;
  for (std::size_t at = 0; at < encoded.size(); at += 76) out += encoded.substr(at, 76) + "\r\n";
  return out;
}

std::string file_part(const std::string& fields, const std::string& content) {
  return "--m\r\n" + fields + "Content-Transfer-Encoding: base64\r\n\r\n" + lines_of_base64(content);
}

std::string attachment(const std::string& parameters) {
  return "Content-Type: application/pdf\r\nContent-Disposition: attachment; " + parameters + "\r\n";
}

// What went in, what we said about it, and what a recipient got.
struct Arrival {
  std::string sent;
  mail::MessageFacts facts;
  plan::Plan plan;
  std::vector<plan::Loss> losses;
  emulator::Delivery delivery;
  std::string text;  // the message as a recipient gets it
  Entity entity;     // read from it

  bool will_lose(const std::string& code) const {
    return std::any_of(losses.begin(), losses.end(), [&](const plan::Loss& loss) { return loss.code == code; });
  }
  // The values of all fields of a name, of the message and of the part that its own body became.
  std::vector<std::string> values(const std::string& name) const {
    std::vector<std::string> out;
    for (const Entity* each : {&entity, entity.children.empty() ? &entity : &entity.children.front()}) {
      for (const emulator::Field& field : each->fields) {
        if (equal_ignoring_case(field.name, name)) out.push_back(field.value);
      }
      if (entity.children.empty()) break;
    }
    return out;
  }
  const emulator::DeliveredPart* part(const std::string& name) const {
    for (const emulator::DeliveredPart& each : delivery.parts) {
      if (each.name == name) return &each;
    }
    return nullptr;
  }
};

const std::vector<std::string> kTenantDomains = {"contoso.com"};

class FidelityWorld : public World {
 public:
  // Relays a message of scanner@contoso.com and delivers it, or fails the test.
  Arrival relay(const std::string& message, const std::vector<std::string>& recipients, const policy::Rule& rule,
                const plan::ServiceLimits& limits) {
    Arrival arrival;
    arrival.sent = message;
    mail::Scanner scanner;
    scanner.feed(message);
    StringSource source{message};
    arrival.facts = mail::confirm_with_second_reader(scanner.finish(), source);
    mail::Envelope envelope;
    envelope.sender = mail::make_envelope_path("<bounces@contoso.com>", {"RET=FULL", "MT-PRIORITY=3"});
    for (const std::string& recipient : recipients) {
      envelope.recipients.push_back(mail::make_envelope_path("<" + recipient + ">", {"NOTIFY=NEVER"}));
    }
    const std::string id = make_entry_id(clock().now());
    const auto outcome = plan::make_plan({.envelope = envelope,
                                          .facts = arrival.facts,
                                          .rule = rule,
                                          .limits = limits,
                                          .entry_id = id,
                                          .instance = "mx1",
                                          .now = clock().now(),
                                          .tenant_domains = kTenantDomains});
    if (const auto* left = std::get_if<plan::LeaveAlone>(&outcome)) {
      ADD_FAILURE() << left->reason << ": " << left->text;
      return arrival;
    }
    arrival.plan = std::get<plan::Plan>(outcome);
    arrival.losses = plan::find_losses(envelope, arrival.facts, arrival.plan);
    settings().courier.rules = {.size = 100'000, .multiple = 1, .limit = 100'000};
    mail::MessageFile file(queue().incoming_directory(), 64 * 1024);
    EXPECT_TRUE(file.append(message));
    EXPECT_TRUE(queue().commit(id, file, envelope, arrival.plan, ""));
    EXPECT_TRUE(run()) << entry(id).last_error;
    EXPECT_THAT(model().violations(), testing::IsEmpty());
    const auto deliveries = model().deliveries();
    EXPECT_EQ(deliveries.size(), 1U) << entry(id).last_error;
    if (deliveries.empty()) return arrival;
    arrival.delivery = deliveries.front();
    emulator::write_message(arrival.delivery, emulator::Switches{},
                            [&](std::string_view bytes) { arrival.text += bytes; });
    arrival.entity = emulator::read_mime(arrival.text);
    return arrival;
  }
};

policy::Rule rule_of_the_test() {
  policy::Rule rule;
  rule.name = "scanners";
  rule.action = policy::Action::Relay;
  rule.part_size = 1'000;
  rule.message_as_file = true;
  rule.name_charset = "windows-1252";
  return rule;
}

const std::string kLongName = "a name that is folded into sections since it is so long that no line could hold it.pdf";
const std::string kBigImage = content_of('i', 60'000);
const std::string kSmallImage = content_of('s', 300);
const std::string kBigFile = content_of('b', 50'000);
const std::string kTnef = content_of('t', 1'500);

std::string repeat(std::string_view text, int times) {
  std::string out;
  while (times-- > 0) out += text;
  return out;
}

const std::string kCsv = "Name;Preis\r\nM\xFCller;1,50 \xA4\r\n" + repeat("x;1\r\n", 300) + "end";
const std::string kNested =
    "From: x@y.example\r\nSubject: old\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=n\r\n\r\n--n\r\n"
    "\r\nold text\r\n--n--\r\n";
const std::string kBinary = std::string("\x80\x81 binary \xFF\r\n") + std::string(1'200, '\xFE');

std::string content(const std::string& name) { return content_of('n', 1'000 + name.size()); }

std::string header_of_everything() {
  return "Received: from device (10.1.20.5) by mx1; Sun, 22 Nov 2026 09:02:04 +0000\r\n"
         "DKIM-Signature: v=1; a=rsa-sha256; d=contoso.com; b=x\r\n"
         "Auto-Submitted: auto-generated\r\n"
         "From: =?utf-8?Q?J=C3=BCrgens?= Scanner <scanner@contoso.com>\r\n"
         "Sender: scanner@contoso.com\r\n"
         "Reply-To: \"Desk, Help\" <desk@contoso.com>\r\n"
         "To: Team: Alice <alice@example.org>, bob@example.org;,\r\n"
         " carol@example.org (Carol)\r\n"
         "Cc: =?iso-8859-1?Q?J=F6rg?= <joerg@xn--bcher-kva.example>\r\n"
         "Bcc: former@example.net\r\n"
         "Resent-Bcc: secret@example.net\r\n"
         "Resent-From: x@y.example\r\n"
         "Date: Sun, 22 Nov 2026 09:02:05 +0100\r\n"
         "Message-ID: <odd.id$42@device.contoso.com>\r\n"
         "In-Reply-To: <question@example.org>\r\n"
         "References: <first@example.org>\r\n <question@example.org>\r\n"
         "Subject: =?utf-8?B?w4RuZ3N0bGljaGU=?= =?utf-8?B?IMOcYnVuZw==?=\r\n and more\r\n"
         "X-Mailer: Scanner 3000\r\nX-Scan-Job: 4711\r\nX-Scan-Job: 4712\r\n"
         "X-MS-Exchange-Organization-SCL: -1\r\n"
         "List-Help: <mailto:help@contoso.com>\r\nList-Subscribe: <mailto:join@contoso.com>\r\n"
         "List-Unsubscribe: <mailto:leave@contoso.com>\r\nList-Id: <scans.contoso.com>\r\n"
         "Importance: high\r\nPriority: urgent\r\nX-Priority: 1 (Highest)\r\nSensitivity: Company-Confidential\r\n"
         "Disposition-Notification-To: scanner@contoso.com\r\nReturn-Receipt-To: <scanner@contoso.com>\r\n"
         "Thread-Topic: Scans\r\nThread-Index: AQHa\r\nKeywords: a, b\r\nComments: a comment\r\n"
         "Accept-Language: de-DE\r\nContent-Language: de\r\nUser-Agent: Scanner/3\r\nOrganization: Contoso\r\n"
         "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=\"m\"\r\n\r\n";
}

std::string text_of_everything() {
  return "--m\r\nContent-Type: multipart/alternative; boundary=a\r\n\r\n"
         "--a\r\nContent-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
         "Gr\xFC\xDF"
         "e\r\n"
         "--a\r\nContent-Type: multipart/related; boundary=r\r\n\r\n"
         "--r\r\nContent-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
         "<p>Gr=C3=BC=C3=9Fe <img src=3D\"cid:small@x\"> <img src=3D\"cid:big@x\">\r\n"
         "--r\r\nContent-Type: image/png; name=small.png\r\nContent-ID: <small@x>\r\n"
         "Content-Disposition: inline; filename=small.png\r\nContent-Transfer-Encoding: base64\r\n\r\n" +
         lines_of_base64(kSmallImage) +
         "--r\r\nContent-Type: image/png; name=big.png\r\nContent-ID: <big@x>\r\n"
         "Content-Disposition: inline; filename=big.png\r\nContent-Transfer-Encoding: base64\r\n\r\n" +
         lines_of_base64(kBigImage) +
         "--r--\r\n\r\n"
         "--a\r\nContent-Type: text/calendar; method=REQUEST; charset=utf-8\r\n\r\nBEGIN:VCALENDAR\r\n"
         "--a--\r\n\r\n";
}

std::string files_of_everything() {
  return "--m\r\nContent-Type: message/rfc822; name=old.eml\r\nContent-Disposition: attachment; "
         "filename=old.eml\r\n\r\n" +
         kNested + "\r\n" +
         file_part(
             "Content-Type: application/ms-tnef; name=winmail.dat\r\nContent-Disposition: attachment; "
             "filename=winmail.dat\r\n",
             kTnef) +
         file_part(attachment("filename=plain.pdf"), content("plain.pdf")) +
         file_part(attachment("filename*=utf-8''%C3%9Cbersicht%202231.pdf"), content("Übersicht 2231.pdf")) +
         file_part(attachment("\r\n filename*0*=utf-8''a%20name%20that%20is%20folded%20into%20sections%20since;"
                              "\r\n filename*1=\" it is so long that no line could hold it.pdf\""),
                   content(kLongName)) +
         file_part(attachment("filename=\"=?utf-8?Q?=C3=9Cbersicht_2047.pdf?=\""), content("Übersicht 2047.pdf")) +
         file_part(attachment("filename=\"Übersicht utf-8.pdf\""), content("Übersicht utf-8.pdf")) +
         file_part(attachment("filename=\"\xDC"
                              "bersicht raw.pdf\""),
                   content("Übersicht raw.pdf")) +
         file_part(attachment("filename=\"a:b.pdf\""), content("a_b.pdf")) +
         file_part("Content-Type: image/jpeg\r\nContent-Disposition: attachment\r\n", content("nameless")) +
         file_part(attachment("filename=equal.pdf"), content("equal.pdf")) +
         file_part(attachment("filename=equal.pdf"), content("equal (2).pdf")) +
         file_part("Content-ID: <file@x>\r\n" + attachment("filename=with-id.pdf"), content("with-id.pdf")) +
         file_part("Content-Description: a scan\r\n" + attachment("filename=described.pdf"), content("described.pdf")) +
         file_part(attachment("filename=big.pdf"), kBigFile) + file_part(attachment("filename=empty.pdf"), "") +
         "--m\r\nContent-Type: text/csv; charset=iso-8859-15; name=prices.csv\r\n"
         "Content-Transfer-Encoding: quoted-printable\r\n"
         "Content-Disposition: attachment; filename=prices.csv\r\n\r\nName;Preis=0D=0AM=FCller;1,50 =A4=0D=0A=\r\n" +
         repeat("x;1=0D=0A=\r\n", 300) +
         "end\r\n--m\r\nContent-Type: application/octet-stream; name=raw.bin\r\nContent-Transfer-Encoding: binary\r\n"
         "Content-Disposition: attachment; filename=raw.bin\r\n\r\n" +
         kBinary + "\r\n";
}

std::string everything() {
  return header_of_everything() + "This is a multi-part message.\r\n" + text_of_everything() + files_of_everything() +
         "--m--\r\nThat was it.\r\n";
}

const std::vector<std::string> kRecipients = {"alice@example.org", "bob@example.org", "carol@example.org",
                                              "joerg@xn--bcher-kva.example", "hidden@example.net"};

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

testing::AssertionResult arrived_with(const Arrival& arrival, const std::string& name, const std::string& content,
                                      const std::string& origin = "") {
  const emulator::DeliveredPart* part = arrival.part(name);
  if (part == nullptr) return testing::AssertionFailure() << "\"" << name << "\" has not arrived";
  if (part->sha256 != sha256_hex(content)) return testing::AssertionFailure() << "\"" << name << "\" has other bytes";
  if (!origin.empty() && part->origin != origin) {
    return testing::AssertionFailure() << "\"" << name << "\" came by " << part->origin;
  }
  return testing::AssertionSuccess();
}

// Every field of these names has arrived with the value that was sent.
void expect_fields(const Arrival& arrival, const std::vector<std::string>& names) {
  const Entity sent = emulator::read_mime(arrival.sent);
  for (const std::string& name : names) {
    std::vector<std::string> values;
    for (const emulator::Field& field : sent.fields) {
      if (equal_ignoring_case(field.name, name)) values.push_back(field.value);
    }
    EXPECT_FALSE(values.empty()) << name << " was not sent";
    EXPECT_THAT(arrival.values(name), IsSupersetOf(values)) << name;
  }
}

const Entity* find_type(const Entity& entity, const std::string& type) {
  if (entity.type == type) return &entity;
  for (const Entity& child : entity.children) {
    if (const Entity* found = find_type(child, type)) return found;
  }
  return nullptr;
}

using Check = std::function<void()>;

Check fields(std::vector<std::string> names) {
  return [names = std::move(names)] { expect_fields(arrival_of_everything(), names); };
}

Check file(std::string name, std::string content, std::string origin = "") {
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

// By the row of the table, each that is kept.
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
      {"X- fields", fields({"X-Mailer", "X-Scan-Job"})},
      {"List-Help, List-Subscribe, List-Unsubscribe", fields({"List-Help", "List-Subscribe", "List-Unsubscribe"})},
      {"Importance, Priority, X-Priority", fields({"Importance", "Priority", "X-Priority"})},
      {"Sensitivity", fields({"Sensitivity"})},
      {"Disposition-Notification-To, Return-Receipt-To", fields({"Disposition-Notification-To", "Return-Receipt-To"})},
      {"Thread-Topic, Thread-Index, Keywords, Comments, Accept-Language, Content-Language",
       fields({"Thread-Topic", "Thread-Index", "Keywords", "Comments", "Accept-Language", "Content-Language"})},
      {"MIME-Version, Content-Type, Content-Transfer-Encoding of what stays", expect_types_of_what_stays},
      {"text and HTML alternatives", expect_alternatives},
      {"charsets of the text", expect_charsets},
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
