// SPDX-License-Identifier: Apache-2.0
#include "core/base/redact.h"

#include <algorithm>
#include <array>

#include "core/base/text.h"

namespace graph_milter {
namespace {

constexpr std::array<std::string_view, 8> kNames = {"authorization",    "bearer",        "authtoken",
                                                    "access_token",     "refresh_token", "client_secret",
                                                    "client_assertion", "password"};
constexpr std::string_view kTokenBegins = "eyJ";  // {" in base64
constexpr std::size_t kShortestToken = 16;

bool is_token_byte(char c) {
  const char lower = ascii_lower(c);
  return is_ascii_digit(c) || (lower >= 'a' && lower <= 'z') ||
         std::string_view("._~+/=%-!").find(c) != std::string_view::npos;
}

std::size_t run_length(std::string_view text) {
  return static_cast<std::size_t>(std::find_if_not(text.begin(), text.end(), is_token_byte) - text.begin());
}

// The name with which the text begins, with what stands between it and its value; 0: none, or no value follows.
std::size_t name_length(std::string_view text) {
  for (const std::string_view name : kNames) {
    if (!starts_with_ignoring_case(text, name)) continue;
    const std::size_t value = text.find_first_not_of(" \t\"'\\:=", name.size());
    if (value == std::string_view::npos) return 0;
    const std::string_view between = text.substr(name.size(), value - name.size());
    // "Bearer token is missing" is only words.
    const bool says_value = between.find_first_of(":=\"") != std::string_view::npos;
    const bool is_long = !between.empty() && run_length(text.substr(value)) >= kShortestToken;
    return says_value || is_long ? value : 0;
  }
  return 0;
}

}  // namespace

std::string redact_credentials(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    if (const std::size_t name = name_length(text); name > 0) {
      out += text.substr(0, name);
      text.remove_prefix(name);
      if (name_length(text) > 0) continue;  // "Authorization: Bearer ..."
      text.remove_prefix(run_length(text));
      out += "...";
    } else if (text.starts_with(kTokenBegins) && run_length(text) >= kShortestToken) {
      text.remove_prefix(run_length(text));
      out += "...";
    } else {
      out += text.front();
      text.remove_prefix(1);
    }
  }
  return out;
}

}  // namespace graph_milter
