// SPDX-License-Identifier: Apache-2.0
// Mail made to cost memory or time, each read by both readers in a process of its own: at most 1 s of CPU and 64 MiB,
// whatever else the machine does. And what is linear must stay so: twice the size, at most three times the work.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <ctime>
#include <fstream>
#include <functional>

#include "core/mail/address.h"
#include "core/mail/encoded_word.h"
#include "core/mail/parameter_list.h"
#include "core/mail/tolerance.h"
#include "tests/support/sanitized.h"
#include "tests/unit/mail/scan.h"

namespace graph_milter::mail {
namespace {

#ifdef GM_SANITIZED
constexpr double kMostSeconds = 15;
constexpr long kMostKib = 1024 * 1024;
#else
constexpr double kMostSeconds = 1;
constexpr long kMostKib = 64 * 1024;
#endif

double cpu_seconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

long memory_kib(std::string_view field) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with(field)) return std::stol(line.substr(field.size()));
  }
  return -1;
}

struct Cost {
  double seconds = 0;
  long kib = 0;
  char verdict[64] = {};
};

// What `work` costs, in a child that is like this process when it begins. The verdict is what `work` returns.
Cost measure(const std::function<std::string()>& work) {
  int ends[2];
  if (pipe(ends) != 0) return {};
  const pid_t child = fork();
  if (child == 0) {
    std::ofstream("/proc/self/clear_refs") << "5";  // the peak begins anew
    const long before = memory_kib("VmRSS:");
    const double began = cpu_seconds();
    const std::string verdict = work();
    Cost cost{cpu_seconds() - began, memory_kib("VmHWM:") - before, {}};
    verdict.copy(cost.verdict, sizeof cost.verdict - 1);
    const bool told = write(ends[1], &cost, sizeof cost) == sizeof cost;
    _exit(told ? 0 : 1);
  }
  close(ends[1]);
  Cost cost;
  const ssize_t got = read(ends[0], &cost, sizeof cost);
  close(ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_TRUE(got == sizeof cost && WIFEXITED(status)) << "the child ended with " << status;
  return cost;
}

// A message too large to be held: written piece by piece to whoever reads it.
using Writer = std::function<void(const std::function<void(std::string_view)>&)>;

struct Bomb {
  std::string name;
  Writer write;
  std::string verdict;
};

const std::string kFrom = "From: a@b.example\r\n";
const std::string kMixed = kFrom + "Content-Type: multipart/mixed; boundary=b\r\n\r\n";

Writer repeated(const std::string& head, const std::string& piece, std::size_t times,
                const std::string& tail = "\r\n\r\nx\r\n") {
  return [=](const auto& feed) {
    std::string block;
    while (block.size() < 60'000) block += piece;
    const std::size_t in_block = block.size() / piece.size();
    feed(head);
    std::size_t left = times;
    for (; left > in_block; left -= in_block) feed(block);
    feed(std::string_view(block).substr(0, left * piece.size()));
    feed(tail);
  };
}

void write_nesting(std::size_t depth, const std::function<void(std::string_view)>& feed) {
  feed(kFrom);
  for (std::size_t i = 0; i < depth; ++i) {
    const std::string boundary = "n" + std::to_string(10'000'000 + i);
    feed("Content-Type: multipart/mixed; boundary=" + boundary + "\r\n\r\n--" + boundary + "\r\n");
  }
  feed("\r\nx\r\n");
}

void write_deep_delimiters(const std::function<void(std::string_view)>& feed) {
  write_nesting(19, feed);
  for (int i = 0; i < 1'000'000; ++i) feed("--n10000000y\r\n");
}

std::vector<Bomb> bombs() {
  constexpr std::size_t kMillion = 1'000'000;
  const std::string over = "over-limit header-size";
  return {
      {"nesting", [](const auto& feed) { write_nesting(kMillion, feed); }, "over-limit depth"},
      {"parts", repeated(kMixed, "--b\r\n\r\nx\r\n", kMillion, "--b--\r\n"), "over-limit parts"},
      {"parts with names", repeated(kMixed, "--b\r\nContent-Type: a/b; name=x\r\n\r\nx\r\n", kMillion),
       "over-limit parts"},
      {"parameters", repeated(kFrom + "Content-Type: a/b", "; a=b", kMillion), over},
      {"parameters in folds", repeated(kFrom + "Content-Type: a/b", ";\r\n a=b", kMillion), over},
      {"parameters that fit", repeated(kFrom + "Content-Type: a/b", "; a=b", 3'000), "ambiguous param"},
      {"empty parameters", repeated(kFrom + "Content-Type: a/b", ";", 16'000), "ambiguous param-form"},
      {"sections", repeated(kFrom + "Content-Disposition: attachment", "; filename*0=a", kMillion), over},
      {"recipients", repeated(kFrom + "To: u@b.example", ",u@b.example", kMillion), over},
      {"recipients in folds", repeated(kFrom + "To: u@b.example", ",\r\n u@b.example", kMillion), over},
      {"recipients that fit", repeated(kFrom + "To: u@b.example", ",u@b.example", 5'000), "clean"},
      {"fields", repeated(kFrom, "X: y\r\n", kMillion), "over-limit header-fields"},
      {"recipient fields", repeated(kFrom, "To: u@b.example\r\n", kMillion), "over-limit header-fields"},
      {"100 MB in one line", repeated(kFrom + "X: ", "y", 100 * kMillion), over},
      {"100 MB of folds", repeated(kFrom + "X: y", "\r\n y", 25 * kMillion), over},
      {"100 MB of fields", repeated(kFrom, "X: " + std::string(900, 'y') + "\r\n", 110'000), over},
      {"100 MB of header in a part", repeated(kMixed + "--b\r\nX: ", "y", 100 * kMillion), over},
      {"open comments in a type", repeated(kFrom + "Content-Type: a/b ", "(", 16'000), "ambiguous comment-odd"},
      {"comments in a type", repeated(kFrom + "Content-Type: a/b ", "(c)", 5'000), "ambiguous comment"},
      {"open comments in To", repeated(kFrom + "To: ", "(", 60'000), "ambiguous address"},
      {"open quotes in To", repeated(kFrom + "To: ", "\"\\", 30'000), "ambiguous address"},
      {"open angles in To", repeated(kFrom + "To: ", "<", 60'000), "ambiguous address"},
      {"open groups in To", repeated(kFrom + "To: ", "a:", 30'000), "ambiguous address"},
      {"names without an address in To", repeated(kFrom + "To: ", "a ", 30'000), "ambiguous address"},
      {"open quote in a type", repeated(kFrom + "Content-Type: a/b; name=\"", "\\\\", 8'000), "ambiguous param"},
      {"words in a name", repeated(kFrom + "Content-Type: a/b; name=\"", "=?utf-8?Q?a?= ", 1'100, "\"\r\n\r\nx\r\n"),
       "clean"},
      {"open words in a name", repeated(kFrom + "Content-Type: a/b; name=\"", "=?", 8'000, "\"\r\n\r\nx\r\n"), "clean"},
      {"open words in Subject", repeated(kFrom + "Subject: ", "=?", 30'000), "clean"},
      {"delimiters that go on", repeated(kMixed + "--b\r\n\r\nx\r\n", "--bx\r\n", kMillion), "ambiguous delimiter"},
      {"hyphens at depth 19", write_deep_delimiters, "ambiguous delimiter"},
      {"lone CRs", repeated(kMixed + "--b\r\n\r\n", "\r", 20 * kMillion, "\r\n--b--\r\n"), "clean"},
      {"lines of one character",
       repeated(kMixed + "--b\r\nContent-Transfer-Encoding: base64\r\n\r\n", "A\r\n", 4 * kMillion, "--b--\r\n"),
       "clean"},
      {"soft breaks",
       repeated(kMixed + "--b\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n", "=\r\n", 4 * kMillion,
                "x\r\n--b--\r\n"),
       "clean"},
  };
}

// As intake reads it, with a tolerant rule, which reads the most.
std::string verdict_of_bomb(const Writer& write) {
  Scanner scanner;
  std::string small;  // what the second reader may be asked about; the scanner's verdict comes first
  bool is_small = true;
  write([&](std::string_view bytes) {
    scanner.feed(bytes);
    is_small = is_small && small.size() + bytes.size() < 1'000'000;
    if (is_small) small += bytes;
  });
  const MessageFacts facts = scanner.finish();
  std::string verdict = verdict_of(facts);
  if (is_small) {
    StringSource source(std::move(small));
    confirm_with_second_reader(tolerate(facts), source);
  }
  return verdict;
}

TEST(Bombs, CostAtMostOneSecondAnd64MiB) {
  confirm(kFrom + "\r\n");  // GMime starts once, and is no part of the cost
  for (const Bomb& bomb : bombs()) {
    const Cost cost = measure([&] { return verdict_of_bomb(bomb.write); });
    EXPECT_EQ(cost.verdict, bomb.verdict) << bomb.name;
    EXPECT_LE(cost.seconds, kMostSeconds) << bomb.name;
    EXPECT_LE(cost.kib, kMostKib) << bomb.name;
    std::printf("%-32s %6.3f s %6ld KiB  %s\n", bomb.name.c_str(), cost.seconds, cost.kib, cost.verdict);
  }
}

// The least of three runs, so that what else the machine does hardly counts.
double seconds_for(const std::function<void(const std::string&)>& read, const std::string& text) {
  double least = 1e9;
  for (int i = 0; i < 3; ++i) {
    const double began = cpu_seconds();
    read(text);
    least = std::min(least, cpu_seconds() - began);
  }
  return least;
}

TEST(Bombs, TakeWorkInProportionToTheirSize) {
  const auto addresses = [](const std::string& text) { static_cast<void>(parse_mailbox_list(text)); };
  const auto parameters = [](const std::string& text) { static_cast<void>(read_parameter_list(text)); };
  const auto words = [](const std::string& text) { static_cast<void>(decode_encoded_words(text)); };
  const std::vector<std::pair<std::function<void(const std::string&)>, std::vector<std::string>>> readers = {
      {addresses, {"(", "\"", "\"\\", "<", "a ", "a:", ";", ",", "a@b.example,", "a <a@b.example>,", "(a) ", "=?"}},
      {parameters, {";", "; a=b", "; a=\"", "(", "(c)", "; filename*0=a", "\\", "\"", "; name=\"=?utf-8?Q?a?=\""}},
      {words, {"=?", "=?utf-8?Q?a?= ", "=?utf-8?", "?=", "=?utf-8?B?", "a ", "_"}},
  };
  for (const auto& [read, pieces] : readers) {
    for (const std::string& piece : pieces) {
      std::string once;
      while (once.size() < 200'000) once += piece;
      const double small = seconds_for(read, once);
      const double large = seconds_for(read, once + once);
      EXPECT_LE(large, 3 * small + 0.02) << piece << ": " << small << " s, and twice as long " << large << " s";
    }
  }
}

}  // namespace
}  // namespace graph_milter::mail
