// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/http/test_authority.h"

#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <stdexcept>

namespace graph_milter::test {
namespace {

void require(bool condition) {
  if (!condition) throw std::runtime_error("OpenSSL refused to make a test certificate");
}

Certificate new_certificate(EVP_PKEY* key, const char* common_name, long serial) {
  Certificate certificate(X509_new());
  require(X509_set_version(certificate.get(), 2) == 1);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), serial);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -3600);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 24L * 3600);
  X509_set_pubkey(certificate.get(), key);
  const auto* name = reinterpret_cast<const unsigned char*>(common_name);
  require(X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate.get()), "CN", MBSTRING_ASC, name, -1, -1, 0) ==
          1);
  return certificate;
}

void add_extension(X509* certificate, X509* issuer, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str());
  require(extension != nullptr);
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

}  // namespace

TestAuthority::TestAuthority() : key_(EVP_EC_gen("P-256")) {
  require(key_ != nullptr);
  certificate_ = new_certificate(key_.get(), "test authority", 1);
  X509_set_issuer_name(certificate_.get(), X509_get_subject_name(certificate_.get()));
  add_extension(certificate_.get(), certificate_.get(), NID_basic_constraints, "critical,CA:TRUE");
  add_extension(certificate_.get(), certificate_.get(), NID_key_usage, "critical,keyCertSign");
  add_extension(certificate_.get(), certificate_.get(), NID_subject_key_identifier, "hash");
  require(X509_sign(certificate_.get(), key_.get(), EVP_sha256()) > 0);
}

std::string TestAuthority::certificate_pem() const {
  BIO* bio = BIO_new(BIO_s_mem());
  require(PEM_write_bio_X509(bio, certificate_.get()) == 1);
  char* data = nullptr;
  const long length = BIO_get_mem_data(bio, &data);
  std::string pem(data, static_cast<std::size_t>(length));
  BIO_free(bio);
  return pem;
}

TlsContext TestAuthority::server(const std::string& names) const {
  const Key key(EVP_EC_gen("P-256"));
  const Certificate certificate = new_certificate(key.get(), "test server", 2);
  X509_set_issuer_name(certificate.get(), X509_get_subject_name(certificate_.get()));
  add_extension(certificate.get(), certificate_.get(), NID_subject_alt_name, names);
  add_extension(certificate.get(), certificate_.get(), NID_authority_key_identifier, "keyid");
  require(X509_sign(certificate.get(), key_.get(), EVP_sha256()) > 0);

  TlsContext context(SSL_CTX_new(TLS_server_method()));
  require(SSL_CTX_use_certificate(context.get(), certificate.get()) == 1);
  require(SSL_CTX_use_PrivateKey(context.get(), key.get()) == 1);
  return context;
}

}  // namespace graph_milter::test
