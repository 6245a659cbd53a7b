// SPDX-License-Identifier: Apache-2.0
// A value that must not be printed: client secrets, tokens, upload URLs.
#pragma once

#include <string>
#include <string_view>

namespace graph_milter {

// Has no stream operator and no formatter, compares without early exit, and is wiped when it goes.
// reveal() is for the one place that must write it to the wire.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string value);
  ~Secret();
  Secret(const Secret&) = default;
  Secret& operator=(const Secret& other);
  Secret(Secret&& other) noexcept;
  Secret& operator=(Secret&& other) noexcept;

  bool empty() const { return value_.empty(); }
  const std::string& reveal() const { return value_; }
  friend bool operator==(const Secret& a, const Secret& b);

 private:
  void wipe();
  std::string value_;
};

// A URL for a log: scheme, host and path without query, or "(no URL)".
std::string redact_url(std::string_view url);

}  // namespace graph_milter
