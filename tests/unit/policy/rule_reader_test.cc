// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "tests/unit/policy/samples.h"

namespace graph_milter::policy::test {
namespace {

TEST(Rules, AreReadInOrder) {
  const Policy policy = read("tenant-domains = contoso.com\n" + kScanners +
                             "[rule apps]\nlogin = app@contoso.com\nfrom = @contoso.com\nsender = @contoso.com\n"
                             "message-size = 500000\nmailbox = Shared@Contoso.com\nmime = tolerant\naction = relay\n"
                             "[rule rest]\naction = pass\n");
  ASSERT_EQ(policy.rules().size(), 3U);
  const Rule& scanners = policy.rules()[0];
  EXPECT_EQ(scanners.name, "scanners");
  EXPECT_EQ(scanners.file, "test.conf");
  EXPECT_EQ(scanners.line, 2);
  EXPECT_TRUE(scanners.client->matches(client_subject("10.1.20.1")));
  EXPECT_TRUE(scanners.from->matches(address_subject("scanner@contoso.com")));
  EXPECT_EQ(scanners.part_size->smallest(), 3U * 1024 * 1024);
  EXPECT_EQ(scanners.action, Action::Relay);
  EXPECT_FALSE(scanners.login || scanners.sender || scanners.message_size);
  EXPECT_EQ(scanners.mailbox, "");
  EXPECT_EQ(scanners.mime, MimeReading::Strict);
  const Rule& apps = policy.rules()[1];
  EXPECT_TRUE(apps.login->matches(address_subject("app@contoso.com")));
  EXPECT_TRUE(apps.sender->matches(address_subject("x@contoso.com")));
  EXPECT_EQ(apps.message_size->smallest(), 500'000U);
  EXPECT_EQ(apps.mailbox, "shared@contoso.com");
  EXPECT_EQ(apps.mime, MimeReading::Tolerant);
  EXPECT_EQ(policy.rules()[2].action, Action::Pass);
}

TEST(Rules, SayHowPartsAreRead) {
  const auto policy = read(
      "[rule a]\naction = pass\n[rule b]\nmessage-as-file = yes\nname-charset = Windows-1252\n"
      "action = pass\n[rule c]\nmessage-as-file = no\naction = pass\n");
  EXPECT_FALSE(policy.rules()[0].message_as_file);
  EXPECT_EQ(policy.rules()[0].name_charset, "");
  EXPECT_TRUE(policy.rules()[1].message_as_file);
  EXPECT_EQ(policy.rules()[1].name_charset, "Windows-1252");
  EXPECT_FALSE(policy.rules()[2].message_as_file);
}

TEST(Rules, MayBeAbsent) { EXPECT_TRUE(read("tenant = x\n").rules().empty()); }

struct Refusal {
  const char* text;
  const char* words;
};

TEST(Rules, AreRefusedInPlainWords) {
  const Refusal cases[] = {
      {"[rule a]\nclient = 10.0.0.1\nform = a@contoso.com\naction = relay\n",
       "test.conf:3: a rule has no key \"form\" (did you mean from?)"},
      {"[rule a]\nxyzzyxyzzy = 1\naction = pass\n",
       "test.conf:2: a rule has no key \"xyzzyxyzzy\" (it has client, daemon, login, from, sender, "
       "sender-map, recipient, all-recipients, recipients-are, header, message-size, part-size, large-parts-size, "
       "part-type, part-name, action, text, code, mailbox, mime, message-as-file, name-charset, draft, accept, take, "
       "take-recipients, header-only-recipients, set-from, "
       "part-threshold, return, sent-copy, otherwise, pretend)"},
      {"[rule a]\nmime = tolerent\naction = pass\n",
       "test.conf:2: mime = tolerent is not known (did you mean tolerant?)"},
      {"[rule a]\nmime = 1\naction = pass\n", "test.conf:2: mime = 1 is not known (write strict or tolerant)"},
      {"[rule a]\nclient = 10.0.0.1\ndaemon =\naction = pass\n",
       "test.conf:3: daemon names nothing (write what milter_macro_daemon_name says in master.cf)"},
      {"[rule a]\nsender-map = senders\naction = relay\n",
       "test.conf:2: sender-map = senders is not an absolute path (begin it with /)"},
      {"[rule a]\nsender-map = /nowhere/senders\naction = relay\n",
       "test.conf:2: /nowhere/senders: cannot open: No such file or directory"},
      {"[rule a]\ndraft = jsn\naction = pass\n", "test.conf:2: draft = jsn is not known (did you mean json?)"},
      {"[rule a]\ndraft = html5\naction = pass\n",
       "test.conf:2: draft = html5 is not known (write auto, mime or json)"},
      {"[rule a]\nclient = 10.1.20.1/24\nfrom = a@contoso.com\naction = relay\n",
       "test.conf:2: \"10.1.20.1/24\" has bits behind its prefix (did you mean 10.1.20.0/24?)"},
      {"[rule a]\npart-size = 3 MB\naction = pass\n",
       "test.conf:2: part-size = MB is not a size (write a number of bytes, or a number with K, M or G (1024 bytes "
       "and its powers); 3M is at least that much, -3M at most, 1M-3M between)"},
      {"[rule a]\nmessage-size = --1\naction = pass\n",
       "test.conf:2: message-size = --1 is not a size (write a number of bytes, or a number with K, M or G (1024 bytes "
       "and its powers); 3M is at least that much, -3M at most, 1M-3M between)"},
      {"[rule a]\naction = realy\n", "test.conf:2: action = realy is not known (did you mean relay?)"},
      {"[rule a]\naction = discard\n",
       "test.conf:2: action = discard is not known (write pass, relay, reject or tempfail)"},
      {"[rule a]\nclient = 10.0.0.1\n", "test.conf:1: rule a has no action (add action = relay or action = pass)"},
      {"[rule a]\nclient = 10.0.0.1\n\nclient = 10.0.0.2\naction = pass\n",
       "test.conf:4: client is set twice in rule a (it is set in test.conf:2 already; write several values in one "
       "line, "
       "separated by commas)"},
      {"[rule a]\naction = pass\n[rule a]\naction = pass\n",
       "test.conf:3: there are two rules named a (the other one is in test.conf:1; rename one of them)"},
      {"[rule a/b]\naction = pass\n",
       "test.conf:1: \"a/b\" cannot be the name of a rule (use letters, digits, '.', '_' and '-')"},
      {"[rule]\naction = pass\n",
       "test.conf:1: \"\" cannot be the name of a rule (use letters, digits, '.', '_' and '-')"},
      {"[rule a]\nfrom = a@contoso.com\naction = relay\n",
       "test.conf:1: rule a relays, but does not say for whom: anybody who reaches the MTA could send as its mailboxes "
       "(add "
       "client = NETWORK or login = LOGIN)"},
      {"[rule a]\nclient = 10.0.0.1\naction = relay\n",
       "test.conf:1: rule a relays, but does not say which From: its clients could send as anybody (add from = "
       "ADDRESS)"},
      {"[rule a]\nclient = 10.0.0.1\nsender = a@contoso.com\naction = relay\n",
       "test.conf:1: rule a relays, but does not say which From: its clients could send as anybody (add from = "
       "ADDRESS)"},
      {"[rule a]\nclient = 0.0.0.0/0\nfrom = a@contoso.com\naction = relay\n",
       "test.conf:2: client = 0.0.0.0/0 is everybody, in rule a, which relays (name the networks of the devices, or "
       "add login "
       "= LOGIN)"},
      {"[rule a]\nclient = 10.0.0.1\nfrom = a@fabrikam.com\naction = relay\n",
       "test.conf:3: from names the domain fabrikam.com, and tenant-domains is contoso.com (Graph has mailboxes of the "
       "tenant "
       "only: correct the rule, or add the domain to tenant-domains)"},
      {"[rule a]\nclient = 10.0.0.1\nfrom = @mail.contoso.com\naction = relay\n",
       "test.conf:3: from names the domain mail.contoso.com, and tenant-domains is contoso.com (Graph has mailboxes of "
       "the "
       "tenant only: correct the rule, or add the domain to tenant-domains)"},
      {"[rule a]\nclient = 10.0.0.1\nfrom = a@contoso.com\nmailbox = b@fabrikam.com\naction = relay\n",
       "test.conf:4: mailbox names the domain fabrikam.com, and tenant-domains is contoso.com (Graph has mailboxes of "
       "the "
       "tenant only: correct the rule, or add the domain to tenant-domains)"},
      {"[rule a]\nclient = 10.0.0.1\nfrom = a@contoso.com\nmailbox = shared\naction = relay\n",
       "test.conf:4: mailbox = shared is not an address (write user@domain)"},
      {"[rule a]\nfrom =\naction = pass\n", "test.conf:2: an empty list of addresses"},
      {"[rule a]\nmessage-as-file = maybe\naction = pass\n",
       "test.conf:2: message-as-file = maybe is neither yes nor no (write yes or no)"},
      {"[rule a]\nname-charset = latin\naction = pass\n",
       "test.conf:2: name-charset = latin is not known (write a charset such as windows-1252 or iso-8859-15)"},
  };
  for (const Refusal& item : cases) {
    const auto policy = try_read(item.text);
    ASSERT_FALSE(policy) << item.text;
    EXPECT_EQ(policy.error().kind, ErrorKind::Usage);
    EXPECT_EQ(policy.error().text(), item.words);
  }
}

TEST(Rules, ThatPassMayNameAnybody) {
  EXPECT_TRUE(try_read("[rule a]\nfrom = @fabrikam.com\naction = pass\n"));
  EXPECT_TRUE(try_read("[rule a]\nclient = 0.0.0.0/0\naction = pass\n"));
}

TEST(Rules, CompareDomainsCanonically) {
  EXPECT_TRUE(
      try_read("[rule a]\nclient = 10.0.0.1\nfrom = @B\xC3\xBC"
               "cher.example\naction = relay\n",
               {"XN--BCHER-KVA.example"}));
  const auto bad = try_read("", {"not a domain"});
  ASSERT_FALSE(bad);
  EXPECT_EQ(bad.error().text(), "tenant-domains: \"not a domain\" is not a domain (write contoso.com)");
}

TEST(Rules, OfATenantWithoutDomainsRelayNothing) {
  const auto policy = try_read(kScanners, {});
  ASSERT_FALSE(policy);
  EXPECT_EQ(policy.error().text(),
            "test.conf:3: from names the domain contoso.com, and tenant-domains is not set (Graph has "
            "mailboxes of the tenant only: correct the rule, or add the domain to tenant-domains)");
}

}  // namespace
}  // namespace graph_milter::policy::test
