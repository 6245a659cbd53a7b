// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/graph_emulator/mime_reader.h"

namespace graph_milter::emulator {
namespace {

using ::testing::ElementsAre;

std::vector<std::string> addresses(std::string_view text) {
  std::vector<std::string> out;
  for (const Address& address : parse_addresses(text)) out.push_back(address.name + "|" + address.address);
  return out;
}

TEST(MimeReader, UnfoldsFieldsAndFindsTheBody) {
  const std::string text = "Subject: one\r\n two\r\nX: y\r\n\r\nbody\r\n";
  const Entity entity = read_mime(text);
  EXPECT_EQ(entity.value("subject"), "one two");
  EXPECT_EQ(text.substr(entity.body), "body\r\n");
  EXPECT_EQ(entity.type, "text/plain");
}

TEST(MimeReader, ReadsNestedMultipartsWithoutTheLineEndOfTheDelimiter) {
  const std::string text =
      "Content-Type: multipart/mixed; boundary=\"a b\"\r\n\r\npreamble\r\n--a b\r\n"
      "Content-Type: multipart/alternative; boundary=i\r\n\r\n--i\r\n\r\nplain\r\n--i\r\nContent-Type: "
      "text/html\r\n\r\n<p>\r\n--i--\r\n"
      "\r\n--a b\r\nContent-Transfer-Encoding: base64\r\n\r\nQUJD\r\nRA==\r\n--a b--\r\nepilogue\r\n";
  const Entity entity = read_mime(text);
  ASSERT_EQ(entity.children.size(), 2U);
  ASSERT_EQ(entity.children[0].children.size(), 2U);
  EXPECT_EQ(decoded_body(text, entity.children[0].children[0]), "plain");
  EXPECT_EQ(decoded_body(text, entity.children[0].children[1]), "<p>");
  EXPECT_EQ(decoded_body(text, entity.children[1]), "ABCD");
}

TEST(MimeReader, ReadsAMultipartThatNobodyClosed) {
  const Entity entity = read_mime("Content-Type: multipart/mixed; boundary=B\n\n--B\n\nrest\n");
  ASSERT_EQ(entity.children.size(), 1U);
}

TEST(MimeReader, DecodesQuotedPrintable) {
  const std::string text = "Content-Transfer-Encoding: quoted-printable\r\n\r\na=3Db=\r\nc \t\r\n=E4=zz";
  EXPECT_EQ(decoded_body(text, read_mime(text)), "a=bc\r\n\xE4=zz");
}

TEST(MimeReader, KnowsEveryFormOfAFileName) {
  const auto name = [](const std::string& fields) { return read_mime(fields + "\r\n\r\n").file_name(); };
  EXPECT_EQ(name("Content-Disposition: attachment; filename=\"a \\\"b\\\".pdf\"; size=1"), "a \"b\".pdf");
  EXPECT_EQ(name("Content-Disposition: attachment; filename*=utf-8''%C3%9C.pdf; filename=U.pdf"), "Ü.pdf");
  EXPECT_EQ(name("Content-Disposition: attachment;\r\n filename*0*=iso-8859-1''%DC;\r\n filename*1=b.pdf"), "Üb.pdf");
  EXPECT_EQ(name("Content-Type: application/pdf; name=\"=?iso-8859-1?Q?=DC_1.pdf?=\""), "Ü 1.pdf");
  EXPECT_EQ(name("Content-Type: application/pdf; (comment; name=x) charset=a"), "");
}

TEST(MimeReader, DecodesWordsAndDropsTheBlanksBetweenThem) {
  EXPECT_EQ(decode_words("=?utf-8?B?w5w=?= =?utf-8?Q?b_er?= plain"), "Üb er plain");
  EXPECT_EQ(decode_words("a =?broken"), "a =?broken");
}

TEST(MimeReader, ReadsAddressesGroupsAndComments) {
  EXPECT_THAT(addresses("a@b, \"X, Y\" <c@d>, =?utf-8?Q?=C3=9C?= <e@f> (note, more)"),
              ElementsAre("|a@b", "X, Y|c@d", "Ü|e@f"));
  EXPECT_THAT(addresses("undisclosed-recipients:;"), ElementsAre());
  EXPECT_THAT(addresses("team: a@b, c@d; e@f"), ElementsAre("|a@b", "|c@d", "|e@f"));
  EXPECT_THAT(addresses("\"odd local\"@b"), ElementsAre("|\"odd local\"@b"));
}

TEST(MimeReader, TakesOnlyStrictBase64WhereItIsWanted) {
  std::string out;
  EXPECT_TRUE(decode_base64_strictly("QUJDRA==", out));
  EXPECT_EQ(out, "ABCD");
  for (const char* bad : {"QUJDR", "QUJDRB==", "QUJD\n", "=QUJ", "QU=D"})
    EXPECT_FALSE(decode_base64_strictly(bad, out)) << bad;
}

}  // namespace
}  // namespace graph_milter::emulator
