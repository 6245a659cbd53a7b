// SPDX-License-Identifier: Apache-2.0
#include "core/admin/postfix_words.h"

#include <algorithm>

#include "core/base/format.h"

namespace graph_milter::admin {

std::string PostfixWords::where(const mta::PostfixService& service, std::string_view parameter) const {
  return service.overrides.contains(parameter) ? "postfix " + service.label() : "postfix";
}

std::string PostfixWords::set(std::string_view parameter, std::string_view value) const {
  return format("{} -e '{} = {}'", command_, parameter, value);
}

std::string PostfixWords::set(const mta::PostfixService& service, std::string_view parameter,
                              std::string_view value) const {
  if (!service.overrides.contains(parameter)) return set(parameter, value);
  return format("{} -P '{}/{}={}'", command_, service.label(), parameter, value);
}

void PostfixWords::add(Severity severity, std::string where, std::string what, std::string hint) {
  Finding finding{severity, std::move(where), std::move(what), std::move(hint)};
  if (std::find(found_.begin(), found_.end(), finding) == found_.end()) found_.push_back(std::move(finding));
}

}  // namespace graph_milter::admin
