// SPDX-License-Identifier: Apache-2.0
// The token service judges client assertions; the tests forge each kind of bad one.
#include <map>

#include "core/base/base64.h"
#include "core/base/id.h"
#include "core/base/key_pair.h"
#include "tests/graph/emulator_client.h"
#include "tests/support/key_files.h"

namespace graph_milter::emulator {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr const char* kClient = "11111111-2222-4333-8444-555555555555";
constexpr const char* kEndpoint = "https://login.microsoftonline.com/contoso.onmicrosoft.com/oauth2/v2.0/token";

KeyPair read(const test::KeyFiles& files) {
  return *KeyPair::parse(files.certificate, Secret(files.key), "certificate", "key");
}

class Assertions : public EmulatorTest {
 protected:
  Assertions() {
    certify(test::first_pair());
    const std::int64_t now = to_unix_ms(clock->now()) / 1000;
    header = Json::object({{"alg", "PS256"}, {"typ", "JWT"}, {"x5t#S256", base64url_encode(pair.sha256_thumbprint())}});
    claims = Json::object({{"aud", kEndpoint},
                           {"iss", kClient},
                           {"sub", kClient},
                           {"jti", make_uuid()},
                           {"nbf", now},
                           {"exp", now + 600}});
  }

  void certify(const test::KeyFiles& files) {
    model().change_switches([&](Switches& switches) { switches.certificates = {files.certificate}; });
  }

  std::string assertion() const {
    const std::string text = base64url_encode(header.dump()) + "." + base64url_encode(claims.dump());
    const auto signature = header["alg"].text() == "RS256" ? pair.sign_rs256(text) : pair.sign_ps256(text);
    return text + "." + base64url_encode(*signature);
  }

  Answer present(const std::string& assertion, const std::string& more = {}) {
    const std::string body =
        "grant_type=client_credentials&scope=https%3A%2F%2Fgraph.microsoft.com%2F.default&client_id=" +
        std::string(kClient) +
        "&client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer&client_assertion=" +
        percent_encode(assertion) + more;
    return ask(*service.api(), http::Method::Post, kEndpoint, {{"Content-Type", "application/x-www-form-urlencoded"}},
               body);
  }

  // The number with which it is refused; 0: it is not.
  std::int64_t refusal(const std::string& assertion) {
    const Answer answer = present(assertion);
    if (answer.status == 200) return 0;
    EXPECT_EQ(answer.status, 401);
    return answer.json["error_codes"].items().at(0).integer();
  }
  std::int64_t refusal() { return refusal(assertion()); }

  KeyPair pair = read(test::first_pair());
  Json header, claims;
};

TEST_F(Assertions, OpenGraphInBothForms) {
  const Answer answer = present(assertion());
  EXPECT_EQ(answer.status, 200);
  token = answer.json["access_token"].text();
  EXPECT_EQ(post_mime(mime()).status, 201);
  header = Json::object({{"alg", "RS256"}, {"typ", "JWT"}, {"x5t", base64url_encode(pair.sha1_thumbprint())}});
  claims.set("jti", make_uuid());
  EXPECT_EQ(refusal(), 0);
  EXPECT_THAT(violations(), IsEmpty());
}

TEST_F(Assertions, OfAnUnknownExpiredOrOtherKeyAreRefused) {
  certify(test::second_pair());
  EXPECT_THAT(
      present(assertion()).json["error_description"].text(),
      HasSubstr("AADSTS700027: Client assertion contains an invalid signature. [Reason - The key was not found."));
  certify(test::first_pair());
  std::string altered = assertion();
  altered[altered.size() - 20] = altered[altered.size() - 20] == 'A' ? 'B' : 'A';
  EXPECT_THAT(present(altered).json["error_description"].text(), HasSubstr("verify the signature failed"));
  test::KeyWish wish;
  wish.until = clock->now() - std::chrono::hours(1);
  const test::KeyFiles expired = test::make_key_files(wish);
  certify(expired);
  pair = read(expired);
  header.set("x5t#S256", base64url_encode(pair.sha256_thumbprint()));
  EXPECT_THAT(present(assertion()).json["error_description"].text(), HasSubstr("The key used is expired."));
  EXPECT_THAT(violations(), IsEmpty());
}

TEST_F(Assertions, OutsideTheirTimeAreRefused) {
  const std::int64_t now = to_unix_ms(clock->now()) / 1000;
  claims.set("nbf", now - 600).set("exp", now);
  EXPECT_EQ(refusal(), 700024);
  claims.set("nbf", now + 301).set("exp", now + 600);
  EXPECT_EQ(refusal(), 700024);
  claims.set("nbf", now + 300);
  EXPECT_EQ(refusal(), 0);
  EXPECT_THAT(violations(), IsEmpty());
}

TEST_F(Assertions, OfAnotherApplicationOrForAnotherServiceAreRefused) {
  const Json good = claims;
  for (const char* name : {"iss", "sub"}) {
    claims = good;
    claims.set(name, "22222222-2222-4333-8444-555555555555");
    EXPECT_EQ(refusal(), 700021) << name;
  }
  claims = good;
  claims.set("aud", "https://login.microsoftonline.com/common/oauth2/v2.0/token");
  EXPECT_EQ(refusal(), 700023);
  EXPECT_THAT(violations(), IsEmpty());
}

TEST_F(Assertions, ThatNoClientMayMakeAreViolations) {
  const Json good = claims;
  EXPECT_EQ(refusal(), 0);
  EXPECT_EQ(refusal(), 50027);  // the same jti
  claims.set("exp", claims["nbf"].integer() + 601).set("jti", make_uuid());
  EXPECT_EQ(refusal(), 50027);
  claims = good;
  claims.set("jti", "1");
  EXPECT_EQ(refusal(), 50027);
  header.set("x5t", base64url_encode(pair.sha1_thumbprint()));
  EXPECT_EQ(refusal(), 50027);
  header = Json::object({{"alg", "RS256"}, {"typ", "JWT"}, {"x5t#S256", header["x5t#S256"]}});
  EXPECT_EQ(refusal(), 50027);
  header.set("alg", "none");
  EXPECT_EQ(refusal(), 50027);
  EXPECT_EQ(refusal("a.b"), 50027);
  EXPECT_THAT(
      violations(),
      ElementsAre("client assertion: its jti was used before", "client assertion: it holds for longer than ten minutes",
                  "client assertion: jti is no identifier", "client assertion: the thumbprint does not go with alg",
                  "client assertion: the thumbprint does not go with alg", "client assertion: alg is \"none\"",
                  "client assertion: not three parts of base64url with JSON objects"));
}

TEST_F(Assertions, DoNotGoWithASecret) {
  EXPECT_EQ(present(assertion(), "&client_secret=" + percent_encode(service.accepted_secret())).status, 401);
  EXPECT_THAT(violations(), ElementsAre("a token request with two credentials"));
}

TEST_F(Assertions, AMailboxOutsideTheScopeAnswers403) {
  token = present(assertion()).json["access_token"].text();
  model().change_switches([](Switches& switches) { switches.scope = {"Scanner@contoso.com"}; });
  EXPECT_EQ(post_mime(mime()).status, 201);
  const Answer other = post_mime(mime(), "alice@contoso.com");
  EXPECT_EQ(other.status, 403);
  EXPECT_EQ(other.code(), "ErrorAccessDenied");
  EXPECT_EQ(post_mime(mime(), "nobody@contoso.com").status, 404);
  model().change_switches([](Switches& switches) { switches.scope.clear(); });
  EXPECT_EQ(post_mime(mime(), "alice@contoso.com").status, 201);
}

}  // namespace
}  // namespace graph_milter::emulator
