// SPDX-License-Identifier: Apache-2.0
#include "tests/milter/wire.h"

namespace graph_milter::test::wire {

namespace {

std::string number(std::uint32_t value) {
  std::string out;
  for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(static_cast<unsigned char>(value >> shift));
  return out;
}

std::string zero_ended(std::string_view text) { return std::string(text) + '\0'; }

}  // namespace

std::string packet(char command, std::string_view data) {
  return number(static_cast<std::uint32_t>(data.size() + 1)) + command + std::string(data);
}

std::string negotiation(std::uint32_t actions, std::uint32_t steps, std::uint32_t version) {
  return number(version) + number(actions) + number(steps);
}

std::string macros(char command, const Macros& values) {
  std::string data(1, command);
  for (const auto& [name, value] : values) data += zero_ended(name) + zero_ended(value);
  return data;
}

std::string connection(std::string_view name, std::string_view address) {
  const bool six = address.find(':') != std::string_view::npos;
  // Name, family, port 25, address.
  return zero_ended(name) + (six ? '6' : '4') + std::string("\x00\x19", 2) + zero_ended(address);
}

std::string words(std::string_view first, const std::vector<std::string>& more) {
  std::string out = zero_ended(first);
  for (const std::string& next : more) out += zero_ended(next);
  return out;
}

std::uint32_t read_number(std::string_view bytes) {
  std::uint32_t value = 0;
  for (const char c : bytes.substr(0, 4)) value = value << 8U | static_cast<unsigned char>(c);
  return value;
}

}  // namespace graph_milter::test::wire
