// SPDX-License-Identifier: Apache-2.0
#include "core/mta/sendmail_cf.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <random>

#include "tests/support/temp_folder.h"

namespace graph_milter::mta {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

// The lines around these, as m4 of sendmail-cf 8.17.1.9 writes them.
constexpr std::string_view kRecorded =
    "#O RunAsUser=sendmail\n"
    "# maximum message size\n"
    "O MaxMessageSize=250000000\n"
    "\n"
    "# SMTP daemon options\n"
    "\n"
    "O DaemonPortOptions=Name=MTA, Family=inet, Addr=127.0.0.1, Port=25\n"
    "O DaemonPortOptions=Name=REINJECT, Family=inet, Addr=127.0.0.1, Port=10026, InputMailFilters=\n"
    "O DaemonPortOptions=Name=MSA, Port=submission, M=Ea, I=clamav;graph-milter\n"
    "# Input mail filters\n"
    "O InputMailFilters=clamav, graph-milter\n"
    "\n"
    "#O Milter.macros.eoh\n"
    "Mrelay,\t\tP=[IPC], F=mDFMuXa8, S=EnvFromSMTP/HdrFromSMTP, R=MasqSMTP, E=\\r\\n, L=2040,\n"
    "\t\tT=DNS/RFC822/SMTP,\n"
    "\t\tA=TCP $h\n"
    "Xclamav, S=local:/run/clamav/clamav-milter.ctl\n"
    "Xgraph-milter, S=unix:/run/graph-milter/graph-milter.sock, F=T, T=C:30s;S:30s;R:2m;E:10m\n";

TEST(SendmailCf, KnowsFiltersDaemonsAndTheSize) {
  const SendmailCf cf = parse_sendmail_cf(kRecorded);
  ASSERT_EQ(cf.filters.size(), 2U);
  EXPECT_EQ(cf.filters[0].name, "clamav");
  EXPECT_EQ(cf.filters[0].socket, "local:/run/clamav/clamav-milter.ctl");
  EXPECT_EQ(cf.filters[0].flags, "");
  EXPECT_EQ(cf.filters[0].timeouts.end, std::nullopt);
  EXPECT_EQ(cf.filters[0].line, 17U);
  EXPECT_EQ(cf.filters[1].name, "graph-milter");
  EXPECT_EQ(cf.filters[1].socket, "unix:/run/graph-milter/graph-milter.sock");
  EXPECT_EQ(cf.filters[1].flags, "T");
  EXPECT_EQ(cf.filters[1].timeouts.connect, Duration(30s));
  EXPECT_EQ(cf.filters[1].timeouts.send, Duration(30s));
  EXPECT_EQ(cf.filters[1].timeouts.reply, Duration(2min));
  EXPECT_EQ(cf.filters[1].timeouts.end, Duration(10min));
  EXPECT_THAT(cf.filters[1].timeouts.unreadable, IsEmpty());
  EXPECT_THAT(cf.mail_filters, ElementsAre("clamav", "graph-milter"));
  EXPECT_EQ(cf.mail_filters_line, 11U);
  ASSERT_EQ(cf.daemons.size(), 3U);
  EXPECT_EQ(cf.daemons[0].name, "MTA");
  EXPECT_EQ(cf.daemons[0].port, "25");
  EXPECT_EQ(cf.daemons[0].mail_filters, std::nullopt);
  EXPECT_EQ(cf.daemons[1].name, "REINJECT");
  EXPECT_THAT(*cf.daemons[1].mail_filters, IsEmpty());
  EXPECT_EQ(cf.daemons[1].line, 8U);
  EXPECT_THAT(*cf.daemons[2].mail_filters, ElementsAre("clamav", "graph-milter"));
  EXPECT_EQ(cf.run_as_user, "");
  EXPECT_EQ(cf.max_message_size, 250'000'000U);
  EXPECT_EQ(cf.max_message_size_line, 3U);
}

TEST(SendmailCf, HasNoLimitAndNoFiltersByDefault) {
  const SendmailCf cf = parse_sendmail_cf("#O MaxMessageSize=0\n#O InputMailFilters=\nDMmasqueraded\n");
  EXPECT_EQ(cf.max_message_size, 0U);
  EXPECT_EQ(cf.max_message_size_line, 0U);
  EXPECT_EQ(cf.mail_filters_line, 0U);
  EXPECT_THAT(cf.filters, IsEmpty());
}

TEST(SendmailCf, JoinsLinesThatBeginWithABlank) {
  const SendmailCf cf = parse_sendmail_cf("Xone,\n\tS=inet:8891@127.0.0.1,\n  F=R\nO InputMailFilters=one\n");
  ASSERT_EQ(cf.filters.size(), 1U);
  EXPECT_EQ(cf.filters[0].socket, "inet:8891@127.0.0.1");
  EXPECT_EQ(cf.filters[0].flags, "R");
  EXPECT_EQ(cf.filters[0].line, 1U);
  EXPECT_EQ(cf.mail_filters_line, 4U);
}

TEST(SendmailCf, KnowsWhoAsksTheFilters) {
  EXPECT_EQ(parse_sendmail_cf("O RunAsUser=smmta:smmsp\n").run_as_user, "smmta");
  EXPECT_EQ(parse_sendmail_cf("O runasuser = mail\n").run_as_user, "mail");
}

TEST(SendmailCf, IsReadFromItsFile) {
  test::TempFolder folder;
  folder.write("sendmail.cf", "O MaxMessageSize=5\n");
  EXPECT_EQ(read_sendmail_cf(folder.file("sendmail.cf"))->max_message_size, 5U);
  const auto missing = read_sendmail_cf(folder.file("none.cf"));
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().text(), folder.file("none.cf") +
                                        ": cannot open: No such file or directory (say where Sendmail "
                                        "has its sendmail.cf: --mta-config FILE)");
}

TEST(SendmailCf, ReadsTimesAsSendmailDoes) {
  const auto end = [](std::string_view time) {
    return parse_sendmail_cf("Xa, S=unix:/a, T=E:" + std::string(time)).filters[0].timeouts;
  };
  EXPECT_EQ(end("90").end, Duration(90s));
  EXPECT_EQ(end("90s").end, Duration(90s));
  EXPECT_EQ(end("1h30m").end, Duration(90min));
  EXPECT_EQ(end("0").end, Duration(0));
  EXPECT_EQ(end("1D").end, Duration(24h));
  EXPECT_EQ(end("1w").end, Duration(7 * 24h));
  for (const std::string_view odd : {"", "m", "5x", "-1", "99999999999999999999s", "1000001"}) {
    EXPECT_EQ(end(odd).end, std::nullopt) << odd;
    EXPECT_THAT(end(odd).unreadable, ElementsAre("E:" + std::string(odd)));
  }
  EXPECT_THAT(parse_sendmail_cf("Xa, S=unix:/a, T=Q:5s;R;C:1s").filters[0].timeouts.unreadable,
              ElementsAre("Q:5s", "R"));
}

TEST(SendmailCf, ReadsAnyBytes) {
  std::mt19937_64 random(test::seed());
  const std::string_view alphabet = "XO =,;:T\n\t#SFIM0a9\xff";
  for (int round = 0; round < 20'000; ++round) {
    std::string text = random() % 2 == 0 ? "X" : "O DaemonPortOptions=";
    for (std::size_t length = random() % 60; length > 0; --length) text += alphabet[random() % alphabet.size()];
    const SendmailCf cf = parse_sendmail_cf(text);
    for (const CfFilter& filter : cf.filters) ASSERT_GE(filter.line, 1U);
  }
}

}  // namespace
}  // namespace graph_milter::mta
