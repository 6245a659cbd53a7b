// SPDX-License-Identifier: Apache-2.0
// Reading JSON (RFC 8259) strictly and within limits, and writing it. RapidJSON stays behind this header.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"

namespace graph_milter::json {

struct Limits {
  std::size_t bytes = 1024 * 1024;  // of the text
  std::size_t depth = 32;           // of nested arrays and objects
  std::size_t members = 4096;       // members and items of the whole document together
};

struct Member;

// One JSON value, owning what is below it. The as_... functions answer only what the text literally holds: nothing is
// converted from one type to another.
class Value {
 public:
  enum class Kind { Null, Boolean, Number, String, Array, Object };

  Value() = default;  // null

  Kind kind() const { return kind_; }
  bool is_null() const { return kind_ == Kind::Null; }
  bool is_object() const { return kind_ == Kind::Object; }
  bool is_array() const { return kind_ == Kind::Array; }

  const std::string* as_string() const { return kind_ == Kind::String ? &text_ : nullptr; }
  std::optional<bool> as_bool() const;
  std::optional<std::uint64_t> as_uint64() const;  // a number written without sign, fraction and exponent
  std::optional<std::int64_t> as_int64() const;    // a number written without fraction and exponent
  std::optional<int> as_int() const;
  std::optional<double> as_double() const;  // any number

  const std::vector<Value>& items() const { return items_; }       // of an array; else empty
  const std::vector<Member>& members() const { return members_; }  // of an object, in the order of the text; else empty

  // The value of a member of this object; null if there is none or this is no object. Names are compared as bytes.
  const Value* find(std::string_view key) const;

  // find() and as_...() in one step.
  const std::string* find_string(std::string_view key) const;
  std::optional<bool> find_bool(std::string_view key) const;
  std::optional<std::uint64_t> find_uint64(std::string_view key) const;
  std::optional<std::int64_t> find_int64(std::string_view key) const;
  std::optional<int> find_int(std::string_view key) const;

 private:
  friend class TreeBuilder;
  enum class NumberForm { Unsigned, Negative, Real };

  Kind kind_ = Kind::Null;
  NumberForm form_ = NumberForm::Unsigned;
  bool boolean_ = false;
  std::uint64_t bits_ = 0;  // of an Unsigned, or of a Negative in two's complement
  double real_ = 0;
  std::string text_;
  std::vector<Value> items_;
  std::vector<Member> members_;
};

struct Member {
  std::string key;
  Value value;
};

// The whole of `text` must be one JSON value in valid UTF-8, without equal names in one object, within the limits.
// Fails with Corrupt; the words name the offset and never quote the text. Iterative: nesting costs no stack.
Result<Value> parse(std::string_view text, Limits limits = {});

// Writes compact JSON. Strings that are not valid UTF-8 are written with U+FFFD for each ill-formed sequence (Unicode
// "maximal subpart" practice), so what is written is always valid. The caller keeps begin and end, keys and values in
// order.
class Writer {
 public:
  Writer();
  ~Writer();
  Writer(Writer&&) noexcept;
  Writer& operator=(Writer&&) noexcept;

  Writer& begin_object();
  Writer& end_object();
  Writer& begin_array();
  Writer& end_array();
  Writer& key(std::string_view name);
  Writer& string(std::string_view text);
  template <std::integral T>
  requires(!std::same_as<T, bool>) Writer& number(T value) {
    if constexpr (std::signed_integral<T>) {
      return signed_number(static_cast<std::int64_t>(value));
    } else {
      return unsigned_number(static_cast<std::uint64_t>(value));
    }
  }
  Writer& boolean(bool value);
  Writer& null();
  Writer& raw(std::string_view json);  // one value that is JSON already; REQUIRES: not empty

  // The text so far; the writer is empty afterwards. REQUIRES: every object and array was ended.
  std::string take();

 private:
  Writer& signed_number(std::int64_t value);
  Writer& unsigned_number(std::uint64_t value);
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// How many bytes Writer::string writes between the quotes. Allocates nothing.
std::size_t escaped_length(std::string_view text);

// The bytes Writer::string writes between the quotes.
std::string escape(std::string_view text);

}  // namespace graph_milter::json
