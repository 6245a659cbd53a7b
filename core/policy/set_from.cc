// SPDX-License-Identifier: Apache-2.0
#include "core/policy/set_from.h"

#include <algorithm>

#include "core/base/text.h"
#include "core/mail/address.h"

namespace graph_milter::policy {

namespace {

// A quoted local part is nobody's mailbox in Microsoft 365.
bool is_of_tenant(std::string_view address, const std::vector<std::string>& tenant_domains) {
  return !address.starts_with('"') &&
         std::find(tenant_domains.begin(), tenant_domains.end(), mail::domain_of(address)) != tenant_domains.end();
}

bool says_whom_to_answer(const mail::MessageFacts& facts) {
  const mail::HeaderField* field = facts.find_header("reply-to");
  return field != nullptr && !trim(field->value).empty();
}

// There is no From, or one in which nobody can be read.
bool names_nobody(const mail::MessageFacts& facts) {
  const auto fields = std::count_if(facts.headers.begin(), facts.headers.end(),
                                    [](const mail::HeaderField& field) { return field.name == "from"; });
  return fields == 0 || (fields == 1 && facts.from.empty() && !mail::has_group(facts.find_header("from")->value));
}

}  // namespace

std::optional<mail::NewAuthor> new_author(const Rule& rule, Question& question,
                                          const std::vector<std::string>& tenant_domains) {
  if (rule.set_from.empty()) return std::nullopt;
  const mail::MessageFacts& facts = question.facts();
  if (names_nobody(facts)) return mail::NewAuthor{rule.set_from, {}};
  const Subject* old = question.from();
  if (old == nullptr || is_of_tenant(old->text, tenant_domains)) return std::nullopt;
  const bool answers_old = !old->text.starts_with('"') && is_ascii(old->text) && !says_whom_to_answer(facts);
  return mail::NewAuthor{rule.set_from, answers_old ? old->text : std::string()};
}

}  // namespace graph_milter::policy
