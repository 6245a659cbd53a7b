// SPDX-License-Identifier: Apache-2.0
#include "tests/support/key_files.h"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <stdexcept>

#include "core/base/base64.h"
#include "core/base/format.h"

namespace graph_milter::test {
namespace {

struct Deleter {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(EVP_PKEY_CTX* context) const { EVP_PKEY_CTX_free(context); }
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(BIO* bio) const { BIO_free_all(bio); }
};
using Key = std::unique_ptr<EVP_PKEY, Deleter>;
using Certificate = std::unique_ptr<X509, Deleter>;
using Bio = std::unique_ptr<BIO, Deleter>;

void check(bool good, const char* what) {
  if (!good) throw std::runtime_error(std::string("test keys: ") + what);
}

Key make_key(const KeyWish& wish) {
  if (wish.kind == "EC") return Key(EVP_EC_gen("P-256"));
  const std::unique_ptr<EVP_PKEY_CTX, Deleter> context(EVP_PKEY_CTX_new_from_name(nullptr, wish.kind.c_str(), nullptr));
  EVP_PKEY* key = nullptr;
  check(context != nullptr && EVP_PKEY_keygen_init(context.get()) == 1 &&
            EVP_PKEY_CTX_set_rsa_keygen_bits(context.get(), static_cast<int>(wish.bits)) == 1 &&
            EVP_PKEY_generate(context.get(), &key) == 1,
        "key");
  return Key(key);
}

void set_time(ASN1_TIME* place, TimePoint time) { ASN1_TIME_set(place, static_cast<time_t>(to_unix_ms(time) / 1000)); }

Certificate make_certificate(const KeyWish& wish, EVP_PKEY* key) {
  Certificate certificate(X509_new());
  check(certificate != nullptr, "certificate");
  X509_set_version(certificate.get(), 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 1);
  set_time(X509_getm_notBefore(certificate.get()), wish.from);
  set_time(X509_getm_notAfter(certificate.get()), wish.until);
  X509_set_pubkey(certificate.get(), key);
  X509_NAME* name = X509_get_subject_name(certificate.get());
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, reinterpret_cast<const unsigned char*>(wish.name.c_str()), -1,
                             -1, 0);
  X509_set_issuer_name(certificate.get(), name);
  check(X509_sign(certificate.get(), key, EVP_sha256()) > 0, "signature");
  return certificate;
}

std::string text_of(BIO* bio) {
  char* bytes = nullptr;
  const long length = BIO_get_mem_data(bio, &bytes);
  return std::string(bytes, static_cast<std::size_t>(length));
}

// What the program prints; throws if it can't be run.
std::string output_of(const std::string& command) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> pipe(::popen(command.c_str(), "r"), ::pclose);
  check(pipe != nullptr, "openssl can't be run");
  std::string out;
  std::array<char, 4096> block{};
  while (const std::size_t length = std::fread(block.data(), 1, block.size(), pipe.get()))
    out.append(block.data(), length);
  return out;
}

}  // namespace

KeyFiles make_key_files(const KeyWish& wish) {
  const Key key = make_key(wish);
  check(key != nullptr, "key");
  const Certificate certificate = make_certificate(wish, key.get());
  const Bio key_text(BIO_new(BIO_s_mem()));
  const Bio certificate_text(BIO_new(BIO_s_mem()));
  const bool locked = !wish.passphrase.empty();
  check(PEM_write_bio_PKCS8PrivateKey(key_text.get(), key.get(), locked ? EVP_aes_256_cbc() : nullptr,
                                      locked ? wish.passphrase.c_str() : nullptr,
                                      static_cast<int>(wish.passphrase.size()), nullptr, nullptr) == 1,
        "key's PEM");
  check(PEM_write_bio_X509(certificate_text.get(), certificate.get()) == 1, "certificate's PEM");
  return {text_of(certificate_text.get()), text_of(key_text.get())};
}

const KeyFiles& first_pair() {
  static const KeyFiles pair = make_key_files();
  return pair;
}

const KeyFiles& second_pair() {
  static const KeyFiles pair = make_key_files();
  return pair;
}

bool openssl_verifies(const TempFolder& folder, const std::string& certificate, bool pss, std::string_view bytes,
                      std::string_view signature) {
  const std::string in = folder.write("signed.pem", certificate);
  const std::string key = folder.file("signed.pub");
  const std::string options =
      pss ? "-sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:32 -sigopt rsa_mgf1_md:sha256" : "";
  const std::string said = output_of(
      format("openssl x509 -in {} -noout -pubkey >{} && openssl dgst -sha256 {} -verify {} -signature {} {} 2>&1", in,
             key, options, key, folder.write("signed.signature", signature), folder.write("signed.bytes", bytes)));
  return said == "Verified OK\n";
}

std::string openssl_thumbprint(const TempFolder& folder, const std::string& certificate, const std::string& digest) {
  const std::string path = folder.write("thumb.pem", certificate);
  const std::string said = output_of(format("openssl x509 -in {} -noout -fingerprint -{}", path, digest));
  std::string raw;
  for (std::size_t at = said.find('=') + 1; at + 1 < said.size(); at += 3)
    raw += static_cast<char>(std::stoi(said.substr(at, 2), nullptr, 16));
  return base64url_encode(raw);
}

std::string from_base64url(std::string_view text) {
  std::string padded(text);
  std::replace(padded.begin(), padded.end(), '-', '+');
  std::replace(padded.begin(), padded.end(), '_', '/');
  const std::size_t missing = (4 - padded.size() % 4) % 4;
  padded.append(missing, '=');
  std::string out(padded.size() / 4 * 3 + 1, '\0');
  const int length =
      EVP_DecodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                      reinterpret_cast<const unsigned char*>(padded.data()), static_cast<int>(padded.size()));
  out.resize(length < 0 ? 0 : static_cast<std::size_t>(length) - missing);
  return out;
}

}  // namespace graph_milter::test
