// SPDX-License-Identifier: Apache-2.0
#include "core/plan/header_check.h"

#include <algorithm>
#include <optional>
#include <string_view>

#include "core/base/format.h"
#include "core/base/text.h"
#include "core/policy/address_patterns.h"

namespace graph_milter::plan {

namespace {

bool is_signature(std::string_view name) { return name == "dkim-signature" || name == "domainkey-signature"; }

// The value of d= in a list of tags (RFC 6376 section 3.2); empty if it is not there exactly once.
std::string_view signing_domain(std::string_view tags) {
  std::string_view domain;
  bool is_known = false;
  while (!tags.empty()) {
    const std::size_t end = std::min(tags.find(';'), tags.size());
    const std::string_view tag = tags.substr(0, end);
    tags.remove_prefix(std::min(end + 1, tags.size()));
    const std::size_t equals = tag.find('=');
    if (equals == std::string_view::npos || trim(tag.substr(0, equals)) != "d") continue;
    if (is_known) return {};
    is_known = true;
    domain = trim(tag.substr(equals + 1));
  }
  return domain;
}

bool is_signed_by_us(const mail::HeaderField& field, std::span<const std::string> tenant_domains) {
  const std::string domain = policy::canonical_domain(signing_domain(field.value));
  return !domain.empty() && std::find(tenant_domains.begin(), tenant_domains.end(), domain) != tenant_domains.end();
}

// The keyword before parameters and comments.
bool is_auto_replied(std::string_view value) {
  const std::string_view keyword = trim(value.substr(0, value.find_first_of(";(")));
  return equal_ignoring_case(keyword, "auto-replied");
}

std::optional<LeaveAlone> check_field(const mail::HeaderField& field, std::span<const std::string> tenant_domains) {
  if (is_signature(field.name) && !is_signed_by_us(field, tenant_domains)) {
    const std::string_view domain = signing_domain(field.value);
    return LeaveAlone{"dkim-signed",
                      format("signed by {}, which is not in tenant-domains: Graph would break the signature",
                             domain.empty() ? "(no domain)" : escape_for_log(domain, 100))};
  }
  if (field.name.starts_with("arc-")) {
    return LeaveAlone{"arc-sealed", format("the field {} is there: somebody has sealed the message and passed it on",
                                           escape_for_log(field.name, 40))};
  }
  if (field.name == "auto-submitted" && is_auto_replied(field.value)) {
    return LeaveAlone{"auto-replied", "Auto-Submitted says that it is an automatic answer"};
  }
  return std::nullopt;
}

}  // namespace

std::variant<std::vector<std::string>, LeaveAlone> check_header(const mail::MessageFacts& facts,
                                                                std::span<const std::string> tenant_domains) {
  std::vector<std::string> drop;
  for (const mail::HeaderField& field : facts.headers) {
    if (auto refusal = check_field(field, tenant_domains)) return *std::move(refusal);
    if (is_signature(field.name) && std::find(drop.begin(), drop.end(), field.name) == drop.end()) {
      drop.push_back(field.name);
    }
  }
  return drop;
}

}  // namespace graph_milter::plan
