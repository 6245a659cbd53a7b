// SPDX-License-Identifier: Apache-2.0
#include "core/admin/postfix_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/admin/postfix_case.h"

namespace graph_milter::admin {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr std::string_view kSocket = "unix:/run/graph-milter/graph-milter.sock";

Finding warning(std::string where, std::string what, std::string hint = {}) {
  return {Severity::Warning, std::move(where), std::move(what), std::move(hint)};
}
Finding error(std::string where, std::string what, std::string hint = {}) {
  return {Severity::Error, std::move(where), std::move(what), std::move(hint)};
}

TEST(PostfixCheck, FindsNothingWrongWithSettingsThatSuit) {
  EXPECT_THAT(PostfixCase().all(), ElementsAre(kSmtpNamesUs, kCleanupNamesUs, kHandsBack));
}

// --- whether we are asked ---

TEST(PostfixCheck, NobodyAsks) {
  PostfixCase other;
  other.with("smtpd_milters", "inet:localhost:8891").with("non_smtpd_milters", "");
  EXPECT_THAT(
      other.all(),
      ElementsAre(error("postfix", "no smtpd asks this milter at unix:/run/graph-milter/graph-milter.sock",
                        "postconf -e 'smtpd_milters = inet:localhost:8891, "
                        "unix:/run/graph-milter/graph-milter.sock'"),
                  Finding{Severity::Good, "postfix",
                          "mail by sendmail(1) does not come here: non_smtpd_milters does not name this milter", ""},
                  kHandsBack));
  other.ours.socket = {config::SocketFamily::Unix, "/var/spool/postfix/graph-milter/gm.sock", {}, 0};
  other.with("smtpd_milters", "");
  EXPECT_EQ(other.all().front().hint, "postconf -e 'smtpd_milters = unix:graph-milter/gm.sock'");
  other.ours.socket = {config::SocketFamily::Inet, {}, "127.0.0.1", 8899};
  EXPECT_EQ(other.all().front().hint, "postconf -e 'smtpd_milters = inet:127.0.0.1:8899'");
  other.ours.socket = {config::SocketFamily::Inet6, {}, "::1", 8899};
  EXPECT_EQ(other.all().front().hint, "postconf -e 'smtpd_milters = inet:[::1]:8899'");
}

TEST(PostfixCheck, NoMiltersMeansNoMilters) {
  EXPECT_EQ(PostfixCase().with("receive_override_options", "no_milters").all().front(),
            error("postfix", "no smtpd asks this milter at unix:/run/graph-milter/graph-milter.sock",
                  "postconf -e 'smtpd_milters = unix:/run/graph-milter/graph-milter.sock, "
                  "unix:/run/graph-milter/graph-milter.sock'"));
}

TEST(PostfixCheck, ASocketOutsideOfTheChroot) {
  PostfixCase trap;
  trap.services = "smtp inet n - y - - smtpd\n127.0.0.1:10025 inet n - y - - smtpd\n";
  EXPECT_THAT(trap.complaints(),
              ElementsAre(error("postfix smtp/inet",
                                "smtpd runs chrooted in /var/spool/postfix, so it looks for "
                                "unix:/run/graph-milter/graph-milter.sock at "
                                "/var/spool/postfix/run/graph-milter/graph-milter.sock, but the socket is "
                                "/run/graph-milter/graph-milter.sock",
                                "postconf -F 'smtp/inet/chroot = n', or put the socket below /var/spool/postfix")));
  trap.ours.socket.path = "/var/spool/postfix/run/graph-milter/graph-milter.sock";
  EXPECT_THAT(trap.complaints(), IsEmpty());
}

TEST(PostfixCheck, AChrootNameWithoutChroot) {
  PostfixCase trap;
  trap.ours.socket.path = "/var/spool/postfix/run/graph-milter/graph-milter.sock";
  trap.with("non_smtpd_milters", "");
  EXPECT_THAT(
      trap.complaints(),
      ElementsAre(error("postfix smtp/inet",
                        "smtpd runs without chroot, so it looks for unix:/run/graph-milter/graph-milter.sock at "
                        "/run/graph-milter/graph-milter.sock, but the socket is "
                        "/var/spool/postfix/run/graph-milter/graph-milter.sock",
                        "postconf -e 'smtpd_milters = unix:run/graph-milter/graph-milter.sock'")));
  trap.with("smtpd_milters", "local:run/graph-milter/graph-milter.sock");
  EXPECT_THAT(trap.complaints(), IsEmpty());
}

TEST(PostfixCheck, ASocketThatPostfixMayNotOpen) {
  PostfixCase closed;
  closed.with("non_smtpd_milters", "");
  closed.closed = make_error(ErrorKind::Configuration, {}, "postfix may not enter /run/graph-milter", "adduser");
  EXPECT_THAT(closed.complaints(),
              ElementsAre(error("postfix smtp/inet", "postfix may not enter /run/graph-milter", "adduser")));
}

TEST(PostfixCheck, AnInetSocketUnderItsNames) {
  PostfixCase inet;
  inet.ours.socket = {config::SocketFamily::Inet, {}, "127.0.0.1", 8899};
  for (const char* name : {"inet:127.0.0.1:8899", "inet:localhost:8899", "INET:LocalHost:8899"}) {
    EXPECT_THAT(inet.with("smtpd_milters", name).complaints(), IsEmpty()) << name;
  }
  EXPECT_EQ(inet.with("smtpd_milters", "inet:localhost:8898").complaints().size(), 1U);
}

TEST(PostfixCheck, ClientsThatGoElsewhere) {
  EXPECT_THAT(PostfixCase().with("smtpd_milter_maps", "cidr:/etc/postfix/milters").complaints(),
              ElementsAre(warning("postfix",
                                  "smtpd_milter_maps = cidr:/etc/postfix/milters: mail of the clients found there goes "
                                  "to other milters",
                                  "look whether it keeps away clients that a rule names")));
}

// --- while we are away, and time ---

TEST(PostfixCheck, WhatHappensWhileTheMilterIsAway) {
  EXPECT_THAT(PostfixCase().with("milter_default_action", "accept").complaints(),
              ElementsAre(warning("postfix",
                                  "milter_default_action is accept: while this milter is away, Postfix delivers "
                                  "everything itself, large mail too",
                                  "postconf -e 'milter_default_action = tempfail'")));
  EXPECT_THAT(PostfixCase().with("milter_default_action", "quarantine").complaints(),
              ElementsAre(warning("postfix",
                                  "milter_default_action is quarantine: while this milter is away, all mail freezes in "
                                  "the hold queue until somebody releases it",
                                  "postconf -e 'milter_default_action = tempfail'")));
  EXPECT_THAT(PostfixCase().with("milter_default_action", "reject").complaints(),
              ElementsAre(error("postfix",
                                "milter_default_action is reject: while this milter is away or starts anew, clients "
                                "hear 554 and give their mail up",
                                "postconf -e 'milter_default_action = tempfail'")));
}

TEST(PostfixCheck, ASettingInBracesBeatsMainCf) {
  const std::string ours = "{ " + std::string(kSocket) + ", default_action=tempfail, content_timeout=10s }";
  PostfixCase braces;
  braces.with("milter_default_action", "reject").with("non_smtpd_milters", "");
  EXPECT_THAT(braces.with("smtpd_milters", "inet:localhost:11332 " + ours).complaints(),
              ElementsAre(warning("postfix",
                                  "milter_content_timeout is 10s: a busy disk may need longer to make a message safe; "
                                  "clients hear 451 then",
                                  "postconf -e 'smtpd_milters = inet:localhost:11332, { "
                                  "unix:/run/graph-milter/graph-milter.sock, content_timeout=300s, "
                                  "default_action=tempfail }'")));
}

TEST(PostfixCheck, TimesThatAreTooShort) {
  EXPECT_THAT(
      PostfixCase().with("milter_command_timeout", "1s").with("milter_connect_timeout", "4").complaints(),
      ElementsAre(warning("postfix",
                          "milter_connect_timeout is 4: a busy machine may need longer to answer; clients hear "
                          "451 then",
                          "postconf -e 'milter_connect_timeout = 30s'"),
                  warning("postfix",
                          "milter_command_timeout is 1s: a busy machine may need longer to answer; clients hear "
                          "451 then",
                          "postconf -e 'milter_command_timeout = 30s'")));
  EXPECT_THAT(PostfixCase().with("milter_content_timeout", "1m").complaints(), IsEmpty());
}

TEST(PostfixCheck, ADeadlineBeyondWhatSmtpdWaitsFor) {
  PostfixCase held;
  held.with("non_smtpd_milters", "").with("ipc_timeout", "300s").ours.accept_deadline = std::chrono::minutes(5);
  EXPECT_THAT(held.complaints(),
              ElementsAre(error("postfix",
                                "ipc_timeout is 300 s, so the MTA gives up before accept-deadline (300 s) is over: set "
                                "it to 330 s or more, or accept-deadline to less",
                                "postconf -e 'ipc_timeout = 330s'")));
  EXPECT_THAT(held.with("ipc_timeout", "1h").complaints(), IsEmpty());
}

TEST(PostfixCheck, OnlyWhatAServiceOverridesNamesTheService) {
  PostfixCase service;
  service.with("non_smtpd_milters", "").with_override("smtp/inet/milter_default_action", "accept");
  EXPECT_THAT(service.complaints(),
              ElementsAre(warning("postfix smtp/inet",
                                  "milter_default_action is accept: while this milter is away, Postfix delivers "
                                  "everything itself, large mail too",
                                  "postconf -P 'smtp/inet/milter_default_action=tempfail'")));
}

TEST(PostfixCheck, AnOldProtocol) {
  EXPECT_THAT(PostfixCase().with("milter_protocol", "2 no_header_reply").complaints(),
              ElementsAre(error("postfix", "milter_protocol is 2 no_header_reply: this milter needs 6",
                                "postconf -e 'milter_protocol = 6'")));
}

// --- who the client is ---

TEST(PostfixCheck, ClientsThatMaySayWhoTheyAre) {
  EXPECT_THAT(PostfixCase().with("smtpd_authorized_xclient_hosts", "10.0.0.1").complaints(),
              ElementsAre(warning("postfix",
                                  "smtpd_authorized_xclient_hosts = 10.0.0.1: these hosts may say that they are any "
                                  "client with any login, and rules believe it",
                                  "postconf -e 'smtpd_authorized_xclient_hosts = '")));
}

TEST(PostfixCheck, MacrosForEverybody) {
  EXPECT_THAT(
      PostfixCase().with("milter_macro_defaults", "{auth_authen=anna}, tls_version=none").complaints(),
      ElementsAre(error("postfix",
                        "milter_macro_defaults has auth_authen=anna: mail for which Postfix knows no such thing "
                        "gets it all the same, and rules believe it",
                        "leave it out of milter_macro_defaults")));
}

TEST(PostfixCheck, NamesOfDaemonsAndLoginsThatRulesAskFor) {
  PostfixCase rules;
  rules.ours.daemons = {"ORIGINATING", "mx1.contoso.com"};
  rules.ours.logins = true;
  EXPECT_THAT(rules.complaints(),
              ElementsAre(warning("postfix",
                                  "a rule asks for daemon = ORIGINATING, but no service that asks this milter calls "
                                  "itself so",
                                  "postconf -P 'SERVICE/inet/milter_macro_daemon_name=ORIGINATING'"),
                          warning("postfix",
                                  "a rule asks for a login, but no service that asks this milter lets anybody log in",
                                  "postconf -P 'SERVICE/inet/smtpd_sasl_auth_enable=yes'")));
  rules.with_override("smtp/inet/milter_macro_daemon_name", "ORIGINATING").with("smtpd_sasl_auth_enable", "yes");
  rules.ours.daemons = {"ORIGINATING"};
  EXPECT_THAT(rules.complaints(), IsEmpty());
}

// --- sizes ---

TEST(PostfixCheck, AMessageSizeBelowOurs) {
  EXPECT_THAT(
      PostfixCase().with("message_size_limit", "10240000").complaints(),
      ElementsAre(warning("postfix",
                          "message_size_limit is 10240000: larger mail hears 552, though max-message-size is 36700160",
                          "postconf -e 'message_size_limit = 36700160'"),
                  warning("postfix",
                          "message_size_limit is 10240000: larger originals can't be handed back, though "
                          "max-message-size is 36700160",
                          "postconf -e 'message_size_limit = 36700160'")));
  EXPECT_THAT(PostfixCase().with("message_size_limit", "0").complaints(), IsEmpty());
}

TEST(PostfixCheck, AMailboxBelowTheMessage) {
  EXPECT_THAT(PostfixCase().with("mailbox_size_limit", "51200000").complaints(),
              ElementsAre(warning("postfix",
                                  "mailbox_size_limit is 51200000: local(8) does not run where it is less than "
                                  "message_size_limit, 250000000",
                                  "postconf -e 'mailbox_size_limit = 0'")));
}

TEST(PostfixCheck, AHiddenSize) {
  EXPECT_THAT(PostfixCase().with("smtpd_discard_ehlo_keywords", "CHUNKING, Size").complaints(),
              ElementsAre(warning("postfix",
                                  "smtpd_discard_ehlo_keywords hides SIZE: clients upload all of a large mail before "
                                  "they hear that it is too large, or that there is no room",
                                  "leave size out of it")));
}

// --- other filters, copies ---

TEST(PostfixCheck, TheOrderOfMilters) {
  PostfixCase order;
  order.with("non_smtpd_milters", "");
  order.with("smtpd_milters", "unix:/run/opendkim/opendkim.sock " + std::string(kSocket) + ", inet:localhost:11332");
  const std::string right =
      "postconf -e 'smtpd_milters = inet:localhost:11332, unix:/run/graph-milter/graph-milter.sock, "
      "unix:/run/opendkim/opendkim.sock'";
  EXPECT_THAT(order.complaints(),
              ElementsAre(warning("postfix",
                                  "smtpd_milters: inet:localhost:11332 behind this milter never see the end of mail "
                                  "that it takes, and can't refuse it",
                                  right),
                          warning("postfix",
                                  "smtpd_milters: unix:/run/opendkim/opendkim.sock before this milter sign in vain: "
                                  "their signature is not in what Graph sends",
                                  right)));
  order.with("smtpd_milters", "inet:localhost:11332, " + std::string(kSocket) + ", unix:/run/opendkim/opendkim.sock");
  EXPECT_THAT(order.complaints(), IsEmpty());
}

TEST(PostfixCheck, FiltersThatAreNoMilters) {
  EXPECT_THAT(PostfixCase().with("content_filter", "smtp:[127.0.0.1]:10024").complaints(),
              ElementsAre(warning("postfix",
                                  "content_filter = smtp:[127.0.0.1]:10024: mail that this milter takes never goes "
                                  "through it",
                                  "where it must, name this milter only at the smtpd behind the filter")));
  EXPECT_THAT(PostfixCase().with_override("smtp/inet/smtpd_proxy_filter", "127.0.0.1:10024").complaints(),
              ElementsAre(error("postfix smtp/inet",
                                "smtpd_proxy_filter = 127.0.0.1:10024: milters of this smtpd see no content",
                                "name this milter at the smtpd behind the filter instead")));
}

TEST(PostfixCheck, CopiesThatWouldBeLost) {
  PostfixCase copies;
  copies.with("always_bcc", "journal@contoso.com").with("sender_bcc_maps", "hash:/etc/postfix/s");
  const std::string hint = "say bcc-copies = lose if the copies don't matter";
  EXPECT_THAT(copies.complaints(),
              ElementsAre(error("postfix",
                                "always_bcc = journal@contoso.com: the copy would be lost with mail that is taken by "
                                "DISCARD, so none is taken",
                                hint),
                          error("postfix",
                                "sender_bcc_maps = hash:/etc/postfix/s: the copy would be lost with mail that is taken "
                                "by DISCARD, so none is taken",
                                hint)));
  copies.with_override("cleanup/unix/sender_bcc_maps", "").ours.copies_may_be_lost = true;
  EXPECT_THAT(
      copies.complaints(),
      ElementsAre(warning("postfix",
                          "always_bcc = journal@contoso.com: there is no copy of mail that is taken by DISCARD, "
                          "as bcc-copies = lose says")));
  EXPECT_THAT(copies.with_override("cleanup/unix/always_bcc", "").complaints(), IsEmpty());
}

TEST(PostfixCheck, CopiesThatNobodyMakes) {
  PostfixCase copies;
  copies.with("always_bcc", "journal@contoso.com");
  EXPECT_THAT(PostfixCase(copies).with("receive_override_options", "no_address_mappings").complaints().size(), 1U);
  copies.ours.discards = false;
  EXPECT_THAT(copies.complaints(), IsEmpty());
}

// --- handing back ---

TEST(PostfixCheck, NobodyListensWhereOriginalsAreHandedBack) {
  PostfixCase none;
  none.services = "smtp inet n - n - - smtpd\n";
  const Finding missing = error("postfix", "no smtpd listens at 127.0.0.1:10025, where hand-back-to gives originals",
                                "postconf -M 127.0.0.1:10025/inet='127.0.0.1:10025 inet n - n - - smtpd -o "
                                "smtpd_milters='");
  EXPECT_THAT(none.complaints(), ElementsAre(missing));
  none.ours.hands_back = false;
  EXPECT_THAT(none.complaints(), ElementsAre(warning(missing.where, missing.what, missing.hint)));
  none.ours.hand_back_to = "inet:10025@relay.contoso.com";  // another host's
  EXPECT_THAT(none.complaints(), IsEmpty());
}

TEST(PostfixCheck, OriginalsThatWouldComeBack) {
  PostfixCase round;
  round.overrides.clear();
  EXPECT_THAT(
      round.complaints(),
      ElementsAre(error("postfix 127.0.0.1:10025/inet",
                        "hand-back-to leads here, but this smtpd asks this milter, so originals would come back",
                        "postconf -P '127.0.0.1:10025/inet/smtpd_milters='")));
  EXPECT_THAT(round.with_override("127.0.0.1:10025/inet/receive_override_options", "no_milters").complaints(),
              IsEmpty());
}

TEST(PostfixCheck, APortThatTakesOriginalsOnlyInPart) {
  PostfixCase port;
  port.with_override("127.0.0.1:10025/inet/receive_override_options", "no_address_mappings,no_milters")
      .with_override("127.0.0.1:10025/inet/mynetworks", "10.0.0.0/8")
      .with_override("127.0.0.1:10025/inet/smtpd_discard_ehlo_keywords", "8bitmime");
  EXPECT_THAT(
      port.complaints(),
      ElementsAre(warning("postfix 127.0.0.1:10025/inet",
                          "receive_override_options has no_address_mappings: aliases and copies of an original "
                          "that is handed back have not been made yet, and are not made then",
                          "leave it out of the service's receive_override_options"),
                  warning("postfix 127.0.0.1:10025/inet",
                          "mynetworks has no loopback address, so smtpd may refuse what is handed back",
                          "postconf -P '127.0.0.1:10025/inet/mynetworks=127.0.0.0/8 [::1]/128'"),
                  warning("postfix 127.0.0.1:10025/inet",
                          "smtpd_discard_ehlo_keywords hides 8bitmime: an original that needs it can't be handed "
                          "back as it was",
                          "postconf -P '127.0.0.1:10025/inet/smtpd_discard_ehlo_keywords='")));
  port.overrides = std::string(kOverrides);
  for (const char* networks : {"hash:/etc/postfix/networks", "/etc/postfix/networks", "0.0.0.0/0", "[::1]/128"}) {
    EXPECT_THAT(port.with("mynetworks", networks).complaints(), IsEmpty()) << networks;
  }
}

TEST(PostfixCheck, PortsUnderTheirNames) {
  PostfixCase named;
  named.services = "smtp inet n - n - - smtpd\nlocalhost:submission inet n - n - - smtpd -o smtpd_milters=\n";
  named.overrides = "localhost:submission/inet/smtpd_milters =\n";
  named.ours.hand_back_to = "inet:587@127.0.0.1";
  EXPECT_THAT(named.complaints(), IsEmpty());
}

}  // namespace
}  // namespace graph_milter::admin
