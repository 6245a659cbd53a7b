// SPDX-License-Identifier: Apache-2.0
// An RSA key with the X.509 certificate that belongs to it: what signs in our name, and until when. Any thread.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "core/base/clock.h"
#include "core/base/result.h"
#include "core/base/secret.h"

namespace graph_milter {

// The private key is wiped when the last copy goes.
class KeyPair {
 public:
  // PEM texts; `certificate_name` and `key_name` stand in errors and may be the same. Of several certificates the one
  // that belongs to the key is taken; it need not be the first. Configuration for what is no PEM, a key behind a
  // passphrase, one that is not RSA or has less than 2048 bits, and one that belongs to no certificate there. The words
  // never quote the texts.
  static Result<KeyPair> parse(std::string_view certificates, const Secret& key, const std::string& certificate_name,
                               const std::string& key_name);

  // From files: the key's as read_secret_file() wants it, the certificate's as read_trusted_file().
  static Result<KeyPair> read(const std::string& certificate_file, const std::string& key_file);

  // RFC 7518 section 3.5: RSASSA-PSS, SHA-256 for all, a salt of 32 bytes.
  Result<std::string> sign_ps256(std::string_view bytes) const;
  // RFC 7518 section 3.3: RSASSA-PKCS1-v1_5, SHA-256.
  Result<std::string> sign_rs256(std::string_view bytes) const;

  const std::string& sha256_thumbprint() const { return sha256_; }  // raw bytes, of the certificate's DER form
  const std::string& sha1_thumbprint() const { return sha1_; }
  TimePoint valid_from() const { return valid_from_; }
  TimePoint valid_until() const { return valid_until_; }

 private:
  struct Key;
  KeyPair() = default;

  std::shared_ptr<const Key> key_;
  std::string sha256_, sha1_;
  TimePoint valid_from_{}, valid_until_{};
};

}  // namespace graph_milter
