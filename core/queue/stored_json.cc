// SPDX-License-Identifier: Apache-2.0
#include "core/queue/stored_json.h"

#include <utility>

#include "core/base/text.h"

namespace graph_milter::queue {

namespace {

// Our own text may be longer than what a stranger may send us: 500 recipients with parameters, 250 parts with URLs.
constexpr json::Limits kOwnText = {16 * 1024 * 1024, 32, 200'000};

int hex_digit(char c) {
  if (is_ascii_digit(c)) return c - '0';
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

Result<std::string> read_bytes(const json::Value* value, std::string_view key) {
  if (value != nullptr && value->as_string() != nullptr) return *value->as_string();
  const std::string* hex = value != nullptr ? value->find_string("hex") : nullptr;
  if (hex == nullptr || hex->size() % 2 != 0) return damaged("no usable value for " + std::string(key));
  std::string out;
  for (std::size_t i = 0; i < hex->size(); i += 2) {
    const int high = hex_digit((*hex)[i]);
    const int low = hex_digit((*hex)[i + 1]);
    if (high < 0 || low < 0) return damaged("not hexadecimal: " + std::string(key));
    out += static_cast<char>(high * 16 + low);
  }
  return out;
}

}  // namespace

tl::unexpected<Error> damaged(std::string what) { return fail(ErrorKind::Corrupt, "journal", std::move(what)); }

Result<json::Value> parse_object(std::string_view text) {
  GM_TRY_ASSIGN(json::Value value, json::parse(text, kOwnText));
  if (!value.is_object()) return damaged("not a JSON object");
  return value;
}

void write_bytes(json::Writer& out, std::string_view bytes) {
  if (is_valid_utf8(bytes)) {
    out.string(bytes);
    return;
  }
  out.begin_object().key("hex").string(to_hex({reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size()}));
  out.end_object();
}

void write_list(json::Writer& out, std::string_view key, const std::vector<std::string>& list) {
  out.key(key).begin_array();
  for (const std::string& text : list) write_bytes(out, text);
  out.end_array();
}

Result<std::string> bytes_member(const json::Value& object, std::string_view key) {
  return read_bytes(object.find(key), key);
}

Result<std::vector<std::string>> list_member(const json::Value& object, std::string_view key) {
  const json::Value* list = object.find(key);
  if (list == nullptr || !list->is_array()) return damaged("no list " + std::string(key));
  std::vector<std::string> out;
  for (const json::Value& item : list->items()) {
    GM_TRY_ASSIGN(std::string text, read_bytes(&item, key));
    out.push_back(std::move(text));
  }
  return out;
}

Result<TimePoint> time_member(const json::Value& object, std::string_view key) {
  const auto milliseconds = object.find_int64(key);
  if (!milliseconds) return damaged("no time " + std::string(key));
  return from_unix_ms(*milliseconds);
}

Result<int> count_member(const json::Value& object, std::string_view key) {
  const auto value = object.find_int(key);
  if (!value || *value < 0) return damaged("no count " + std::string(key));
  return *value;
}

Result<bool> flag_member(const json::Value& object, std::string_view key) {
  const auto flag = object.find_bool(key);
  if (!flag) return damaged("no flag " + std::string(key));
  return *flag;
}

}  // namespace graph_milter::queue
