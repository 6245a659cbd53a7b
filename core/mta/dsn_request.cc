// SPDX-License-Identifier: Apache-2.0
#include "core/mta/dsn_request.h"

#include <algorithm>

#include "core/base/text.h"

namespace graph_milter::mta {
namespace {

constexpr std::size_t kLongest = 900;  // in one line of 998 with a field name

int hex_digit(char c) {
  if (is_ascii_digit(c)) return c - '0';
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;  // RFC 3461: upper case only
}

bool is_printable(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

bool is_address_type(std::string_view text) {
  return !text.empty() && text.size() <= 40 && std::all_of(text.begin(), text.end(), [](char c) {
    return is_ascii_digit(c) || (ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z') || c == '-';
  });
}

bool has_control(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) <= ' ' || c == 0x7F; });
}

}  // namespace

std::optional<std::string_view> parameter_value(const std::vector<std::string>& parameters, std::string_view keyword) {
  for (const std::string& parameter : parameters) {
    const std::size_t equals = parameter.find('=');
    if (equals == std::string::npos || !equal_ignoring_case(std::string_view(parameter).substr(0, equals), keyword))
      continue;
    return std::string_view(parameter).substr(equals + 1);
  }
  return std::nullopt;
}

std::optional<std::string> decode_xtext(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] <= ' ' || text[i] > '~' || text[i] == '=') return std::nullopt;
    if (text[i] != '+') {
      out += text[i];
      continue;
    }
    if (text.size() - i < 3) return std::nullopt;
    const int high = hex_digit(text[i + 1]);
    const int low = hex_digit(text[i + 2]);
    if (high < 0 || low < 0) return std::nullopt;
    out += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return out;
}

Notify notify_of(const mail::EnvelopePath& recipient) {
  const auto value = parameter_value(recipient.parameters, "NOTIFY");
  if (!value) return {};
  if (equal_ignoring_case(*value, "NEVER")) return {false, false, false};
  Notify asked{false, false, false};
  for (const std::string& word : split_list(*value, ",")) {
    if (equal_ignoring_case(word, "SUCCESS")) {
      asked.success = true;
    } else if (equal_ignoring_case(word, "FAILURE")) {
      asked.failure = true;
    } else if (equal_ignoring_case(word, "DELAY")) {
      asked.delay = true;
    } else {
      return {};
    }
  }
  const bool anything = asked.success || asked.failure || asked.delay;
  return anything ? asked : Notify{};
}

std::optional<std::string> envelope_id(const mail::Envelope& envelope) {
  const auto value = parameter_value(envelope.sender.parameters, "ENVID");
  auto id = value ? decode_xtext(*value) : std::nullopt;
  if (!id || trim(*id).empty() || id->size() > kLongest || !is_printable(*id)) return std::nullopt;
  return id;
}

std::optional<std::string> original_recipient(const mail::EnvelopePath& recipient) {
  const auto value = parameter_value(recipient.parameters, "ORCPT");
  const std::size_t semicolon = value ? value->find(';') : std::string_view::npos;
  if (semicolon == std::string_view::npos) return std::nullopt;
  const std::string_view type = value->substr(0, semicolon);
  const std::string_view coded = value->substr(semicolon + 1);
  if (!is_address_type(type) || coded.empty() || coded.size() > kLongest) return std::nullopt;
  if (equal_ignoring_case(type, "utf-8")) {
    if (has_control(coded) || !is_valid_utf8(coded)) return std::nullopt;
    return std::string(*value);
  }
  const auto address = decode_xtext(coded);
  if (!address || !is_printable(*address)) return std::nullopt;
  return std::string(type) + ';' + *address;
}

}  // namespace graph_milter::mta
