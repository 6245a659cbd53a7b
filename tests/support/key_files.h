// SPDX-License-Identifier: Apache-2.0
// Keys and certificates for tests, made on the spot; and signatures judged by the openssl program, which shares no line
// with us.
#pragma once

#include <string>
#include <string_view>

#include "core/base/clock.h"
#include "tests/support/temp_folder.h"

namespace graph_milter::test {

struct KeyWish {
  std::string kind = "RSA";  // or "EC", "RSA-PSS"
  unsigned bits = 2048;
  std::string name = "graph-milter test";
  TimePoint from = from_unix_ms(1'600'000'000'000);   // 2020-09-13
  TimePoint until = from_unix_ms(4'000'000'000'000);  // 2096-10-02
  std::string passphrase;                             // of the key; empty: none
};

// PEM. Throws std::runtime_error.
struct KeyFiles {
  std::string certificate;
  std::string key;
};
KeyFiles make_key_files(const KeyWish& wish = {});

// Two pairs that every test may use; made once in a process.
const KeyFiles& first_pair();
const KeyFiles& second_pair();

// Whether the certificate's key has signed `bytes` so: `openssl dgst -verify`.
bool openssl_verifies(const TempFolder& folder, const std::string& certificate, bool pss, std::string_view bytes,
                      std::string_view signature);
// "sha1" or "sha256" of the certificate in base64url: `openssl x509 -fingerprint`.
std::string openssl_thumbprint(const TempFolder& folder, const std::string& certificate, const std::string& digest);

std::string from_base64url(std::string_view text);  // "" for what is none

}  // namespace graph_milter::test
