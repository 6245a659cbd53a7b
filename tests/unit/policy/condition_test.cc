// SPDX-License-Identifier: Apache-2.0
#include "core/policy/condition.h"

#include <gtest/gtest.h>

#include "core/base/format.h"
#include "tests/support/temp_folder.h"

namespace graph_milter::policy {
namespace {

struct NetworkCase {
  const char* list;
  const char* address;
  bool inside;
};

TEST(NetworkList, ContainsAddressesByPrefix) {
  const NetworkCase cases[] = {
      {"10.1.20.0/24", "10.1.20.0", true},
      {"10.1.20.0/24", "10.1.20.255", true},
      {"10.1.20.0/24", "10.1.21.0", false},
      {"10.1.20.0/24", "10.1.19.255", false},
      {"10.1.20.7", "10.1.20.7", true},
      {"10.1.20.7", "10.1.20.8", false},
      {"10.1.20.7/32", "10.1.20.7", true},
      {"10.1.20.4/31", "10.1.20.5", true},
      {"10.1.20.4/31", "10.1.20.6", false},
      {"192.0.2.1, 10.0.0.0/8", "10.255.0.1", true},
      {"192.0.2.1 10.0.0.0/8", "192.0.2.1", true},
      {"10.1.20.0/24", "::ffff:10.1.20.9", true},
      {"10.1.20.0/24", "::ffff:0a01:1409", true},
      {"10.1.20.0/24", "::10.1.20.9", false},
      {"::ffff:10.1.20.0/120", "10.1.20.9", true},
      {"2001:db8::/32", "2001:db8:1::5", true},
      {"2001:db8::/32", "2001:db9::5", false},
      {"::1", "::1", true},
      {"::1", "127.0.0.1", false},
      {"127.0.0.1", "::1", false},
      {"0.0.0.0/0", "203.0.113.9", true},
      {"0.0.0.0/0", "2001:db8::1", false},
      {"10.1.20.0/24", "", false},
      {"0.0.0.0/0", "", false},
      {"0.0.0.0/0", "localhost", false},
      {"10.1.20.0/24", "10.1.20.9 ", false},
      {"10.1.20.0/24", "10.1.20", false},
      {"10.1.20.0/24", "10.1.20.009", false},
      {"10.1.20.0/24", "IPv6:::ffff:10.1.20.9", false},
  };
  for (const NetworkCase& item : cases) {
    const auto list = NetworkList::parse(item.list, "here");
    ASSERT_TRUE(list) << item.list << ": " << list.error().text();
    EXPECT_EQ(list->contains(item.address), item.inside) << item.list << " and " << item.address;
  }
}

TEST(NetworkList, SaysWhatIsWrongWithATypedNetwork) {
  const std::pair<const char*, const char*> cases[] = {
      {"10.1.20.5/24", "c:1: \"10.1.20.5/24\" has bits behind its prefix (did you mean 10.1.20.0/24?)"},
      {"2001:db8::1/32", "c:1: \"2001:db8::1/32\" has bits behind its prefix (did you mean 2001:db8::/32?)"},
      {"10.1.20.0/33",
       "c:1: \"10.1.20.0/33\": the length behind / is not 0 to 32 (write networks as 10.1.20.0/24, "
       "192.0.2.7 or 2001:db8::/32)"},
      {"10.1.20.0/",
       "c:1: \"10.1.20.0/\": the length behind / is not 0 to 32 (write networks as 10.1.20.0/24, "
       "192.0.2.7 or 2001:db8::/32)"},
      {"10.1.20.*",
       "c:1: \"10.1.20.*\" is not a network or address (write networks as 10.1.20.0/24, 192.0.2.7 or "
       "2001:db8::/32)"},
      {"scanner.local",
       "c:1: \"scanner.local\" is not a network or address (write networks as 10.1.20.0/24, 192.0.2.7 "
       "or 2001:db8::/32)"},
      {" , ", "c:1: an empty list of networks (write networks as 10.1.20.0/24, 192.0.2.7 or 2001:db8::/32)"},
  };
  for (const auto& [text, words] : cases) {
    const auto list = NetworkList::parse(text, "c:1");
    ASSERT_FALSE(list) << text;
    EXPECT_EQ(list.error().kind, ErrorKind::Usage);
    EXPECT_EQ(list.error().text(), words);
  }
}

TEST(NetworkList, KnowsEverybody) {
  EXPECT_TRUE(NetworkList::parse("10.0.0.1, 0.0.0.0/0", "c")->holds_everybody());
  EXPECT_TRUE(NetworkList::parse("::/0", "c")->holds_everybody());
  EXPECT_FALSE(NetworkList::parse("10.0.0.0/8, ::ffff:0:0/96", "c")->holds_everybody());
}

Result<AddressPatterns> parse(const std::string& text, PatternKind kind = PatternKind::Address) {
  MapStore maps;
  return AddressPatterns::parse(text, "c:1", maps, kind);
}

struct PatternCase {
  const char* patterns;
  const char* address;
  PatternMatch match;
};

TEST(AddressPatterns, MatchInCanonicalFormOnly) {
  const PatternCase cases[] = {
      {"scanner@contoso.com", "scanner@contoso.com", PatternMatch::Exact},
      {"scanner@contoso.com", "Scanner@CONTOSO.com", PatternMatch::Exact},
      {"Scanner@Contoso.COM", "scanner@contoso.com", PatternMatch::Exact},
      {"scanner@contoso.com", "scanner+x@contoso.com", PatternMatch::None},
      {"scanner@contoso.com", "scan.ner@contoso.com", PatternMatch::None},
      {"scanner@contoso.com", "scanner@contoso.com.", PatternMatch::None},
      {"scanner@contoso.com", "scanner@mail.contoso.com", PatternMatch::None},
      {"@contoso.com", "anybody@contoso.com", PatternMatch::Domain},
      {"@contoso.com", "anybody@CONTOSO.COM", PatternMatch::Domain},
      {"@contoso.com", "anybody@mail.contoso.com", PatternMatch::None},
      {"@contoso.com", "anybody@evilcontoso.com", PatternMatch::None},
      {"@contoso.com", "anybody@contoso.com.evil.org", PatternMatch::None},
      {"@contoso.com", "@contoso.com", PatternMatch::None},
      {"@contoso.com", "contoso.com", PatternMatch::None},
      {"@contoso.com", "", PatternMatch::None},
      {"@contoso.com", "a%evil.org@contoso.com", PatternMatch::None},
      {"@contoso.com", "evil.org!a@contoso.com", PatternMatch::None},
      {"@contoso.com", "\"a b\"@contoso.com", PatternMatch::None},
      {"@contoso.com", "jürgen@contoso.com", PatternMatch::None},
      {"jürgen@contoso.com", "jürgen@contoso.com", PatternMatch::Exact},
      {"@bücher.example", "a@xn--bcher-kva.example", PatternMatch::Domain},
      {"a@xn--bcher-kva.example", "a@BÜCHER.example", PatternMatch::Exact},
      {"a@contoso.com, @fabrikam.com", "b@fabrikam.com", PatternMatch::Domain},
      {"a@contoso.com, @contoso.com", "a@contoso.com", PatternMatch::Exact},
      {"a@contoso.com", "<a@contoso.com>", PatternMatch::None},
      {"a@contoso.com", "@evil.org:a@contoso.com", PatternMatch::None},
      {"a@contoso.com", "a@[10.0.0.1]", PatternMatch::None},
  };
  for (const PatternCase& item : cases) {
    const auto patterns = parse(item.patterns);
    ASSERT_TRUE(patterns) << item.patterns << ": " << patterns.error().text();
    EXPECT_EQ(patterns->find(item.address), item.match) << item.patterns << " and " << item.address;
  }
}

TEST(AddressPatterns, TakeLoginsThatAreNoAddresses) {
  const auto logins = parse("scan, app@contoso.com", PatternKind::Login);
  ASSERT_TRUE(logins) << logins.error().text();
  EXPECT_TRUE(logins->matches("scan"));
  EXPECT_TRUE(logins->matches("SCAN"));
  EXPECT_TRUE(logins->matches("app@contoso.com"));
  EXPECT_FALSE(logins->matches("app"));
  EXPECT_FALSE(logins->matches("scan@contoso.com"));
  EXPECT_FALSE(logins->matches(""));
}

TEST(AddressPatterns, SayWhatIsWrongWithATypedPattern) {
  const std::pair<const char*, const char*> cases[] = {
      {"scanner", "c:1: \"scanner\" is not an address or domain (write user@domain, @domain or map:/path)"},
      {"a@b@c", "c:1: \"a@b@c\" is not an address or domain (write user@domain, @domain or map:/path)"},
      {"*@contoso.com @-x", "c:1: \"@-x\" is not an address or domain (write user@domain, @domain or map:/path)"},
      {"<>", "c:1: \"<>\" is not an address or domain (write user@domain, @domain or map:/path)"},
      {"hash:/etc/postfix/x",
       "c:1: \"hash:/etc/postfix/x\" is not a map that is read here (write map:/etc/postfix/x: the text file that "
       "postmap reads)"},
      {"ldap:/etc/postfix/x",
       "c:1: \"ldap:/etc/postfix/x\" is not a map that is read here (maps are map:/path (a text file in the form that "
       "postmap reads) or cidr:/path)"},
      {"map:senders", "c:1: map:senders is not an absolute path (write map:/path)"},
      {"map:/nowhere/senders", "c:1: /nowhere/senders: cannot open: No such file or directory"},
      {"", "c:1: an empty list of addresses"},
  };
  for (const auto& [text, words] : cases) {
    const auto patterns = parse(text);
    ASSERT_FALSE(patterns) << text;
    EXPECT_EQ(patterns.error().kind, ErrorKind::Usage);
    EXPECT_EQ(patterns.error().text(), words);
  }
}

TEST(AddressPatterns, ReadMapsInPostfixForm) {
  const graph_milter::test::TempFolder folder;
  const std::string path = folder.write("senders",
                                        "# who may\n"
                                        "scanner@contoso.com   OK\n"
                                        "\n"
                                        "   # a comment may be indented\n"
                                        "app@contoso.com\tsomething that\n"
                                        "   goes on here@contoso.com\n"
                                        "@fabrikam.com\n"
                                        "last@contoso.com");
  const auto patterns = parse("map:" + path);
  ASSERT_TRUE(patterns) << patterns.error().text();
  EXPECT_TRUE(patterns->matches("scanner@contoso.com"));
  EXPECT_TRUE(patterns->matches("app@contoso.com"));
  EXPECT_TRUE(patterns->matches("last@contoso.com"));
  EXPECT_TRUE(patterns->matches("x@fabrikam.com"));
  EXPECT_FALSE(patterns->matches("here@contoso.com"));
  EXPECT_TRUE(patterns->written_domains().empty()) << "a map may hold more than this rule needs";
}

TEST(AddressPatterns, NameTheLineOfABadMapEntry) {
  const graph_milter::test::TempFolder folder;
  const std::string path = folder.write("senders", "a@contoso.com\r\nnot-an-address OK\n");
  const auto patterns = parse("map:" + path);
  ASSERT_FALSE(patterns);
  EXPECT_EQ(patterns.error().text(),
            path + ":2: \"not-an-address\" is not an address or domain (write user@domain, @domain or map:/path)");
}

}  // namespace
}  // namespace graph_milter::policy
