// SPDX-License-Identifier: Apache-2.0
// Mail made to cost memory or time. Memory is counted by watching every allocation of this thread, except under the
// sanitizers, which bring their own allocators: there a test ends as skipped where it would look at memory.
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <new>

#include "core/mail/boundary_set.h"
#include "tests/unit/mail/scan.h"

namespace {

thread_local std::size_t live_bytes = 0;
thread_local std::size_t peak_bytes = 0;
thread_local std::size_t allocations = 0;
[[maybe_unused]] constexpr std::size_t kHeader = alignof(std::max_align_t);

}  // namespace

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define GM_OWN_ALLOCATOR 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define GM_OWN_ALLOCATOR 1
#endif

#ifdef GM_OWN_ALLOCATOR
constexpr bool kCountsMemory = false;
#else
constexpr bool kCountsMemory = true;

void* operator new(std::size_t size) {
  void* const block = std::malloc(size + kHeader);
  if (block == nullptr) throw std::bad_alloc();
  *static_cast<std::size_t*>(block) = size;
  live_bytes += size;
  ++allocations;
  peak_bytes = live_bytes > peak_bytes ? live_bytes : peak_bytes;
  return static_cast<char*>(block) + kHeader;
}

void operator delete(void* pointer) noexcept {
  if (pointer == nullptr) return;
  void* const block = static_cast<char*>(pointer) - kHeader;
  live_bytes -= *static_cast<std::size_t*>(block);
  std::free(block);
}

void operator delete(void* pointer, std::size_t) noexcept { operator delete(pointer); }
#endif

#define SKIP_UNLESS_MEMORY_IS_COUNTED() \
  if (!kCountsMemory) GTEST_SKIP() << "memory is not counted under a sanitizer"

namespace graph_milter::mail {
namespace {

struct Cost {
  std::string verdict;
  std::size_t peak = 0;
  std::size_t allocations = 0;
  std::size_t parts = 0;
};

// Feeds `head`, `times` times `piece`, then `tail`.
Cost cost_of(const std::string& head, const std::string& piece, std::size_t times, const std::string& tail = {},
             ScanLimits limits = {}) {
  const std::size_t before = live_bytes;
  peak_bytes = live_bytes;
  allocations = 0;
  Scanner scanner(limits);
  scanner.feed(head);
  for (std::size_t i = 0; i < times; ++i) scanner.feed(piece);
  scanner.feed(tail);
  const MessageFacts facts = scanner.finish();
  Cost cost{"", peak_bytes - before, allocations, facts.parts.size()};
  cost.verdict = verdict_of(facts);
  return cost;
}

const std::string kMixed = "From: a@b.example\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n";

TEST(ScannerBomb, StopsAtTheLimitOfParts) {
  const std::string part = "--b\r\nContent-Type: text/plain\r\n\r\nx\r\n";
  const Cost few = cost_of(kMixed, part, 10'000, "--b--\r\n");
  const Cost many = cost_of(kMixed, part, 200'000, "--b--\r\n");
  EXPECT_EQ(few.verdict, "over-limit parts");
  EXPECT_EQ(few.parts, 500U);
  SKIP_UNLESS_MEMORY_IS_COUNTED();
  EXPECT_EQ(many.peak, few.peak);
  EXPECT_EQ(many.allocations, few.allocations);
  EXPECT_LT(few.peak, 2'000'000U);
}

TEST(ScannerBomb, TakesExactlyAsManyPartsAsItsLimit) {
  const std::string part = "--b\r\n\r\nx\r\n";
  EXPECT_EQ(cost_of(kMixed, part, 499, "--b--\r\n").verdict, "clean");
  EXPECT_EQ(cost_of(kMixed, part, 500, "--b--\r\n").verdict, "over-limit parts");
}

TEST(ScannerBomb, ReadsTenThousandPartsWhereTheLimitsAllowThem) {
  ScanLimits limits;
  limits.parts = 10'001;
  const Cost cost = cost_of(kMixed, "--b\r\nContent-Type: text/plain\r\n\r\nx\r\n", 10'000, "--b--\r\n", limits);
  EXPECT_EQ(cost.verdict, "clean");
  EXPECT_EQ(cost.parts, 10'001U);
}

std::string nested(std::size_t depth) {
  std::string mail = "From: a@b.example\r\n";
  for (std::size_t i = 0; i < depth; ++i) {
    const std::string boundary = "n" + std::to_string(1'000'000 + i);
    mail += "Content-Type: multipart/mixed; boundary=" + boundary + "\r\n\r\n--" + boundary + "\r\n";
  }
  mail += "\r\nx\r\n";
  for (std::size_t i = depth; i-- > 0;) mail += "--n" + std::to_string(1'000'000 + i) + "--\r\n";
  return mail;
}

TEST(ScannerBomb, StopsAtTheLimitOfDepth) {
  EXPECT_EQ(verdict_of(scan(nested(20))), "clean");
  EXPECT_EQ(verdict_of(scan(nested(21))), "over-limit depth");
  const std::string deep = nested(1000);
  const std::string deeper = nested(100'000);
  const Cost cost = cost_of(deep, "", 0);
  EXPECT_EQ(cost.verdict, "over-limit depth");
  SKIP_UNLESS_MEMORY_IS_COUNTED();
  EXPECT_EQ(cost_of(deeper, "", 0).peak, cost.peak);
  EXPECT_LT(cost.peak, 200'000U);
}

TEST(ScannerBomb, ReadsDeepNestingWithoutRecursionWhereTheLimitsAllowIt) {
  ScanLimits limits;
  limits.depth = 100'000;
  limits.parts = 200'000;
  EXPECT_EQ(verdict_of(scan(nested(1000), limits)), "clean");
  EXPECT_EQ(verdict_of(scan(nested(50'000), limits)), "clean");
}

TEST(ScannerBomb, StopsAtTheLimitOfHeaderFieldsAndBytes) {
  const Cost few = cost_of("", "X: y\r\n", 10'000);
  const Cost many = cost_of("", "X: y\r\n", 1'000'000);
  EXPECT_EQ(few.verdict, "over-limit header-fields");
  const Cost bytes = cost_of("", "X-" + std::string(60'000, 'x') + ": y\r\n", 1000);
  EXPECT_EQ(bytes.verdict, "over-limit header-size");
  const Cost line = cost_of("X: ", std::string(1000, 'x'), 20'000);
  EXPECT_EQ(line.verdict, "over-limit header-size");
  SKIP_UNLESS_MEMORY_IS_COUNTED();
  EXPECT_EQ(many.peak, few.peak);
  EXPECT_LT(bytes.peak, 1'500'000U);
  EXPECT_LT(line.peak, 500'000U);
}

TEST(ScannerBomb, KeepsTheHeaderFieldsItHasRead) {
  std::string mail;
  for (int i = 0; i < 1100; ++i) mail += "X: y\r\n";
  const MessageFacts facts = scan(mail);
  EXPECT_EQ(facts.headers.size(), 1000U);
  EXPECT_EQ(facts.size, mail.size());
}

TEST(ScannerBomb, HoldsNoBodyBytes) {
  SKIP_UNLESS_MEMORY_IS_COUNTED();
  const std::string text(4'096, 'x');
  const std::string line = std::string(76, 'A') + "\r\n";
  for (const std::string_view encoding : {"7bit", "8bit", "quoted-printable", "base64"}) {
    const std::string head = kMixed + "--b\r\nContent-Transfer-Encoding: " + std::string(encoding) + "\r\n\r\n";
    for (const std::string& piece : {text, line, std::string("--x\r\n"), std::string("\r"), std::string("\n"),
                                     std::string(1, '\0'), std::string("-")}) {
      const Cost once = cost_of(head, piece, 100, "\r\n--b--\r\n");
      const Cost often = cost_of(head, piece, 10'000, "\r\n--b--\r\n");
      EXPECT_LE(often.peak, once.peak + 1024) << encoding;
      EXPECT_LT(often.peak, 100'000U) << encoding;
    }
  }
}

TEST(ScannerBomb, BoundsWhatItSaysAboutAMessage) {
  const MessageFacts facts = scan(kMixed + "--b\r\n\r\n" + [] {
    std::string lines;
    for (int i = 0; i < 10'000; ++i) lines += "--bx\r\n";
    return lines;
  }());
  EXPECT_EQ(facts.findings.size(), 16U);
}

TEST(BoundarySet, FindsTheOneMemberThatBeginsALine) {
  BoundarySet set;
  EXPECT_TRUE(set.add("b", 0));
  EXPECT_TRUE(set.add("ab", 1));
  EXPECT_FALSE(set.add("b", 2));
  EXPECT_FALSE(set.add("bc", 2));
  EXPECT_FALSE(set.add("a", 2));
  EXPECT_TRUE(set.add("ac", 2));
  ASSERT_TRUE(set.match("--abc"));
  EXPECT_EQ(set.match("--abc")->level, 1U);
  EXPECT_EQ(set.match("--abc")->rest, "c");
  EXPECT_EQ(set.match("--b--")->rest, "--");
  EXPECT_FALSE(set.match("--a"));
  EXPECT_FALSE(set.match("-b"));
  EXPECT_FALSE(set.match("--"));
  set.remove("ab");
  EXPECT_FALSE(set.match("--abc"));
}

// The look-up must agree with trying every member in turn.
TEST(BoundarySet, AgreesWithTryingThemAll) {
  std::vector<std::string> members;
  BoundarySet set;
  for (std::size_t i = 0; i < 300; ++i) {
    const std::string boundary = std::to_string(i * 7919 % 1000);
    if (set.add(boundary, members.size())) members.push_back(boundary);
  }
  for (std::size_t i = 0; i < 100'000; i += 7) {
    const std::string line = "--" + std::to_string(i);
    std::size_t found = members.size();
    for (std::size_t m = 0; m < members.size(); ++m) {
      if (line.substr(2).starts_with(members[m])) found = m;
    }
    const auto match = set.match(line);
    ASSERT_EQ(match ? match->level : members.size(), found) << line;
  }
}

}  // namespace
}  // namespace graph_milter::mail
