// SPDX-License-Identifier: Apache-2.0
#include "core/base/digest.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <xxhash.h>

#include <stdexcept>

#include "core/base/text.h"

namespace graph_milter {

struct Sha256::Context {
  Context() : handle(EVP_MD_CTX_new()) {
    if (handle == nullptr || EVP_DigestInit_ex(handle, EVP_sha256(), nullptr) != 1) {
      throw std::runtime_error("SHA-256 is not available in OpenSSL");
    }
  }
  ~Context() { EVP_MD_CTX_free(handle); }
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;
  EVP_MD_CTX* handle;
};

Sha256::Sha256() : context_(std::make_unique<Context>()) {}
Sha256::~Sha256() = default;
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;

void Sha256::update(std::string_view bytes) { EVP_DigestUpdate(context_->handle, bytes.data(), bytes.size()); }

Sha256Digest Sha256::finish() {
  Sha256Digest digest{};
  unsigned int length = 0;
  EVP_DigestFinal_ex(context_->handle, digest.data(), &length);
  return digest;
}

std::string sha256_hex(std::string_view bytes) {
  Sha256 hash;
  hash.update(bytes);
  return to_hex(hash.finish());
}

Result<std::string> sha256_hex(ByteSource& source) {
  Sha256 hash;
  std::string block(64 * 1024, '\0');
  for (ByteCount offset = 0; offset < source.size();) {
    GM_TRY_ASSIGN(const std::size_t length, source.read_at(offset, writable(block)));
    if (length == 0) return fail(ErrorKind::Corrupt, "sha256", "the source ended before its size");
    hash.update({block.data(), length});
    offset += length;
  }
  return to_hex(hash.finish());
}

Sha256Digest hmac_sha256(std::string_view key, std::string_view bytes) {
  Sha256Digest digest{};
  unsigned int length = 0;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), reinterpret_cast<const unsigned char*>(bytes.data()),
       bytes.size(), digest.data(), &length);
  return digest;
}

struct Xxh3::State {
  State() : handle(XXH3_createState()) {
    if (handle == nullptr) throw std::bad_alloc();
    XXH3_128bits_reset(handle);
  }
  ~State() { XXH3_freeState(handle); }
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  XXH3_state_t* handle;
};

Xxh3::Xxh3() : state_(std::make_unique<State>()) {}
Xxh3::~Xxh3() = default;
Xxh3::Xxh3(Xxh3&&) noexcept = default;
Xxh3& Xxh3::operator=(Xxh3&&) noexcept = default;

void Xxh3::update(std::string_view bytes) { XXH3_128bits_update(state_->handle, bytes.data(), bytes.size()); }

std::string Xxh3::finish_hex() {
  XXH128_canonical_t canonical;
  XXH128_canonicalFromHash(&canonical, XXH3_128bits_digest(state_->handle));
  return to_hex({canonical.digest, sizeof canonical.digest});
}

}  // namespace graph_milter
