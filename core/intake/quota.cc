// SPDX-License-Identifier: Apache-2.0
#include "core/intake/quota.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>

#include "core/base/format.h"
#include "core/base/text.h"
#include "core/policy/address_patterns.h"

namespace graph_milter::intake {

namespace {

using Bytes = std::array<unsigned char, 16>;

bool is_v4_mapped(const Bytes& bytes) {
  return std::all_of(bytes.begin(), bytes.begin() + 10, [](unsigned char byte) { return byte == 0; }) &&
         bytes[10] == 0xFF && bytes[11] == 0xFF;
}

std::string counted_login(const std::string& login) {
  const std::string canonical = policy::canonical_login(login);
  return canonical.empty() ? login : canonical;
}

}  // namespace

std::string counted_client(std::string_view address) {
  std::string text(address);
  Bytes bytes{};
  if (::inet_pton(AF_INET6, text.c_str(), bytes.data()) != 1) return text;
  std::array<char, INET6_ADDRSTRLEN> out{};
  if (is_v4_mapped(bytes)) return ::inet_ntop(AF_INET, bytes.data() + 12, out.data(), out.size());
  std::fill(bytes.begin() + 8, bytes.end(), static_cast<unsigned char>(0));
  return std::string(::inet_ntop(AF_INET6, bytes.data(), out.data(), out.size())) + "/64";
}

std::vector<pace::Payer> payers_of(const IntakeSettings& settings, const mail::Envelope& envelope,
                                   const std::string& mailbox) {
  std::vector<pace::Payer> payers;
  const auto add = [&](const char* kind, std::string who, const pace::QuotaRules& rules) {
    if (!who.empty()) payers.push_back({kind, std::move(who), rules});
  };
  add("client", counted_client(envelope.client_address), settings.client_quota);
  add("login", counted_login(envelope.login), settings.login_quota);
  add("mailbox", mailbox, settings.mailbox_quota);
  return payers;
}

OverLimit describe(const pace::Payer& payer, pace::QuotaLimit limit) {
  const bool by_bytes = limit == pace::QuotaLimit::Bytes;
  return {payer.kind + "-limit",
          format("{} {} has reached {}-{}-per-hour = {}", payer.kind, escape_for_log(payer.who, 120), payer.kind,
                 by_bytes ? "bytes" : "messages", by_bytes ? payer.rules.bytes : payer.rules.messages)};
}

}  // namespace graph_milter::intake
