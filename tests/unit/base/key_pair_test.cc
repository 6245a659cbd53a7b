// SPDX-License-Identifier: Apache-2.0
#include "core/base/key_pair.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "core/base/base64.h"
#include "core/base/format.h"
#include "tests/support/key_files.h"

namespace graph_milter {
namespace {

using test::first_pair;
using test::KeyFiles;
using test::make_key_files;
using test::second_pair;

constexpr const char* kMakeOne =
    " (make a new pair: openssl req -x509 -newkey rsa:3072 -noenc -days 365 -subj /CN=graph-milter -keyout KEY -out "
    "CERT)";

std::string refusal(const std::string& certificate, const std::string& key) {
  const auto pair = KeyPair::parse(certificate, Secret(key), "cert.pem", "key.pem");
  return pair ? "taken" : std::string(name_of(pair.error().kind)) + ": " + pair.error().text();
}

const KeyPair& first() {
  static const KeyPair pair = *KeyPair::parse(first_pair().certificate, Secret(first_pair().key), "c", "k");
  return pair;
}

TEST(KeyPair, SignsAsOpensslVerifies) {
  const test::TempFolder folder;
  for (const std::string& text : {std::string("header.claims"), std::string(), std::string(5000, 'x')}) {
    const auto pss = first().sign_ps256(text);
    const auto pkcs1 = first().sign_rs256(text);
    ASSERT_TRUE(pss && pkcs1);
    EXPECT_TRUE(test::openssl_verifies(folder, first_pair().certificate, true, text, *pss));
    EXPECT_TRUE(test::openssl_verifies(folder, first_pair().certificate, false, text, *pkcs1));
    EXPECT_FALSE(test::openssl_verifies(folder, first_pair().certificate, false, text, *pss));
    EXPECT_FALSE(test::openssl_verifies(folder, first_pair().certificate, true, text + "!", *pss));
    EXPECT_FALSE(test::openssl_verifies(folder, second_pair().certificate, true, text, *pss));
  }
}

TEST(KeyPair, KnowsTheThumbprintsThatOpensslKnows) {
  const test::TempFolder folder;
  EXPECT_EQ(base64url_encode(first().sha256_thumbprint()),
            test::openssl_thumbprint(folder, first_pair().certificate, "sha256"));
  EXPECT_EQ(base64url_encode(first().sha1_thumbprint()),
            test::openssl_thumbprint(folder, first_pair().certificate, "sha1"));
}

TEST(KeyPair, KnowsFromWhenUntilWhenItHolds) {
  EXPECT_EQ(iso8601(first().valid_from()), "2020-09-13T12:26:40Z");
  EXPECT_EQ(iso8601(first().valid_until()), "2096-10-02T07:06:40Z");
}

TEST(KeyPair, TakesTheCertificateThatBelongsToTheKeyWhereverItStands) {
  const std::string chain = second_pair().certificate + "some words\n" + first_pair().certificate;
  const auto pair = KeyPair::parse(chain, Secret(first_pair().key), "c", "k");
  ASSERT_TRUE(pair) << pair.error().text();
  EXPECT_EQ(pair->sha256_thumbprint(), first().sha256_thumbprint());
}

TEST(KeyPair, TakesBothFromOneText) {
  const std::string both = first_pair().key + first_pair().certificate;
  EXPECT_EQ(refusal(both, both), "taken");
}

TEST(KeyPair, RefusesAKeyThatDoesNotFitItsCertificate) {
  EXPECT_EQ(
      refusal(first_pair().certificate, second_pair().key),
      "configuration: key.pem: the private key does not belong to the certificate in cert.pem (replace one of the "
      "two: openssl pkey -in key.pem -pubout and openssl x509 -in cert.pem -noout -pubkey print the same if they "
      "fit)");
  const std::string both = second_pair().key + first_pair().certificate;
  const auto one = KeyPair::parse(both, Secret(both), "both.pem", "both.pem");
  ASSERT_FALSE(one);
  EXPECT_EQ(one.error().text(),
            "both.pem: its private key belongs to no certificate in it (put the key and the certificate that was made "
            "from it into the file)");
}

TEST(KeyPair, RefusesAKeyBehindAPassphrase) {
  test::KeyWish wish;
  wish.passphrase = "open sesame";
  const KeyFiles locked = make_key_files(wish);
  EXPECT_EQ(
      refusal(locked.certificate, locked.key),
      "configuration: key.pem: the private key is behind a passphrase, which nobody would be there to type (write "
      "it without one: openssl pkey -in key.pem -out key.pem.new; chmod 0600 key.pem.new)");
}

TEST(KeyPair, RefusesOtherAndWeakKeys) {
  test::KeyWish wish;
  wish.kind = "EC";
  const KeyFiles elliptic = make_key_files(wish);
  EXPECT_EQ(refusal(elliptic.certificate, elliptic.key),
            std::string("configuration: key.pem: the private key is of kind EC; the token service takes RSA keys") +
                kMakeOne);
  wish.kind = "RSA";
  wish.bits = 1024;
  const KeyFiles weak = make_key_files(wish);
  EXPECT_EQ(refusal(weak.certificate, weak.key),
            std::string("configuration: key.pem: the RSA key has 1024 bits; it needs 2048 at least") + kMakeOne);
}

TEST(KeyPair, RefusesWhatIsNoPem) {
  const std::string& key = first_pair().key;
  const std::string& certificate = first_pair().certificate;
  for (const std::string& bad : {std::string("s3cret"), std::string(), certificate, key.substr(0, key.size() / 2)}) {
    EXPECT_EQ(refusal(certificate, bad),
              std::string("configuration: key.pem: holds no private key in PEM form") + kMakeOne);
  }
  for (const std::string& bad : {std::string("words"), key, certificate.substr(0, certificate.size() / 2)}) {
    EXPECT_EQ(refusal(bad, key), std::string("configuration: cert.pem: holds no certificate in PEM form") + kMakeOne);
  }
}

TEST(KeyPair, ReadsFilesThatNobodyElseCouldHaveMade) {
  const test::TempFolder folder;
  const std::string certificate = folder.write("cert.pem", first_pair().certificate);
  const std::string key = folder.write("key.pem", first_pair().key);
  ::chmod(certificate.c_str(), 0644);
  EXPECT_TRUE(KeyPair::read(certificate, key));

  ::chmod(key.c_str(), 0640);
  EXPECT_EQ(KeyPair::read(certificate, key).error().text(),
            key + ": holds a secret and has mode 0640, so others can read it (chmod 0600 " + key + ")");
  ::chmod(key.c_str(), 0600);
  ::chmod(certificate.c_str(), 0664);
  EXPECT_EQ(KeyPair::read(certificate, key).error().text(),
            certificate + ": has mode 0664, so others can change it (chmod go-w " + certificate + ")");
  const std::string both = folder.write("both.pem", first_pair().certificate + first_pair().key);
  EXPECT_TRUE(KeyPair::read(both, both));
  ::chmod(both.c_str(), 0644);
  EXPECT_EQ(KeyPair::read(both, both).error().text(),
            both + ": holds a secret and has mode 0644, so others can read it (chmod 0600 " + both + ")");
}

}  // namespace
}  // namespace graph_milter
