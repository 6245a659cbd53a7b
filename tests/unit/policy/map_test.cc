// SPDX-License-Identifier: Apache-2.0
// Lookup tables: what each line means, in which order they are asked, and what is refused.
#include "core/policy/map.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "core/base/format.h"
#include "core/policy/map_lines.h"
#include "core/policy/text_map.h"

namespace graph_milter::policy {
namespace {

std::shared_ptr<const Map> map_of(MapKind kind, std::string_view text) {
  auto map = parse_map({kind, "/m"}, text);
  if (!map) throw std::runtime_error(map.error().text());
  return *map;
}

std::string refusal(MapKind kind, std::string_view text) {
  const auto map = parse_map({kind, "/m"}, text);
  if (map) return "it was read";
  EXPECT_EQ(map.error().kind, ErrorKind::Usage);
  return map.error().text();
}

// "3:VALUE" with '=' before it where the whole key stands there; "-": nothing.
std::string ask(const Map& map, std::string_view key) {
  const auto hit = map.find(canonical_key(key));
  return hit ? format("{}{}:{}", hit->is_exact ? "=" : "", hit->line, hit->value) : "-";
}

TEST(TextMaps, AskForTheAddressThenItsDomainThenItsUser) {
  const auto map = map_of(MapKind::Text,
                          "@contoso.com      domain\n"
                          "postmaster@       user\n"
                          "anna@contoso.com  anna\n"
                          "scan              login\n");
  EXPECT_EQ(ask(*map, "anna@contoso.com"), "=3:anna");
  EXPECT_EQ(ask(*map, "Anna@CONTOSO.com"), "=3:anna");
  EXPECT_EQ(ask(*map, "bert@contoso.com"), "1:domain");
  EXPECT_EQ(ask(*map, "postmaster@contoso.com"), "1:domain") << "the domain comes before the user, as in access(5)";
  EXPECT_EQ(ask(*map, "postmaster@fabrikam.com"), "2:user");
  EXPECT_EQ(ask(*map, "PostMaster@fabrikam.com"), "2:user");
  EXPECT_EQ(ask(*map, "x@fabrikam.com"), "-");
  EXPECT_EQ(ask(*map, "x@mail.contoso.com"), "-") << "a domain does not stand for those below it";
  EXPECT_EQ(ask(*map, "anna+x@contoso.com"), "1:domain") << "no extension is cut off";
  EXPECT_EQ(ask(*map, "Scan"), "=4:login");
  EXPECT_EQ(ask(*map, "postmaster"), "-");
  EXPECT_EQ(ask(*map, ""), "-");
  EXPECT_EQ(map->size(), 4U);
}

TEST(TextMaps, AreNotFooledByKeysThatLookLikeEntries) {
  const auto map = map_of(MapKind::Text, "@contoso.com d\npostmaster@ u\n\"a b\"@contoso.com exact\n");
  for (const char* key :
       {"@contoso.com", "postmaster@", "contoso.com", "a@b@contoso.com", "<x@contoso.com>", "a%evil.org@contoso.com",
        "evil.org!a@contoso.com", "\"a c\"@contoso.com", "j\xC3\xBCrgen@contoso.com", "\"postmaster\"@fabrikam.com"}) {
    EXPECT_EQ(ask(*map, key), "-") << key;
    EXPECT_FALSE(map->find(key) && map->find(key)->is_exact) << key;
  }
  EXPECT_EQ(ask(*map, "\"A b\"@contoso.com"), "=3:exact");
}

TEST(TextMaps, ReadDomainsInBothForms) {
  const auto map = map_of(MapKind::Text,
                          "@b\xC3\xBC"
                          "cher.example one\n");
  EXPECT_EQ(ask(*map, "a@xn--bcher-kva.example"), "1:one");
  EXPECT_EQ(ask(*map,
                "a@B\xC3\x9C"
                "CHER.example"),
            "1:one");
}

TEST(TextMaps, ReadPostfixsForm) {
  const auto map = map_of(MapKind::Text,
                          "\xEF\xBB\xBF# comment\r\n"
                          "a@contoso.com\tone two\r\n"
                          "\r\n"
                          "   # a comment may be indented, and interrupts nothing\n"
                          "   three\n"
                          "b@contoso.com\n"
                          "c@contoso.com   #4 is no comment\n"
                          "#d@contoso.com  no\n"
                          "e@contoso.com  last");
  EXPECT_EQ(ask(*map, "a@contoso.com"), "=2:one two   three");
  EXPECT_EQ(ask(*map, "b@contoso.com"), "=6:");
  EXPECT_EQ(ask(*map, "c@contoso.com"), "=7:#4 is no comment");
  EXPECT_EQ(ask(*map, "d@contoso.com"), "-");
  EXPECT_EQ(ask(*map, "e@contoso.com"), "=9:last");
  EXPECT_EQ(map_of(MapKind::Text, "")->size(), 0U);
  EXPECT_EQ(map_of(MapKind::Text, "# nothing\n\n")->size(), 0U);
}

TEST(TextMaps, RefuseAKeyThatIsThereTwice) {
  EXPECT_EQ(refusal(MapKind::Text, "a@contoso.com 1\nb@contoso.com 2\nA@Contoso.com 3\n"),
            "/m:3: a@contoso.com has a line already (it is line 1; keep one of them)");
  EXPECT_EQ(refusal(MapKind::Text,
                    "@b\xC3\xBC"
                    "cher.example 1\n@xn--bcher-kva.example 2\n"),
            "/m:2: @xn--bcher-kva.example has a line already (it is line 1; keep one of them)");
  EXPECT_EQ(refusal(MapKind::Text, "Scan\nscan\n"), "/m:2: scan has a line already (it is line 1; keep one of them)");
}

TEST(TextMaps, SayWhatIsWrongAndWhere) {
  const std::string form = " (write user@domain, @domain, user@ or a login)";
  const auto not_a_key = [&](const std::string& line, const std::string& shown) {
    EXPECT_EQ(refusal(MapKind::Text, "ok@contoso.com\n" + line + "\n"),
              "/m:2: \"" + shown + "\" is not an address, a domain or a login" + form);
  };
  not_a_key("a@b@c x", "a@b@c");
  not_a_key("@-x", "@-x");
  not_a_key("@", "@");
  not_a_key("<> x", "<>");
  not_a_key("<a@contoso.com>", "<a@contoso.com>");
  not_a_key("\"two words\" x", "\\x22two words\\x22");
  EXPECT_EQ(refusal(MapKind::Text, "\"a b@contoso.com x\n"),
            "/m:1: a quote is left open in the key (close it, or write \\\" for a quote)");
  EXPECT_EQ(refusal(MapKind::Text, "\n  a@contoso.com\n"),
            "/m:2: begins with a blank, so it goes on with a line before, and there is none (begin the line with the "
            "pattern)");
  EXPECT_EQ(refusal(MapKind::Text, "a@contoso.com\nb@contoso.com caf\xE9\n"),
            "/m:2:18: not UTF-8 (save the file as UTF-8)");
  EXPECT_EQ(refusal(MapKind::Text, std::string_view("a@contoso.com x\0y\n", 18)),
            "/m:1:16: a NUL byte; this is not a text file");
}

TEST(TextMaps, HaveBounds) {
  const std::string value(kLongestMapLine, 'x');
  EXPECT_EQ(refusal(MapKind::Text, "a@contoso.com\n " + value + "\n"),
            "/m:2: the entry that begins in line 1 is longer than 65536 bytes (make several entries of it)");
  const auto lines = read_map_lines("a\nb\nc\n", "/m", 2);
  ASSERT_FALSE(lines);
  EXPECT_EQ(lines.error().text(), "/m:3: more than 2 entries (split the file, or use fewer entries)");
}

TEST(TextMaps, AreFastHoweverLong) {
  std::string text;
  for (int i = 0; i < 100'000; ++i) text += format("user{}@contoso.com {}\n", i, i);
  const auto map = map_of(MapKind::Text, text);
  for (int i = 0; i < 100'000; i += 997)
    EXPECT_EQ(ask(*map, format("user{}@contoso.com", i)), format("={}:{}", i + 1, i));
}

TEST(CidrMaps, TakeTheFirstLineThatMatches) {
  const auto map = map_of(MapKind::Cidr,
                          "192.168.1.1      one\n"
                          "192.168.0.0/16   office\n"
                          "[2001:db8::1]    host\n"
                          "[2001:db8::]/32  net\n"
                          "[2001:db9::/32]  other\n"
                          "!10.0.0.0/8      outside\n");
  EXPECT_EQ(ask(*map, "192.168.1.1"), "1:one");
  EXPECT_EQ(ask(*map, "192.168.1.2"), "2:office");
  EXPECT_EQ(ask(*map, "::ffff:192.168.1.2"), "2:office");
  EXPECT_EQ(ask(*map, "2001:db8::1"), "3:host");
  EXPECT_EQ(ask(*map, "2001:DB8:0::2"), "4:net");
  EXPECT_EQ(ask(*map, "2001:db9::2"), "5:other");
  EXPECT_EQ(ask(*map, "203.0.113.5"), "6:outside");
  EXPECT_EQ(ask(*map, "10.1.2.3"), "-");
  EXPECT_EQ(ask(*map, "2001:dbff::1"), "-") << "a negated IPv4 network says nothing of IPv6, as in Postfix";
  for (const char* key :
       {"", "unknown", "192.168.1", "192.168.1.1 ", "[192.168.1.1]", "192.168.1.1/32", "a@contoso.com"}) {
    EXPECT_EQ(ask(*map, key), "-") << key;
  }
}

TEST(CidrMaps, KeepTheFamiliesApart) {
  const auto map = map_of(MapKind::Cidr, "::/0 six\n0.0.0.0/0 four\n");
  EXPECT_EQ(ask(*map, "192.0.2.1"), "2:four");
  EXPECT_EQ(ask(*map, "::1"), "1:six");
}

TEST(CidrMaps, KnowIfAndEndif) {
  const auto map = map_of(MapKind::Cidr,
                          "if 10.0.0.0/8\n"
                          "10.1.0.0/16  one\n"
                          "if !10.2.0.0/16\n"
                          "10.3.0.0/16  three\n"
                          "10.2.0.0/16  never\n"
                          "endif\n"
                          "ENDIF\n"
                          "IF ! 10.0.0.0/8\n"
                          "192.0.2.0/24 test\n"
                          "endif\n"
                          "10.0.0.0/8   rest\n");
  EXPECT_EQ(ask(*map, "10.1.0.1"), "2:one");
  EXPECT_EQ(ask(*map, "10.2.0.1"), "11:rest");
  EXPECT_EQ(ask(*map, "10.3.0.1"), "4:three");
  EXPECT_EQ(ask(*map, "192.0.2.7"), "9:test");
  EXPECT_EQ(ask(*map, "192.0.3.7"), "-");
}

TEST(CidrMaps, SayWhatIsWrongAndWhere) {
  const std::pair<const char*, const char*> cases[] = {
      {"10.1.20.5/24 x\n", "/m:1: \"10.1.20.5/24\" has bits behind its prefix (did you mean 10.1.20.0/24?)"},
      {"10.1.20.010 x\n",
       "/m:1: \"10.1.20.010\" is not a network or address (write networks as 10.1.20.0/24, 192.0.2.7 or "
       "2001:db8::/32)"},
      {"[::1 x\n",
       "/m:1: \"[::1\" is not a network or address (write networks as 10.1.20.0/24, 192.0.2.7 or 2001:db8::/32)"},
      {"10.0.0.0/8 a\n10.1.0.0/16 b\n10.0.0.0/8 c\n",
       "/m:3: 10.0.0.0/8 has a line already (it is line 1, which always decides; keep one of them)"},
      {"10.0.0.1 a\n10.0.0.1/32 c\n",
       "/m:2: 10.0.0.1/32 has a line already (it is line 1, which always decides; keep one of them)"},
      {"if 10.0.0.0/8\n10.1.0.0/16 b\n", "/m:1: if without endif (add endif behind the lines it is for)"},
      {"10.1.0.0/16 b\nendif\n", "/m:2: endif without if (remove it, or add the if)"},
      {"if 10.0.0.0/8 x\nendif\n",
       "/m:1: \"x\" behind the network of if (write the lines that belong to it between if and endif)"},
      {"if 10.0.0.0/8\nendif x\n", "/m:2: \"x\" behind endif (endif stands alone in its line)"},
      {"if\n", "/m:1: no pattern stands behind if or ! (write it in the same line)"},
      {"!\n", "/m:1: no pattern stands behind if or ! (write it in the same line)"},
  };
  for (const auto& [text, words] : cases) EXPECT_EQ(refusal(MapKind::Cidr, text), words);
}

TEST(PcreMaps, TakeTheFirstLineThatMatches) {
  const auto map = map_of(MapKind::Pcre,
                          "# comment\n"
                          "/^owner-(.*)@(.*)$/       550 use $1@$2 instead\n"
                          "/^(?:scan|fax)\\d+@/       a device,\n"
                          "   whatever its number\n"
                          "!/@contoso\\.com$/         outside\n"
                          "|^a/b@|                   with a slash\n"
                          "/^big@/i                  never: i turns case on\n");
  EXPECT_EQ(ask(*map, "owner-list@contoso.com"), "2:550 use list@contoso.com instead");
  EXPECT_EQ(ask(*map, "Scan12@contoso.com"), "3:a device,   whatever its number");
  EXPECT_EQ(ask(*map, "anna@fabrikam.com"), "5:outside");
  EXPECT_EQ(ask(*map, "a/b@contoso.com"), "6:with a slash");
  EXPECT_EQ(ask(*map, "anna@contoso.com"), "-");
  EXPECT_EQ(ask(*map, ""), "-") << "nothing is outside nothing";
  EXPECT_EQ(map->size(), 5U);
}

TEST(PcreMaps, TurnFlagsRoundAsPostfixDoes) {
  EXPECT_EQ(ask(*map_of(MapKind::Pcre, "/SCAN/ x\n"), "scan"), "1:x");
  EXPECT_EQ(ask(*map_of(MapKind::Pcre, "/SCAN/i x\n"), "scan"), "-");
  EXPECT_EQ(ask(*map_of(MapKind::Pcre, "/s c a n # comment/x x\n"), "scan"), "1:x");
  EXPECT_EQ(ask(*map_of(MapKind::Pcre, "/can|scan/A x\n"), "xscan"), "-");
  EXPECT_EQ(ask(*map_of(MapKind::Pcre, "/can|scan/A x\n"), "scan"), "1:x");
  EXPECT_EQ(ask(*map_of(MapKind::Pcre, "/s c # comment/xA x\n"), "scan"), "1:x");
  EXPECT_EQ(ask(*map_of(MapKind::Pcre, "/(s.*)n/U <$1>\n"), "scanscan"), "1:<sca>");
  EXPECT_EQ(ask(*map_of(MapKind::Pcre, "/(s.*)n/ <$1>\n"), "scanscan"), "1:<scansca>");
  EXPECT_EQ(map_of(MapKind::Pcre, "/a$.^b/m x\n")->find("a\nb")->line, 1);
  EXPECT_FALSE(map_of(MapKind::Pcre, "/a.b/s x\n")->find("a\nb"));
}

TEST(PcreMaps, PutGroupsIntoValues) {
  const auto map = map_of(MapKind::Pcre, "/^(a+)(x)?(b+)$/ ${1}0 $(3) <$2> $$1 $$$1\n");
  EXPECT_EQ(ask(*map, "aabb"), "1:aa0 bb <> $1 $aa");
}

TEST(PcreMaps, KnowIfAndEndif) {
  const auto map = map_of(MapKind::Pcre,
                          "if /@contoso\\.com$/\n"
                          "/^anna@/  one\n"
                          "if !/^b/\n"
                          "/^/       rest\n"
                          "endif\n"
                          "endif\n"
                          "/^b/      b\n");
  EXPECT_EQ(ask(*map, "anna@contoso.com"), "2:one");
  EXPECT_EQ(ask(*map, "carl@contoso.com"), "4:rest");
  EXPECT_EQ(ask(*map, "bert@contoso.com"), "7:b");
  EXPECT_EQ(ask(*map, "anna@fabrikam.com"), "-");
}

TEST(PcreMaps, FindNothingOnceTheirWorkIsDone) {
  const auto map = map_of(MapKind::Pcre,
                          "/^(a+)+$/  evil\n"
                          "!/^b/      anything else\n");
  PatternWork work;
  EXPECT_FALSE(map->find(std::string(40, 'a') + "!", work)) << "a line that was not reached must not decide";
  EXPECT_EQ(work.left(), 0U);
  PatternWork fresh;
  EXPECT_EQ(map->find("aaa", fresh)->value, "evil");
  EXPECT_GT(fresh.left(), 0U);
}

TEST(PcreMaps, SayWhatIsWrongAndWhere) {
  const std::pair<const char*, const char*> cases[] = {
      {"anna@contoso.com OK\n",
       "/m:1: \"anna@contoso.com OK\" is not a pattern (write /EXPRESSION/ and behind it the value)"},
      {"/anna OK\n", "/m:1: \"/anna OK\" is not a pattern (write /EXPRESSION/ and behind it the value)"},
      {"/anna/g OK\n", "/m:1: \"/anna/g\": the flag g is not known (the flags are i, m, s, x, A, E, U and X)"},
      {"/a/ one\n/b/ two\n/a/ three\n",
       "/m:3: /a/ has a line already (it is line 1, which always decides; keep one of them)"},
      {"/a(b)/ $2\n", "/m:1: the value names the group 2, and there is 1 (put ( and ) round what it shall be)"},
      {"!/a(b)/ $1\n", "/m:1: the value names the group 1, and there are 0 (put ( and ) round what it shall be)"},
      {"/a(b)/ $x\n", "/m:1: \"$x\" is no group (write $1 or ${1}, and $$ for a dollar)"},
      {"/a(b)/ ${1\n", "/m:1: \"${1\" is no group (write $1 or ${1}, and $$ for a dollar)"},
      {"if /a/ x\nendif\n",
       "/m:1: \"x\" behind the pattern of if (write the lines that belong to it between if and endif)"},
      {"if /a/\n", "/m:1: if without endif (add endif behind the lines it is for)"},
      {"endif\n", "/m:1: endif without if (remove it, or add the if)"},
  };
  for (const auto& [text, words] : cases) EXPECT_EQ(refusal(MapKind::Pcre, text), words);
  const std::string open = refusal(MapKind::Pcre, "/a/ x\n/(b/ y\n");
  EXPECT_TRUE(open.starts_with("/m:2: \"/(b/is\": ")) << open;
}

TEST(MapNames, AreReadWithTheirKind) {
  EXPECT_EQ(parse_map_name("map:/a/b", "c:1")->kind, MapKind::Text);
  EXPECT_EQ(parse_map_name("cidr:/a/b", "c:1")->text(), "cidr:/a/b");
  EXPECT_TRUE(is_map_word("hash:/etc/x"));
  EXPECT_TRUE(is_map_word("cidr:x"));
  EXPECT_FALSE(is_map_word("/etc/x"));
  EXPECT_FALSE(is_map_word("a@contoso.com"));
  EXPECT_FALSE(is_map_word("::1"));
  EXPECT_FALSE(is_map_word("2001:db8::1"));
  EXPECT_EQ(parse_map_name("cidr:offices", "c:1").error().text(),
            "c:1: cidr:offices is not an absolute path (write cidr:/path)");
}

}  // namespace
}  // namespace graph_milter::policy
