// SPDX-License-Identifier: Apache-2.0
#include "tests/graph_emulator/json.h"

#include <rapidjson/document.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <algorithm>

namespace graph_milter::emulator {
namespace {

using Writer = rapidjson::Writer<rapidjson::StringBuffer>;

void write(Writer& out, const std::string& text) {
  out.String(text.data(), static_cast<rapidjson::SizeType>(text.size()));
}

Json from(const rapidjson::Value& value) {
  if (value.IsBool()) return Json(value.GetBool());
  if (value.IsInt64()) return Json(static_cast<std::int64_t>(value.GetInt64()));
  if (value.IsNumber()) return Json(value.GetDouble());
  if (value.IsString()) return Json(std::string(value.GetString(), value.GetStringLength()));
  if (value.IsArray()) {
    Json::Array items;
    for (const auto& item : value.GetArray()) items.push_back(from(item));
    return Json(std::move(items));
  }
  if (value.IsObject()) {
    Json::Object members;
    for (const auto& member : value.GetObject()) {
      members.emplace_back(std::string(member.name.GetString(), member.name.GetStringLength()), from(member.value));
    }
    return Json(std::move(members));
  }
  return {};
}

void write(Writer& out, const Json& value) {
  if (value.is_object()) {
    out.StartObject();
    for (const auto& [name, member] : value.members()) {
      out.Key(name.data(), static_cast<rapidjson::SizeType>(name.size()));
      write(out, member);
    }
    out.EndObject();
  } else if (value.is_array()) {
    out.StartArray();
    for (const Json& item : value.items()) write(out, item);
    out.EndArray();
  } else if (value.is_string()) {
    write(out, value.text());
  } else if (value.is_bool()) {
    out.Bool(value.boolean());
  } else if (value.is_integer()) {
    out.Int64(value.integer());
  } else {
    out.Null();
  }
}

}  // namespace

Json Json::strings(const std::vector<std::string>& values) {
  Json out = array();
  for (const std::string& value : values) out.push(value);
  return out;
}

std::string Json::text(std::string_view other) const {
  const auto* held = std::get_if<std::string>(&value_);
  return held != nullptr ? *held : std::string(other);
}

std::int64_t Json::integer(std::int64_t other) const {
  const auto* held = std::get_if<std::int64_t>(&value_);
  return held != nullptr ? *held : other;
}

bool Json::boolean(bool other) const {
  const auto* held = std::get_if<bool>(&value_);
  return held != nullptr ? *held : other;
}

const Json::Array& Json::items() const {
  static const Array none;
  const auto* held = std::get_if<Array>(&value_);
  return held != nullptr ? *held : none;
}

const Json::Object& Json::members() const {
  static const Object none;
  const auto* held = std::get_if<Object>(&value_);
  return held != nullptr ? *held : none;
}

const Json* Json::find(std::string_view key) const {
  for (const Member& member : members()) {
    if (member.first == key) return &member.second;
  }
  return nullptr;
}

const Json& Json::operator[](std::string_view key) const {
  static const Json null;
  const Json* found = find(key);
  return found != nullptr ? *found : null;
}

Json& Json::set(std::string key, Json value) {
  if (is_null()) value_ = Object{};
  auto& members = std::get<Object>(value_);
  for (Member& member : members) {
    if (member.first != key) continue;
    member.second = std::move(value);
    return *this;
  }
  members.emplace_back(std::move(key), std::move(value));
  return *this;
}

Json& Json::push(Json value) {
  if (is_null()) value_ = Array{};
  std::get<Array>(value_).push_back(std::move(value));
  return *this;
}

void Json::erase(std::string_view key) {
  auto* members = std::get_if<Object>(&value_);
  if (members == nullptr) return;
  std::erase_if(*members, [key](const Member& member) { return member.first == key; });
}

std::string Json::dump() const {
  rapidjson::StringBuffer buffer;
  Writer out(buffer);
  write(out, *this);
  return {buffer.GetString(), buffer.GetSize()};
}

std::optional<Json> Json::parse(std::string_view text) {
  rapidjson::Document document;
  constexpr unsigned kFlags = rapidjson::kParseValidateEncodingFlag | rapidjson::kParseIterativeFlag;
  document.Parse<kFlags>(text.data(), text.size());
  if (document.HasParseError()) return std::nullopt;
  return from(document);
}

}  // namespace graph_milter::emulator
