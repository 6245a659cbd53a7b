// SPDX-License-Identifier: Apache-2.0
#include "core/mail/text_reader.h"

#include <gtest/gtest.h>

#include "core/base/base64.h"

namespace graph_milter::mail {
namespace {

Result<std::string> read_text(const std::string& bytes, std::string_view charset, std::size_t room = 4096,
                              TransferEncoding encoding = TransferEncoding::Binary, ByteCount decoded = 0) {
  StringSource message(bytes);
  const EncodedRange body{{0, bytes.size()}, encoding, decoded == 0 ? bytes.size() : decoded};
  GM_TRY_ASSIGN(TextReader reader, TextReader::open(message, body, charset));
  std::string text;
  std::string block(room, '\0');
  for (;;) {
    GM_TRY_ASSIGN(const std::size_t got, reader.read(writable(block)));
    if (got == 0) return text;
    text += block.substr(0, got);
  }
}

TEST(TextReader, ConvertsTheCharsetsThatAllReadersKnow) {
  EXPECT_EQ(read_text("plain\r\n", ""), "plain\r\n");
  EXPECT_EQ(read_text("Gr\xfc\xdf"
                      "e",
                      "ISO-8859-1"),
            "Gr\xc3\xbc\xc3\x9f"
            "e");
  EXPECT_EQ(read_text("\x93quoted\x94", "windows-1252"), "\xe2\x80\x9cquoted\xe2\x80\x9d");
  EXPECT_EQ(read_text("\x1b$B$3\x1b(B", "iso-2022-jp"), "\xe3\x81\x93");
  EXPECT_EQ(read_text("\xe2\x82\xac", "utf-8"), "\xe2\x82\xac");
  EXPECT_EQ(read_text("", "utf-8"), "");
}

TEST(TextReader, DecodesTheTransferEncodingToo) {
  const std::string encoded = base64_encode(
      "Gr\xfc\xdf"
      "e");
  EXPECT_EQ(read_text(encoded, "iso-8859-1", 64, TransferEncoding::Base64, 5),
            "Gr\xc3\xbc\xc3\x9f"
            "e");
}

TEST(TextReader, CharactersAcrossItsBlocksStayWhole) {
  std::string euros;
  for (int i = 0; i < 40'000; ++i) euros += "\xe2\x82\xac";
  for (const std::size_t room : {16U, 17U, 100U, 65'536U}) EXPECT_EQ(read_text(euros, "utf-8", room), euros);
  const std::string latin(100'001, '\xe9');
  const auto text = read_text(latin, "iso-8859-1", 33);
  ASSERT_TRUE(text);
  EXPECT_EQ(text->size(), 200'002U);
}

TEST(TextReader, RefusesWhatIsNotValidInItsCharset) {
  for (const auto& [bytes, charset] : {std::pair<std::string, std::string>{"caf\xe9", ""},
                                       {"caf\xe9", "utf-8"},
                                       {"caf\xe2\x82", "utf-8"},
                                       {"caf\xe9", "us-ascii"}}) {
    const auto text = read_text(bytes, charset);
    ASSERT_FALSE(text) << bytes;
    EXPECT_EQ(text.error().kind, ErrorKind::Permanent);
    EXPECT_EQ(text.error().what, "is not valid " + (charset.empty() ? "us-ascii" : charset) + " (at decoded byte 3)");
  }
}

TEST(TextReader, RefusesCharsetsThatReadersDoNotShare) {
  for (const std::string charset : {"utf-7", "x-unknown", "utf-16", "utf-8//TRANSLIT"}) {
    const auto text = read_text("a", charset);
    ASSERT_FALSE(text) << charset;
    EXPECT_EQ(text.error().what, "is in the charset \"" + charset + "\", which not everybody reads alike");
  }
}

}  // namespace
}  // namespace graph_milter::mail
