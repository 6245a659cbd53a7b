// SPDX-License-Identifier: Apache-2.0
#include "core/intake/loop_guard.h"

#include <gtest/gtest.h>

#include "core/mail/scanner.h"
#include "core/mail/skeleton.h"

namespace graph_milter::intake {
namespace {

constexpr const char* kMarker = "mx1.contoso/0123456789abcdefghijklmnop";

LoopGuard guard_with(const std::string& key) { return LoopGuard(Secret(key)); }
const LoopGuard kOurs = guard_with("0123456789abcdef");

mail::MessageFacts facts_of(const std::string& header) {
  mail::Scanner scanner;
  scanner.feed(header + "\r\ntext\r\n");
  return scanner.finish();
}

TEST(LoopGuard, KnowsItsOwnSeal) {
  const std::string seal = kOurs.seal(kMarker);
  EXPECT_TRUE(kOurs.is_ours(seal));
  EXPECT_TRUE(kOurs.is_ours(" " + seal + "\t")) << "blanks around it don't count";
  EXPECT_TRUE(guard_with("0123456789abcdef").is_ours(seal)) << "another host with the same key";
}

TEST(LoopGuard, KnowsNoOther) {
  const std::string seal = kOurs.seal(kMarker);
  EXPECT_FALSE(guard_with("0123456789abcdeg").is_ours(seal)) << "another key";
  for (std::size_t at = 0; at < seal.size(); ++at) {
    std::string forged = seal;
    forged[at] = forged[at] == '0' ? '1' : '0';
    EXPECT_FALSE(kOurs.is_ours(forged)) << at;
  }
  for (std::size_t length = 0; length < seal.size(); ++length) EXPECT_FALSE(kOurs.is_ours(seal.substr(0, length)));
  EXPECT_FALSE(kOurs.is_ours(seal + "0"));
  EXPECT_FALSE(kOurs.is_ours(""));
  EXPECT_FALSE(kOurs.is_ours(";"));
  EXPECT_FALSE(kOurs.is_ours(kMarker));
}

TEST(LoopGuard, SealsEachMessageInItsOwnWay) {
  EXPECT_NE(kOurs.seal(kMarker), kOurs.seal("mx1.contoso/0123456789abcdefghijklmnoq"));
}

TEST(LoopGuard, StaysOnOneLine) {
  const std::string longest = std::string(64, 'i') + "/" + std::string(26, 'e');
  const std::string seal = kOurs.seal(longest);
  EXPECT_LT(seal.size(), 200U);
  EXPECT_EQ(mail::make_field(kLoopField, seal), "X-Graph-Milter-Seal: " + seal);
}

TEST(LoopGuard, FindsItsSealInAHeader) {
  const std::string seal = kOurs.seal(kMarker);
  EXPECT_TRUE(kOurs.has_seal(facts_of("Subject: x\r\nx-graph-milter-SEAL: " + seal + "\r\n")));
  EXPECT_TRUE(kOurs.has_seal(facts_of("X-Graph-Milter-Seal:\r\n " + seal + "\r\nSubject: x\r\n"))) << "folded";
  EXPECT_TRUE(kOurs.has_seal(facts_of("X-Graph-Milter-Seal: forged\r\nX-Graph-Milter-Seal: " + seal + "\r\n")));
}

TEST(LoopGuard, FindsNoneWhereThereIsNone) {
  const std::string seal = kOurs.seal(kMarker);
  EXPECT_FALSE(kOurs.has_seal(facts_of("Subject: x\r\n")));
  EXPECT_FALSE(kOurs.has_seal(facts_of("X-Graph-Milter-Seal: " + seal + "0\r\n")));
  EXPECT_FALSE(kOurs.has_seal(facts_of("X-Other: " + seal + "\r\n")));
  EXPECT_FALSE(kOurs.has_seal(facts_of("Subject: x\r\n\r\nX-Graph-Milter-Seal: " + seal + "\r\n"))) << "in the body";
}

}  // namespace
}  // namespace graph_milter::intake
