// SPDX-License-Identifier: Apache-2.0
#include "core/base/base64.h"

#include <openssl/evp.h>

#include <algorithm>
#include <cstring>

namespace graph_milter {

namespace {

constexpr std::size_t kBlock = 48 * 1024;  // a multiple of 3, so that blocks join without padding

std::size_t encode_into(const char* raw, std::size_t length, char* out) {
  return static_cast<std::size_t>(EVP_EncodeBlock(
      reinterpret_cast<unsigned char*>(out), reinterpret_cast<const unsigned char*>(raw), static_cast<int>(length)));
}

}  // namespace

std::string base64_encode(std::string_view raw) {
  std::string out;
  while (!raw.empty()) {
    const std::size_t take = std::min(kBlock, raw.size());
    const std::size_t old = out.size();
    out.resize(old + static_cast<std::size_t>(base64_length(take)) + 1);  // EVP_EncodeBlock ends with a NUL
    out.resize(old + encode_into(raw.data(), take, out.data() + old));
    raw.remove_prefix(take);
  }
  return out;
}

std::string base64url_encode(std::string_view raw) {
  std::string out = base64_encode(raw);
  std::replace(out.begin(), out.end(), '+', '-');
  std::replace(out.begin(), out.end(), '/', '_');
  out.erase(std::find(out.begin(), out.end(), '='), out.end());
  return out;
}

Result<std::size_t> Base64Source::read_at(ByteCount offset, std::span<char> out) {
  std::size_t done = 0;
  while (done < out.size() && offset < size()) {
    const ByteCount raw_offset = offset / 4 * 3;
    block_.resize(std::min<std::size_t>(kBlock, (out.size() - done) / 4 * 3 + 6));
    block_.resize(block_.size() / 3 * 3);
    GM_TRY_ASSIGN(const std::size_t length, raw_.read_at(raw_offset, writable(block_)));
    if (length == 0) break;
    const std::string encoded = base64_encode({block_.data(), length});
    const auto skip = static_cast<std::size_t>(offset % 4);
    const std::size_t take = std::min(encoded.size() - skip, out.size() - done);
    std::memcpy(out.data() + done, encoded.data() + skip, take);
    done += take;
    offset += take;
  }
  return done;
}

}  // namespace graph_milter
