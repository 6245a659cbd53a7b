// SPDX-License-Identifier: Apache-2.0
// JSON as a value, for a model that builds many small replies. Objects keep their order.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace graph_milter::emulator {

class Json {
 public:
  using Array = std::vector<Json>;
  using Member = std::pair<std::string, Json>;
  using Object = std::vector<Member>;

  Json() = default;
  Json(std::nullptr_t) {}
  Json(bool value) : value_(value) {}
  Json(int value) : value_(std::int64_t{value}) {}
  Json(std::int64_t value) : value_(value) {}
  Json(std::uint64_t value) : value_(static_cast<std::int64_t>(value)) {}
  Json(double value) : value_(value) {}
  Json(const char* value) : value_(std::string(value)) {}
  Json(std::string_view value) : value_(std::string(value)) {}
  Json(std::string value) : value_(std::move(value)) {}
  Json(Array value) : value_(std::move(value)) {}
  Json(Object value) : value_(std::move(value)) {}

  static Json object(std::initializer_list<Member> members = {}) { return Json(Object(members)); }
  static Json array() { return Json(Array{}); }
  static Json strings(const std::vector<std::string>& values);

  bool is_null() const { return std::holds_alternative<std::nullptr_t>(value_); }
  bool is_object() const { return std::holds_alternative<Object>(value_); }
  bool is_array() const { return std::holds_alternative<Array>(value_); }
  bool is_string() const { return std::holds_alternative<std::string>(value_); }
  bool is_bool() const { return std::holds_alternative<bool>(value_); }
  bool is_integer() const { return std::holds_alternative<std::int64_t>(value_); }

  // The value if it has that type, else `other`.
  std::string text(std::string_view other = {}) const;
  std::int64_t integer(std::int64_t other = 0) const;
  bool boolean(bool other = false) const;
  const Array& items() const;     // empty unless an array
  const Object& members() const;  // empty unless an object

  const Json* find(std::string_view key) const;        // null: no such member
  const Json& operator[](std::string_view key) const;  // JSON null: no such member
  Json& set(std::string key, Json value);              // replaces or appends; makes an object of null
  Json& push(Json value);                              // makes an array of null
  void erase(std::string_view key);

  std::string dump() const;
  static std::optional<Json> parse(std::string_view text);  // nullopt: not JSON

 private:
  std::variant<std::nullptr_t, bool, std::int64_t, double, std::string, Array, Object> value_;
};

}  // namespace graph_milter::emulator
