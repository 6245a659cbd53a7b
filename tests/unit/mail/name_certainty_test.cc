// SPDX-License-Identifier: Apache-2.0
#include "core/mail/name_certainty.h"

#include <gtest/gtest.h>

#include <string>

#include "core/mail/parameter_list.h"
#include "tests/unit/mail/scan.h"

namespace graph_milter::mail {
namespace {

// The name if it is certain, else "?".
std::string name_in(std::string_view parameters) {
  const ParameterList list = read_parameter_list("attachment; " + std::string(parameters));
  EXPECT_EQ(list.code, "");
  const std::string* name = list.find("filename");
  return list.name_is_certain && name != nullptr ? *name : "?";
}

TEST(NameCertainty, ATokenNeedsNoQuotes) {
  EXPECT_EQ(name_in("filename=scan_0001.pdf"), "scan_0001.pdf");
  EXPECT_EQ(name_in("filename=50%25&a+b!.pdf"), "50%25&a+b!.pdf");
}

TEST(NameCertainty, WithoutQuotesReadersEndANameAtDifferentCharacters) {
  for (const std::string_view c : {"/", ":", "=", "?", "@", "[", "]", "'", "*", "\xc3\xbc"}) {
    EXPECT_EQ(name_in("filename=a" + std::string(c) + "b.pdf"), "?") << c;
    EXPECT_EQ(name_in("filename=\"a" + std::string(c) + "b.pdf\""), "a" + std::string(c) + "b.pdf") << c;
  }
}

TEST(NameCertainty, AnExtendedValueHoldsNothingButTokensAndEscapes) {
  EXPECT_EQ(name_in("filename*=utf-8''a%2Fb%27.pdf"), "a/b'.pdf");
  EXPECT_EQ(name_in("filename*=\"utf-8''a%20b.pdf\""), "a b.pdf");
  EXPECT_EQ(name_in("filename*=utf-8''a'b.pdf"), "?");
  EXPECT_EQ(name_in("filename*=utf-8''a/b.pdf"), "?");
  EXPECT_EQ(name_in("filename*=\"utf-8''a b.pdf\""), "?");
  EXPECT_EQ(name_in("filename*=utf-8''"), "?");
}

TEST(NameCertainty, SectionsAreOfOneForm) {
  EXPECT_EQ(name_in("filename*0=\"a b\"; filename*1=c.pdf"), "a bc.pdf");
  EXPECT_EQ(name_in("filename*0*=utf-8''a%C3; filename*1*=%BC.pdf"), "a\xc3\xbc.pdf");
  EXPECT_EQ(name_in("filename*0*=utf-8''a; filename*1=b.pdf"), "ab.pdf");
  EXPECT_EQ(name_in("filename*0*=utf-8''a; filename*1=%42.pdf"), "?");
  EXPECT_EQ(name_in("filename*0=a; filename*1*=%42.pdf"), "?");
  EXPECT_EQ(name_in("filename*0=a; filename*1=b/c.pdf"), "?");
}

TEST(NameCertainty, WhereACharacterIsLongEachSectionMustStandForItself) {
  EXPECT_EQ(name_in("filename*0*=gb2312''%B1%A8; filename*1*=%B8%E6.pdf"), "\xe6\x8a\xa5\xe5\x91\x8a.pdf");
  EXPECT_EQ(name_in("filename*0*=gb2312''%B1; filename*1*=%A8.pdf"), "?");
  EXPECT_EQ(name_in("filename*0*=gb2312''%B1%A8; filename*1=.pdf"), "?");
  EXPECT_EQ(name_in("filename*0*=iso-8859-1''%FC; filename*1=.pdf"), "\xc3\xbc.pdf");
}

TEST(NameCertainty, BlanksAtTheEndsAreDroppedBySome) {
  for (const std::string_view value :
       {"\" a.pdf\"", "\"a.pdf \"", "\"\ta.pdf\"", "\"=?utf-8?Q?_a?=\"", "\"=?utf-8?Q?a_?=\""}) {
    EXPECT_EQ(name_in("filename=" + std::string(value)), "?") << value;
  }
  EXPECT_EQ(name_in("filename*=utf-8''%20a"), "?");
  EXPECT_EQ(name_in("filename=\"a  b.pdf\""), "a  b.pdf");
}

TEST(NameCertainty, ControlsAreNoPartOfAName) {
  EXPECT_EQ(name_in("filename*=utf-8''a%0D%0Ab"), "?");
  EXPECT_EQ(name_in("filename*=utf-8''a%00b"), "?");
  EXPECT_EQ(name_in("filename=\"a\tb.pdf\""), "?");
  EXPECT_EQ(name_in("filename*=utf-8''a%7Fb"), "?");
  EXPECT_EQ(name_in("filename*=iso-8859-1''a%80b"), "?");  // a Euro sign for those who take it for windows-1252
  EXPECT_EQ(name_in("filename*=windows-1252''a%80b"),
            "a\xe2\x82\xac"
            "b");
  EXPECT_EQ(name_in("filename*=gbk''a%80b"), "?");
}

TEST(NameCertainty, WhatLooksLikeAWordAndIsNoneIsNotGuessed) {
  EXPECT_EQ(name_in("filename=\"=?utf-8?Q?a?b?=\""), "?");
  EXPECT_EQ(name_in("filename=\"=?utf-8?Q?"
                    "?=\""),
            "?");
  EXPECT_EQ(name_in("filename=\"=?utf -8?Q?=C3=BC?=\""), "?");
  EXPECT_EQ(name_in("filename*=utf-8''%3D%3Futf-8%3FQ%3Fa%3F%3D"), "?");
  EXPECT_EQ(name_in("filename=\"=?utf-8?Q?=C3=BC.pdf?=\""), "\xc3\xbc.pdf");
}

TEST(NameCertainty, BlanksBeforeTheEqualsSignHideItsFormFromSome) {
  EXPECT_EQ(name_in("filename* =utf-8''a.pdf"), "?");
  EXPECT_EQ(name_in("filename =a.pdf"), "?");
  EXPECT_EQ(name_in("filename= a.pdf"), "a.pdf");
}

TEST(NameCertainty, ABoundaryMakesAMultipartForSomeWhateverTheTypeSays) {
  EXPECT_EQ(verdict_of(scan_text("From: a@contoso.com\nContent-Type: text/html; boundary=b\n\n--b\n\ntext\n--b--\n")),
            "ambiguous boundary");
}

TEST(NameCertainty, AnUncertainNameKeepsThePartInTheMailAndTheMailClean) {
  const MessageFacts facts = scan_text(
      "From: a@contoso.com\nContent-Type: application/pdf; name=a/b.pdf\nContent-Transfer-Encoding: base64\n\nQUJD\n");
  EXPECT_EQ(verdict_of(facts), "clean");
  EXPECT_FALSE(facts.parts[0].exact);
  EXPECT_EQ(facts.parts[0].inexact.code, "name");
}

TEST(NameCertainty, APartOfADigestThatDoesNotNameItsTypeIsTextForSomeAndAMessageForOthers) {
  EXPECT_EQ(verdict_of(scan_text("From: a@contoso.com\nContent-Type: multipart/digest; boundary=b\n\n"
                                 "--b\n\nFrom: x@y.example\n\ntext\n--b--\n")),
            "ambiguous digest");
  EXPECT_EQ(verdict_of(scan_text("From: a@contoso.com\nContent-Type: multipart/digest; boundary=b\n\n"
                                 "--b\nContent-Type: message/rfc822\n\nFrom: x@y.example\n\ntext\n--b--\n")),
            "clean");
}

}  // namespace
}  // namespace graph_milter::mail
