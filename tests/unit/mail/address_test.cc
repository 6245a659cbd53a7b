// SPDX-License-Identifier: Apache-2.0
#include "core/mail/address.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/mail/encoded_word.h"

namespace graph_milter::mail {
namespace {

std::vector<Mailbox> read(std::string_view value) {
  const auto list = parse_mailbox_list(value);
  if (!list) ADD_FAILURE() << value << ": " << list.error().what;
  return list.value_or(std::vector<Mailbox>{});
}

TEST(CanonicalAddress, FoldsCaseAndDomainsAndNothingElse) {
  EXPECT_EQ(canonical_address("Anna.Berg+x@Contoso.COM"), "anna.berg+x@contoso.com");
  EXPECT_EQ(canonical_address("a@b\xc3\xbc"
                              "cher.example"),
            "a@xn--bcher-kva.example");
  EXPECT_EQ(canonical_address("a@B\xc3\x9c"
                              "CHER.example"),
            "a@xn--bcher-kva.example");
  EXPECT_EQ(canonical_address("J\xc3\xb6rg@contoso.com"), "j\xc3\xb6rg@contoso.com");
  EXPECT_EQ(canonical_address("\"Anna B\"@contoso.com"), "\"anna b\"@contoso.com");
  EXPECT_EQ(canonical_address("root@localhost"), "root@localhost");
}

TEST(CanonicalAddress, IsEmptyForEverythingElse) {
  for (const std::string_view address :
       {"",      "a",        "@b",     "a@",   "a@b@c",   "a b@c",  "a@b c",  "<a@b>",  "a@[127.0.0.1]",
        "a@b.",  "a@.b",     "a@b..c", ".a@b", "a.@b",    "a..b@c", "a(x)@b", "a@b(x)", "@x:a@b",
        "\"a@b", "\"a\"x@b", "a@-b",   "a@b-", "a\x01@b", "a@b\n",  "\xff@b", "a@\xff", "a,b@c"}) {
    EXPECT_EQ(canonical_address(address), std::nullopt) << address;
  }
  EXPECT_EQ(canonical_address("a@" + std::string(64, 'x') + ".example"), std::nullopt);
  EXPECT_EQ(canonical_address(std::string(1000, 'x') + "@b.example"), std::nullopt);
}

TEST(SameAddress, ComparesCanonicalForms) {
  EXPECT_TRUE(same_address("A@B.example", "a@b.EXAMPLE"));
  EXPECT_FALSE(same_address("a.b@c.example", "ab@c.example"));
  EXPECT_FALSE(same_address("nonsense", "nonsense"));
  EXPECT_EQ(domain_of("a@b.example"), "b.example");
  EXPECT_EQ(domain_of("\"a@x\"@b.example"), "b.example");
}

struct Good {
  std::string_view value;
  std::vector<Mailbox> mailboxes;
};

TEST(MailboxList, ReadsWhatDailyMailContains) {
  const std::vector<Good> rows = {
      {"", {}},
      {"a@b.example", {{"", "a@b.example"}}},
      {"<a@b.example>", {{"", "a@b.example"}}},
      {"John Q. Public <a@b.example>", {{"John Q. Public", "a@b.example"}}},
      {"\"Public, John\" <a@b.example>", {{"Public, John", "a@b.example"}}},
      {"\"O\\\"Neil\" <a@b.example>", {{"O\"Neil", "a@b.example"}}},
      {"John\t<a@b.example> ,\t<c@d.example>", {{"John", "a@b.example"}, {"", "c@d.example"}}},
      {"John<a@b.example>", {{"John", "a@b.example"}}},
      {"=?utf-8?Q?J=C3=B6rg?= =?utf-8?B?IE0u?= <a@b.example>", {{"J\xc3\xb6rg M.", "a@b.example"}}},
      {"\"=?utf-8?Q?J=C3=B6rg?=\" <a@b.example>", {{"J\xc3\xb6rg", "a@b.example"}}},
      {"J\xc3\xb6rg <a@b.example>", {{"J\xc3\xb6rg", "a@b.example"}}},
      {"'a@b.example' <a@b.example>", {{"'a@b.example'", "a@b.example"}}},
      {"\"boss@c.example\" <a@b.example>", {{"boss@c.example", "a@b.example"}}},
      {"\"boss@c.example, ceo@d.example\" <a@b.example>, e@f.example",
       {{"boss@c.example, ceo@d.example", "a@b.example"}, {"", "e@f.example"}}},
      {"\"The Boss <boss@c.example>\" <a@b.example>", {{"The Boss <boss@c.example>", "a@b.example"}}},
      {"=?utf-8?Q?boss=40c=2Eexample?= <a@b.example>", {{"boss@c.example", "a@b.example"}}},
      {"A@b.example <a@B.example>", {{"A@b.example", "a@b.example"}}},
      {"root@b.example (Cron Daemon)", {{"Cron Daemon", "root@b.example"}}},
      {"John (Sales) <a@b.example>", {{"John", "a@b.example"}}},
      {"John <a@b.example> (Sales)", {{"John", "a@b.example"}}},
      {"undisclosed-recipients:;", {}},
      {"Undisclosed recipients: ;", {}},
      {"Team: a@b.example, C <c@d.example>;, e@f.example",
       {{"", "a@b.example"}, {"C", "c@d.example"}, {"", "e@f.example"}}},
      {"a@b.example, , c@d.example,", {{"", "a@b.example"}, {"", "c@d.example"}}},
      {"\"a b\"@c.example", {{"", "\"a b\"@c.example"}}},
      {"x@xn--bcher-kva.example", {{"", "x@xn--bcher-kva.example"}}},
  };
  for (const Good& row : rows) EXPECT_EQ(read(row.value), row.mailboxes) << row.value;
}

TEST(MailboxList, RefusesWhatReadersUnderstandDifferently) {
  const std::vector<std::pair<std::string_view, std::string_view>> rows = {
      {"John", "an entry without an address"},
      {"<>", "\"\" is not an address"},
      {"a@b.example; c@d.example", "a ';' outside a group"},
      {"a@b.example c@d.example", "an entry without an address"},
      {"<a@b.example> <c@d.example>", "text behind an address"},
      {"<a@b.example> x", "text behind an address"},
      {"ceo@c.example <a@b.example>", "two addresses in one entry"},
      {"x ceo@c.example <a@b.example>", "two addresses in one entry"},
      {"<@a.example:b@c.example>", "\"@a.example:b@c.example\" is not an address"},
      {"<@a,@b:c@d>", "an address with a route, a blank or a comment"},
      {"<a@b.example", "a '<' is not closed"},
      {"<<a@b.example>>", "an address with a route, a blank or a comment"},
      {"< a@b.example >", "an address with a route, a blank or a comment"},
      {"a @b.example", "an entry without an address"},
      {"\"John <a@b.example>", "a quote is not closed"},
      {"a(c)@b.example", "a comment touches a word"},
      {"a@b.example(c)", "a comment touches an address"},
      {"a@b.example (c (d))", "a comment that readers differ about"},
      {"a@b.example (c@d.example)", "a comment that readers differ about"},
      {"(c", "a comment that readers differ about"},
      {"a@[127.0.0.1]", "'[' where it has no meaning"},
      {"=?utf-8?Q?a?=@b.example", "an encoded word inside an address"},
      {"\"a@b\"@c.example", "a quoted local part that readers differ about"},
      {"\"a\\\"b\"@c.example", "a quoted local part that readers differ about"},
      {"Team: a@b.example", "a group is not closed"},
      {"Team: Inner: a@b.example;;", "a ':' where it has no meaning"},
      {": a@b.example;", "a ':' where it has no meaning"},
      {"a@b.example:;", "a ':' where it has no meaning"},
      {";", "a ';' outside a group"},
      {"Team:; x@y.example", "text behind an address"},
      {"a\\@b.example", "'\\x5C' where it has no meaning"},
      {"a@b.example\x01", "a control character"},
      {"J\xf6rg <a@b.example>", "bytes that are not UTF-8"},
      {"a@b_.example.", "\"a@b_.example.\" is not an address"},
  };
  for (const auto& [value, words] : rows) {
    const auto list = parse_mailbox_list(value);
    ASSERT_FALSE(list) << value;
    EXPECT_EQ(list.error().what, words) << value;
    EXPECT_EQ(list.error().kind, ErrorKind::Permanent) << value;
  }
}

TEST(Groups, AreKnownFromSingleMailboxes) {
  for (const char* value : {"Team: a@b.example;", "Team: a@b.example, c@d.example;", "undisclosed-recipients:;",
                            "x@y.example, Team: a@b.example;"}) {
    EXPECT_TRUE(has_group(value)) << value;
  }
  for (const char* value : {"a@b.example", "\"Team: x;\" <a@b.example>", "", "Team: a@b.example"}) {
    EXPECT_FALSE(has_group(value)) << value;
  }
}

TEST(EncodedWords, DecodeAsMailProgramsShowThem) {
  EXPECT_EQ(decode_encoded_words("plain"), "plain");
  EXPECT_EQ(decode_encoded_words("=?UTF-8?B?w5w=?= x"), "\xc3\x9c x");
  EXPECT_EQ(decode_encoded_words("a =?iso-8859-1?q?=FC_b?="), "a \xc3\xbc b");
  EXPECT_EQ(decode_encoded_words("=?utf-8?Q?a?= \t =?utf-8?Q?b?="), "ab");
  EXPECT_EQ(decode_encoded_words("=?utf-8?B?w5w?="), "\xc3\x9c");                  // without padding
  EXPECT_EQ(decode_encoded_words("=?utf-8?Q?=C3?= =?utf-8?Q?=BC?="), "\xc3\xbc");  // cut inside a character
  EXPECT_EQ(decode_encoded_words("=?utf-8*de?Q?a?="), "a");
  EXPECT_EQ(decode_encoded_words("=?iso-2022-jp?B?GyRCRnxLXBsoQg==?="), "\xe6\x97\xa5\xe6\x9c\xac");
  EXPECT_EQ(decode_encoded_words("=?utf-8?X?a?="), "=?utf-8?X?a?=");
  EXPECT_EQ(decode_encoded_words("=?=?=?="), "=?=?=?=");
}

TEST(EncodedWords, AreRefusedWhereTheyCannotBeDecodedExactly) {
  EXPECT_EQ(decode_encoded_words("=?utf-8?Q?=FF?="), std::nullopt);
  EXPECT_EQ(decode_encoded_words("=?utf-8?Q?=F?="), std::nullopt);
  EXPECT_EQ(decode_encoded_words("=?utf-8?B?!!!!?="), std::nullopt);
  EXPECT_EQ(decode_encoded_words("=?utf-7?Q?a?="), std::nullopt);
  EXPECT_EQ(decode_encoded_words("=?x-unknown?Q?a?="), std::nullopt);
  EXPECT_EQ(decode_encoded_words("\xff"), std::nullopt);
  EXPECT_EQ(decode_encoded_words("a=?utf-8?Q?b?="), std::nullopt);
  EXPECT_EQ(decode_encoded_words("=?utf-8?Q?a?=b"), std::nullopt);
  EXPECT_EQ(decode_encoded_words("=?utf-8?Q?a?==?utf-8?Q?b?="), std::nullopt);
}

}  // namespace
}  // namespace graph_milter::mail
