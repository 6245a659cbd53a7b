// SPDX-License-Identifier: Apache-2.0
// Lists: searched from left to right, '!' keeps out, a list of '!' only holds for everything else.
#include "core/policy/match_list.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <tuple>

#include "tests/unit/policy/lists.h"

namespace graph_milter::policy {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

MatchList list_of(const std::string& text, const ListKind& kind = kAddressList) {
  auto list = test::try_list(text, kind);
  EXPECT_TRUE(list) << text << ": " << list.error().text();
  return *std::move(list);
}

TEST(Lists, AreSplitAtCommasAndBlanksOutsideQuotesAndPatterns) {
  EXPECT_THAT(split_items("a, b c,d"), ElementsAre("a", "b", "c", "d"));
  EXPECT_THAT(split_items(" ,, "), IsEmpty());
  EXPECT_THAT(split_items("\"a b\", !\"c, d\" e\"f g\"h"), ElementsAre("a b", "!c, d", "e\"f g\"h"));
  EXPECT_THAT(split_items(R"("a \"b\" \\" c)"), ElementsAre(R"(a "b" \)", "c"));
  EXPECT_THAT(split_items("/a, b/i !/c d/, 10.0.0.0/8 e"), ElementsAre("/a, b/i", "!/c d/", "10.0.0.0/8", "e"));
  EXPECT_THAT(split_items(R"(/a\/ b/ c)"), ElementsAre(R"(/a\/ b/)", "c"));
  EXPECT_THAT(split_items("\"open"), ElementsAre("\"open"));
  EXPECT_THAT(split_items("!"), ElementsAre("!"));
}

TEST(Lists, AreDecidedByTheFirstItemThatMatches) {
  struct Case {
    const char* list;
    const char* address;
    Match match;
  };
  for (const Case& item : {
           Case{"a@contoso.com, @contoso.com", "a@contoso.com", Match::Exact},
           Case{"!a@contoso.com, @contoso.com", "a@contoso.com", Match::No},
           Case{"!a@contoso.com, @contoso.com", "b@contoso.com", Match::Wide},
           Case{"!a@contoso.com, @contoso.com", "b@fabrikam.com", Match::No},
           Case{"@contoso.com, !a@contoso.com", "a@contoso.com", Match::Wide},
           Case{"a@contoso.com, !@contoso.com, @fabrikam.com", "a@contoso.com", Match::Exact},
           Case{"a@contoso.com, !@contoso.com, @fabrikam.com", "b@contoso.com", Match::No},
           Case{"a@contoso.com, !@contoso.com, @fabrikam.com", "b@fabrikam.com", Match::Wide},
           Case{"!a@contoso.com", "a@contoso.com", Match::No},
           Case{"!a@contoso.com", "b@contoso.com", Match::Wide},
           Case{"!a@contoso.com", "", Match::Wide},
           Case{"!a@contoso.com !@fabrikam.com", "b@fabrikam.com", Match::No},
           Case{"@contoso.com", "", Match::No},
       }) {
    PatternWork work;
    EXPECT_EQ(list_of(item.list).find(address_subject(item.address), work).match, item.match)
        << item.list << " and " << item.address;
  }
}

TEST(Lists, SayWhyTheyDoNotHold) {
  const MatchList list = list_of("!10.1.20.7, 10.1.20.0/24", kClientList);
  PatternWork work;
  for (const auto& [address, words] : {
           std::pair{"10.1.20.7", "client 10.1.20.7 is kept out by !10.1.20.7"},
           std::pair{"10.2.0.1", "client 10.2.0.1 is not in !10.1.20.7, 10.1.20.0/24"},
           std::pair{"", "client (none) is not in !10.1.20.7, 10.1.20.0/24"},
       }) {
    const Subject subject = client_subject(address);
    EXPECT_EQ(list.why_not("client", subject, list.find(subject, work)), words);
  }
}

TEST(Lists, RefuseSignsThatMeanNothing) {
  for (const auto& [text, words] : {
           std::pair{"!", "c:1: \"!\" stands alone (write it right before an item, as in !item)"},
           std::pair{"a@contoso.com, ! b@contoso.com",
                     "c:1: \"!\" stands alone (write it right before an item, as in !item)"},
           std::pair{"a@contoso.com !!b@contoso.com", "c:1: \"!!b@contoso.com\" has more than one \"!\" (write one)"},
       }) {
    const auto list = test::try_list(text);
    ASSERT_FALSE(list) << text;
    EXPECT_EQ(list.error().kind, ErrorKind::Usage);
    EXPECT_EQ(list.error().text(), words);
  }
}

TEST(Lists, KnowWhichHoldWheneverAnotherHolds) {
  struct Case {
    const char* outer;
    const char* inner;
    bool includes;
  };
  for (const Case& item : {
           Case{"10.0.0.0/8", "10.1.0.0/16", true},
           Case{"10.0.0.0/8", "10.1.0.0/16, 10.2.3.4", true},
           Case{"10.0.0.0/8, 192.0.2.1", "192.0.2.1 10.1.0.0/16", true},
           Case{"10.1.0.0/16", "10.0.0.0/8", false},
           Case{"10.0.0.0/8", "10.0.0.0/8, 192.0.2.1", false},
           Case{"10.0.0.0/8", "!10.1.0.0/16, 10.0.0.0/8", true},
           Case{"10.0.0.0/8", "!10.1.0.0/16", false},
           Case{"!10.1.0.0/16", "!10.0.0.0/8", true},
           Case{"!10.0.0.0/8", "!10.1.0.0/16", false},
           Case{"!10.0.0.0/8", "!10.0.0.0/8", true},
           Case{"!10.1.0.0/16, 10.0.0.0/8", "10.2.0.0/16", false},
       }) {
    EXPECT_EQ(list_of(item.outer, kClientList).includes(list_of(item.inner, kClientList)), item.includes)
        << item.outer << " and " << item.inner;
  }
  EXPECT_TRUE(list_of("@contoso.com").includes(list_of("a@contoso.com, b@contoso.com")));
  EXPECT_FALSE(list_of("@contoso.com").includes(list_of("\"a b\"@contoso.com"))) << "a domain means plain addresses";
  EXPECT_FALSE(list_of("a@contoso.com").includes(list_of("@contoso.com")));
}

// Whom a list holds for is known to it by one of his names, whatever the form of the item.
TEST(Lists, NameAllForWhomTheyHold) {
  const auto is_named = [](const MatchList& list, const Subject& subject) {
    const Names named = *list.names();
    Names names;
    add_names(subject, names);
    return std::any_of(names.begin(), names.end(), [&](const std::string& name) {
      return std::find(named.begin(), named.end(), name) != named.end();
    });
  };
  for (const char* text : {"10.1.20.7", "10.1.20.6/31", "10.1.20.0/24", "10.1.16.0/20", "10.0.0.0/8", "8.0.0.0/5",
                           "0.0.0.0/0", "!10.1.20.8, 10.1.0.0/16", "::/0", "2001:db8::/33, 10.1.20.7"}) {
    const Subject client = client_subject("10.1.20.7");
    const MatchList list = list_of(text, kClientList);
    EXPECT_EQ(is_named(list, client), list.matches(client)) << text;
  }
  EXPECT_TRUE(is_named(list_of("2001:db8:8000::/33", kClientList), client_subject("2001:db8:ffff::1")));
  EXPECT_FALSE(is_named(list_of("2001:db8:8000::/33", kClientList), client_subject("2001:db9::1")));
  for (const char* login : {"anna@contoso.com", "Anna@CONTOSO.com", "bert@contoso.com", "\"f g\"@contoso.com", "app",
                            "APP", "", "@contoso.com"}) {
    for (const char* text :
         {"anna@contoso.com", "@contoso.com", "app, @fabrikam.com", "!bert@contoso.com, @contoso.com"}) {
      const MatchList list = list_of(text, kLoginList);
      const Subject subject = address_subject(login);
      EXPECT_GE(is_named(list, subject), list.matches(subject)) << login << " and " << text;
    }
  }
  EXPECT_FALSE(is_named(list_of("@contoso.com", kLoginList), address_subject("bert@fabrikam.com")));
  EXPECT_EQ(list_of("!anna@contoso.com").names(), std::nullopt) << "it holds for all others";
  EXPECT_EQ(list_of("/pdf$/, scan.pdf", kNameList).names(), std::nullopt) << "nobody knows for whom a pattern holds";
}

// By its text a list is made again, whether the text was one item or several.
TEST(Lists, AreTheirText) {
  MapStore maps;
  for (const auto& [value, quoted, text] : {
           std::tuple{"A, B", false, "A, B"},
           std::tuple{" A  B ", false, "A  B"},
           std::tuple{"A", true, "A"},
           std::tuple{"A, B", true, R"("A, B")"},
           std::tuple{" A", true, R"(" A")"},
           std::tuple{"", true, R"("")"},
           std::tuple{R"("a" \b)", true, R"("\"a\" \\b")"},
       }) {
    config::ConfLine line;
    line.value = value;
    line.quoted = quoted;
    const auto list = MatchList::parse(line, kDaemonList, maps);
    ASSERT_TRUE(list) << value;
    EXPECT_EQ(list->text(), text);
    EXPECT_EQ(split_items(list->text()), quoted ? std::vector<std::string>{value} : split_items(value)) << text;
  }
}

TEST(Lists, KnowItemsThatNeverDecide) {
  EXPECT_THAT(list_of("!10.0.0.0/8, 10.1.0.0/16", kClientList).idle_items(), ElementsAre("10.1.0.0/16"));
  EXPECT_THAT(list_of("@contoso.com, !a@contoso.com").idle_items(), ElementsAre("!a@contoso.com"));
  EXPECT_THAT(list_of("!a@contoso.com, @contoso.com").idle_items(), IsEmpty());
  EXPECT_TRUE(list_of("!10.0.0.0/8, 10.1.0.0/16", kClientList).is_empty());
  EXPECT_FALSE(list_of("!10.0.0.0/8, 10.1.0.0/16, 192.0.2.1", kClientList).is_empty());
  EXPECT_FALSE(list_of("!10.0.0.0/8", kClientList).is_empty());
}

}  // namespace
}  // namespace graph_milter::policy
