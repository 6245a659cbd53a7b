// SPDX-License-Identifier: Apache-2.0
#include "core/mta/dot_stuffing.h"

#include <gtest/gtest.h>

#include <random>

#include "tests/support/temp_folder.h"

namespace graph_milter::mta {
namespace {

// The whole wire form; "refused" if it must not go out.
std::string on_the_wire(std::string_view content, std::size_t piece = 1000) {
  DotStuffer stuffer;
  std::string wire;
  for (std::size_t at = 0; at < content.size(); at += piece) {
    if (!stuffer.feed(content.substr(at, piece), wire)) return "refused";
  }
  const auto end = stuffer.finish();
  return end ? wire + *end : "refused";
}

// What a strict server makes of it: lines end in CRLF, a dot alone ends, one dot at the front of a line goes.
std::string as_read(std::string wire) {
  std::string content;
  for (;;) {
    const std::size_t end = wire.find("\r\n");
    if (end == std::string::npos) return "never ended";
    std::string line = wire.substr(0, end);
    wire.erase(0, end + 2);
    if (line == ".") return wire.empty() ? content : "ended too early";
    content += (line.substr(0, 1) == "." ? line.substr(1) : line) + "\r\n";
  }
}

TEST(DotStuffing, PutsADotBeforeEachDotThatBeginsALine) {
  EXPECT_EQ(on_the_wire("a\r\n.\r\n..b\r\nc.d\r\n"), "a\r\n..\r\n...b\r\nc.d\r\n.\r\n");
  EXPECT_EQ(on_the_wire(".\r\n"), "..\r\n.\r\n");
}

TEST(DotStuffing, EndsTheLastLineIfNeedBe) {
  EXPECT_EQ(on_the_wire("a"), "a\r\n.\r\n");
  EXPECT_EQ(on_the_wire("a\r"), "a\r\r\n.\r\n");
  EXPECT_EQ(on_the_wire("a\n"), "a\n\r\n.\r\n");
  EXPECT_EQ(on_the_wire(""), ".\r\n");
}

TEST(DotStuffing, LeavesACrOrLfAloneAsItIs) {
  EXPECT_EQ(on_the_wire("a\nb\rc\n\n.d\r\r\n"), "a\nb\rc\n\n.d\r\r\n.\r\n");
}

TEST(DotStuffing, RefusesWhatACarelessServerTakesForTheEnd) {
  for (const char* const content : {"a\n.\nRCPT", "a\n.\r\nRCPT", "a\r.\rRCPT", "a\r.\nRCPT", "a\r.\r\nRCPT", "a\n."}) {
    for (const std::size_t piece : {1U, 2U, 3U, 1000U}) EXPECT_EQ(on_the_wire(content, piece), "refused") << content;
  }
}

TEST(DotStuffing, WhatIsReadEqualsWhatWasFedInWhateverPieces) {
  const auto seed = test::seed();
  std::mt19937_64 dice(seed);
  constexpr std::string_view kAlphabet = "..a\r\n";
  for (int round = 0; round < 20'000; ++round) {
    std::string content;
    for (auto length = dice() % 30; length > 0; --length) {
      const char c = kAlphabet[dice() % kAlphabet.size()];
      content += c == '\n' ? "\r\n" : std::string(c == '\r' ? 0 : 1, c);
    }
    const std::string wire = on_the_wire(content, 1 + dice() % 7);
    const bool ended =
        content.empty() || content.substr(content.size() - std::min<std::size_t>(2, content.size())) == "\r\n";
    ASSERT_EQ(as_read(wire), content + (ended ? "" : "\r\n")) << "seed " << seed;
  }
}

// The same with CR and LF alone: either it is refused, or neither a strict nor a careless reader ends early.
TEST(DotStuffing, NoReaderEndsEarly) {
  const auto seed = test::seed();
  std::mt19937_64 dice(seed);
  constexpr std::string_view kAlphabet = ".a\r\n";
  for (int round = 0; round < 50'000; ++round) {
    std::string content;
    for (auto length = dice() % 12; length > 0; --length) content += kAlphabet[dice() % kAlphabet.size()];
    const std::string wire = on_the_wire(content, 1 + dice() % 5);
    if (wire == "refused") continue;
    std::string line;
    bool ended = false;
    for (std::size_t i = 0; i < wire.size(); ++i) {
      ASSERT_FALSE(ended && wire[i] != '\n') << "seed " << seed;
      if (wire[i] != '\r' && wire[i] != '\n') {
        line += wire[i];
        continue;
      }
      ended = ended || line == ".";
      line.clear();
    }
    ASSERT_TRUE(ended) << "seed " << seed;
  }
}

}  // namespace
}  // namespace graph_milter::mta
