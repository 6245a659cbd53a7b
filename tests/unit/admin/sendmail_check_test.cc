// SPDX-License-Identifier: Apache-2.0
#include "core/admin/sendmail_check.h"

#include <gtest/gtest.h>

#include <chrono>

namespace graph_milter::admin {
namespace {

using namespace std::chrono_literals;

const std::string kOurs = "Xgraph-milter, S=unix:/run/graph-milter/graph-milter.sock, F=T, T=C:30s;S:30s;R:2m;E:10m\n";

struct Check {
  std::string cf = "O MaxMessageSize=250000000\nO InputMailFilters=graph-milter\n" + kOurs;
  OurSide needs;
  std::optional<Error> closed, unsafe;
  mutable std::string asked_for;

  Check() {
    needs.socket.path = "/run/graph-milter/graph-milter.sock";
    needs.largest_message = 36'700'160;
    needs.relays = true;
  }

  std::string words() const {
    const mta::SendmailCf parsed = mta::parse_sendmail_cf(cf);
    const auto why_closed = [this](const std::string& path, const std::string& user) {
      asked_for = user + " " + path;
      return closed;
    };
    const auto why_unsafe = [this](const std::string&) { return unsafe; };
    return print_findings(check_sendmail({parsed, needs, "sendmail.cf", why_closed, why_unsafe}));
  }
};

TEST(SendmailCheck, FindsNothingWrongWithTheLinesOfContrib) {
  EXPECT_EQ(Check{}.words(),
            "good: sendmail.cf:3: Sendmail asks graph-milter at unix:/run/graph-milter/graph-milter.sock\n");
}

TEST(SendmailCheck, ReadsASocketInEachSpelling) {
  Check c;
  c.cf = "O InputMailFilters=g\nXg, S=local:/run/graph-milter/graph-milter.sock, F=4, T=S:30s;R:2m\n";
  EXPECT_EQ(c.words(),
            "good: sendmail.cf:2: Sendmail asks graph-milter at local:/run/graph-milter/graph-milter.sock\n");
  c.needs.socket = {config::SocketFamily::Inet, "", "127.0.0.1", 8891};
  c.cf = "O InputMailFilters=g\nXg, S=inet:8891@127.0.0.1, F=4, T=S:30s;R:2m\n";
  EXPECT_EQ(c.words(), "good: sendmail.cf:2: Sendmail asks graph-milter at inet:8891@127.0.0.1\n");
}

TEST(SendmailCheck, SaysWhichLineIsMissing) {
  Check c;
  c.cf = "#O InputMailFilters=\n";
  EXPECT_EQ(c.words(),
            "error: sendmail.cf: no mail filter has the socket unix:/run/graph-milter/graph-milter.sock (write into "
            "sendmail.mc: INPUT_MAIL_FILTER(`graph-milter', `S=unix:/run/graph-milter/graph-milter.sock, F=T, "
            "T=C:30s;S:30s;R:2m;E:10m')dnl)\n");
  c.cf = "O InputMailFilters=graph-milter\nXgraph-milter, S=unix:/run/other.sock, F=T\n";
  c.needs.accept_deadline = 14min;
  EXPECT_EQ(c.words(),
            "error: sendmail.cf: no mail filter has the socket unix:/run/graph-milter/graph-milter.sock; there are "
            "graph-milter (unix:/run/other.sock) (write into sendmail.mc: INPUT_MAIL_FILTER(`graph-milter', "
            "`S=unix:/run/graph-milter/graph-milter.sock, F=T, T=C:30s;S:30s;R:2m;E:15m')dnl)\n");
}

TEST(SendmailCheck, SaysThatAFilterIsDefinedAndNotUsed) {
  Check c;
  c.cf = kOurs;
  EXPECT_EQ(c.words(),
            "error: sendmail.cf:1: InputMailFilters does not name graph-milter: Sendmail never asks it (write "
            "INPUT_MAIL_FILTER instead of MAIL_FILTER)\n");
  c.cf += "O DaemonPortOptions=Name=MSA, Port=587, InputMailFilters=graph-milter\n";
  EXPECT_EQ(c.words(), "good: sendmail.cf:1: Sendmail asks graph-milter at unix:/run/graph-milter/graph-milter.sock\n");
}

TEST(SendmailCheck, SaysWhatHappensWhileGraphMilterIsDown) {
  Check c;
  c.cf = "O InputMailFilters=g\nXg, S=unix:/run/graph-milter/graph-milter.sock, T=S:30s;R:2m\n";
  EXPECT_EQ(c.words(),
            "warning: sendmail.cf:2: without F= Sendmail delivers mail itself while graph-milter is down (F=T: clients "
            "come again)\n");
  c.cf = "O InputMailFilters=g\nXg, S=unix:/run/graph-milter/graph-milter.sock, F=R, T=S:30s;R:2m\n";
  EXPECT_EQ(c.words(),
            "error: sendmail.cf:2: F=R refuses mail for good while graph-milter is down or starts anew (F=T: clients "
            "come again)\n");
}

TEST(SendmailCheck, KnowsSendmailsOwnTimeLimits) {
  Check c;
  c.cf = "O InputMailFilters=g\nXg, S=unix:/run/graph-milter/graph-milter.sock, F=T\n";
  EXPECT_EQ(c.words(),
            "warning: sendmail.cf:2: Sendmail waits 10 s (S:) until graph-milter takes a piece of a message; a busy "
            "disk takes longer (S:30s in T=)\n"
            "warning: sendmail.cf:2: Sendmail waits 10 s (R:) for an answer; storing a large message can take longer "
            "(R:2m in T=)\n");
  c.cf = "O InputMailFilters=g\nXg, S=unix:/run/graph-milter/graph-milter.sock, F=T, T=S:1m;R:2m;E:30s;X:1\n";
  EXPECT_EQ(c.words(),
            "warning: sendmail.cf:2: \"X:1\" in T= is no time limit (write for instance R:2m)\n"
            "warning: sendmail.cf:2: Sendmail gives up end of message after 30 s (E:); storing a large message can "
            "take longer (E:10m in T=)\n");
}

TEST(SendmailCheck, ComparesTheEndOfMessageWithTheDeadline) {
  Check c;
  c.needs.accept_deadline = 9min + 30s;
  EXPECT_EQ(c.words(), "good: sendmail.cf:3: Sendmail asks graph-milter at unix:/run/graph-milter/graph-milter.sock\n");
  c.needs.accept_deadline = 9min + 31s;
  EXPECT_EQ(
      c.words(),
      "error: sendmail.cf:3: E: of the filter's T= is 600 s, so the MTA gives up before accept-deadline (571 s) is "
      "over: set it to 601 s or more, or accept-deadline to less\n");
  c.cf = "O InputMailFilters=g\nXg, S=unix:/run/graph-milter/graph-milter.sock, F=T, T=S:30s;R:2m\n";
  c.needs.accept_deadline = 4min;
  EXPECT_EQ(c.words(), "good: sendmail.cf:2: Sendmail asks graph-milter at unix:/run/graph-milter/graph-milter.sock\n")
      << "Sendmail's own 5 minutes";
  c.cf = "O InputMailFilters=g\nXg, S=unix:/run/graph-milter/graph-milter.sock, F=T, T=S:30s;R:2m;E:0\n";
  c.needs.accept_deadline = 50min;
  EXPECT_EQ(c.words(), "good: sendmail.cf:2: Sendmail asks graph-milter at unix:/run/graph-milter/graph-milter.sock\n");
}

TEST(SendmailCheck, LooksAtTheOrderOfFilters) {
  Check c;
  c.cf = "O InputMailFilters=opendkim, clamav, graph-milter, spamass, OpenARC\n" + kOurs;
  EXPECT_EQ(c.words(),
            "good: sendmail.cf:2: Sendmail asks graph-milter at unix:/run/graph-milter/graph-milter.sock\n"
            "warning: sendmail.cf:1: opendkim comes before graph-milter: what it signs is made anew in Graph, without "
            "the signature (put its INPUT_MAIL_FILTER line behind ours)\n"
            "warning: sendmail.cf:1: spamass comes after graph-milter: it sees no mail that graph-milter takes, and "
            "what it refuses nobody takes back from Graph (put its INPUT_MAIL_FILTER line before ours)\n");
}

TEST(SendmailCheck, SaysThatTwoFiltersAreTheSame) {
  Check c;
  c.cf += "Xagain, S=local:/run/graph-milter/graph-milter.sock, F=T\n";
  EXPECT_EQ(
      c.words(),
      "warning: sendmail.cf:4: graph-milter and again are both graph-milter: it would be asked twice (keep one of "
      "them)\n");
}

TEST(SendmailCheck, LooksForThePortThatTakesMailBack) {
  Check c;
  c.needs.hand_back_to = "inet:10026@127.0.0.1";
  const std::string good =
      "good: sendmail.cf:3: Sendmail asks graph-milter at unix:/run/graph-milter/graph-milter.sock\n";
  EXPECT_EQ(c.words(), good);
  c.cf += "O DaemonPortOptions=Name=MTA, Port=smtp\n";
  EXPECT_EQ(c.words(), good +
                           "warning: sendmail.cf: no daemon listens where hand-back-to says, inet:10026@127.0.0.1 "
                           "(DAEMON_OPTIONS(`Name=REINJECT, Addr=127.0.0.1, Port=10026, InputMailFilters=')dnl)\n");
  const std::string without = c.cf;
  c.cf = without + "O DaemonPortOptions=Name=REINJECT, Port=10026\n";
  EXPECT_EQ(c.words(), good +
                           "warning: sendmail.cf:5: what is handed back by inet:10026@127.0.0.1 comes to graph-milter "
                           "again (write InputMailFilters= into the DAEMON_OPTIONS of that port)\n");
  c.cf = without + "O DaemonPortOptions=Name=REINJECT, Port=10026, InputMailFilters=\n";
  EXPECT_EQ(c.words(),
            good + "good: sendmail.cf:5: mail that comes to daemon REINJECT, port 10026, goes past graph-milter\n");
}

TEST(SendmailCheck, SaysWhatKeepsSendmailFromTheSocket) {
  Check c;
  c.closed =
      make_error(ErrorKind::Configuration, "/run/graph-milter", "mail may not enter", "adduser mail graph-milter");
  EXPECT_EQ(c.words(), "good: sendmail.cf:3: Sendmail asks graph-milter at unix:/run/graph-milter/graph-milter.sock\n");
  EXPECT_EQ(c.asked_for, "") << "root may";
  c.cf += "O RunAsUser=mail:mail\n";
  EXPECT_EQ(c.words(), "error: /run/graph-milter: mail may not enter (adduser mail graph-milter)\n");
  EXPECT_EQ(c.asked_for, "mail /run/graph-milter/graph-milter.sock");
  c.closed.reset();
  c.unsafe = make_error(ErrorKind::Configuration, "/run/x", "may be written by its group", "chmod go-w /run/x");
  EXPECT_EQ(c.words(), "error: /run/x: may be written by its group (chmod go-w /run/x)\n");
}

TEST(SendmailCheck, LooksForTheDaemonsOfRules) {
  Check c;
  c.needs.daemons = {"MSA"};
  const std::string good =
      "good: sendmail.cf:3: Sendmail asks graph-milter at unix:/run/graph-milter/graph-milter.sock\n";
  c.cf += "O DaemonPortOptions=Name=MSA, Port=587\n";
  EXPECT_EQ(c.words(), good);
  c.needs.daemons = {"MSA", "ORIGINATING"};
  EXPECT_EQ(c.words(),
            good +
                "warning: sendmail.cf: a rule asks for daemon = ORIGINATING, but no daemon of this name asks "
                "graph-milter (Name=ORIGINATING in a line DAEMON_OPTIONS)\n");
}

TEST(SendmailCheck, ComparesTheSizes) {
  Check c;
  c.cf = "O MaxMessageSize=10000000\nO InputMailFilters=graph-milter\n" + kOurs;
  EXPECT_EQ(c.words(),
            "good: sendmail.cf:3: Sendmail asks graph-milter at unix:/run/graph-milter/graph-milter.sock\n"
            "warning: sendmail.cf:1: Sendmail refuses mail of more than 10000000 bytes; max-message-size is 36700160 "
            "(define(`confMAX_MESSAGE_SIZE', `36700160')dnl)\n");
  c.cf = "#O MaxMessageSize=0\nO InputMailFilters=graph-milter\n" + kOurs;
  EXPECT_EQ(c.words(), "good: sendmail.cf:3: Sendmail asks graph-milter at unix:/run/graph-milter/graph-milter.sock\n");
}

}  // namespace
}  // namespace graph_milter::admin
