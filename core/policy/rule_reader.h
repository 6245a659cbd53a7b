// SPDX-License-Identifier: Apache-2.0
// From the sections [defaults] and [rule NAME] to rules.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/config/conf_text.h"
#include "core/policy/map_store.h"
#include "core/policy/rule.h"

namespace graph_milter::policy {

// Where each key stands, for errors.
using Places = std::map<std::string_view, std::string>;

// What the rules have that do not say it themselves.
struct Defaults {
  RuleSettings settings;
  Places places;
};

// All sections of the file: [defaults] may stand before, between or behind the rules. Usage, naming file and line, on a
// second such section and on keys that are no settings.
Result<Defaults> read_defaults(const config::ConfText& conf, MapStore& maps);

// `tenant_domains` are canonical. Usage, naming file and line: see Policy::read.
Result<Rule> read_rule(const config::ConfSection& section, const Defaults& defaults,
                       const std::vector<std::string>& tenant_domains, MapStore& maps);

}  // namespace graph_milter::policy
