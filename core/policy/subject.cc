// SPDX-License-Identifier: Apache-2.0
#include "core/policy/subject.h"

#include "core/mail/address.h"
#include "core/policy/address_patterns.h"

namespace graph_milter::policy {

Subject address_subject(std::string_view address) {
  Subject subject{std::string(address), canonical_login(address), {}, {}};
  const bool has_domain = subject.key.find('@') != std::string::npos && is_plain_local_part(subject.key);
  if (has_domain) subject.domain = mail::domain_of(subject.key);
  return subject;
}

Subject client_subject(std::string_view address) {
  return {std::string(address), std::string(address), {}, parse_ip(address)};
}

Subject word_subject(std::string_view word) { return {std::string(word), std::string(word), {}, {}}; }

void add_names(const Subject& subject, Names& out) {
  if (!subject.key.empty()) out.push_back(subject.key);
  if (!subject.domain.empty()) out.push_back("@" + subject.domain);
  if (!subject.ip) return;
  const auto& bytes = subject.ip->bytes;
  for (auto end = bytes.begin(); end != bytes.end(); ++end) out.emplace_back(bytes.begin(), end);
  out.emplace_back(bytes.begin(), bytes.end());
}

}  // namespace graph_milter::policy
