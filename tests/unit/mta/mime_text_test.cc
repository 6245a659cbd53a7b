// SPDX-License-Identifier: Apache-2.0
#include "core/mta/mime_text.h"

#include <gtest/gtest.h>

#include <random>

#include "core/base/text.h"
#include "core/mta/notice.h"
#include "tests/support/temp_folder.h"

namespace graph_milter::mta {
namespace {

TEST(MimeText, OneLineIsOneLine) {
  EXPECT_EQ(one_line(" a\r\nb\tc\x01 ", 100), "a b c");
  EXPECT_EQ(one_line("caf\xC3\xA9 \xFF", 100), "caf\xC3\xA9 \xEF\xBF\xBD");
  EXPECT_EQ(one_line("caf\xC3\xA9", 4), "caf...");
  EXPECT_EQ(one_ascii_line("caf\xC3\xA9 \xFF\n", 100), "caf? ?");
}

TEST(MimeText, WrapsAtWordsAndNeverCutsOne) {
  EXPECT_EQ(wrap("a b c"), "a b c\n");
  EXPECT_EQ(wrap(""), "\n");
  const std::string word(70, 'x');
  EXPECT_EQ(wrap("a " + word + " b " + word, 4), "    a " + word + "\n    b " + word + "\n");
  EXPECT_EQ(wrap(std::string(200, 'x')), std::string(200, 'x') + "\n");
}

// Another reader of the same encoding, written down as RFC 2045 has it.
std::string decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '=') {
      out += text[i];
    } else if (text.substr(i + 1, 2) == "\r\n") {
      i += 2;
    } else {
      out += static_cast<char>(std::stoi(std::string(text.substr(i + 1, 2)), nullptr, 16));
      i += 2;
    }
  }
  return out;
}

TEST(MimeText, QuotedPrintableIsReadBackEqual) {
  const auto seed = test::seed();
  std::mt19937_64 dice(seed);
  constexpr std::string_view kAlphabet = "ab=. \t\n\xC3\xA9\x01";
  for (int round = 0; round < 5'000; ++round) {
    std::string text;
    std::string crlf;
    for (auto length = dice() % 300; length > 0; --length) {
      const char c = kAlphabet[dice() % kAlphabet.size()];
      text += c;
      crlf += c == '\n' ? "\r\n" : std::string(1, c);
    }
    const std::string encoded = quoted_printable(text);
    ASSERT_EQ(decoded(encoded), crlf) << "seed " << seed;
    std::size_t line = 0;
    for (std::size_t i = 0; i < encoded.size(); ++i) {
      line = encoded[i] == '\n' ? 0 : line + 1;
      ASSERT_LE(line, 77U) << "seed " << seed;  // 76 and the CR
      if (encoded[i] == '\r' && i > 0) {
        ASSERT_FALSE(is_blank(encoded[i - 1])) << "seed " << seed;
      }
    }
  }
}

TEST(MimeText, TextIsSevenBitWhereItCan) {
  EXPECT_EQ(text_entity("text/plain", "a\nb\r\n"),
            "Content-Type: text/plain; charset=us-ascii\r\n"
            "Content-Transfer-Encoding: 7bit\r\n"
            "\r\n"
            "a\r\nb\r\n");
  EXPECT_EQ(text_entity("text/plain", "caf\xC3\xA9\n"),
            "Content-Type: text/plain; charset=utf-8\r\n"
            "Content-Transfer-Encoding: quoted-printable\r\n"
            "\r\n"
            "caf=C3=A9\r\n");
  EXPECT_EQ(text_entity("text/plain", std::string(1000, 'x')).substr(44, 43),
            "Content-Transfer-Encoding: quoted-printable");
}

TEST(MimeText, TextIsAlwaysMail) {
  const auto seed = test::seed();
  std::mt19937_64 dice(seed);
  for (int round = 0; round < 5'000; ++round) {
    std::string text;
    for (auto length = dice() % 300; length > 0; --length) text += static_cast<char>(dice());
    const std::string entity = text_entity("text/plain", text);
    ASSERT_TRUE(is_ascii(entity)) << "seed " << seed;
    for (std::size_t i = 0; i < entity.size(); ++i) {
      if (entity[i] == '\n') {
        ASSERT_EQ(entity[i - 1], '\r') << "seed " << seed;
      }
      if (entity[i] == '\r') {
        ASSERT_EQ(entity.substr(i + 1, 1), "\n") << "seed " << seed;
      }
    }
  }
}

TEST(Notice, IsAWholeMail) {
  Notice notice;
  notice.hostname = "relay.contoso.com";
  notice.to = "postmaster";
  notice.subject = "graph-milter on relay: caf\xC3\xA9\r\nX-Injected: yes";
  notice.text = "The secret has expired.\n";
  notice.unique = "alert.1";
  notice.now = from_unix_ms(1'795'338'125'000);
  EXPECT_EQ(compose_notice(notice),
            "From: Mail Delivery System <MAILER-DAEMON@relay.contoso.com>\r\n"
            "To: <postmaster@relay.contoso.com>\r\n"
            "Subject: graph-milter on relay: =?utf-8?B?Y2Fmw6k=?= X-Injected: yes\r\n"
            "Date: Sun, 22 Nov 2026 09:02:05 +0000\r\n"
            "Message-ID: <alert.1@relay.contoso.com>\r\n"
            "Auto-Submitted: auto-generated\r\n"
            "MIME-Version: 1.0\r\n"
            "Content-Type: text/plain; charset=us-ascii\r\n"
            "Content-Transfer-Encoding: 7bit\r\n"
            "\r\n"
            "The secret has expired.\r\n");
  notice.to = "admin@contoso.com";
  notice.text = "caf\xC3\xA9\n";
  const std::string mail = compose_notice(notice);
  EXPECT_NE(mail.find("To: <admin@contoso.com>\r\n"), std::string::npos);
  EXPECT_NE(mail.find("charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\ncaf=C3=A9\r\n"),
            std::string::npos);
}

}  // namespace
}  // namespace graph_milter::mta
