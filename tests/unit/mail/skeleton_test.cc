// SPDX-License-Identifier: Apache-2.0
#include "core/mail/skeleton.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>

#include "core/base/text.h"
#include "core/mail/scanner.h"
#include "core/mail/second_reader.h"
#include "tests/support/temp_folder.h"

namespace graph_milter::mail {
namespace {

MessageFacts scan(std::string_view message) {
  Scanner scanner;
  scanner.feed(message);
  return scanner.finish();
}

std::string read_splice(std::string_view message, const Splice& splice) {
  StringSource source{std::string(message)};
  SpliceSource spliced(source, splice);
  return read_all(spliced, 1 << 24).value();
}

// The message without the parts that carry these names.
std::string without(std::string_view message, const std::set<std::string>& names, SkeletonRequest request = {}) {
  const MessageFacts facts = scan(message);
  EXPECT_TRUE(facts.is_clean()) << (facts.findings.empty() ? ""
                                                           : facts.findings[0].code + " " + facts.findings[0].detail);
  for (std::size_t i = 0; i < facts.parts.size(); ++i) {
    if (facts.is_leaf(i) && names.contains(facts.parts[i].name)) request.cut_parts.push_back(i);
  }
  EXPECT_EQ(request.cut_parts.size(), names.size());
  std::string skeleton = read_splice(message, make_skeleton(facts, request));
  const MessageFacts again = scan(skeleton);
  EXPECT_TRUE(again.is_clean()) << (again.findings.empty() ? "" : again.findings[0].detail) << "\n" << skeleton;
  return skeleton;
}

constexpr std::string_view kHead =
    "From: ann@contoso.com\r\n"
    "To: bob@example.com\r\n"
    "Subject: two files\r\n"
    "MIME-Version: 1.0\r\n";

std::string file_part(std::string_view name) {
  return "Content-Type: application/pdf; name=\"" + std::string(name) +
         "\"\r\nContent-Transfer-Encoding: base64\r\nContent-Disposition: attachment; filename=\"" + std::string(name) +
         "\"\r\n\r\nQUJD\r\nREVG\r\n";
}

TEST(Skeleton, IsTheMessageItselfWhereNothingIsCut) {
  const std::string message =
      std::string(kHead) + "Content-Type: multipart/mixed; boundary=b\r\n\r\npreamble\r\n--b\r\n\r\ntext\r\n--b\r\n" +
      file_part("a.pdf") + "--b--\r\nepilogue\r\n";
  EXPECT_EQ(without(message, {}), message);
}

TEST(Skeleton, LeavesEveryOtherByteAsItCame) {
  const std::string head =
      std::string(kHead) + "Content-Type: multipart/mixed;\r\n\tboundary=\"b\"\r\nX-Odd:  \t x \r\n\r\n";
  const std::string text = "--b\r\nContent-Type: text/plain\r\n\r\nsee below\r\n\r\n";
  const std::string message = head + "preamble\r\n" + text + "--b\r\n" + file_part("a.pdf") + "--b \t\r\n" +
                              file_part("keep.pdf") + "--b\r\n" + file_part("b.pdf") + "--b--\r\nepilogue\r\n";
  EXPECT_EQ(without(message, {"a.pdf", "b.pdf"}),
            head + "preamble\r\n" + text + "--b \t\r\n" + file_part("keep.pdf") + "--b--\r\nepilogue\r\n");
}

TEST(Skeleton, CutsInsideInnerMultiparts) {
  const std::string head = std::string(kHead) + "Content-Type: multipart/mixed; boundary=out\r\n\r\n";
  const std::string inner = "--out\r\nContent-Type: multipart/related; boundary=in\r\n\r\n--in\r\n\r\nhtml\r\n";
  const std::string message =
      head + inner + "--in\r\n" + file_part("a.pdf") + "--in--\r\n--out\r\n" + file_part("b.pdf") + "--out--\r\n";
  EXPECT_EQ(without(message, {"a.pdf", "b.pdf"}), head + inner + "--in--\r\n--out--\r\n");
}

TEST(Skeleton, OfABarePdfIsAnEmptyTextWithAllOtherFields) {
  const std::string message =
      "From: ann@contoso.com\r\nContent-Type: application/pdf;\r\n name=\"a.pdf\"\r\nContent-Transfer-Encoding: "
      "base64\r\n"
      "To: bob@example.com\r\nContent-Disposition: attachment; filename=a.pdf\r\nContent-Description: scan\r\n"
      "MIME-Version: 1.0\r\nSubject: a scan\r\n\r\nQUJD\r\n";
  EXPECT_EQ(without(message, {"a.pdf"}),
            "From: ann@contoso.com\r\nTo: bob@example.com\r\nContent-Description: scan\r\nMIME-Version: 1.0\r\n"
            "Subject: a scan\r\nContent-Type: text/plain; charset=us-ascii\r\nContent-Transfer-Encoding: 7bit\r\n\r\n");
}

TEST(Skeleton, OfAMultipartWithOnePdfIsAnEmptyTextWithAllOtherFields) {
  const std::string message =
      std::string(kHead) + "Content-Type: multipart/mixed; boundary=b\r\nX-Device: 7\r\n\r\nThis is MIME.\r\n--b\r\n" +
      file_part("a.pdf") + "--b--\r\n";
  EXPECT_EQ(without(message, {"a.pdf"}),
            std::string(kHead) +
                "X-Device: 7\r\nContent-Type: text/plain; charset=us-ascii\r\nContent-Transfer-Encoding: 7bit\r\n\r\n");
}

TEST(Skeleton, PutsAnEmptyTextInThePlaceOfAnInnerMultipartThatLostItsLastPart) {
  const std::string head = std::string(kHead) + "Content-Type: multipart/mixed; boundary=out\r\n\r\n";
  const std::string message =
      head + "--out\r\n\r\ntext\r\n--out\r\nContent-Type: multipart/mixed; boundary=in\r\n\r\n--in\r\n" +
      file_part("a.pdf") + "--in\r\n" + file_part("b.pdf") + "--in--\r\n--out\r\n" + file_part("keep.pdf") +
      "--out--\r\n";
  EXPECT_EQ(without(message, {"a.pdf", "b.pdf"}),
            head +
                "--out\r\n\r\ntext\r\n--out\r\nContent-Type: text/plain; charset=us-ascii\r\n"
                "Content-Transfer-Encoding: 7bit\r\n\r\n\r\n--out\r\n" +
                file_part("keep.pdf") + "--out--\r\n");
}

TEST(Skeleton, KeepsTheMultipartWhoseOnlyPartBecameAnEmptyText) {
  const std::string head = std::string(kHead) + "Content-Type: multipart/mixed; boundary=out\r\n\r\n";
  const std::string message = head + "--out\r\nContent-Type: multipart/mixed; boundary=in\r\n\r\n--in\r\n" +
                              file_part("a.pdf") + "--in--\r\n--out--\r\n";
  EXPECT_EQ(without(message, {"a.pdf"}), head +
                                             "--out\r\nContent-Type: text/plain; charset=us-ascii\r\n"
                                             "Content-Transfer-Encoding: 7bit\r\n\r\n\r\n--out--\r\n");
}

TEST(Skeleton, DropsAndAddsFieldsOfTheMessageHeader) {
  const std::string message = "Return-Path: <x@y.example>\r\n" + std::string(kHead) +
                              "BCC: hidden@example.com,\r\n\tother@example.com\r\n\r\ntext\r\n";
  SkeletonRequest request;
  request.drop_fields = {"bcc", "return-path"};
  request.add_fields = {"Bcc: eve@example.com", "X-Id: 1"};
  EXPECT_EQ(without(message, {}, request), std::string(kHead) + "Bcc: eve@example.com\r\nX-Id: 1\r\n\r\ntext\r\n");
}

TEST(Skeleton, OfAMessageOfOnlyHeadersEndsItsHeader) {
  SkeletonRequest request;
  request.add_fields = {"X-Id: 1"};
  MessageFacts facts;
  facts.verdict = Verdict::Clean;
  facts.headers = {{"from", "ann@contoso.com", {0, kHead.size()}}};
  facts.header = {0, kHead.size()};
  facts.size = kHead.size();
  facts.parts.resize(1);
  EXPECT_EQ(read_splice(kHead, make_skeleton(facts, request)), std::string(kHead) + "X-Id: 1\r\n\r\n");
}

// A random tree of multiparts and files, and which of its files are cut.
class RandomMail {
 public:
  explicit RandomMail(std::mt19937_64& random) : random_(random) {}

  std::string make() { return std::string(kHead) + entity(0); }
  const std::set<std::string>& cut() const { return cut_; }
  const std::vector<std::string>& kept() const { return kept_; }

 private:
  std::string entity(int depth) {
    if (depth < 4 && random_() % 3 != 0) {
      const std::string boundary = "=_b" + std::to_string(count_++) + "_";
      std::string out = "Content-Type: multipart/mixed; boundary=\"" + boundary + "\"\r\n\r\n";
      if (random_() % 3 == 0) out += "a preamble\r\n";
      for (std::size_t parts = 1 + random_() % 3; parts > 0; --parts)
        out += "--" + boundary + "\r\n" + entity(depth + 1);
      return out + "--" + boundary + "--\r\n";
    }
    const std::string name = "f" + std::to_string(count_++) + ".pdf";
    if (random_() % 2 == 0) {
      cut_.insert(name);
    } else {
      kept_.push_back(name);
    }
    return file_part(name);
  }

  std::mt19937_64& random_;
  int count_ = 0;
  std::set<std::string> cut_;
  std::vector<std::string> kept_;
};

TEST(Skeleton, HoldsExactlyTheKeptPartsOfAnyTreeForTwoReaders) {
  std::mt19937_64 random(test::seed());
  for (int round = 0; round < 300; ++round) {
    RandomMail mail(random);
    const std::string message = mail.make();
    const std::string skeleton = without(message, mail.cut());
    if (::testing::Test::HasFailure()) FAIL() << message;
    StringSource source(skeleton);
    const MessageFacts facts = confirm_with_second_reader(scan(skeleton), source);
    ASSERT_TRUE(facts.is_clean()) << facts.findings[0].detail << "\n" << skeleton;
    std::vector<std::string> names;
    for (std::size_t i = 0; i < facts.parts.size(); ++i) {
      const Part& part = facts.parts[i];
      if (!facts.is_leaf(i)) continue;
      if (part.name.empty()) {
        ASSERT_EQ(part.type, "text/plain") << skeleton;
        ASSERT_EQ(part.body.range.size(), 0U) << skeleton;
      } else {
        names.push_back(part.name);
      }
    }
    ASSERT_EQ(names, mail.kept()) << message;
  }
}

std::string unfold(std::string text) {
  for (std::size_t at = 0; (at = text.find("\r\n", at)) != std::string::npos;) text.erase(at, 2);
  return text;
}

TEST(Field, IsOneLineWhereItFits) { EXPECT_EQ(make_field("X-Id", "mx1/0abc"), "X-Id: mx1/0abc"); }

TEST(Field, IsFoldedAt78ColumnsWithoutChangingItsValue) {
  std::string value;
  for (int i = 0; i < 40; ++i) value += (i == 0 ? "" : ", ") + ("recipient" + std::to_string(i) + "@example.com");
  const std::string field = make_field("Bcc", value);
  EXPECT_EQ(unfold(field), "Bcc: " + value);
  for (std::size_t begin = 0; begin < field.size();) {
    const std::size_t end = std::min(field.find("\r\n", begin), field.size());
    EXPECT_LE(end - begin, 78U);
    EXPECT_NE(field.substr(begin, end - begin).find_first_not_of(" \t"), std::string::npos);
    begin = end + 2;
  }
}

TEST(Field, CantBeUsedToInjectAnother) {
  EXPECT_EQ(make_field("X-Id", std::string_view("a\r\nBcc: eve@example.com\0\n", 25)), "X-Id: aBcc: eve@example.com");
}

TEST(Field, WritesWhatIsNotAsciiAsEncodedWords) {
  EXPECT_EQ(make_field("Subject", "caf\xC3\xA9"), "Subject: =?utf-8?B?Y2Fmw6k=?=");
  EXPECT_EQ(make_field("To", "J\xC3\xB6rg M\xC3\xBCller <joerg@example.com>"),
            "To: =?utf-8?B?SsO2cmcgTcO8bGxlcg==?= <joerg@example.com>");
  std::string euros;
  for (int i = 0; i < 100; ++i) euros += "\xE2\x82\xAC";
  const std::string field = make_field("Subject", euros + "\xFF");
  EXPECT_TRUE(is_ascii(field));
  for (std::size_t begin = 0; begin < field.size();) {
    const std::size_t end = std::min(field.find("\r\n", begin), field.size());
    EXPECT_LE(end - begin, 78U);
    begin = end + 2;
  }
}

}  // namespace
}  // namespace graph_milter::mail
