// SPDX-License-Identifier: Apache-2.0
#include <rapidjson/error/en.h>
#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>

#include <set>
#include <utility>

#include "core/base/format.h"
#include "core/base/text.h"
#include "core/json/json.h"

namespace graph_milter::json {

// Takes RapidJSON's events and builds a Value; stops the reader, by returning false, at the first broken rule. The
// values that are still open are on a stack of their own, so that nothing here recurses.
class TreeBuilder {
 public:
  explicit TreeBuilder(const Limits& limits) : limits_(limits) {}

  bool Null() { return place(Value()); }
  bool Bool(bool boolean) {
    Value value;
    value.kind_ = Value::Kind::Boolean;
    value.boolean_ = boolean;
    return place(std::move(value));
  }
  bool Uint(unsigned number) { return Uint64(number); }
  bool Int(int number) { return Int64(number); }
  bool Uint64(std::uint64_t number) { return place_number(Value::NumberForm::Unsigned, number, 0); }
  bool Int64(std::int64_t number) {
    const auto form = number < 0 ? Value::NumberForm::Negative : Value::NumberForm::Unsigned;
    return place_number(form, static_cast<std::uint64_t>(number), 0);
  }
  bool Double(double number) { return place_number(Value::NumberForm::Real, 0, number); }
  bool RawNumber(const char*, rapidjson::SizeType, bool) { return refuse("a number in an unexpected form"); }
  bool String(const char* text, rapidjson::SizeType length, bool) {
    Value value;
    value.kind_ = Value::Kind::String;
    value.text_.assign(text, length);
    return is_text(value.text_) && place(std::move(value));
  }
  bool StartObject() { return open(Value::Kind::Object); }
  bool StartArray() { return open(Value::Kind::Array); }
  bool Key(const char* text, rapidjson::SizeType length, bool) {
    std::string name(text, length);
    if (!count() || !is_text(name)) return false;
    Open& object = open_.back();
    if (!object.names.insert(name).second) return refuse("two members of one object have the same name");
    object.value.members_.push_back({std::move(name), Value()});
    return true;
  }
  bool EndObject(rapidjson::SizeType) { return close(); }
  bool EndArray(rapidjson::SizeType) { return close(); }

  // Why reading was stopped from here; empty if it was not.
  const std::string& broken_rule() const { return broken_rule_; }
  Value take() { return std::move(root_); }

 private:
  struct Open {
    Value value;
    std::set<std::string> names;  // of an object
  };

  bool refuse(std::string rule) {
    broken_rule_ = std::move(rule);
    return false;
  }

  bool count() {
    if (++members_ > limits_.members) return refuse(format("more than {} members", limits_.members));
    return true;
  }

  // RapidJSON lets the escape of a lone low surrogate through, which has no UTF-8 form.
  bool is_text(std::string_view text) {
    return is_valid_utf8(text) || refuse("a string with half of a surrogate pair");
  }

  bool place_number(Value::NumberForm form, std::uint64_t bits, double real) {
    Value value;
    value.kind_ = Value::Kind::Number;
    value.form_ = form;
    value.bits_ = bits;
    value.real_ = real;
    return place(std::move(value));
  }

  bool place(Value value) {
    if (open_.empty()) {
      root_ = std::move(value);
      return true;
    }
    Value& parent = open_.back().value;
    if (parent.kind_ == Value::Kind::Object) {
      parent.members_.back().value = std::move(value);  // counted with its key
      return true;
    }
    if (!count()) return false;
    parent.items_.push_back(std::move(value));
    return true;
  }

  bool open(Value::Kind kind) {
    if (open_.size() == limits_.depth) return refuse(format("nested deeper than {}", limits_.depth));
    open_.emplace_back();
    open_.back().value.kind_ = kind;
    return true;
  }

  bool close() {
    Value value = std::move(open_.back().value);
    open_.pop_back();
    return place(std::move(value));
  }

  const Limits& limits_;
  std::size_t members_ = 0;
  std::vector<Open> open_;
  Value root_;
  std::string broken_rule_;
};

Result<Value> parse(std::string_view text, Limits limits) {
  if (text.size() > limits.bytes)
    return fail(ErrorKind::Corrupt, "JSON", format("{} bytes, more than {}", text.size(), limits.bytes));

  rapidjson::MemoryStream stream(text.data(), text.size());
  rapidjson::Reader reader;
  TreeBuilder builder(limits);
  // Without kParseFullPrecisionFlag, whose code is undefined for "0E48"; no number of ours needs the last bit.
  constexpr unsigned kFlags = rapidjson::kParseIterativeFlag | rapidjson::kParseValidateEncodingFlag;
  if (!reader.Parse<kFlags>(stream, builder)) {
    const std::string why =
        builder.broken_rule().empty() ? rapidjson::GetParseError_En(reader.GetParseErrorCode()) : builder.broken_rule();
    return fail(ErrorKind::Corrupt, "JSON", format("at offset {}: {}", reader.GetErrorOffset(), why));
  }
  // RapidJSON takes a NUL for the end of the text.
  if (stream.Tell() != text.size())
    return fail(ErrorKind::Corrupt, "JSON", format("at offset {}: a NUL character", stream.Tell()));
  return builder.take();
}

}  // namespace graph_milter::json
