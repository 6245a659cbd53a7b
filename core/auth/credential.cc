// SPDX-License-Identifier: Apache-2.0
#include "core/auth/credential.h"

#include <utility>

#include "core/auth/token_reply.h"
#include "core/base/file.h"
#include "core/base/format.h"
#include "core/base/id.h"
#include "core/base/log.h"
#include "core/base/text.h"

namespace graph_milter::auth {
namespace {

class SecretFile final : public Credential {
 public:
  explicit SecretFile(std::string path) : path_(std::move(path)) {}

  Result<Proof> prove(TimePoint /*now*/) override {
    GM_TRY_ASSIGN(const Secret secret, read_secret_file(path_));
    return Proof{Secret(format("client_secret={}", percent_encode(secret.reveal()))), secret, {}};
  }

 private:
  const std::string path_;
};

class CertificateFiles final : public Credential {
 public:
  explicit CertificateFiles(const TokenSettings& settings) : settings_(settings), audience_(token_url(settings)) {}

  Result<Proof> prove(TimePoint now) override {
    GM_TRY_ASSIGN(std::string remark, read());
    GM_TRY_ASSIGN(const Secret assertion,
                  make_assertion(*pair_, settings_.assertion_form, {audience_, settings_.client_id, make_uuid(), now}));
    constexpr std::string_view kType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
    return Proof{Secret(format("client_assertion_type={}&client_assertion={}", percent_encode(kType),
                               percent_encode(assertion.reveal()))),
                 assertion, std::move(remark)};
  }

 private:
  // Leaves a pair, or an error. The text is empty unless it is an old one.
  Result<std::string> read() {
    auto pair = KeyPair::read(settings_.client_certificate_file, settings_.client_key_file);
    if (pair) {
      pair_ = *std::move(pair);
      told_.clear();
      return std::string();
    }
    if (!pair_) return fail(std::move(pair).error());
    const std::string why = pair.error().text();
    if (why != told_) log_text(LogLevel::Warning, "the pair of certificate and key read before is used: " + why);
    told_ = why;
    return "of the pair read before, since " + why;
  }

  const TokenSettings settings_;
  const std::string audience_;
  std::optional<KeyPair> pair_;
  std::string told_;  // why the files could not be used, as the log was told last
};

}  // namespace

std::unique_ptr<Credential> make_credential(const TokenSettings& settings) {
  if (!settings.client_secret_file.empty()) return std::make_unique<SecretFile>(settings.client_secret_file);
  return std::make_unique<CertificateFiles>(settings);
}

Result<std::optional<CredentialEnd>> check_credential(const TokenSettings& settings) {
  if (!settings.client_secret_file.empty()) {
    GM_TRY(read_secret_file(settings.client_secret_file));
    return std::optional<CredentialEnd>();
  }
  GM_TRY_ASSIGN(const KeyPair pair, KeyPair::read(settings.client_certificate_file, settings.client_key_file));
  return std::optional<CredentialEnd>({"the certificate in " + settings.client_certificate_file, pair.valid_until()});
}

}  // namespace graph_milter::auth
