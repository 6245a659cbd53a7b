// SPDX-License-Identifier: Apache-2.0
#include "core/auth/aadsts.h"

#include <algorithm>
#include <iterator>

namespace graph_milter::auth {
namespace {

constexpr std::string_view kSecretHint =
    "client-secret-file must hold the secret's value, not its id, of the application in client-id";
constexpr std::string_view kNoProofHint =
    "the application needs client-secret-file, or client-certificate-file and client-key-file";
constexpr std::string_view kKeyHint =
    "upload the certificate in client-certificate-file to the application's Certificates & secrets; has it expired, or "
    "is it that of another application?";
constexpr std::string_view kClockHint = "is this machine's clock right? timedatectl says whether it is kept in step";
constexpr std::string_view kAssertionHint =
    "client-id, tenant and login-url must be those of the application; client-assertion = rs256 suits older services";
constexpr std::string_view kTenantHint = "tenant must be a domain or id of the tenant, in the cloud of login-url";
constexpr std::string_view kScopeHint = "do cloud, login-url and graph-url belong together?";
constexpr std::string_view kPolicyHint = "a conditional access policy keeps the application out";

constexpr Aadsts kCodes[] = {
    {7000215, ErrorKind::Configuration, kSecretHint},
    {7000222, ErrorKind::Configuration, "the secret has expired: make a new one and put it into client-secret-file"},
    {7000218, ErrorKind::Configuration, kNoProofHint},
    {700027, ErrorKind::Configuration, kKeyHint},
    {50013, ErrorKind::Configuration, kKeyHint},
    {50012, ErrorKind::Configuration, kKeyHint},
    {700024, ErrorKind::Configuration, kClockHint},
    {500133, ErrorKind::Configuration, kClockHint},
    {700021, ErrorKind::Configuration, kAssertionHint},
    {700023, ErrorKind::Configuration, kAssertionHint},
    {50027, ErrorKind::Configuration, kAssertionHint},
    {700016, ErrorKind::Configuration, "client-id names no application of this tenant"},
    {7000112, ErrorKind::Configuration, "the application is disabled in this tenant"},
    {700229, ErrorKind::Configuration, "the application may not get tokens of its own"},
    {90002, ErrorKind::Configuration, kTenantHint},
    {900023, ErrorKind::Configuration, kTenantHint},
    {500011, ErrorKind::Configuration, kScopeHint},
    {70011, ErrorKind::Configuration, kScopeHint},
    {700022, ErrorKind::Configuration, kScopeHint},
    {90038, ErrorKind::Configuration, kScopeHint},
    {900382, ErrorKind::Configuration, kScopeHint},
    {900432, ErrorKind::Configuration, kScopeHint},
    {53003, ErrorKind::Configuration, kPolicyHint},
    {530032, ErrorKind::Configuration, kPolicyHint},
    {50000, ErrorKind::Transient, ""},
    {90006, ErrorKind::Transient, ""},
    {90012, ErrorKind::Transient, ""},
    {90024, ErrorKind::Transient, ""},
    {90033, ErrorKind::Transient, ""},
    {90090, ErrorKind::Transient, ""},
    {90055, ErrorKind::Throttled, "the tenant asks for too many tokens"},
};

}  // namespace

const Aadsts* find_aadsts(std::uint64_t code) {
  const auto* found =
      std::find_if(std::begin(kCodes), std::end(kCodes), [code](const Aadsts& row) { return row.code == code; });
  return found != std::end(kCodes) ? found : nullptr;
}

}  // namespace graph_milter::auth
