// SPDX-License-Identifier: Apache-2.0
#include "tests/graph_emulator/assertions.h"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <algorithm>
#include <array>
#include <memory>

#include "core/base/format.h"
#include "tests/graph_emulator/json.h"
#include "tests/graph_emulator/mime_reader.h"

namespace graph_milter::emulator {
namespace {

constexpr std::int64_t kClockSkew = 300;    // seconds that nbf may be ahead
constexpr std::int64_t kLongestLife = 600;  // "5-10 minutes after nbf at most"

struct Deleter {
  void operator()(BIO* bio) const { BIO_free_all(bio); }
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};
using Certificate = std::unique_ptr<X509, Deleter>;

struct Jwt {
  std::string signed_part;
  Json header;
  Json claims;
  std::string signature;
};

std::optional<std::string> from_base64url(std::string_view text) {
  std::string padded(text);
  if (padded.find_first_of("+/=") != std::string::npos) return std::nullopt;
  std::replace(padded.begin(), padded.end(), '-', '+');
  std::replace(padded.begin(), padded.end(), '_', '/');
  padded.append((4 - padded.size() % 4) % 4, '=');
  std::string out;
  if (!decode_base64_strictly(padded, out)) return std::nullopt;
  return out;
}

std::optional<Json> json_part(std::string_view text) {
  const auto decoded = from_base64url(text);
  auto parsed = decoded ? Json::parse(*decoded) : std::nullopt;
  if (!parsed || !parsed->is_object()) return std::nullopt;
  return parsed;
}

std::optional<Jwt> parse_jwt(std::string_view text) {
  const std::size_t first = text.find('.');
  const std::size_t second = first == std::string_view::npos ? first : text.find('.', first + 1);
  if (second == std::string_view::npos || text.find('.', second + 1) != std::string_view::npos) return std::nullopt;
  auto header = json_part(text.substr(0, first));
  auto claims = json_part(text.substr(first + 1, second - first - 1));
  auto signature = from_base64url(text.substr(second + 1));
  if (!header || !claims || !signature) return std::nullopt;
  return Jwt{std::string(text.substr(0, second)), *std::move(header), *std::move(claims), *std::move(signature)};
}

Certificate read_certificate(const std::string& pem) {
  const std::unique_ptr<BIO, Deleter> bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  return Certificate(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
}

std::string thumbprint(const X509* certificate, const EVP_MD* digest) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> bytes{};
  unsigned int length = 0;
  X509_digest(certificate, digest, bytes.data(), &length);
  return std::string(reinterpret_cast<const char*>(bytes.data()), length);
}

bool verifies(X509* certificate, bool pss, const Jwt& jwt) {
  const std::unique_ptr<EVP_MD_CTX, Deleter> context(EVP_MD_CTX_new());
  EVP_PKEY_CTX* options = nullptr;
  if (EVP_DigestVerifyInit(context.get(), &options, EVP_sha256(), nullptr, X509_get0_pubkey(certificate)) != 1)
    return false;
  if (pss && (EVP_PKEY_CTX_set_rsa_padding(options, RSA_PKCS1_PSS_PADDING) != 1 ||
              EVP_PKEY_CTX_set_rsa_pss_saltlen(options, 32) != 1))
    return false;
  return EVP_DigestVerify(context.get(), reinterpret_cast<const unsigned char*>(jwt.signature.data()),
                          jwt.signature.size(), reinterpret_cast<const unsigned char*>(jwt.signed_part.data()),
                          jwt.signed_part.size()) == 1;
}

std::string in_capital_hex(std::string_view bytes) {
  std::string out;
  for (const char c : bytes) out += format("{:02X}", static_cast<unsigned char>(c));
  return out;
}

AssertionFault bad_key(std::string_view reason, std::string_view thumb) {
  return {
      700027,
      format("Client assertion contains an invalid signature. [Reason - {}, Thumbprint of key used by client: '{}']",
             reason, in_capital_hex(thumb)),
      {}};
}

AssertionFault malformed(std::string why) {
  return {50027, "JWT token is invalid or malformed.", "client assertion: " + std::move(why)};
}

// By header alone, then by the key it names.
std::optional<AssertionFault> check_signature(const Jwt& jwt, const std::vector<std::string>& certificates,
                                              TimePoint now) {
  const std::string algorithm = jwt.header["alg"].text();
  const bool pss = algorithm == "PS256";
  if (!pss && algorithm != "RS256") return malformed("alg is " + jwt.header["alg"].dump());
  if (jwt.header["typ"].text() != "JWT") return malformed("typ is not JWT");
  if (jwt.header.find(pss ? "x5t" : "x5t#S256") != nullptr) return malformed("the thumbprint does not go with alg");
  const auto thumb = from_base64url(jwt.header[pss ? "x5t#S256" : "x5t"].text());
  if (!thumb || thumb->size() != (pss ? 32U : 20U)) return malformed("no thumbprint that goes with alg");
  for (const std::string& pem : certificates) {
    const Certificate certificate = read_certificate(pem);
    if (certificate == nullptr || thumbprint(certificate.get(), pss ? EVP_sha256() : EVP_sha1()) != *thumb) continue;
    auto seconds = static_cast<time_t>(to_unix_ms(now) / 1000);
    if (X509_cmp_time(X509_get0_notAfter(certificate.get()), &seconds) < 0)
      return bad_key("The key used is expired.", *thumb);
    if (verifies(certificate.get(), pss, jwt)) return std::nullopt;
    return bad_key("Key was found, but use of the key to verify the signature failed.", *thumb);
  }
  return bad_key("The key was not found.", *thumb);
}

std::optional<AssertionFault> check_times(const Json& claims, TimePoint now) {
  if (!claims["nbf"].is_integer() || !claims["exp"].is_integer()) return malformed("nbf and exp are not both numbers");
  const std::int64_t begin = claims["nbf"].integer();
  const std::int64_t end = claims["exp"].integer();
  if (end - begin > kLongestLife) return malformed("it holds for longer than ten minutes");
  const std::int64_t seconds = to_unix_ms(now) / 1000;
  if (begin <= seconds + kClockSkew && seconds < end) return std::nullopt;
  return AssertionFault{700024,
                        format("Client assertion is not within its valid time range. Current time: {}, assertion valid "
                               "from {}, expiry time of assertion {}.",
                               iso8601(now), iso8601(from_unix_ms(begin * 1000)), iso8601(from_unix_ms(end * 1000))),
                        {}};
}

std::optional<AssertionFault> check_claims(const Json& claims, std::string_view audience, std::string_view client_id,
                                           TimePoint now) {
  if (claims["iss"].text() != client_id || claims["sub"].text() != client_id) {
    return AssertionFault{700021, "Client assertion application identifier doesn't match 'client_id' parameter.", {}};
  }
  if (claims["aud"].text() != audience) {
    return AssertionFault{700023,
                          format("Client assertion audience claim does not match Realm issuer. '{}' is not '{}'.",
                                 claims["aud"].text(), audience),
                          {}};
  }
  return check_times(claims, now);
}

}  // namespace

std::optional<AssertionFault> AssertionDesk::check(std::string_view assertion,
                                                   const std::vector<std::string>& certificates,
                                                   std::string_view audience, std::string_view client_id,
                                                   TimePoint now) {
  const auto jwt = parse_jwt(assertion);
  if (!jwt) return malformed("not three parts of base64url with JSON objects");
  if (auto fault = check_signature(*jwt, certificates, now)) return fault;
  if (auto fault = check_claims(jwt->claims, audience, client_id, now)) return fault;
  const std::string id = jwt->claims["jti"].text();
  if (id.size() < 16) return malformed("jti is no identifier");
  if (!used_.insert(id).second) return malformed("its jti was used before");
  return std::nullopt;
}

}  // namespace graph_milter::emulator
