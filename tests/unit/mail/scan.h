// SPDX-License-Identifier: Apache-2.0
// Short words for tests that scan a message.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/mail/scanner.h"
#include "core/mail/second_reader.h"
#include "tests/support/mail_styles.h"

namespace graph_milter::mail {

inline MessageFacts scan(std::string_view bytes, ScanLimits limits = {}) {
  Scanner scanner(limits);
  scanner.feed(bytes);
  return scanner.finish();
}

// `text` with "\n" for CRLF.
inline MessageFacts scan_text(std::string_view text, ScanLimits limits = {}) { return scan(test::crlf(text), limits); }

// "clean", or the verdict and code of the finding that decided: "ambiguous boundary".
inline std::string verdict_of(const MessageFacts& facts) {
  std::string words(name_of(facts.verdict));
  if (!facts.findings.empty()) words += " " + facts.findings.front().code;
  return words;
}

inline MessageFacts confirm(std::string_view bytes) {
  StringSource source{std::string(bytes)};
  return confirm_with_second_reader(scan(bytes), source);
}

inline std::string_view slice(std::string_view bytes, ByteRange range) {
  return bytes.substr(range.begin, range.size());
}

inline std::vector<std::string> types_of(const MessageFacts& facts) {
  std::vector<std::string> types;
  for (const Part& part : facts.parts) types.push_back(part.type);
  return types;
}

}  // namespace graph_milter::mail
