// SPDX-License-Identifier: Apache-2.0
#include <rapidjson/writer.h>

#include <array>

#include "core/base/text.h"
#include "core/json/json.h"
#include "core/json/utf8.h"

namespace graph_milter::json {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

// RapidJSON's stream concept over a string.
class StringSink {
 public:
  using Ch = char;
  void Put(char c) { text_.push_back(c); }
  void Flush() {}
  std::string take() { return std::exchange(text_, {}); }

 private:
  std::string text_;
};

std::string to_valid_utf8(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const Utf8Step step = next_utf8(text);
    out += step.well_formed ? text.substr(0, step.length) : kReplacement;
    text.remove_prefix(step.length);
  }
  return out;
}

// Calls `use` with `text`, or with its corrected form.
template <class Use>
void with_valid_utf8(std::string_view text, Use use) {
  if (is_valid_utf8(text))
    use(text);
  else
    use(to_valid_utf8(text));
}

// What a byte of ASCII takes inside quotes: itself, a two-character escape, or \u00XX.
constexpr std::size_t escaped_length_of(char c) {
  switch (c) {
    case '"':
    case '\\':
    case '\b':
    case '\f':
    case '\n':
    case '\r':
    case '\t':
      return 2;
    default:
      return static_cast<unsigned char>(c) < 0x20 ? 6 : 1;
  }
}

}  // namespace

struct Writer::Impl {
  StringSink sink;
  rapidjson::Writer<StringSink> writer{sink};
};

Writer::Writer() : impl_(std::make_unique<Impl>()) {}
Writer::~Writer() = default;
Writer::Writer(Writer&&) noexcept = default;
Writer& Writer::operator=(Writer&&) noexcept = default;

Writer& Writer::begin_object() {
  impl_->writer.StartObject();
  return *this;
}

Writer& Writer::end_object() {
  impl_->writer.EndObject();
  return *this;
}

Writer& Writer::begin_array() {
  impl_->writer.StartArray();
  return *this;
}

Writer& Writer::end_array() {
  impl_->writer.EndArray();
  return *this;
}

Writer& Writer::key(std::string_view name) {
  with_valid_utf8(name, [this](std::string_view text) {
    impl_->writer.Key(text.data(), static_cast<rapidjson::SizeType>(text.size()));
  });
  return *this;
}

Writer& Writer::string(std::string_view text) {
  with_valid_utf8(text, [this](std::string_view valid) {
    impl_->writer.String(valid.data(), static_cast<rapidjson::SizeType>(valid.size()));
  });
  return *this;
}

Writer& Writer::signed_number(std::int64_t value) {
  impl_->writer.Int64(value);
  return *this;
}

Writer& Writer::unsigned_number(std::uint64_t value) {
  impl_->writer.Uint64(value);
  return *this;
}

Writer& Writer::boolean(bool value) {
  impl_->writer.Bool(value);
  return *this;
}

Writer& Writer::null() {
  impl_->writer.Null();
  return *this;
}

Writer& Writer::raw(std::string_view json) {
  impl_->writer.RawValue(json.data(), json.size(), rapidjson::kObjectType);
  return *this;
}

std::string Writer::take() {
  impl_->writer.Reset(impl_->sink);
  return impl_->sink.take();
}

std::size_t escaped_length(std::string_view text) {
  std::size_t length = 0;
  while (!text.empty()) {
    const Utf8Step step = next_utf8(text);
    if (!step.well_formed)
      length += kReplacement.size();
    else
      length += step.length == 1 ? escaped_length_of(text[0]) : step.length;
    text.remove_prefix(step.length);
  }
  return length;
}

std::string escape(std::string_view text) {
  std::string quoted = Writer().string(text).take();
  return quoted.substr(1, quoted.size() - 2);
}

}  // namespace graph_milter::json
