// SPDX-License-Identifier: Apache-2.0
#include "core/queue/entry_json.h"

#include <array>
#include <utility>

#include "core/queue/stored_json.h"

namespace graph_milter::queue {

namespace {

void write_path(json::Writer& out, const mail::EnvelopePath& path) {
  out.begin_object();
  write_bytes(out.key("argument"), path.argument);
  write_bytes(out.key("address"), path.address);
  write_list(out, "parameters", path.parameters);
  out.end_object();
}

Result<mail::EnvelopePath> read_path(const json::Value& value) {
  mail::EnvelopePath path;
  GM_TRY_ASSIGN(path.argument, bytes_member(value, "argument"));
  GM_TRY_ASSIGN(path.address, bytes_member(value, "address"));
  GM_TRY_ASSIGN(path.parameters, list_member(value, "parameters"));
  return path;
}

// The text members of an envelope, in the order in which they are written.
struct TextMember {
  std::string_view key;
  std::string mail::Envelope::*field;
};
constexpr std::array<TextMember, 7> kEnvelopeTexts = {{
    {"queue_id", &mail::Envelope::queue_id},
    {"client_address", &mail::Envelope::client_address},
    {"client_name", &mail::Envelope::client_name},
    {"helo", &mail::Envelope::helo},
    {"daemon_name", &mail::Envelope::daemon_name},
    {"login", &mail::Envelope::login},
    {"auth_type", &mail::Envelope::auth_type},
}};

}  // namespace

std::string envelope_to_json(const mail::Envelope& envelope) {
  json::Writer out;
  out.begin_object();
  for (const auto& [key, field] : kEnvelopeTexts) write_bytes(out.key(key), envelope.*field);
  write_path(out.key("sender"), envelope.sender);
  out.key("recipients").begin_array();
  for (const mail::EnvelopePath& path : envelope.recipients) write_path(out, path);
  out.end_array();
  out.key("received").number(to_unix_ms(envelope.received));
  if (!envelope.message_id.empty()) write_bytes(out.key("message_id"), envelope.message_id);
  out.end_object();
  return out.take();
}

Result<mail::Envelope> envelope_from_json(std::string_view text) {
  GM_TRY_ASSIGN(const json::Value value, parse_object(text));
  mail::Envelope envelope;
  for (const auto& [key, field] : kEnvelopeTexts) {
    GM_TRY_ASSIGN(envelope.*field, bytes_member(value, key));
  }
  const json::Value* sender = value.find("sender");
  const json::Value* recipients = value.find("recipients");
  if (sender == nullptr || recipients == nullptr || !recipients->is_array()) {
    return damaged("an envelope without sender or recipients");
  }
  GM_TRY_ASSIGN(envelope.sender, read_path(*sender));
  for (const json::Value& item : recipients->items()) {
    GM_TRY_ASSIGN(mail::EnvelopePath path, read_path(item));
    envelope.recipients.push_back(std::move(path));
  }
  GM_TRY_ASSIGN(envelope.received, time_member(value, "received"));
  if (value.find("message_id") != nullptr) {
    GM_TRY_ASSIGN(envelope.message_id, bytes_member(value, "message_id"));
  }
  return envelope;
}

std::string texts_to_json(const std::vector<std::string>& texts) {
  json::Writer out;
  out.begin_object();
  write_list(out, "texts", texts);
  out.end_object();
  return out.take();
}

Result<std::vector<std::string>> texts_from_json(std::string_view text) {
  GM_TRY_ASSIGN(const json::Value value, parse_object(text));
  return list_member(value, "texts");
}

}  // namespace graph_milter::queue
