// SPDX-License-Identifier: Apache-2.0
#include <map>

#include "tests/graph/emulator_client.h"

namespace graph_milter::emulator {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class Tokens : public EmulatorTest {
 protected:
  std::map<std::string, std::string> form = {{"client_id", "11111111-2222-4333-8444-555555555555"},
                                             {"client_secret", service.accepted_secret()},
                                             {"grant_type", "client_credentials"},
                                             {"scope", "https://graph.microsoft.com/.default"}};

  Answer ask_for(const std::string& tenant = "contoso.onmicrosoft.com") {
    std::string body;
    for (const auto& [name, value] : form) body += (body.empty() ? "" : "&") + name + "=" + percent_encode(value);
    return post_form(tenant, body);
  }

  Answer post_form(const std::string& tenant, const std::string& body) {
    return ask(*service.api(), http::Method::Post, "https://login.microsoftonline.com/" + tenant + "/oauth2/v2.0/token",
               {{"Content-Type", "application/x-www-form-urlencoded"}}, body);
  }
};

TEST_F(Tokens, AreGivenForTheSecretAndOpenGraph) {
  const Answer answer = ask_for();
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.json["expires_in"].integer(), 3599);
  token = answer.json["access_token"].text();
  EXPECT_EQ(post_mime(mime()).status, 201);
  EXPECT_THAT(violations(), IsEmpty());
}

TEST_F(Tokens, AreRefusedWithNumbersInWordsAndJson) {
  form["client_secret"] = "another";
  const Answer answer = ask_for();
  EXPECT_EQ(answer.status, 401);
  EXPECT_EQ(answer.json["error"].text(), "invalid_client");
  EXPECT_EQ(answer.json["error_codes"].items()[0].integer(), 7000215);
  EXPECT_THAT(answer.json["error_description"].text(),
              ::testing::MatchesRegex("AADSTS7000215: .*\r\nTrace ID: .*\r\nCorrelation ID: .*\r\nTimestamp: .*Z"));
}

TEST_F(Tokens, AreRefusedForEachThingThatIsWrong) {
  const auto number = [](const Answer& answer) { return answer.json["error_codes"].items().at(0).integer(); };
  EXPECT_EQ(number(ask_for("fabrikam.onmicrosoft.com")), 90002);
  switch_to("secret_state", "expired");
  EXPECT_EQ(number(ask_for()), 7000222);
  switch_to("secret_state", "unknown-app");
  EXPECT_EQ(number(ask_for()), 700016);
  switch_to("secret_state", "valid");
  form["scope"] = "https://graph.microsoft.us/.default";
  EXPECT_EQ(number(ask_for()), 70011);
  form["scope"] = "https://graph.microsoft.com/.default";
  form["grant_type"] = "password";
  EXPECT_EQ(number(ask_for()), 70003);
  form["grant_type"] = "client_credentials";
  form.erase("client_secret");
  EXPECT_EQ(number(ask_for()), 7000218);
  EXPECT_EQ(number(post_form("contoso.onmicrosoft.com", "not a form")), 900144);
}

TEST_F(Tokens, NeedTheSecretPercentEncoded) {
  // '+' in a form is a space.
  std::string body;
  for (const auto& [name, value] : form) body += (body.empty() ? "" : "&") + name + "=" + value;
  EXPECT_EQ(post_form("contoso.onmicrosoft.com", body).status, 401);
}

TEST_F(Tokens, EndAndAreRevoked) {
  switch_to("token_lifetime_s", 60);
  token = service.bearer().reveal();
  EXPECT_EQ(post_mime(mime()).status, 201);
  clock->advance(std::chrono::seconds(60));
  EXPECT_EQ(post_mime(mime()).code(), "InvalidAuthenticationToken");
  token = service.bearer().reveal();
  EXPECT_EQ(post_mime(mime()).status, 201);
  model().revoke_tokens();
  EXPECT_EQ(post_mime(mime()).status, 401);
  EXPECT_THAT(violations(), IsEmpty());
}

TEST_F(Tokens, MustBeSentWithEveryRequest) {
  EXPECT_EQ(ask(*service.api(), http::Method::Get, std::string(kGraph) + "scanner@contoso.com/messages", {}, "").status,
            401);
  EXPECT_THAT(violations(), ElementsAre("no client-request-id", "a request without a bearer token"));
}

}  // namespace
}  // namespace graph_milter::emulator
