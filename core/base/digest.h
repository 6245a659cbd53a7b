// SPDX-License-Identifier: Apache-2.0
// SHA-256 (OpenSSL), HMAC-SHA-256 and XXH3-128 over bytes that arrive in pieces.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <string_view>

#include "core/base/bytes.h"

namespace graph_milter {

using Sha256Digest = std::array<unsigned char, 32>;

class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;

  void update(std::string_view bytes);
  Sha256Digest finish();  // once

 private:
  struct Context;
  std::unique_ptr<Context> context_;
};

std::string sha256_hex(std::string_view bytes);
Result<std::string> sha256_hex(ByteSource& source);

Sha256Digest hmac_sha256(std::string_view key, std::string_view bytes);

// For finding accidental differences, never against an adversary.
class Xxh3 {
 public:
  Xxh3();
  ~Xxh3();
  Xxh3(Xxh3&&) noexcept;
  Xxh3& operator=(Xxh3&&) noexcept;
  void update(std::string_view bytes);
  std::string finish_hex();  // 32 characters

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace graph_milter
