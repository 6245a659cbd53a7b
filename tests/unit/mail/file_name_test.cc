// SPDX-License-Identifier: Apache-2.0
#include "core/mail/file_name.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "core/base/text.h"
#include "core/mail/utf8.h"
#include "tests/support/temp_folder.h"

namespace graph_milter::mail {
namespace {

std::string clean(std::string_view name) { return clean_file_name(name, "application/pdf", 3); }

TEST(FileName, LeavesOrdinaryNamesAlone) {
  for (const char* name : {"Report 2026-11.pdf", "README", "Angebot für Müller & Söhne.docx", "見積書.xlsx", "a.tar.gz",
                           "100 % sure, #1 (copy) [2] {x} ~$'!@+=^`;.pdf", "\xF0\x9F\x93\x8E clip.png"}) {
    EXPECT_EQ(clean(name), name);
  }
}

TEST(FileName, ComposesItsCharacters) { EXPECT_EQ(clean("Mu\u0308ller.pdf"), "M\u00FCller.pdf"); }

TEST(FileName, DropsWhatNobodySees) {
  EXPECT_EQ(clean(std::string_view("a\0b\r\nc\x1B\x7F.pdf", 12)), "abc.pdf");
  EXPECT_EQ(clean("a\u0085\u009Fb.pdf"), "ab.pdf");
  EXPECT_EQ(clean("in\u200Bvis\u200D\uFEFF\u2060ible.pdf"), "invisible.pdf");
  EXPECT_EQ(clean("private\uE000\U000F0000.pdf"), "private.pdf");
}

TEST(FileName, ShowsTheExtensionThatBidiControlsHide) {
  EXPECT_EQ(clean("invoice\u202Efdp.exe"), "invoicefdp.exe");
  EXPECT_EQ(clean("\u2066\u2069\u200E\u200F\u061Ca.exe"), "a.exe");
}

TEST(FileName, HasNoDirectoryPart) {
  EXPECT_EQ(clean("../../etc/passwd"), "passwd");
  EXPECT_EQ(clean("C:\\Users\\ann\\offer.pdf"), "offer.pdf");
  EXPECT_EQ(clean("\\\\server\\share\\offer.pdf"), "offer.pdf");
  EXPECT_EQ(clean("folder/"), "folder");
  EXPECT_EQ(clean("C:offer.pdf"), "C_offer.pdf");
}

TEST(FileName, ReplacesWhatWindowsForbids) {
  EXPECT_EQ(clean("a:b*c?d\"e<f>g|h.pdf"), "a_b_c_d_e_f_g_h.pdf");
  EXPECT_EQ(clean(".htaccess"), "_htaccess");
  EXPECT_EQ(clean("..pdf"), "__pdf");
}

TEST(FileName, ReplacesBytesThatAreNotUtf8) {
  EXPECT_EQ(clean("caf\xE9.pdf"), "caf_.pdf");
  EXPECT_EQ(clean("\xC0\xAF\xED\xA0\x80.pdf"), "_____.pdf");
}

TEST(FileName, EndsWithTheExtensionThatWindowsWouldOpen) {
  EXPECT_EQ(clean("invoice.exe."), "invoice.exe");
  EXPECT_EQ(clean("invoice.exe. . "), "invoice.exe");
  EXPECT_EQ(clean("  invoice.pdf          .exe"), "invoice.pdf          .exe");
}

TEST(FileName, PutsASignBeforeDeviceNames) {
  for (const char* name : {"CON", "con.pdf", "Prn.txt", "aux.tar.gz", "NUL ", "COM0", "lpt9.pdf", "COM\u00B9.txt",
                           "LPT\u00B3", "CONIN$", "conout$.txt", "nul .txt"}) {
    EXPECT_EQ(clean(name).front(), '_') << name;
  }
  EXPECT_EQ(clean("con.pdf"), "_con.pdf");
  for (const char* name : {"console.pdf", "COM10.pdf", "COM", "a.con", "lptx.txt"}) EXPECT_EQ(clean(name), name);
}

TEST(FileName, InventsANameWhereThereIsNone) {
  EXPECT_EQ(clean(""), "attachment-3.pdf");
  EXPECT_EQ(clean(" . .. "), "attachment-3.pdf");
  EXPECT_EQ(clean("\u200B\u202E"), "attachment-3.pdf");
  EXPECT_EQ(clean("///"), "attachment-3.pdf");
  EXPECT_EQ(clean_file_name("", "Image/JPEG", 1), "attachment-1.jpg");
  EXPECT_EQ(clean_file_name("", "message/rfc822", 2), "attachment-2.eml");
  EXPECT_EQ(clean_file_name("", "x/unknown", 12), "attachment-12.bin");
}

TEST(FileName, IsAtMost255BytesAndKeepsItsExtension) {
  EXPECT_EQ(clean(std::string(251, 'a') + ".pdf"), std::string(251, 'a') + ".pdf");
  EXPECT_EQ(clean(std::string(252, 'a') + ".pdf"), std::string(251, 'a') + ".pdf");
  EXPECT_EQ(clean(std::string(300, 'a')), std::string(255, 'a'));
  EXPECT_EQ(clean(std::string(254, 'a') + " b"), std::string(254, 'a'));
  EXPECT_EQ(clean("a." + std::string(300, 'x')).size(), 255U);
  std::string euros;
  for (int i = 0; i < 100; ++i) euros += "\u20AC";
  EXPECT_EQ(clean(euros + ".pdf"), euros.substr(0, 249) + ".pdf");
}

TEST(FileName, IsNotCutBetweenACharacterAndItsMarks) {
  // q has no composed form with a dot below, so the two stay apart.
  const std::string pair = "q\u0323";
  const std::string name = std::string(249, 'a') + pair + "b.pdf";
  EXPECT_EQ(clean(name), std::string(249, 'a') + ".pdf");
  std::string marks;
  for (int i = 0; i < 200; ++i) marks += "\u0323";
  EXPECT_LE(clean(marks).size(), 255U);
  EXPECT_TRUE(is_valid_utf8(clean(marks)));
}

TEST(FileName, IsNotCutInsideAFlagAnEmojiOrASyllable) {
  const auto cut = [](const std::string& cluster) {  // which begins within the limit and ends behind it
    const std::string stem(251 - 4, 'a');
    return clean(stem + cluster + "b.pdf") == stem + ".pdf";
  };
  EXPECT_TRUE(cut("\U0001F1E9\U0001F1EA"));  // a flag
  EXPECT_TRUE(cut("\U0001F44D\U0001F3FD"));  // a thumb with its colour
  EXPECT_TRUE(cut("\u1100\u1160\u11A8"));    // a syllable without a composed form
  // Of three flags in a row the first two fit.
  const std::string flag = "\U0001F1E9\U0001F1EA";
  const std::string stem(251 - 20, 'a');
  EXPECT_EQ(clean(stem + flag + flag + flag + "b.pdf"), stem + flag + flag + ".pdf");
}

// Whatever happens to a name, what Windows would open it with stays.
TEST(FileName, NeverGetsAnotherExtension) {
  std::mt19937_64 random(test::seed());
  const std::string_view pieces[] = {
      "a",      "invoice", ".",      " ",      "con", "\u202E",
      "\u200B", "<",       "\u0301", "\u20AC", ":",   "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"};
  const std::string_view extensions[] = {".exe", ".pdf", ".tar.gz", ".PDF.js", ".docm"};
  for (int round = 0; round < 5000; ++round) {
    std::string name = "n";
    for (std::size_t count = random() % 12; count > 0; --count) name += pieces[random() % std::size(pieces)];
    const std::string extension(extensions[random() % std::size(extensions)]);
    const std::string cleaned = clean(name + extension + (random() % 2 == 0 ? "" : ". . "));
    ASSERT_TRUE(cleaned.ends_with(extension.substr(extension.rfind('.')))) << escape_for_log(name + extension);
    std::vector<std::string> twice = {cleaned, cleaned};
    make_names_unique(twice);
    ASSERT_TRUE(twice[1].ends_with(extension.substr(extension.rfind('.')))) << escape_for_log(twice[1]);
    ASSERT_LE(twice[1].size(), 255U);
  }
}

TEST(FileName, IsCleanAfterOneCleaningWhateverCame) {
  std::mt19937_64 random(test::seed());
  const std::string_view pieces[] = {"a",      ".",
                                     " ",      "/",
                                     "\\",     "con",
                                     "com1",   "e",
                                     "\u0301", "\u200D",
                                     "\u202E", "<",
                                     "\u0338", "\xFF",
                                     ".pdf",   ".exe",
                                     "\u20AC", "\n",
                                     ":",      "\U0001F4CE",
                                     "$",      "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"};
  for (int round = 0; round < 5000; ++round) {
    std::string name;
    for (std::size_t count = random() % (round % 10 == 0 ? 120 : 8); count > 0; --count)
      name += pieces[random() % std::size(pieces)];
    const std::string once = clean(name);
    ASSERT_EQ(clean(once), once) << escape_for_log(name);
    ASSERT_TRUE(is_valid_utf8(once)) << escape_for_log(name);
    ASSERT_FALSE(once.empty());
    ASSERT_LE(once.size(), 255U);
    ASSERT_EQ(once.find_first_of("/\\:*?\"<>|\n"), std::string::npos) << escape_for_log(name);
    ASSERT_NE(once.front(), '.');
    ASSERT_NE(once.back(), '.');
    ASSERT_NE(once.back(), ' ');
  }
}

std::vector<std::string> unique(std::vector<std::string> names) {
  make_names_unique(names);
  return names;
}

using Names = std::vector<std::string>;

TEST(FileName, EqualNamesGetANumberBeforeTheirExtension) {
  EXPECT_EQ(unique({"a.pdf", "b.pdf", "a.pdf", "a.pdf"}), (Names{"a.pdf", "b.pdf", "a (2).pdf", "a (3).pdf"}));
  EXPECT_EQ(unique({"README", "readme"}), (Names{"README", "readme (2)"}));
  EXPECT_EQ(unique({"Ärger.pdf", "ärger.pdf"}), (Names{"Ärger.pdf", "ärger (2).pdf"}));
}

TEST(FileName, NumberedNamesAvoidTheOnesThatAreThere) {
  EXPECT_EQ(unique({"a.pdf", "a.pdf", "a (2).pdf"}), (Names{"a.pdf", "a (3).pdf", "a (2).pdf"}));
}

TEST(FileName, NumberedNamesStayWithinTheLimit) {
  const std::string longest = std::string(251, 'a') + ".pdf";
  EXPECT_EQ(unique({longest, longest}), (Names{longest, std::string(247, 'a') + " (2).pdf"}));
}

TEST(FileName, ManyEqualNamesAllBecomeDifferent) {
  Names names = unique(Names(500, "a.pdf"));
  EXPECT_EQ(names.back(), "a (500).pdf");
  std::sort(names.begin(), names.end());
  EXPECT_EQ(std::unique(names.begin(), names.end()), names.end());
}

TEST(Utf8, RoundTripsEveryCodePointAndRefusesTheRest) {
  for (char32_t c = 0; c <= 0x10FFFF; ++c) {
    if (c >= 0xD800 && c <= 0xDFFF) continue;
    const std::string text = to_utf8(c);
    std::string_view rest = text;
    const CodePoint back = take_code_point(rest);
    ASSERT_TRUE(back.valid && back.value == c && rest.empty()) << static_cast<std::uint32_t>(c);
    ASSERT_TRUE(is_valid_utf8(text));
  }
  for (std::string_view bad : {"\x80", "\xC0\x80", "\xC1\xBF", "\xE0\x80\x80", "\xED\xA0\x80", "\xF0\x80\x80\x80",
                               "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xE2\x82", "\xFF"}) {
    EXPECT_FALSE(take_code_point(bad).valid);
  }
}

}  // namespace
}  // namespace graph_milter::mail
