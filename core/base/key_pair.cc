// SPDX-License-Identifier: Apache-2.0
#include "core/base/key_pair.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <array>
#include <ctime>
#include <optional>
#include <utility>

#include "core/base/file.h"
#include "core/base/format.h"

namespace graph_milter {

struct KeyPair::Key {
  std::shared_ptr<EVP_PKEY> handle;  // its numbers are wiped when it is freed
};

namespace {

constexpr int kLeastBits = 2048;
constexpr const char* kHowToMakeOne =
    "make a new pair: openssl req -x509 -newkey rsa:3072 -noenc -days 365 -subj /CN=graph-milter -keyout KEY -out CERT";

struct Deleter {
  void operator()(BIO* bio) const { BIO_free_all(bio); }
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};
using Bio = std::unique_ptr<BIO, Deleter>;
using Certificate = std::unique_ptr<X509, Deleter>;
using Context = std::unique_ptr<EVP_MD_CTX, Deleter>;

// Reads, never copies: there is nothing to wipe.
Bio reader(std::string_view text) { return Bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size()))); }

int note_passphrase_wanted(char* /*out*/, int /*size*/, int /*writing*/, void* wanted) {
  *static_cast<bool*>(wanted) = true;
  return -1;
}

tl::unexpected<Error> refuse(const std::string& name, std::string what, std::string hint = kHowToMakeOne) {
  return fail(ErrorKind::Configuration, name, std::move(what), std::move(hint));
}

Result<std::shared_ptr<EVP_PKEY>> read_key(const Secret& pem, const std::string& name) {
  bool passphrase_wanted = false;
  const Bio bio = reader(pem.reveal());
  std::shared_ptr<EVP_PKEY> key(PEM_read_bio_PrivateKey(bio.get(), nullptr, note_passphrase_wanted, &passphrase_wanted),
                                EVP_PKEY_free);
  ERR_clear_error();  // what is left there may surface in somebody else's TLS error
  if (passphrase_wanted) {
    return refuse(name, "the private key is behind a passphrase, which nobody would be there to type",
                  format("write it without one: openssl pkey -in {0} -out {0}.new; chmod 0600 {0}.new", name));
  }
  if (key == nullptr) return refuse(name, "holds no private key in PEM form");
  if (EVP_PKEY_get_id(key.get()) != EVP_PKEY_RSA) {
    const char* kind = EVP_PKEY_get0_type_name(key.get());
    return refuse(name, format("the private key is of kind {}; the token service takes RSA keys",
                               kind == nullptr ? "unknown" : kind));
  }
  if (const int bits = EVP_PKEY_get_bits(key.get()); bits < kLeastBits)
    return refuse(name, format("the RSA key has {} bits; it needs {} at least", bits, kLeastBits));
  return key;
}

// The certificate that belongs to `key`.
Result<Certificate> read_certificate(std::string_view pem, EVP_PKEY* key, const std::string& name,
                                     const std::string& key_name) {
  const Bio bio = reader(pem);
  bool any = false;
  for (;;) {
    Certificate certificate(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
    if (certificate == nullptr) break;
    any = true;
    const bool belongs = X509_check_private_key(certificate.get(), key) == 1;
    ERR_clear_error();
    if (belongs) return certificate;
  }
  ERR_clear_error();
  if (!any) return refuse(name, "holds no certificate in PEM form");
  if (name == key_name) {
    return refuse(name, "its private key belongs to no certificate in it",
                  "put the key and the certificate that was made from it into the file");
  }
  return refuse(key_name, format("the private key does not belong to the certificate in {}", name),
                format("replace one of the two: openssl pkey -in {} -pubout and openssl x509 -in {} -noout -pubkey "
                       "print the same if they fit",
                       key_name, name));
}

std::string thumbprint(const X509* certificate, const EVP_MD* digest) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> bytes{};
  unsigned int length = 0;
  if (X509_digest(certificate, digest, bytes.data(), &length) != 1) return {};
  return std::string(reinterpret_cast<const char*>(bytes.data()), length);
}

std::optional<TimePoint> time_of(const ASN1_TIME* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return std::nullopt;
  return TimePoint(std::chrono::seconds(timegm(&parts)));
}

Result<std::string> sign(EVP_PKEY* key, int padding, std::string_view bytes) {
  const Context context(EVP_MD_CTX_new());
  EVP_PKEY_CTX* options = nullptr;
  bool good = context != nullptr && EVP_DigestSignInit(context.get(), &options, EVP_sha256(), nullptr, key) == 1 &&
              EVP_PKEY_CTX_set_rsa_padding(options, padding) == 1;
  if (padding == RSA_PKCS1_PSS_PADDING)
    good = good && EVP_PKEY_CTX_set_rsa_pss_saltlen(options, RSA_PSS_SALTLEN_DIGEST) == 1;
  std::string signature(static_cast<std::size_t>(EVP_PKEY_get_size(key)), '\0');
  std::size_t length = signature.size();
  good = good && EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &length,
                                reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size()) == 1;
  ERR_clear_error();
  if (!good) return fail(ErrorKind::System, "OpenSSL", "can't sign with the RSA key");
  signature.resize(length);
  return signature;
}

}  // namespace

Result<KeyPair> KeyPair::parse(std::string_view certificates, const Secret& key, const std::string& certificate_name,
                               const std::string& key_name) {
  GM_TRY_ASSIGN(const std::shared_ptr<EVP_PKEY> handle, read_key(key, key_name));
  GM_TRY_ASSIGN(const Certificate certificate,
                read_certificate(certificates, handle.get(), certificate_name, key_name));
  const auto from = time_of(X509_get0_notBefore(certificate.get()));
  const auto until = time_of(X509_get0_notAfter(certificate.get()));
  KeyPair out;
  out.sha256_ = thumbprint(certificate.get(), EVP_sha256());
  out.sha1_ = thumbprint(certificate.get(), EVP_sha1());
  if (!from || !until || out.sha256_.empty() || out.sha1_.empty())
    return refuse(certificate_name, "the certificate can't be read to its end");
  out.valid_from_ = *from;
  out.valid_until_ = *until;
  out.key_ = std::make_shared<const Key>(Key{handle});
  return out;
}

Result<KeyPair> KeyPair::read(const std::string& certificate_file, const std::string& key_file) {
  GM_TRY_ASSIGN(const Secret key, read_secret_file(key_file));
  if (certificate_file == key_file) return parse(key.reveal(), key, certificate_file, key_file);
  GM_TRY_ASSIGN(const std::string certificates, read_trusted_file(certificate_file));
  return parse(certificates, key, certificate_file, key_file);
}

Result<std::string> KeyPair::sign_ps256(std::string_view bytes) const {
  return sign(key_->handle.get(), RSA_PKCS1_PSS_PADDING, bytes);
}

Result<std::string> KeyPair::sign_rs256(std::string_view bytes) const {
  return sign(key_->handle.get(), RSA_PKCS1_PADDING, bytes);
}

}  // namespace graph_milter
