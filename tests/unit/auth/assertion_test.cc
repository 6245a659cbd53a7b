// SPDX-License-Identifier: Apache-2.0
#include "core/auth/assertion.h"

#include <gtest/gtest.h>

#include "core/base/base64.h"
#include "core/base/format.h"
#include "core/base/text.h"
#include "tests/support/key_files.h"

namespace graph_milter::auth {
namespace {

const KeyPair& pair() {
  static const KeyPair out =
      *KeyPair::parse(test::first_pair().certificate, Secret(test::first_pair().key), "certificate", "key");
  return out;
}

const AssertionClaims kClaims = {"https://login.example/contoso.com/oauth2/v2.0/token", "app-id", "id-1",
                                 TimePoint(Duration(1'700'000'000'999))};

std::vector<std::string> parts(AssertionForm form) {
  const auto assertion = make_assertion(pair(), form, kClaims);
  return assertion ? split_list(assertion->reveal(), ".") : std::vector<std::string>{assertion.error().text()};
}

TEST(Assertion, SaysWhoAsksWhomAndUntilWhen) {
  for (const AssertionForm form : {AssertionForm::Ps256, AssertionForm::Rs256}) {
    const auto jwt = parts(form);
    ASSERT_EQ(jwt.size(), 3U);
    EXPECT_EQ(test::from_base64url(jwt[1]),
              R"({"aud":"https://login.example/contoso.com/oauth2/v2.0/token","iss":"app-id","sub":"app-id",)"
              R"("jti":"id-1","nbf":1700000000,"iat":1700000000,"exp":1700000600})");
  }
}

TEST(Assertion, NamesItsCertificateAsItsFormWants) {
  const test::TempFolder folder;
  const std::string& certificate = test::first_pair().certificate;
  EXPECT_EQ(test::from_base64url(parts(AssertionForm::Ps256)[0]),
            format(R"({{"alg":"PS256","typ":"JWT","x5t#S256":"{}"}})",
                   test::openssl_thumbprint(folder, certificate, "sha256")));
  EXPECT_EQ(
      test::from_base64url(parts(AssertionForm::Rs256)[0]),
      format(R"({{"alg":"RS256","typ":"JWT","x5t":"{}"}})", test::openssl_thumbprint(folder, certificate, "sha1")));
}

TEST(Assertion, IsSignedAsOpensslVerifies) {
  const test::TempFolder folder;
  for (const AssertionForm form : {AssertionForm::Ps256, AssertionForm::Rs256}) {
    const auto jwt = parts(form);
    EXPECT_TRUE(test::openssl_verifies(folder, test::first_pair().certificate, form == AssertionForm::Ps256,
                                       jwt[0] + "." + jwt[1], test::from_base64url(jwt[2])));
  }
}

}  // namespace
}  // namespace graph_milter::auth
