// SPDX-License-Identifier: Apache-2.0
// The fidelity table of ARCHITECTURE.md, and a world in which a mail is relayed and what arrives of it looked at.
#pragma once

#include <algorithm>
#include <fstream>
#include <functional>
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

using emulator::Entity;

struct TableRow {
  std::string what, as_mime, as_json, does, known;
};

inline void PrintTo(const TableRow& row, std::ostream* out) { *out << row.what; }

inline std::vector<std::string> cells_of(const std::string& line) {
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

inline std::vector<TableRow> read_table() {
  std::ifstream file(GM_SOURCE_DIR "/ARCHITECTURE.md");
  std::vector<TableRow> rows;
  bool in_section = false;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("## ")) in_section = line.starts_with("## Fidelity");
    if (!in_section || !line.starts_with("| ") || line.starts_with("| what ")) continue;
    std::vector<std::string> cells = cells_of(line);
    if (cells.size() != 5) {
      ADD_FAILURE() << "not five cells: " << line;
      continue;
    }
    rows.push_back({cells[0], cells[1], cells[2], cells[3], cells[4]});
  }
  return rows;
}

// The words in `backquotes`.
inline std::vector<std::string> codes_in(const std::string& cell) {
  std::vector<std::string> codes;
  for (std::size_t at = cell.find('`'); at != std::string::npos; at = cell.find('`', at)) {
    const std::size_t end = cell.find('`', at + 1);
    if (end == std::string::npos) break;
    codes.push_back(cell.substr(at + 1, end - at - 1));
    at = end + 1;
  }
  return codes;
}

// --- mails, and what arrives of them ---

inline std::string content(const std::string& name) { return content_of('n', 1'000 + name.size()); }

inline std::string lines_of_base64(const std::string& content) {
  const std::string encoded = base64_encode(content);
  std::string out;
  for (std::size_t at = 0; at < encoded.size(); at += 76) out += encoded.substr(at, 76) + "\r\n";
  return out;
}

inline std::string file_part(const std::string& fields, const std::string& content) {
  return "--m\r\n" + fields + "Content-Transfer-Encoding: base64\r\n\r\n" + lines_of_base64(content);
}

inline std::string attachment(const std::string& parameters) {
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

inline const std::vector<std::string> kTenantDomains = {"contoso.com"};

class FidelityWorld : public World {
 public:
  // Relays a message of scanner@contoso.com and delivers it, or fails the test.
  Arrival relay(const std::string& message, const std::vector<std::string>& recipients, const policy::Rule& rule,
                const plan::ServiceLimits& limits, plan::DraftWish wish = plan::DraftWish::Mime) {
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
                                          .tenant_domains = kTenantDomains,
                                          .draft = wish,
                                          .message = &source});
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

inline policy::Rule rule_of_the_test() {
  policy::Rule rule;
  rule.name = "scanners";
  rule.action = policy::Action::Relay;
  rule.part_size = 1'000;
  rule.message_as_file = true;
  rule.name_charset = "windows-1252";
  return rule;
}

inline std::string header_of_everything() {
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

inline const std::string kLongName =
    "a name that is folded into sections since it is so long that no line could hold it.pdf";
inline const std::string kBigImage = content_of('i', 60'000);
inline const std::string kSmallImage = content_of('s', 300);
inline const std::string kBigFile = content_of('b', 50'000);
inline const std::string kTnef = content_of('t', 1'500);

inline std::string repeat(std::string_view text, int times) {
  std::string out;
  while (times-- > 0) out += text;
  return out;
}

inline const std::string kCsv = "Name;Preis\r\nM\xFCller;1,50 \xA4\r\n" + repeat("x;1\r\n", 300) + "end";
inline const std::string kNested =
    "From: x@y.example\r\nSubject: old\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=n\r\n\r\n--n\r\n"
    "\r\nold text\r\n--n--\r\n";
inline const std::string kBinary = std::string("\x80\x81 binary \xFF\r\n") + std::string(1'200, '\xFE');

// A plain text, an HTML text with two images, and `more` alternatives.
inline std::string text_of_everything(const std::string& more) {
  return "--m\r\nContent-Type: multipart/alternative; boundary=a\r\n\r\n"
         "--a\r\nContent-Type: text/plain; charset=iso-8859-1; format=flowed\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
         "Gr\xFC\xDF"
         "e\r\n"
         "--a\r\nContent-Type: multipart/related; boundary=r\r\n\r\n"
         "--r\r\nContent-Type: text/html; charset=utf-8\r\nContent-Description: the letter\r\n"
         "Content-Transfer-Encoding: quoted-printable\r\n\r\n"
         "<p>Gr=C3=BC=C3=9Fe <img src=3D\"cid:small@x\"> <img src=3D\"cid:big@x\">\r\n"
         "--r\r\nContent-Type: image/png; name=small.png\r\nContent-ID: <small@x>\r\n"
         "Content-Disposition: inline; filename=small.png\r\nContent-Transfer-Encoding: base64\r\n\r\n" +
         lines_of_base64(kSmallImage) +
         "--r\r\nContent-Type: image/png; name=big.png\r\nContent-ID: <big@x>\r\n"
         "Content-Disposition: inline; filename=big.png\r\nContent-Transfer-Encoding: base64\r\n\r\n" +
         lines_of_base64(kBigImage) + "--r--\r\n\r\n" + more + "--a--\r\n\r\n";
}

// Files that every draft takes.
inline std::string files_of_everything() {
  return file_part(
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
         file_part(attachment("filename=big.pdf"), kBigFile) +
         "--m\r\nContent-Type: text/csv; charset=iso-8859-15; name=prices.csv\r\n"
         "Content-Transfer-Encoding: quoted-printable\r\n"
         "Content-Disposition: attachment; filename=prices.csv\r\n\r\nName;Preis=0D=0AM=FCller;1,50 =A4=0D=0A=\r\n" +
         repeat("x;1=0D=0A=\r\n", 300) +
         "end\r\n--m\r\nContent-Type: application/octet-stream; name=raw.bin\r\nContent-Transfer-Encoding: binary\r\n"
         "Content-Disposition: attachment; filename=raw.bin\r\n\r\n" +
         kBinary + "\r\n";
}

inline const std::vector<std::string> kRecipients = {"alice@example.org", "bob@example.org", "carol@example.org",
                                                     "joerg@xn--bcher-kva.example", "hidden@example.net"};

// --- what a row means ---

inline testing::AssertionResult arrived_with(const Arrival& arrival, const std::string& name,
                                             const std::string& content, const std::string& origin = "") {
  const emulator::DeliveredPart* part = arrival.part(name);
  if (part == nullptr) return testing::AssertionFailure() << "\"" << name << "\" has not arrived";
  if (part->sha256 != sha256_hex(content)) return testing::AssertionFailure() << "\"" << name << "\" has other bytes";
  if (!origin.empty() && part->origin != origin) {
    return testing::AssertionFailure() << "\"" << name << "\" came by " << part->origin;
  }
  return testing::AssertionSuccess();
}

// Every field of these names has arrived with the value that was sent.
inline void expect_fields(const Arrival& arrival, const std::vector<std::string>& names) {
  const Entity sent = emulator::read_mime(arrival.sent);
  for (const std::string& name : names) {
    std::vector<std::string> values;
    for (const emulator::Field& field : sent.fields) {
      if (equal_ignoring_case(field.name, name)) values.push_back(field.value);
    }
    EXPECT_FALSE(values.empty()) << name << " was not sent";
    EXPECT_THAT(arrival.values(name), testing::IsSupersetOf(values)) << name;
  }
}

// Asked for by whatever address, to the mailbox.
inline void expect_receipts_to_the_mailbox(const Arrival& arrival) {
  for (const char* name : {"Disposition-Notification-To", "Return-Receipt-To"}) {
    EXPECT_EQ(arrival.values(name), std::vector<std::string>{"<scanner@contoso.com>"}) << name;
  }
}

inline const Entity* find_type(const Entity& entity, const std::string& type) {
  if (entity.type == type) return &entity;
  for (const Entity& child : entity.children) {
    if (const Entity* found = find_type(child, type)) return found;
  }
  return nullptr;
}

using Check = std::function<void()>;

}  // namespace graph_milter::delivery::test
