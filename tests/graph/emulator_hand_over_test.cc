// SPDX-License-Identifier: Apache-2.0
// Deliveries that go on by SMTP, and mailboxes that are full.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/format.h"
#include "tests/graph/emulator_client.h"
#include "tests/graph_emulator/hand_over.h"
#include "tests/support/smtp_server.h"

namespace graph_milter::emulator {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

class HandOverTest : public EmulatorTest {
 protected:
  std::string draft(const std::string& extra = "") {
    return ask(*service.api(), http::Method::Post, std::string(kGraph) + kMailbox + "/messages",
               {{"Authorization", "Bearer " + token}, {"Content-Type", "text/plain"}},
               base64_encode("From: scanner@contoso.com\r\nTo: A <a@example.org>\r\nCc: b@example.org\r\n"
                             "Bcc: c@example.net\r\nSubject: Scan\r\nX-Graph-Milter-Id: mx1/e\r\nX-Seal: s\r\n" +
                             extra + "\r\n.dot\r\nline\r\n"))
        .json["id"]
        .text();
  }

  void send(const std::string& id) {
    const Answer answer = ask(*service.api(), http::Method::Post,
                              std::string(kGraph) + kMailbox + "/messages/" + percent_encode(id) + "/send",
                              {{"Authorization", "Bearer " + token}}, "");
    EXPECT_EQ(answer.status, 202);
  }

  void deliver_to(const std::string& server) {
    model().change_switches([&](Switches& switches) { switches.deliver_to = server; });
  }

  // Once the emulator knows how it ended.
  Counts ended(int handed_over, std::size_t refused) {
    for (;;) {
      Counts counts = model().counts();
      if (counts.handed_over == handed_over && counts.hand_over_refusals.size() == refused) return counts;
      std::this_thread::yield();
    }
  }
};

TEST_F(HandOverTest, GivesEachDeliveryAsItsRecipientsWouldGetIt) {
  test::SmtpServer mta;
  deliver_to(format("127.0.0.1:{}", mta.port()));
  const HandOver hand_over(model());
  send(draft());
  send(draft());
  const auto mails = mta.wait_for_mails(2);
  ASSERT_EQ(mails.size(), 2U);
  EXPECT_EQ(mails[0].sender, kMailbox);
  ASSERT_EQ(mails[0].recipients.size(), 3U);
  EXPECT_EQ(mails[0].recipients[2].address, "c@example.net");
  EXPECT_THAT(mails[0].parameters, ElementsAre("BODY=8BITMIME"));
  EXPECT_THAT(mails[0].content, HasSubstr("X-Graph-Milter-Id: mx1/e\r\nX-Seal: s\r\n"));
  EXPECT_THAT(mails[0].content, HasSubstr("\r\n\r\n.dot\r\nline\r\n"));
  EXPECT_THAT(mails[0].content, Not(HasSubstr("c@example.net")));
  ended(2, 0);
}

TEST_F(HandOverTest, AsksAgainWhileTheServerIsNotThereOrWantsItLater) {
  test::SmtpServer mta;
  deliver_to(format("127.0.0.1:{}", mta.port()));
  mta.stop_listening();
  const HandOver hand_over(model());
  send(draft());
  mta.then("DOT", "451 4.3.0 later");
  mta.listen();
  EXPECT_EQ(mta.wait_for_mails(1).size(), 1U);
  ended(1, 0);
}

TEST_F(HandOverTest, RemembersWhatTheServerRefuses) {
  test::SmtpServer mta;
  deliver_to(format("127.0.0.1:{}", mta.port()));
  mta.always("RCPT", "550 5.1.1 no such user");
  const HandOver hand_over(model());
  send(draft());
  EXPECT_THAT(ended(0, 1).hand_over_refusals, ElementsAre("550 5.1.1 no such user"));
}

TEST_F(HandOverTest, GivesNothingToNobody) {
  {
    const HandOver hand_over(model());
    send(draft());
  }
  EXPECT_EQ(model().counts().handed_over, 0);
  EXPECT_EQ(model().deliveries().size(), 1U);
}

TEST_F(HandOverTest, AFullMailboxTakesNothingMoreButGivesAway) {
  const std::string id = draft();
  ASSERT_TRUE(model().change_mailbox(Json::object({{"address", kMailbox}, {"state", "full"}})));
  const std::string url = std::string(kGraph) + kMailbox + "/messages";
  const Headers headers = {{"Authorization", "Bearer " + token}, {"Content-Type", "text/plain"}};
  const Answer refused = ask(*service.api(), http::Method::Post, url, headers, base64_encode("To: a@x.org\r\n\r\nx"));
  EXPECT_EQ(refused.status, 507);
  EXPECT_EQ(refused.code(), "ErrorQuotaExceeded");
  EXPECT_EQ(ask(*service.api(), http::Method::Get, url + "/" + percent_encode(id), headers, "").status, 200);
  EXPECT_EQ(ask(*service.api(), http::Method::Delete, url + "/" + percent_encode(id), headers, "").status, 204);
}

TEST_F(HandOverTest, AsksForPatienceInFormsThatMakeNoSense) {
  for (const auto& [form, value] : std::map<std::string, std::string>{{"negative", "-1"}, {"garbage", "soon"}}) {
    model().change_switches([&, wanted = form](Switches& switches) {
      switches.retry_after_form = wanted;
      switches.request_limit = 1;
    });
    const std::string url = std::string(kGraph) + kMailbox + "/messages/x";
    const Headers headers = {{"Authorization", "Bearer " + token}};
    ask(*service.api(), http::Method::Get, url, headers, "");
    const Answer answer = ask(*service.api(), http::Method::Get, url, headers, "");
    EXPECT_EQ(answer.status, 429);
    EXPECT_EQ(answer.response.header("retry-after"), value);
  }
}

}  // namespace
}  // namespace graph_milter::emulator
