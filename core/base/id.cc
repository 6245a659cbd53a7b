// SPDX-License-Identifier: Apache-2.0
#include "core/base/id.h"

#include <openssl/rand.h>

#include <algorithm>
#include <stdexcept>

#include "core/base/format.h"
#include "core/base/text.h"

namespace graph_milter {

namespace {

constexpr std::string_view kAlphabet = "0123456789abcdefghjkmnpqrstvwxyz";  // Crockford's 32, lower case
constexpr std::size_t kTimeLength = 10;
constexpr std::size_t kRandomLength = 16;

}  // namespace

std::string random_bytes(std::size_t count) {
  std::string out(count, '\0');
  if (RAND_bytes(reinterpret_cast<unsigned char*>(out.data()), static_cast<int>(count)) != 1) {
    throw std::runtime_error("no random bytes from OpenSSL");
  }
  return out;
}

std::string make_entry_id(TimePoint now) {
  std::string out(kTimeLength, '0');
  auto rest = static_cast<std::uint64_t>(to_unix_ms(now));
  for (std::size_t i = kTimeLength; i-- > 0; rest /= kAlphabet.size()) out[i] = kAlphabet[rest % kAlphabet.size()];
  for (const char byte : random_bytes(kRandomLength)) out += kAlphabet[static_cast<unsigned char>(byte) % 32];
  return out;
}

bool is_entry_id(std::string_view text) {
  return text.size() == kTimeLength + kRandomLength &&
         std::all_of(text.begin(), text.end(), [](char c) { return kAlphabet.find(c) != std::string_view::npos; });
}

std::string make_uuid() {
  std::string bytes = random_bytes(16);
  bytes[6] = static_cast<char>((bytes[6] & 0x0F) | 0x40);
  bytes[8] = static_cast<char>((bytes[8] & 0x3F) | 0x80);
  const std::string hex = to_hex({reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size()});
  return format("{}-{}-{}-{}-{}", hex.substr(0, 8), hex.substr(8, 4), hex.substr(12, 4), hex.substr(16, 4),
                hex.substr(20));
}

}  // namespace graph_milter
