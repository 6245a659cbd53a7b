// SPDX-License-Identifier: Apache-2.0
#include "core/mail/scanner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "core/mail/decoder.h"
#include "tests/support/temp_folder.h"
#include "tests/unit/mail/scan.h"

namespace graph_milter::mail {
namespace {

using testing::ElementsAre;

constexpr std::string_view kHead = "From: anna@contoso.com\nTo: ben@example.com\n";

std::string multipart(std::string_view parts) {
  return std::string(kHead) + "Content-Type: multipart/mixed; boundary=\"b\"\n\n" + std::string(parts);
}

TEST(Scanner, TakesABarePdfAsItsOnlyLeaf) {
  const std::string mail = test::crlf(std::string(kHead) +
                                      "Content-Type: application/pdf; name=a.pdf\n"
                                      "Content-Transfer-Encoding: base64\n\nQUJD\n");
  const MessageFacts facts = scan(mail);
  ASSERT_EQ(verdict_of(facts), "clean");
  ASSERT_EQ(facts.parts.size(), 1U);
  const Part& part = facts.parts[0];
  EXPECT_EQ(part.type, "application/pdf");
  EXPECT_EQ(part.name, "a.pdf");
  EXPECT_EQ(slice(mail, part.body.range), "QUJD\r\n");
  EXPECT_EQ(part.body.decoded_size, 3U);
  EXPECT_TRUE(part.exact);
  EXPECT_EQ(part.entity, (ByteRange{0, mail.size()}));
  EXPECT_EQ(facts.attachment_count, 1U);
  EXPECT_EQ(facts.largest_part(), 3U);
}

TEST(Scanner, CutsPartsFromDelimiterToDelimiter) {
  const std::string mail =
      test::crlf(multipart("preamble\n--b\nContent-Type: text/plain\n\none\n--b\n\ntwo\n\n--b--\nend\n"));
  const MessageFacts facts = scan(mail);
  ASSERT_EQ(verdict_of(facts), "clean");
  ASSERT_THAT(types_of(facts), ElementsAre("multipart/mixed", "text/plain", "text/plain"));
  EXPECT_EQ(slice(mail, facts.parts[1].entity), "--b\r\nContent-Type: text/plain\r\n\r\none\r\n");
  EXPECT_EQ(slice(mail, facts.parts[1].header), "Content-Type: text/plain\r\n\r\n");
  EXPECT_EQ(slice(mail, facts.parts[1].body.range), "one");
  EXPECT_EQ(slice(mail, facts.parts[2].entity), "--b\r\n\r\ntwo\r\n\r\n");
  EXPECT_EQ(slice(mail, facts.parts[2].body.range), "two\r\n");
  EXPECT_EQ(slice(mail, facts.parts[0].body.range), mail.substr(facts.header.end));
  EXPECT_TRUE(facts.parts[0].is_multipart);
  EXPECT_EQ(facts.parts[2].parent, 0U);
  EXPECT_EQ(facts.parts[2].depth, 1U);
}

TEST(Scanner, EndsNestedPartsWhereTheOuterDelimiterBegins) {
  const std::string mail = test::crlf(
      multipart("--b\nContent-Type: multipart/alternative; boundary=i\n\n--i\n\nx\n--i--\n\n--b\n\ny\n--b--\n"));
  const MessageFacts facts = scan(mail);
  ASSERT_EQ(verdict_of(facts), "clean");
  ASSERT_EQ(facts.parts.size(), 4U);
  EXPECT_EQ(slice(mail, facts.parts[1].body.range), "--i\r\n\r\nx\r\n--i--\r\n");
  EXPECT_EQ(slice(mail, facts.parts[2].entity), "--i\r\n\r\nx\r\n");
  EXPECT_EQ(facts.parts[1].entity.end, facts.parts[3].entity.begin);
  EXPECT_EQ(facts.parts[2].parent, 1U);
  EXPECT_EQ(facts.parts[2].depth, 2U);
}

TEST(Scanner, KeepsHeaderFieldsInOrderAndUnfolded) {
  const std::string mail = test::crlf("Received: one\nSUBJECT: a\n b\nReceived: two\nFrom: a@b.example\n\n");
  const MessageFacts facts = scan(mail);
  ASSERT_EQ(verdict_of(facts), "clean");
  ASSERT_EQ(facts.headers.size(), 4U);
  EXPECT_EQ(facts.headers[1].name, "subject");
  EXPECT_EQ(facts.headers[1].value, "a b");
  EXPECT_EQ(slice(mail, facts.headers[1].range), "SUBJECT: a\r\n b\r\n");
  ASSERT_NE(facts.find_header("received"), nullptr);
  EXPECT_EQ(facts.find_header("received")->value, "one");
  EXPECT_EQ(facts.find_header("date"), nullptr);
  EXPECT_EQ(slice(mail, facts.header), mail);
}

TEST(Scanner, ReadsAMessageOfOnlyHeaders) {
  for (const std::string_view text : {"From: a@b.example\n", "From: a@b.example\n\n"}) {
    const std::string mail = test::crlf(text);
    const MessageFacts facts = scan(mail);
    EXPECT_EQ(verdict_of(facts), "clean") << text;
    EXPECT_EQ(facts.header, (ByteRange{0, mail.size()})) << text;
    EXPECT_EQ(facts.parts[0].body.range, (ByteRange{mail.size(), mail.size()})) << text;
    ASSERT_EQ(facts.from.size(), 1U) << text;
  }
}

TEST(Scanner, ReadsNothingAtAll) {
  const MessageFacts facts = scan("");
  EXPECT_EQ(verdict_of(facts), "clean");
  EXPECT_EQ(facts.size, 0U);
  EXPECT_EQ(facts.parts.size(), 1U);
}

TEST(Scanner, ReadsEmptyParts) {
  const std::string mail =
      test::crlf(multipart("--b\n\n--b\nContent-Type: a/b\n\n--b\nContent-Type: a/b\n\n\n--b--\n"));
  const MessageFacts facts = scan(mail);
  ASSERT_EQ(verdict_of(facts), "clean");
  ASSERT_EQ(facts.parts.size(), 4U);
  for (std::size_t i = 1; i < 4; ++i) {
    EXPECT_TRUE(facts.parts[i].body.range.empty()) << i;
    EXPECT_EQ(facts.parts[i].body.range.begin, facts.parts[i].header.end) << i;
    EXPECT_TRUE(facts.parts[i].exact) << i;
    EXPECT_EQ(facts.parts[i].body.decoded_size, 0U) << i;
  }
}

TEST(Scanner, TakesTheSameBoundaryForTwoNeighbours) {
  const MessageFacts facts =
      scan_text(multipart("--b\nContent-Type: multipart/mixed; boundary=i\n\n--i\n\nx\n--i--\n"
                          "--b\nContent-Type: multipart/mixed; boundary=i\n\n--i\n\ny\n--i--\n--b--\n"));
  EXPECT_EQ(verdict_of(facts), "clean");
  EXPECT_EQ(facts.parts.size(), 5U);
}

TEST(Scanner, TakesAMessageWithinTheMessageAsOneLeafThatStays) {
  const std::string mail = test::crlf(multipart(
      "--b\nContent-Type: message/rfc822\n\nContent-Type: multipart/mixed; boundary=i\n\n--i\n\nx\n--i--\n--b--\n"));
  const MessageFacts facts = scan(mail);
  ASSERT_EQ(verdict_of(facts), "clean");
  ASSERT_THAT(types_of(facts), ElementsAre("multipart/mixed", "message/rfc822"));
  EXPECT_FALSE(facts.parts[1].is_multipart);
  EXPECT_EQ(slice(mail, facts.parts[1].body.range),
            "Content-Type: multipart/mixed; boundary=i\r\n\r\n--i\r\n\r\nx\r\n--i--");
  EXPECT_FALSE(facts.parts[1].exact);
  EXPECT_EQ(facts.parts[1].inexact.code, "message");
}

TEST(Scanner, ReadsTheDefaultTypeOfADigest) {
  const MessageFacts facts = scan_text(
      std::string(kHead) + "Content-Type: multipart/digest; boundary=b\n\n--b\n\nFrom: x@y.example\n\n--b--\n");
  EXPECT_THAT(types_of(facts), ElementsAre("multipart/digest", "message/rfc822"));
}

TEST(Scanner, ReadsAddresses) {
  const MessageFacts facts = scan_text(
      "From: \"Anna B.\" <Anna@Contoso.COM>\nTo: ben@example.com,\n Cole <c@example.com>\n"
      "Cc: undisclosed-recipients:;\n\n");
  ASSERT_EQ(verdict_of(facts), "clean");
  EXPECT_THAT(facts.from, ElementsAre(Mailbox{"Anna B.", "anna@contoso.com"}));
  EXPECT_THAT(facts.to, ElementsAre(Mailbox{"", "ben@example.com"}, Mailbox{"Cole", "c@example.com"}));
  EXPECT_TRUE(facts.cc.empty());
}

TEST(Scanner, ReadsContentIdDispositionAndParameters) {
  const MessageFacts facts = scan_text(multipart(
      "--b\nContent-Type: IMAGE/PNG; Name=\"a \\\"q\\\".png\"\nContent-ID: <x@y>\nContent-Disposition: INLINE\n\nx\n"
      "--b\nContent-Disposition: x-unknown; filename=b\n\nx\n--b--\n"));
  ASSERT_EQ(verdict_of(facts), "clean");
  EXPECT_EQ(facts.parts[1].type, "image/png");
  EXPECT_EQ(facts.parts[1].name, "a \"q\".png");
  EXPECT_EQ(facts.parts[1].content_id, "x@y");
  EXPECT_EQ(facts.parts[1].disposition, "inline");
  EXPECT_EQ(facts.parts[1].parameter("name"), "a \"q\".png");
  EXPECT_EQ(facts.parts[1].parameter("charset"), "");
  EXPECT_EQ(facts.parts[2].disposition, "attachment");
}

// --- what daily mail contains and nobody may mind ---

TEST(Scanner, DoesNotMindWhatDecidesNothing) {
  for (const std::string_view field :
       {"Content-Class: urn:content-classes:message\n", "Content-Description: (a comment) = \"\n",
        "MIME-Version: 1.0 (produced by (nested) x)\n", "Subject: one\nSubject: two\n", "Received: a\nReceived: a\n",
        "Subject: raw \xdc\x1b$B 8-bit\n", "X-Empty:\n", "Message-ID: nonsense\n", "Date: nonsense\n",
        "Content-ID: no brackets\n", "Content-Language: de, en (x)\n", "Subject: a\n \n b\n",
        "Content-Type: text/plain; charset=utf-8;\n", "Content-Type: text/plain;charset=\"utf-8\" ; format=flowed \n",
        "Content-Type: text/plain; charset = utf-8\n", "Content-Transfer-Encoding: 8BIT\n"}) {
    EXPECT_EQ(verdict_of(scan_text(std::string(kHead) + std::string(field) + "\ntext\n")), "clean") << field;
  }
}

// --- encodings ---

struct BodyCase {
  std::string_view encoding;
  std::string_view body;  // "\n" is CRLF
  std::string_view code;  // "" for exact
  ByteCount decoded = 0;
};

class Bodies : public testing::TestWithParam<BodyCase> {};

TEST_P(Bodies, AreExactOnlyWhereEveryReaderAgrees) {
  const BodyCase& row = GetParam();
  const MessageFacts facts =
      scan_text(multipart("--b\nContent-Type: a/b\nContent-Transfer-Encoding: " + std::string(row.encoding) + "\n\n" +
                          std::string(row.body) + "\n--b--\n"));
  ASSERT_EQ(verdict_of(facts), "clean");
  EXPECT_EQ(facts.parts[1].inexact.code, row.code) << row.body;
  EXPECT_EQ(facts.parts[1].exact, row.code.empty()) << row.body;
  if (row.code.empty()) {
    EXPECT_EQ(facts.parts[1].body.decoded_size, row.decoded) << row.body;
  }
}

INSTANTIATE_TEST_SUITE_P(
    Scanner, Bodies,
    testing::Values(BodyCase{"base64", "", "", 0}, BodyCase{"base64", "QUJD", "", 3}, BodyCase{"base64", "QUI=", "", 2},
                    BodyCase{"base64", "QQ==\n\n", "", 1}, BodyCase{"base64", "QU\nJD\n\nQUJD", "", 6},
                    BodyCase{"base64", "QUJ", "base64"}, BodyCase{"base64", "QUJDR", "base64"},
                    BodyCase{"base64", "QUJ=", "base64"}, BodyCase{"base64", "QR==", "base64"},
                    BodyCase{"base64", "QQ==QUJD", "base64"}, BodyCase{"base64", "QQ==\nQUJD", "base64"},
                    BodyCase{"base64", "QQ===", "base64"}, BodyCase{"base64", "=QQ=", "base64"},
                    BodyCase{"base64", "QUJD ", "base64"}, BodyCase{"base64", "QU-D", "base64"},
                    BodyCase{"base64", "QUJD\n--\nlist footer", "base64"}, BodyCase{"base64", "QU\xc4\x44", "base64"},
                    BodyCase{"quoted-printable", "a=3D=c3\tb", "", 5}, BodyCase{"quoted-printable", "a=\nb\nc", "", 5},
                    BodyCase{"quoted-printable", "a\n", "", 3}, BodyCase{"quoted-printable", "a =\nb", "", 3},
                    BodyCase{"quoted-printable", "", "", 0}, BodyCase{"quoted-printable", "a=", "qp"},
                    BodyCase{"quoted-printable", "a=\n", "", 1}, BodyCase{"quoted-printable", "a \nb", "qp"},
                    BodyCase{"quoted-printable", "a ", "qp"}, BodyCase{"quoted-printable", "a=X1", "qp"},
                    BodyCase{"quoted-printable", "a=4", "qp"}, BodyCase{"quoted-printable", "a= \nb", "qp"},
                    BodyCase{"quoted-printable", "\xc3\xbc", "qp"}, BodyCase{"quoted-printable", "\x01", "qp"},
                    BodyCase{"7bit", "a\nb", "", 4}, BodyCase{"8bit", "\xc3\xbc", "", 2},
                    BodyCase{"binary", "a", "", 1}));

TEST(Scanner, RefusesBase64LinesOver998Characters) {
  const std::string good(998, 'A');
  const auto code = [](const std::string& body) {
    return scan_text(multipart("--b\nContent-Transfer-Encoding: base64\n\n" + body + "\n--b--\n"))
        .parts[1]
        .inexact.code;
  };
  EXPECT_EQ(code(good.substr(0, 996)), "");
  EXPECT_EQ(code(good + "\nAA"), "");
  EXPECT_EQ(code(good + "A\nAAA" + "AA"), "base64");
  EXPECT_EQ(code(std::string(1000, 'A')), "base64");
}

TEST(Scanner, RefusesOnePartForANulOrABareLineEndInIt) {
  using namespace std::string_literals;
  const auto code = [](const std::string& body) {
    const MessageFacts facts = scan(test::crlf(multipart("--b\n\n")) + body + "\r\n--b--\r\n");
    EXPECT_EQ(verdict_of(facts), "clean") << body;
    return facts.parts[1].inexact.code;
  };
  EXPECT_EQ(code("a\0b"s), "nul");
  EXPECT_EQ(code("a\nb"s), "bare-eol");
  EXPECT_EQ(code("a\rb"s), "bare-eol");
  EXPECT_EQ(code("a\r\r\nb"s), "bare-eol");
  EXPECT_EQ(code("a\n--x\nb"s), "bare-eol");
  EXPECT_EQ(code("a\r\n--x\0y"s), "nul");
}

TEST(Scanner, NeverSaysThatQuotedPrintableDecodesToMoreThanItsBytes) {
  const auto decoded = [](const std::string& body) {
    const MessageFacts facts =
        scan(test::crlf(multipart("--b\nContent-Transfer-Encoding: quoted-printable\n\n")) + body + "\r\n--b--\r\n");
    EXPECT_EQ(verdict_of(facts), "clean") << body;
    return facts.parts[1].body.decoded_size;
  };
  EXPECT_EQ(decoded("a\r\nb"), 4U);
  EXPECT_EQ(decoded("a\rb"), 3U);  // not exact: nobody knows what the sender meant
  EXPECT_EQ(decoded("\r\n\r"), 3U);
  EXPECT_EQ(decoded("=\nb"), 1U);
}

TEST(Scanner, RefusesOnePartWhoseNameReadersDiffer) {
  for (const std::string_view fields : {"Content-Type: a/b; name=one\nContent-Disposition: attachment; filename=two\n",
                                        "Content-Disposition: attachment; filename=one; filename*=utf-8''two\n",
                                        "Content-Disposition: attachment; filename*=utf-8''%zz\n",
                                        "Content-Disposition: attachment; filename*=utf-7''a\n",
                                        "Content-Disposition: attachment; filename=\"=?utf-8?Q?=ff?=\"\n",
                                        "Content-Disposition: attachment; filename=\"C:\\scan.pdf\"\n",
                                        "Content-Disposition: attachment; filename=\"a=?utf-8?Q?b?=\"\n",
                                        "Content-Disposition: attachment; filename=\"\xfc.pdf\"\n"}) {
    const MessageFacts facts = scan_text(multipart("--b\n" + std::string(fields) + "\nx\n--b--\n"));
    EXPECT_EQ(verdict_of(facts), "clean") << fields;
    EXPECT_EQ(facts.parts[1].inexact.code, "name") << fields;
  }
}

TEST(Scanner, RefusesOnePartForAFoldOrBlanksBesideItsEncoding) {
  for (const std::string_view value : {" base64 ", " base64\t", "\n base64"}) {
    const MessageFacts facts =
        scan_text(multipart("--b\nContent-Transfer-Encoding:" + std::string(value) + "\n\nQUJD\n--b--\n"));
    EXPECT_EQ(verdict_of(facts), "clean") << value;
    EXPECT_EQ(facts.parts[1].inexact.code, "cte") << value;
  }
}

// --- whatever the pieces ---

std::string describe(const MessageFacts& facts) {
  std::string text =
      verdict_of(facts) + " " + std::to_string(facts.size) + " " + std::to_string(facts.attachment_count);
  for (const Finding& finding : facts.findings) text += "\n" + finding.code + " " + std::to_string(finding.offset);
  for (const HeaderField& field : facts.headers) text += "\n" + field.name + "=" + field.value;
  const auto range = [](ByteRange r) { return " " + std::to_string(r.begin) + "-" + std::to_string(r.end); };
  for (const Part& part : facts.parts) {
    text += "\n" + part.type + "|" + part.name + "|" + part.inexact.code + range(part.header) + range(part.entity) +
            range(part.body.range) + " " + std::to_string(part.body.decoded_size) + (part.exact ? " exact" : "");
  }
  return text;
}

std::string mutate(std::string mail, std::mt19937_64& random) {
  static const std::vector<std::string> kPieces = {
      "\r",      "\n",    "\r\n", std::string(1, '\0'), "--",
      "=",       "\"",    ";",    "\r\n\r\n",           "Content-Type: multipart/mixed; boundary=b\r\n",
      "--b\r\n", "--b--", " "};
  for (int i = 0; i < 3; ++i) {
    const std::size_t at = random() % (mail.size() + 1);
    if (random() % 2 == 0) {
      mail.insert(at, kPieces[random() % kPieces.size()]);
    } else {
      mail.erase(at, random() % 5);
    }
  }
  return mail;
}

TEST(Scanner, SeesTheSameWhateverThePieces) {
  std::mt19937_64 random(test::seed());
  const std::vector<test::StyledMail> mails = test::daily_mails(500);
  for (int round = 0; round < 2000; ++round) {
    const std::string mail = mutate(mails[random() % mails.size()].bytes, random);
    ScanLimits limits;
    if (round % 4 == 0) limits = {1500, 12, 200, 2, 3};
    const std::string whole = describe(scan(mail, limits));
    Scanner scanner(limits);
    const std::size_t most = 1 + random() % (round % 3 == 0 ? 3 : 200);
    for (std::size_t at = 0; at < mail.size();) {
      const std::size_t size = std::min(mail.size() - at, 1 + random() % most);
      scanner.feed(std::string_view(mail).substr(at, size));
      at += size;
    }
    ASSERT_EQ(describe(scanner.finish()), whole) << "in pieces of up to " << most << ":\n" << mail;
  }
}

// What the scanner calls exact, the strict decoder must decode, and to as many bytes; what it refuses as base64 or
// quoted-printable, the decoder must refuse.
template <class Decoder>
std::optional<std::size_t> decode_all(std::string_view encoded) {
  Decoder decoder;
  std::string out(encoded.size() + 64, '\0');
  std::size_t produced = 0;
  while (!encoded.empty()) {
    const DecodeStep step = decoder.decode(encoded, std::span<char>(out).subspan(produced));
    if (!step.fault.empty()) return std::nullopt;
    encoded.remove_prefix(step.consumed);
    produced += step.produced;
  }
  if (!decoder.finish().empty()) return std::nullopt;
  return produced;
}

TEST(Scanner, AgreesWithTheDecodersOnWhatIsExact) {
  std::mt19937_64 random(test::seed());
  const std::vector<std::string> pieces = {"A", "Q",   "w",     "=",  "==", "\r\n", "QUJD",
                                           " ", "=3D", "=\r\n", "ab", "\t", "-",    "x"};
  int exact = 0;
  for (int round = 0; round < 20000; ++round) {
    const bool base64 = random() % 2 == 0;
    std::string body;
    for (std::size_t n = random() % 8; n > 0; --n) body += pieces[random() % pieces.size()];
    const std::string mail =
        test::crlf(multipart("--b\nContent-Transfer-Encoding: " + std::string(base64 ? "base64" : "quoted-printable") +
                             "\n\n")) +
        body + "\r\n--b--\r\n";
    const MessageFacts facts = scan(mail);
    ASSERT_EQ(facts.parts.size(), 2U) << mail;
    const Part& part = facts.parts[1];
    const std::string_view encoded = slice(mail, part.body.range);
    const auto decoded = base64 ? decode_all<Base64Decoder>(encoded) : decode_all<QuotedPrintableDecoder>(encoded);
    ASSERT_EQ(part.exact, decoded.has_value()) << mail;
    if (!decoded) continue;
    ++exact;
    ASSERT_EQ(part.body.decoded_size, *decoded) << mail;
  }
  EXPECT_GT(exact, 1000);
}

}  // namespace
}  // namespace graph_milter::mail
