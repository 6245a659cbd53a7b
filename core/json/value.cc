// SPDX-License-Identifier: Apache-2.0
#include <limits>

#include "core/json/json.h"

namespace graph_milter::json {

std::optional<bool> Value::as_bool() const {
  if (kind_ != Kind::Boolean) return std::nullopt;
  return boolean_;
}

std::optional<std::uint64_t> Value::as_uint64() const {
  if (kind_ != Kind::Number || form_ != NumberForm::Unsigned) return std::nullopt;
  return bits_;
}

std::optional<std::int64_t> Value::as_int64() const {
  if (kind_ != Kind::Number || form_ == NumberForm::Real) return std::nullopt;
  if (form_ == NumberForm::Unsigned && bits_ > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
    return std::nullopt;
  return static_cast<std::int64_t>(bits_);
}

std::optional<int> Value::as_int() const {
  const auto wide = as_int64();
  if (!wide || *wide < std::numeric_limits<int>::min() || *wide > std::numeric_limits<int>::max()) return std::nullopt;
  return static_cast<int>(*wide);
}

std::optional<double> Value::as_double() const {
  if (kind_ != Kind::Number) return std::nullopt;
  if (form_ == NumberForm::Real) return real_;
  if (form_ == NumberForm::Negative) return static_cast<double>(static_cast<std::int64_t>(bits_));
  return static_cast<double>(bits_);
}

const Value* Value::find(std::string_view key) const {
  for (const Member& member : members_)
    if (member.key == key) return &member.value;
  return nullptr;
}

const std::string* Value::find_string(std::string_view key) const {
  const Value* value = find(key);
  return value != nullptr ? value->as_string() : nullptr;
}

std::optional<bool> Value::find_bool(std::string_view key) const {
  const Value* value = find(key);
  return value != nullptr ? value->as_bool() : std::nullopt;
}

std::optional<std::uint64_t> Value::find_uint64(std::string_view key) const {
  const Value* value = find(key);
  return value != nullptr ? value->as_uint64() : std::nullopt;
}

std::optional<std::int64_t> Value::find_int64(std::string_view key) const {
  const Value* value = find(key);
  return value != nullptr ? value->as_int64() : std::nullopt;
}

std::optional<int> Value::find_int(std::string_view key) const {
  const Value* value = find(key);
  return value != nullptr ? value->as_int() : std::nullopt;
}

}  // namespace graph_milter::json
