// SPDX-License-Identifier: Apache-2.0
#include "core/base/redact.h"

#include <gtest/gtest.h>

namespace graph_milter {
namespace {

TEST(Redacting, LeavesOutWhatCouldBeACredential) {
  const std::pair<const char*, const char*> cases[] = {
      {"Authorization: Bearer abcdefgh.ijklm-nop not taken", "Authorization: Bearer ... not taken"},
      {"bearer 0123456789abcdef", "bearer ..."},
      {"https://h/x?authtoken=eyJa.b&part=1", "https://h/x?authtoken=...&part=1"},
      {R"({"access_token":"abc","x":1})", R"({"access_token":"...","x":1})"},
      {"client_secret=a~b+/=&scope=x", "client_secret=...&scope=x"},
      {"token eyJ0eXAiOiJKV1QiLCJhbGci.x.y is old", "token ... is old"},
      {"PASSWORD: hunter2", "PASSWORD: ..."},
  };
  for (const auto& [text, expected] : cases) EXPECT_EQ(redact_credentials(text), expected) << text;
}

TEST(Redacting, LeavesAllElseAsItIs) {
  for (const char* text : {"", "AADSTS7000222: The provided client secret keys are expired.", "Bearer", "client_secret",
                           "The bearer_token claim is missing", "Bearer token is missing", "password expired", "eyJ",
                           "Access token has expired."}) {
    EXPECT_EQ(redact_credentials(text), text);
  }
}

}  // namespace
}  // namespace graph_milter
