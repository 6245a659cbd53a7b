// SPDX-License-Identifier: Apache-2.0
// What config check --graph finds out, against the emulator in process.
#include "core/admin/graph_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/graph/emulator_tokens.h"

namespace graph_milter::admin {
namespace {

using ::testing::HasSubstr;

constexpr const char* kScopeHint =
    " (let the scope of the application's role assignments hold it, or name another mailbox in the rules; a change "
    "takes "
    "up to two hours)\n";
constexpr const char* kNotSet =
    "warning: outside-mailbox: is not set, so nothing proves that the application is limited to the mailboxes it needs "
    "(set outside-mailbox, or give --outside ADDRESS, with a mailbox of the tenant that graph-milter never needs)\n";
constexpr const char* kTokens = "good: app: gives tokens\n";

class GraphCheck : public ::testing::Test {
 protected:
  ~GraphCheck() override {
    for (const auto& violation : service.model().violations()) ADD_FAILURE() << violation.what;
  }

  std::string found() {
    question.login = "app";
    return print_findings(check_graph(question, client, *tokens));
  }

  void set(const std::string& name, emulator::Json value) {
    emulator::Json change = emulator::Json::object();
    change.set(name, std::move(value));
    ASSERT_TRUE(service.model().change_switches(change));
  }

  void scope(const std::vector<std::string>& mailboxes) { set("scope", emulator::Json::strings(mailboxes)); }

  std::shared_ptr<ManualClock> clock = std::make_shared<ManualClock>(from_unix_ms(1'790'000'000'000));
  emulator::InProcessGraph service{clock};
  test::TempFolder folder;
  std::shared_ptr<auth::TokenSource> tokens = emulator::token_source(service, folder, clock);
  graph::Client client{{}, service.api(), tokens, clock};
  GraphQuestion question;
};

TEST_F(GraphCheck, EachMailboxAnswersAndOneOutsideDoesNot) {
  scope({"scanner@contoso.com", "alice@contoso.com"});
  question.mailboxes = {"alice@contoso.com", "scanner@contoso.com"};
  question.outside = "bob@contoso.com";
  EXPECT_EQ(found(), std::string(kTokens) +
                         "good: alice@contoso.com: answers\n"
                         "good: scanner@contoso.com: answers\n"
                         "good: bob@contoso.com: is out of the application's reach, as it must be: Graph answered 403 "
                         "ErrorAccessDenied\n");
}

TEST_F(GraphCheck, AnApplicationThatReachesEverybodyIsAnError) {
  question.mailboxes = {"scanner@contoso.com"};
  question.outside = "bob@contoso.com";
  const auto findings = check_graph(question, client, *tokens);
  EXPECT_TRUE(has_error(findings));
  EXPECT_EQ(
      print_findings({findings.back()}),
      "error: bob@contoso.com: answers, though it must not: the application may use it, and so probably every "
      "mailbox of the tenant (limit it by RBAC for Applications (New-ManagementScope, New-ManagementRoleAssignment) "
      "and remove the consent to Mail.ReadWrite and Mail.Send in Entra, which holds for every mailbox; a change "
      "takes up to two hours)\n");
}

TEST_F(GraphCheck, MailboxesThatDoNotAnswerAreNamedWithWhatToDo) {
  scope({"scanner@contoso.com"});
  question.mailboxes = {"alice@contoso.com", "nobody@contoso.com", "scanner@contoso.com"};
  EXPECT_EQ(found(),
            std::string(kTokens) +
                "error: alice@contoso.com: is outside the application's scope: Graph answered 403 ErrorAccessDenied" +
                kScopeHint +
                "error: nobody@contoso.com: there is no such mailbox: Graph answered 404 ErrorInvalidUser (correct the "
                "address; if it is another address of some mailbox, set mailbox to that mailbox)\n"
                "good: scanner@contoso.com: answers\n" +
                kNotSet);
}

TEST_F(GraphCheck, OtherRefusalsKeepTheWordsOfTheDaemon) {
  for (const char* state : {"no-licence", "no-consent"}) {
    ASSERT_TRUE(
        service.model().change_mailbox(emulator::Json::object({{"address", "alice@contoso.com"}, {"state", state}})));
    question.mailboxes = {"alice@contoso.com"};
    EXPECT_THAT(found(),
                HasSubstr(std::string(state) == "no-licence" ? "the mailbox needs an Exchange Online licence"
                                                             : "give the application Mail.ReadWrite and Mail.Send"));
  }
}

TEST_F(GraphCheck, WithoutATokenNobodyIsAsked) {
  set("secret_state", "expired");
  question.mailboxes = {"scanner@contoso.com"};
  const auto findings = check_graph(question, client, *tokens);
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].severity, Severity::Error);
  EXPECT_THAT(findings[0].what, HasSubstr("AADSTS7000222"));
  EXPECT_THAT(findings[0].hint, HasSubstr("make a new one and put it into client-secret-file"));
}

TEST_F(GraphCheck, AnOutsideMailboxThatIsNotThereProvesNothing) {
  question.mailboxes = {"scanner@contoso.com"};
  question.outside = "nobody@contoso.com";
  EXPECT_THAT(found(), HasSubstr("warning: nobody@contoso.com: there is no such mailbox: Graph answered 404 "
                                 "ErrorInvalidUser; so nothing proves that the application is limited"));
}

TEST_F(GraphCheck, AnOutsideMailboxThatARuleNamesIsAnError) {
  question.mailboxes = {"scanner@contoso.com"};
  question.outside = "scanner@contoso.com";
  EXPECT_THAT(found(), HasSubstr("error: outside-mailbox: scanner@contoso.com is named by a rule too"));
}

TEST_F(GraphCheck, AsksForSoManyAndSaysHowMany) {
  question.mailboxes = {"alice@contoso.com", "bob@contoso.com", "scanner@contoso.com"};
  question.most = 2;
  EXPECT_EQ(found(), std::string(kTokens) +
                         "warning: rules: name 3 mailboxes; the first 2 were asked for (graph-milterctl probe MAILBOX "
                         "asks another)\n"
                         "good: alice@contoso.com: answers\n"
                         "good: bob@contoso.com: answers\n" +
                         kNotSet);
  question.mailboxes.clear();
  EXPECT_THAT(found(), HasSubstr("warning: rules: name no mailbox by its whole address, so none was asked for"));
}

TEST_F(GraphCheck, ChangesNothing) {
  question.mailboxes = {"alice@contoso.com", "bob@contoso.com"};
  found();
  for (const auto& request : service.model().requests())
    EXPECT_TRUE(request.operation == "token" || request.method == "GET");
}

}  // namespace
}  // namespace graph_milter::admin
