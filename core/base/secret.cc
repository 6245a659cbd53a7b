// SPDX-License-Identifier: Apache-2.0
#include "core/base/secret.h"

#include <openssl/crypto.h>

#include <utility>

namespace graph_milter {

Secret::Secret(std::string value) : value_(std::move(value)) {}

Secret::~Secret() { wipe(); }

Secret& Secret::operator=(const Secret& other) {
  if (this != &other) {
    wipe();
    value_ = other.value_;
  }
  return *this;
}

Secret::Secret(Secret&& other) noexcept : value_(std::move(other.value_)) { other.wipe(); }

Secret& Secret::operator=(Secret&& other) noexcept {
  if (this != &other) {
    wipe();
    value_ = std::move(other.value_);
    other.wipe();
  }
  return *this;
}

bool operator==(const Secret& a, const Secret& b) {
  return a.value_.size() == b.value_.size() && CRYPTO_memcmp(a.value_.data(), b.value_.data(), a.value_.size()) == 0;
}

void Secret::wipe() {
  // A short string that was moved from keeps its bytes in place, so the whole capacity is wiped.
  value_.resize(value_.capacity());
  OPENSSL_cleanse(value_.data(), value_.size());
  value_.clear();
}

std::string redact_url(std::string_view url) {
  if (url.empty()) return "(no URL)";
  const auto query = url.find_first_of("?#");
  return std::string(url.substr(0, query));
}

}  // namespace graph_milter
