// SPDX-License-Identifier: Apache-2.0
#include "core/policy/match_list.h"

#include <gtest/gtest.h>

#include "core/base/format.h"
#include "tests/support/temp_folder.h"
#include "tests/unit/policy/lists.h"

namespace graph_milter::policy {
namespace {

struct NetworkCase {
  const char* list;
  const char* address;
  bool inside;
};

TEST(ClientList, ContainsAddressesByPrefix) {
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
    const auto list = test::try_list(item.list, kClientList);
    ASSERT_TRUE(list) << item.list << ": " << list.error().text();
    EXPECT_EQ(list->matches(client_subject(item.address)), item.inside) << item.list << " and " << item.address;
  }
}

TEST(ClientList, SaysWhatIsWrongWithATypedNetwork) {
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
    const auto list = test::try_list(text, kClientList);
    ASSERT_FALSE(list) << text;
    EXPECT_EQ(list.error().kind, ErrorKind::Usage);
    EXPECT_EQ(list.error().text(), words);
  }
}

TEST(ClientList, KnowsEverybodyHoweverItIsWritten) {
  for (const char* everybody : {
           "10.0.0.1, 0.0.0.0/0",
           "::/0",
           "::ffff:0:0/96",
           "::/1",
           "::/80",
           "0.0.0.0/1, 128.0.0.0/1",
           "0.0.0.0/1 10.0.0.0/8 128.0.0.0/2 192.0.0.0/2",
           "2000::/3",
           "2000::/4, 3000::/4",
           "!10.0.0.1, 0.0.0.0/0",
           "0.0.0.0/1, !10.0.0.0/8, 128.0.0.0/1",
           "!10.0.0.0/8",
           "!10.0.0.0/8, !::1",
       }) {
    EXPECT_TRUE(test::try_list(everybody, kClientList)->holds_everybody()) << everybody;
  }
  for (const char* some : {"10.0.0.0/8", "0.0.0.0/1", "128.0.0.0/1, 64.0.0.0/2", "2001:db8::/32", "fd00::/8",
                           "!10.0.0.1, 10.0.0.0/8", "0.0.0.0/1, 128.0.0.0/2, 192.0.0.0/3, 224.0.0.0/4"}) {
    EXPECT_FALSE(test::try_list(some, kClientList)->holds_everybody()) << some;
  }
}

struct PatternCase {
  const char* patterns;
  const char* address;
  Match match;
};

TEST(AddressList, MatchInCanonicalFormOnly) {
  const PatternCase cases[] = {
      {"scanner@contoso.com", "scanner@contoso.com", Match::Exact},
      {"scanner@contoso.com", "Scanner@CONTOSO.com", Match::Exact},
      {"Scanner@Contoso.COM", "scanner@contoso.com", Match::Exact},
      {"scanner@contoso.com", "scanner+x@contoso.com", Match::No},
      {"scanner@contoso.com", "scan.ner@contoso.com", Match::No},
      {"scanner@contoso.com", "scanner@contoso.com.", Match::No},
      {"scanner@contoso.com", "scanner@mail.contoso.com", Match::No},
      {"@contoso.com", "anybody@contoso.com", Match::Wide},
      {"@contoso.com", "anybody@CONTOSO.COM", Match::Wide},
      {"@contoso.com", "anybody@mail.contoso.com", Match::No},
      {"@contoso.com", "anybody@evilcontoso.com", Match::No},
      {"@contoso.com", "anybody@contoso.com.evil.org", Match::No},
      {"@contoso.com", "@contoso.com", Match::No},
      {"@contoso.com", "contoso.com", Match::No},
      {"@contoso.com", "", Match::No},
      {"@contoso.com", "a%evil.org@contoso.com", Match::No},
      {"@contoso.com", "evil.org!a@contoso.com", Match::No},
      {"@contoso.com", "\"a b\"@contoso.com", Match::No},
      {"@contoso.com", "jürgen@contoso.com", Match::No},
      {"jürgen@contoso.com", "jürgen@contoso.com", Match::Exact},
      {"@bücher.example", "a@xn--bcher-kva.example", Match::Wide},
      {"a@xn--bcher-kva.example", "a@BÜCHER.example", Match::Exact},
      {"a@contoso.com, @fabrikam.com", "b@fabrikam.com", Match::Wide},
      {"a@contoso.com, @contoso.com", "a@contoso.com", Match::Exact},
      {"a@contoso.com", "<a@contoso.com>", Match::No},
      {"a@contoso.com", "@evil.org:a@contoso.com", Match::No},
      {"a@contoso.com", "a@[10.0.0.1]", Match::No},
  };
  for (const PatternCase& item : cases) {
    const auto patterns = test::try_list(item.patterns, kAddressList);
    ASSERT_TRUE(patterns) << item.patterns << ": " << patterns.error().text();
    PatternWork work;
    EXPECT_EQ(patterns->find(address_subject(item.address), work).match, item.match)
        << item.patterns << " and " << item.address;
  }
}

TEST(AddressList, TakeLoginsThatAreNoAddresses) {
  const auto logins = test::try_list("scan, app@contoso.com", kLoginList);
  ASSERT_TRUE(logins) << logins.error().text();
  EXPECT_TRUE(logins->matches(address_subject("scan")));
  EXPECT_TRUE(logins->matches(address_subject("SCAN")));
  EXPECT_TRUE(logins->matches(address_subject("app@contoso.com")));
  EXPECT_FALSE(logins->matches(address_subject("app")));
  EXPECT_FALSE(logins->matches(address_subject("scan@contoso.com")));
  EXPECT_FALSE(logins->matches(address_subject("")));
}

TEST(AddressList, SayWhatIsWrongWithATypedPattern) {
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
       "postmap reads), cidr:/path or pcre:/path)"},
      {"map:senders", "c:1: map:senders is not an absolute path (write map:/path)"},
      {"map:/nowhere/senders", "c:1: /nowhere/senders: cannot open: No such file or directory"},
      {"", "c:1: an empty list of addresses"},
  };
  for (const auto& [text, words] : cases) {
    const auto patterns = test::try_list(text);
    ASSERT_FALSE(patterns) << text;
    EXPECT_EQ(patterns.error().kind, ErrorKind::Usage);
    EXPECT_EQ(patterns.error().text(), words);
  }
}

TEST(AddressList, ReadMapsInPostfixForm) {
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
  const auto patterns = test::try_list("map:" + path);
  ASSERT_TRUE(patterns) << patterns.error().text();
  EXPECT_TRUE(patterns->matches(address_subject("scanner@contoso.com")));
  EXPECT_TRUE(patterns->matches(address_subject("app@contoso.com")));
  EXPECT_TRUE(patterns->matches(address_subject("last@contoso.com")));
  EXPECT_TRUE(patterns->matches(address_subject("x@fabrikam.com")));
  EXPECT_FALSE(patterns->matches(address_subject("here@contoso.com")));
  EXPECT_TRUE(patterns->written_domains().empty()) << "a map may hold more than this rule needs";
}

TEST(AddressList, NameTheLineOfABadMapEntry) {
  const graph_milter::test::TempFolder folder;
  const std::string path = folder.write("senders", "a@contoso.com\r\nnot-an-address OK\n");
  const auto patterns = test::try_list("map:" + path);
  ASSERT_FALSE(patterns);
  EXPECT_EQ(patterns.error().text(),
            path + ":2: \"not-an-address\" is not an address or domain (write user@domain, @domain or map:/path)");
}

}  // namespace
}  // namespace graph_milter::policy
