// SPDX-License-Identifier: Apache-2.0
#include "tests/graph_emulator/tls_certificates.h"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <fcntl.h>

#include <stdexcept>

#include "core/base/file.h"

namespace graph_milter::emulator {
namespace {

constexpr long kBackdated = -3 * 24 * 3600;  // for a client whose clock is set back
constexpr long kLifetime = 30L * 24 * 3600;

struct Deleter {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(X509_EXTENSION* extension) const { X509_EXTENSION_free(extension); }
  void operator()(BIO* bio) const { BIO_free_all(bio); }
};
using Key = std::unique_ptr<EVP_PKEY, Deleter>;
using Certificate = std::unique_ptr<X509, Deleter>;
using Extension = std::unique_ptr<X509_EXTENSION, Deleter>;
using Bio = std::unique_ptr<BIO, Deleter>;

void check(bool good, const char* what) {
  if (!good) throw std::runtime_error(std::string("test certificates: ") + what);
}

Key make_key() {
  Key key(EVP_EC_gen("P-256"));
  check(key != nullptr, "key");
  return key;
}

void add_extension(X509* certificate, X509* issuer, int kind, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const Extension extension(X509V3_EXT_conf_nid(nullptr, &context, kind, value));
  check(extension != nullptr && X509_add_ext(certificate, extension.get(), -1) == 1, value);
}

Certificate make_certificate(const char* name, long serial, EVP_PKEY* key) {
  Certificate certificate(X509_new());
  check(certificate != nullptr, "certificate");
  X509_set_version(certificate.get(), 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), serial);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), kBackdated);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), kLifetime);
  X509_set_pubkey(certificate.get(), key);
  const auto* bytes = reinterpret_cast<const unsigned char*>(name);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate.get()), "CN", MBSTRING_UTF8, bytes, -1, -1, 0);
  return certificate;
}

Certificate make_authority(EVP_PKEY* key) {
  Certificate authority = make_certificate("Graph emulator test CA", 1, key);
  X509_set_issuer_name(authority.get(), X509_get_subject_name(authority.get()));
  add_extension(authority.get(), authority.get(), NID_basic_constraints, "critical,CA:TRUE");
  add_extension(authority.get(), authority.get(), NID_key_usage, "critical,keyCertSign,cRLSign");
  add_extension(authority.get(), authority.get(), NID_subject_key_identifier, "hash");
  check(X509_sign(authority.get(), key, EVP_sha256()) > 0, "signature");
  return authority;
}

Certificate make_server(EVP_PKEY* key, X509* authority, EVP_PKEY* authority_key) {
  Certificate server = make_certificate("localhost", 2, key);
  X509_set_issuer_name(server.get(), X509_get_subject_name(authority));
  add_extension(server.get(), authority, NID_basic_constraints, "critical,CA:FALSE");
  add_extension(server.get(), authority, NID_subject_alt_name, "DNS:localhost,IP:127.0.0.1");
  add_extension(server.get(), authority, NID_ext_key_usage, "serverAuth");
  add_extension(server.get(), authority, NID_authority_key_identifier, "keyid:always");
  check(X509_sign(server.get(), authority_key, EVP_sha256()) > 0, "signature");
  return server;
}

void write_pem(const std::string& path, X509* certificate) {
  const Bio bio(BIO_new(BIO_s_mem()));
  check(bio != nullptr && PEM_write_bio_X509(bio.get(), certificate) == 1, "PEM");
  char* bytes = nullptr;
  const long length = BIO_get_mem_data(bio.get(), &bytes);
  auto file = open_file(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
  if (!file) throw std::runtime_error(file.error().text());
  const auto written = write_all(file->get(), {bytes, static_cast<std::size_t>(length)}, path);
  if (!written) throw std::runtime_error(written.error().text());
}

}  // namespace

TlsContext make_server_context(const std::string& folder) {
  const Key authority_key = make_key();
  const Certificate authority = make_authority(authority_key.get());
  const Key key = make_key();
  const Certificate server = make_server(key.get(), authority.get(), authority_key.get());
  write_pem(folder + "/ca.pem", authority.get());

  TlsContext context(SSL_CTX_new(TLS_server_method()));
  check(context != nullptr, "context");
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  check(SSL_CTX_use_certificate(context.get(), server.get()) == 1, "server certificate");
  check(SSL_CTX_use_PrivateKey(context.get(), key.get()) == 1, "server key");
  // Several records per read(2): range bodies are long.
  SSL_CTX_set_read_ahead(context.get(), 1);
  SSL_CTX_set_default_read_buffer_len(context.get(), 128 * 1024);
  return context;
}

}  // namespace graph_milter::emulator
