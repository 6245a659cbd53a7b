// SPDX-License-Identifier: Apache-2.0
#include "core/mail/second_reader.h"

#include <gtest/gtest.h>

#include <random>
#include <thread>

#include "tests/support/temp_folder.h"
#include "tests/unit/mail/scan.h"

namespace graph_milter::mail {
namespace {

TEST(SecondReader, ConfirmsDailyMail) {
  const std::vector<test::StyledMail> mails = test::daily_mails();
  ASSERT_GE(mails.size(), 40U);
  for (const test::StyledMail& mail : mails) {
    const MessageFacts facts = confirm(mail.bytes);
    EXPECT_EQ(verdict_of(facts), "clean") << mail.name;
    if (!facts.is_clean()) ADD_FAILURE() << mail.name << ": " << facts.findings.front().detail;
    std::size_t leaves = 0;
    for (const Part& part : facts.parts) {
      if (part.is_multipart) continue;
      ++leaves;
      const bool is_attachment = part.disposition == "attachment" && !part.type.starts_with("message/");
      EXPECT_TRUE(part.exact || !is_attachment) << mail.name << ": " << part.type << " " << part.inexact.code;
    }
    EXPECT_EQ(leaves, mail.leaves) << mail.name;
    EXPECT_EQ(facts.from.size(), 1U) << mail.name;
  }
}

TEST(SecondReader, ConfirmsEachTransferEncodingInEachPlace) {
  for (const std::string_view encoding : {"7bit", "8bit", "binary", "base64", "quoted-printable", "BASE64"}) {
    for (const std::string_view body : {"", "QUJD\n", "QUJD\n\n"}) {
      const std::string field = "Content-Transfer-Encoding: " + std::string(encoding) + "\n\n";
      const std::string root = test::crlf("From: a@b.example\nContent-Type: a/b\n" + field + std::string(body));
      EXPECT_EQ(verdict_of(confirm(root)), "clean") << root;
      const std::string part =
          test::crlf("From: a@b.example\nContent-Type: multipart/mixed; boundary=b\n\n--b\n" + field +
                     std::string(body) + "\n--b\n" + field + std::string(body) + "\n--b--\n");
      EXPECT_EQ(verdict_of(confirm(part)), "clean") << part;
    }
  }
}

std::string with_part(std::string_view fields) {
  return test::crlf("From: a@b.example\nContent-Type: multipart/mixed; boundary=b\n\n--b\n" + std::string(fields) +
                    "\nx\n--b--\n");
}

TEST(SecondReader, ReadsNamesAsTheFirstDoes) {
  for (const std::string_view fields :
       {"Content-Disposition: attachment; filename*0*=utf-8''%C3%9C; filename*1*=%20a; filename*2=\".pdf\"\n",
        "Content-Disposition: attachment; filename=\"=?utf-8?B?w5w=?= =?utf-8?Q?b=2Epdf?=\"\n",
        "Content-Disposition: attachment; filename=\"=?utf-8?B?w5w=?=\n =?utf-8?Q?b=2Epdf?=\"\n",
        "Content-Disposition: attachment; filename=\"a \\\"b\\\" \\\\c.pdf\"\n",
        "Content-Disposition: attachment; filename=\"a; b=c (d).pdf\"\n",
        "Content-Disposition: attachment; filename*=iso-8859-1'de'%DCber.pdf\n",
        "Content-Disposition: attachment; filename=\"\xc3\x9c.pdf\"\n", "Content-Type: a/b; name=\"\xc3\x9c.pdf\"\n",
        "Content-Disposition: attachment; filename=\"\"\n", "Content-Disposition: attachment; filename=\" a \"\n",
        "Content-Disposition: attachment; filename=a.pdf;\n", "Content-Disposition: attachment; filename = a.pdf\n",
        "Content-Type: a/b; name=\"a.pdf\"\nContent-Disposition: attachment\n"}) {
    const MessageFacts facts = confirm(with_part(fields));
    EXPECT_EQ(verdict_of(facts), "clean") << fields << (facts.findings.empty() ? "" : facts.findings[0].detail);
  }
}

TEST(SecondReader, SaysWhatDiffers) {
  const std::string mail = with_part("Content-Type: a/b\nContent-Disposition: attachment; filename=c.pdf\n");
  const MessageFacts facts = scan(mail);
  const auto words_for = [&](const std::function<void(MessageFacts&)>& change) {
    MessageFacts other = facts;
    change(other);
    StringSource source{std::string(mail)};
    other = confirm_with_second_reader(other, source);
    EXPECT_EQ(other.verdict, Verdict::Ambiguous);
    EXPECT_EQ(other.findings.at(0).code, "second-reader");
    return other.findings.at(0).detail;
  };
  EXPECT_EQ(words_for([](MessageFacts& f) { f.parts[1].type = "a/c"; }),
            "leaf 1: type is \"a/b\" for one reader and \"a/c\" for the other");
  EXPECT_EQ(words_for([](MessageFacts& f) { f.parts[1].name = "d.pdf"; }),
            "leaf 1: name is \"c.pdf\" for one reader and \"d.pdf\" for the other");
  EXPECT_EQ(words_for([](MessageFacts& f) { f.parts[1].body.encoding = TransferEncoding::Base64; }),
            "leaf 1: encoding is \"7bit\" for one reader and \"base64\" for the other");
  const ByteRange body = facts.parts[1].body.range;
  EXPECT_EQ(words_for([](MessageFacts& f) { ++f.parts[1].body.range.end; }),
            "leaf 1: range is \"" + std::to_string(body.begin) + "-" + std::to_string(body.end) +
                "\" for one reader and \"" + std::to_string(body.begin) + "-" + std::to_string(body.end + 1) +
                "\" for the other");
  EXPECT_EQ(words_for([](MessageFacts& f) { f.parts.pop_back(); }), "one reader sees 1 leaves and the other 0");
  EXPECT_EQ(words_for([](MessageFacts& f) { f.from[0].address = "x@y.example"; }),
            "the addresses of From are not the same for both readers");
  EXPECT_EQ(words_for([](MessageFacts& f) {
              f.to.push_back({"", "x@y.example"});
            }),
            "the addresses of To are not the same for both readers");
  EXPECT_EQ(words_for([](MessageFacts& f) {
              f.cc.push_back({"", "x@y.example"});
            }),
            "the addresses of Cc are not the same for both readers");
}

class BrokenSource final : public ByteSource {
 public:
  ByteCount size() const override { return 1000; }
  Result<std::size_t> read_at(ByteCount, std::span<char>) override {
    return fail(ErrorKind::System, "disk", "Input/output error");
  }
};

TEST(SecondReader, ReportsAMessageThatCannotBeRead) {
  BrokenSource source;
  const MessageFacts facts = confirm_with_second_reader(scan(with_part("")), source);
  EXPECT_EQ(facts.verdict, Verdict::Error);
  EXPECT_EQ(facts.findings.at(0).detail, "disk: Input/output error");
}

TEST(SecondReader, LeavesOtherVerdictsAlone) {
  BrokenSource source;
  const MessageFacts facts = confirm_with_second_reader(scan_text("nonsense\n\n"), source);
  EXPECT_EQ(verdict_of(facts), "ambiguous header-line");
}

// Counts what is read, so that memory is shown by structure and not by measuring.
class CountingSource final : public ByteSource {
 public:
  explicit CountingSource(std::string_view bytes) : bytes_(bytes) {}
  ByteCount size() const override { return bytes_.size(); }
  Result<std::size_t> read_at(ByteCount offset, std::span<char> out) override {
    largest = std::max(largest, out.size());
    total += out.size();
    return bytes_.copy(out.data(), out.size(), offset);
  }
  std::size_t largest = 0;
  std::size_t total = 0;

 private:
  std::string_view bytes_;
};

TEST(SecondReader, ReadsALargeMessageOnceInSmallPieces) {
  const std::string mail = test::crlf(
                               "From: a@b.example\nContent-Type: multipart/mixed; "
                               "boundary=b\n\n--b\nContent-Transfer-Encoding: base64\n\n") +
                           test::base64_lines(test::make_content(8'000'000, 1)) + "--b--\r\n";
  CountingSource source(mail);
  EXPECT_EQ(verdict_of(confirm_with_second_reader(scan(mail), source)), "clean");
  EXPECT_LE(source.largest, 64U * 1024);
  EXPECT_LE(source.total, mail.size() + 1024 * 1024);
}

TEST(SecondReader, WorksInSeveralThreadsAtOnce) {
  const std::vector<test::StyledMail> mails = test::daily_mails(200);
  std::vector<std::thread> threads(4);
  for (std::thread& thread : threads) {
    thread = std::thread([&mails] {
      for (const test::StyledMail& mail : mails) EXPECT_EQ(verdict_of(confirm(mail.bytes)), "clean") << mail.name;
    });
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace graph_milter::mail
