// SPDX-License-Identifier: Apache-2.0
// A token source with a certificate, and what becomes of it when the files are replaced.
#include "core/auth/credential.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/format.h"
#include "core/base/text.h"
#include "core/json/json.h"
#include "tests/support/key_files.h"
#include "tests/support/scripted_door.h"

namespace graph_milter::auth {
namespace {

using std::chrono::minutes;
using testing::HasSubstr;
using testing::StartsWith;

class CertificateTest : public testing::Test {
 protected:
  CertificateTest() {
    settings_.login_url = "https://login.example";
    settings_.tenant = "contoso.onmicrosoft.com";
    settings_.client_id = "app-id";
    settings_.scope = "https://graph.microsoft.com/.default";
    settings_.client_certificate_file = folder_.file("cert.pem");
    settings_.client_key_file = folder_.file("key.pem");
    write(test::first_pair().certificate, test::first_pair().key);
    source_ = make_token_source(settings_, door_, clock_);
  }

  void write(const std::string& certificate, const std::string& key) {
    folder_.write("cert.pem", certificate);
    folder_.write("key.pem", key);
  }

  // Asks for a token, which the service gives; the assertion that it got, or the error.
  std::string assertion() {
    door_->then(200, R"({"token_type":"Bearer","expires_in":3600,"access_token":"t"})");
    const auto token = source_->token();
    clock_->advance(minutes(59));
    if (!token) return token.error().text();
    std::string body = door_->sent().back().body;
    return body.substr(body.find("client_assertion=") + 17,
                       body.find("&grant_type") - body.find("client_assertion=") - 17);
  }

  bool is_signed_by(const std::string& assertion, const test::KeyFiles& pair) const {
    const auto jwt = split_list(assertion, ".");
    return jwt.size() == 3 &&
           test::openssl_verifies(folder_, pair.certificate, true, jwt[0] + "." + jwt[1], test::from_base64url(jwt[2]));
  }

  std::string claim(const std::string& assertion, std::string_view name) const {
    const auto claims = json::parse(test::from_base64url(split_list(assertion, ".").at(1)));
    const std::string* text = claims ? claims->find_string(name) : nullptr;
    return text != nullptr ? *text : std::string();
  }

  test::TempFolder folder_;
  TokenSettings settings_;
  std::shared_ptr<ManualClock> clock_ = std::make_shared<ManualClock>(from_unix_ms(1'700'000'000'000));
  std::shared_ptr<test::ScriptedApiDoor> door_ = std::make_shared<test::ScriptedApiDoor>();
  std::unique_ptr<TokenSource> source_;
};

TEST_F(CertificateTest, AsksWithAnAssertionInsteadOfASecret) {
  const std::string jwt = assertion();
  EXPECT_TRUE(is_signed_by(jwt, test::first_pair())) << jwt;
  EXPECT_EQ(door_->sent()[0].body,
            "client_id=app-id&scope=https%3A%2F%2Fgraph.microsoft.com%2F.default&client_assertion_type="
            "urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer&client_assertion=" +
                jwt + "&grant_type=client_credentials");
  EXPECT_EQ(claim(jwt, "aud"), "https://login.example/contoso.onmicrosoft.com/oauth2/v2.0/token");
  EXPECT_EQ(claim(jwt, "iss"), "app-id");
  EXPECT_EQ(claim(jwt, "sub"), "app-id");
}

TEST_F(CertificateTest, NeverUsesAnIdentifierTwice) {
  const std::string first = claim(assertion(), "jti");
  EXPECT_EQ(first.size(), 36U);
  EXPECT_NE(claim(assertion(), "jti"), first);
}

TEST_F(CertificateTest, TheNextTokenUsesAPairThatWasReplaced) {
  EXPECT_TRUE(is_signed_by(assertion(), test::first_pair()));
  write(test::second_pair().certificate, test::second_pair().key);
  EXPECT_TRUE(is_signed_by(assertion(), test::second_pair()));
}

TEST_F(CertificateTest, AHalfReplacedPairLeavesTheOldOneInUse) {
  EXPECT_TRUE(is_signed_by(assertion(), test::first_pair()));
  folder_.write("cert.pem", test::second_pair().certificate);
  testing::internal::CaptureStderr();
  EXPECT_TRUE(is_signed_by(assertion(), test::first_pair()));
  EXPECT_TRUE(is_signed_by(assertion(), test::first_pair()));
  const std::string log = testing::internal::GetCapturedStderr();
  const std::string said = "the pair of certificate and key read before is used: ";
  EXPECT_THAT(log,
              HasSubstr(said + settings_.client_key_file + ": the private key does not belong to the certificate"));
  EXPECT_EQ(log.find(said), log.rfind(said)) << "said once: " << log;
  folder_.write("key.pem", test::second_pair().key);
  EXPECT_TRUE(is_signed_by(assertion(), test::second_pair()));
}

TEST_F(CertificateTest, WhenTheOldOneIsRefusedTheWordsSayWhyItWasUsed) {
  assertion();
  folder_.write("key.pem", test::second_pair().key);
  door_->then(401, R"({"error":"invalid_client","error_description":"AADSTS700027: The key was not found.",)"
                   R"("error_codes":[700027]})");
  const auto refused = source_->token();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::Configuration);
  EXPECT_EQ(refused.error().what,
            "the token service answered 401 invalid_client: AADSTS700027: The key was not found.; the assertion was of "
            "the pair read before, since " +
                KeyPair::read(settings_.client_certificate_file, settings_.client_key_file).error().text());
}

TEST_F(CertificateTest, WithoutAPairThatEverFittedThereIsNoToken) {
  folder_.write("key.pem", test::second_pair().key);
  const auto none = make_token_source(settings_, door_, clock_)->token();
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().kind, ErrorKind::Configuration);
  EXPECT_THAT(none.error().text(), StartsWith(settings_.client_key_file + ": the private key does not belong to"));
  EXPECT_TRUE(door_->sent().empty());
}

TEST_F(CertificateTest, TheServicesWordsNeverRepeatTheAssertion) {
  door_->then([&](const http::Request& request) -> Result<http::Response> {
    std::string body(request.body->size(), '\0');
    (void)request.body->read_at(0, writable(body));
    const std::size_t at = body.find("client_assertion=") + 17;
    http::Response response;
    response.status = 401;
    response.body = R"({"error":"invalid_client","error_description":"bad: )" +
                    body.substr(at, body.find('&', at) - at) + R"( indeed"})";
    return response;
  });
  const auto refused = source_->token();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().text().find("eyJ"), std::string::npos) << refused.error().text();
}

TEST_F(CertificateTest, ItsEndIsTheCertificates) {
  const auto end = check_credential(settings_);
  ASSERT_TRUE(end);
  EXPECT_EQ(end->value(), (CredentialEnd{"the certificate in " + settings_.client_certificate_file,
                                         from_unix_ms(4'000'000'000'000)}));
  folder_.write("key.pem", "words");
  EXPECT_FALSE(check_credential(settings_));
  settings_.client_secret_file = folder_.write("secret", "s3cret");
  EXPECT_EQ(check_credential(settings_).value(), std::nullopt);
}

}  // namespace
}  // namespace graph_milter::auth
