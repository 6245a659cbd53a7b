// SPDX-License-Identifier: Apache-2.0
#include "core/intake/loop_guard.h"

#include <algorithm>
#include <utility>

#include "core/base/digest.h"
#include "core/base/text.h"

namespace graph_milter::intake {

namespace {

constexpr char kSeparator = ';';
// So that the key, if it is ever used for something else too, proves nothing there.
constexpr std::string_view kPurpose = "graph-milter seal 1\n";

}  // namespace

LoopGuard::LoopGuard(Secret key) : key_(std::move(key)) {}

std::string LoopGuard::seal(std::string_view marker) const {
  const std::string proof = to_hex(hmac_sha256(key_.reveal(), std::string(kPurpose).append(marker)));
  return std::string(marker) + kSeparator + proof;
}

bool LoopGuard::is_ours(std::string_view value) const {
  value = trim(value);
  const std::size_t end = value.rfind(kSeparator);
  if (end == std::string_view::npos) return false;
  return Secret(seal(value.substr(0, end))) == Secret(std::string(value));
}

bool LoopGuard::has_seal(const mail::MessageFacts& facts) const {
  static const std::string name = to_lower(kLoopField);
  return std::any_of(facts.headers.begin(), facts.headers.end(),
                     [this](const mail::HeaderField& field) { return field.name == name && is_ours(field.value); });
}

}  // namespace graph_milter::intake
