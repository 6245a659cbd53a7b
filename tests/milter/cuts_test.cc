// SPDX-License-Identifier: Apache-2.0
// The MTA's connection breaks: after any packet, inside one, while the answer is read, or because the MTA talks
// nonsense. Whatever happened, the client sends its mail again, as clients do that heard no 250: then the queue must
// have it once, and what was answered "taken" must be there.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <iostream>
#include <map>
#include <random>
#include <set>

#include "core/base/format.h"
#include "core/base/text.h"
#include "tests/milter/daemon_rig.h"
#include "tests/milter/mails.h"
#include "tests/milter/transcript.h"

namespace graph_milter::test {
namespace {

constexpr std::size_t kPdf = 110000;  // a body of three chunks
constexpr std::uint16_t kPort = 28937;

// What is known of one mail: its number is in its recipient and in both queue ids.
struct Attempt {
  std::string how;
  bool end_was_said = false;  // all of the end-of-message packet went out
  char verdict = 0;           // what was heard before the connection broke; 0: nothing
};

class Cuts : public testing::Test {
 protected:
  void start(const std::string& socket = {}) {
    RigOptions options;
    options.socket = socket;
    tcp_ = !socket.empty();
    rig_.emplace(options);
    rig_->start();
  }

  MilterDriver connect() const { return tcp_ ? MilterDriver::connect_tcp(kPort) : rig_->connect(); }

  static std::string first_id(int number) { return format("1ST{}X", number); }
  static std::string again_id(int number) { return format("2ND{}X", number); }

  int next_number() { return static_cast<int>(attempts_.size()) + 1; }

  // Of the mail to user<number>@contoso.com.
  static int number_in(const std::string& recipient) { return std::stoi(recipient.substr(4)); }

  // The client's second try, on a connection of its own; also shows that the daemon lives.
  void send_again(Attempt attempt) {
    const int number = next_number();
    attempts_.push_back(std::move(attempt));
    MilterDriver driver = connect();
    driver.greet("10.1.20.5");
    ASSERT_EQ(driver.deliver(scan_mail(kPdf, number), again_id(number)).command, wire::kDiscard)
        << attempts_.back().how << "\n"
        << rig_->words();
    driver.quit();
  }

  // Breaks off `within` bytes into the packet with this index; without a number, behind it.
  void cut(std::size_t index, std::optional<std::size_t> within, bool reset) {
    const int number = next_number();
    const auto transcript = transcript_of(scan_mail(kPdf, number), first_id(number));
    std::size_t end = within.value_or(transcript[index].bytes.size());
    for (std::size_t i = 0; i < index; ++i) end += transcript[i].bytes.size();
    MilterDriver driver = connect();
    Attempt attempt{format("{} bytes said, the last of '{}'", end, transcript[index].command),
                    end >= end_of_message(transcript), 0};
    attempt.verdict = say_bytes(driver, transcript, end);
    if (within && index + 1 == transcript.size()) ++cuts_in_quit_;
    driver.drop(reset);
    send_again(std::move(attempt));
  }

  static std::size_t end_of_message(const std::vector<Saying>& transcript) {
    std::size_t end = 0;
    for (const Saying& saying : transcript) {
      end += saying.bytes.size();
      if (saying.command == wire::kEndOfBody) break;
    }
    return end;
  }

  // Sends everything at once, hears only `bytes` of all that is said in reply, and breaks off. Without `bytes` it does
  // not even wait.
  void cut_the_answer(std::size_t bytes) {
    const int number = next_number();
    const auto transcript = transcript_of(scan_mail(kPdf, number), first_id(number));
    MilterDriver driver = connect();
    const std::size_t until_end = end_of_message(transcript) - transcript[transcript.size() - 2].bytes.size();
    say_bytes(driver, transcript, until_end);
    driver.send(wire::kEndOfBody);
    Attempt attempt{format("after {} bytes of the answer", bytes), true, 0};
    const std::string answer = driver.read_bytes(bytes);
    if (bytes >= kAnswer) attempt.verdict = answer[kAnswer - 1];
    driver.drop();
    send_again(std::move(attempt));
  }

  // Never reads a reply, whatever the milter says.
  void say_all_unheard(bool listening) {
    const int number = next_number();
    MilterDriver driver = connect();
    if (!listening) driver.stop_listening();
    Attempt attempt{listening ? "without reading" : "without listening", true, 0};
    try {
      for (const Saying& saying : transcript_of(scan_mail(kPdf, number), first_id(number)))
        driver.send_raw(saying.bytes);
      if (listening) driver.is_closed();  // after "quit" the milter closes; the replies are thrown away
    } catch (const std::runtime_error&) {
      attempt.end_was_said = false;  // it hung up on us first
    }
    driver.drop();
    send_again(std::move(attempt));
  }

  // Every mail is in the queue once, whole, under the queue id of the try that was taken; the other try was adopted.
  void judge() {
    std::map<std::string, int> counts;
    std::size_t firsts = 0;
    const std::string words = rig_->words();
    const auto entries = rig_->entries();
    for (const auto& summary : entries) {
      const queue::Entry entry = rig_->entry(summary.id);
      const std::string recipient = entry.envelope.recipients.at(0).address;
      ++counts[recipient];
      const int number = number_in(recipient);
      const Attempt& attempt = attempts_.at(static_cast<std::size_t>(number) - 1);
      EXPECT_EQ(rig_->message_file(entry.id), wire_form(scan_mail(kPdf, number))) << attempt.how;
      if (summary.queue_id != first_id(number)) continue;
      ++firsts;
      EXPECT_TRUE(attempt.end_was_said) << "nothing is taken before its end: " << attempt.how;
      EXPECT_NE(words.find(again_id(number) + ": event=adopted entry=" + entry.id), std::string::npos) << attempt.how;
    }
    for (int number = 1; number < next_number(); ++number) {
      const Attempt& attempt = attempts_.at(static_cast<std::size_t>(number) - 1);
      EXPECT_EQ(counts[format("user{}@contoso.com", number)], 1) << attempt.how;
      EXPECT_TRUE(attempt.verdict == 0 || attempt.verdict == wire::kDiscard) << attempt.how << ": " << attempt.verdict;
    }
    EXPECT_EQ(rig_->spool_files(), entries.size());
    EXPECT_TRUE(eventually([this] { return rig_->is_idle(); })) << "nothing of a broken connection stays open";
    EXPECT_TRUE(rig_->is_running());
    firsts_ = firsts;
    const std::size_t cuts = attempts_.size() - uncut_;
    std::cerr << format("{} cuts; {} messages were taken at the first try, {} at the second\n", cuts, firsts,
                        cuts - firsts);
  }

  // Two progress reports and the verdict, five bytes each.
  static constexpr std::size_t kProbes = 10;
  static constexpr std::size_t kAnswer = 15;

  std::optional<DaemonRig> rig_;
  bool tcp_ = false;
  std::vector<Attempt> attempts_;
  std::size_t firsts_ = 0;
  std::size_t uncut_ = 0;         // messages that came through on the connection that was cut later
  std::size_t cuts_in_quit_ = 0;  // behind the answer
};

TEST_F(Cuts, AfterEveryPacket) {
  start();
  const std::size_t packets = transcript_of(scan_mail(kPdf), "X").size();
  for (std::size_t i = 0; i < packets; ++i) cut(i, std::nullopt, false);
  judge();
  EXPECT_EQ(firsts_, 2U) << "the two that came to the answer";
}

TEST_F(Cuts, AfterEveryPacketOverTcp) {
  start(format("inet:{}@127.0.0.1", kPort));
  const std::size_t packets = transcript_of(scan_mail(kPdf), "X").size();
  for (std::size_t i = 0; i < packets; ++i) cut(i, std::nullopt, true);
  judge();
  EXPECT_EQ(firsts_, 2U) << "the two that came to the answer";
}

// The connection has served a message that was taken, and one that was reset, before.
TEST_F(Cuts, AfterEveryPacketOfALaterMessage) {
  start();
  constexpr std::size_t kGreeting = 4;
  const std::size_t packets = transcript_of(scan_mail(kPdf), "X").size();
  for (std::size_t i = kGreeting; i < packets; ++i) {
    MilterDriver driver = connect();
    driver.greet("10.1.20.5");
    const int earlier = next_number();
    attempts_.push_back(
        {"the message before", true, driver.deliver(scan_mail(kPdf, earlier), again_id(earlier)).command});
    ++uncut_;
    driver.begin(scan_mail(kPdf, earlier), "RESET");
    driver.abort();
    const int number = next_number();
    auto transcript = transcript_of(scan_mail(kPdf, number), first_id(number));
    transcript.resize(i + 1);
    transcript.erase(transcript.begin(), transcript.begin() + kGreeting);
    Attempt attempt{format("a later message, behind '{}'", transcript.back().command), i + 2 >= packets, 0};
    attempt.verdict = say_bytes(driver, transcript, std::string::npos);
    driver.drop();
    send_again(std::move(attempt));
  }
  judge();
  EXPECT_EQ(firsts_, 2U) << "the two that came to the answer";
}

TEST_F(Cuts, InsidePackets) {
  start();
  std::mt19937_64 random(seed());
  const auto transcript = transcript_of(scan_mail(kPdf), "X");
  for (std::size_t i = 0; i < transcript.size(); ++i) {
    // In the length, before the command, and at some places behind it.
    std::set<std::size_t> places = {1, 4};
    for (int more = 0; more < 3; ++more) places.insert(1 + random() % (transcript[i].bytes.size() - 1));
    for (const std::size_t place : places) cut(i, place, false);
  }
  judge();
  EXPECT_EQ(firsts_, cuts_in_quit_) << "all others came to no end";
}

TEST_F(Cuts, InTheAnswer) {
  start();
  for (std::size_t bytes = 0; bytes <= kAnswer; ++bytes) cut_the_answer(bytes);
  judge();
  // From the second report on, the daemon believes that somebody waits.
  EXPECT_GE(firsts_, kAnswer - kProbes + 1);
}

TEST_F(Cuts, WithoutReadingAnyReply) {
  start();
  for (int i = 0; i < 10; ++i) say_all_unheard(i % 2 == 0);
  judge();
}

// An MTA that says packets twice, not at all, in the wrong order, or none that exist.
class Nonsense : public Cuts {
 protected:
  using Transcript = std::vector<Saying>;

  Transcript spoiled(Transcript transcript, std::mt19937_64& random) {
    const auto pick = [&random](std::size_t count) { return static_cast<std::size_t>(random() % count); };
    for (std::size_t changes = 1 + pick(3); changes > 0 && !transcript.empty(); --changes) {
      // The negotiation stays: without it every connection ends at once.
      const std::size_t at = 1 + pick(transcript.size() - 1);
      const auto here = transcript.begin() + static_cast<std::ptrdiff_t>(at);
      switch (pick(6)) {
        case 0:
          transcript.erase(here);
          break;
        case 1: {
          const Saying twice = *here;
          transcript.insert(here, twice);
          break;
        }
        case 2:
          std::swap(transcript[at], transcript[1 + pick(transcript.size() - 1)]);
          break;
        case 3:
          transcript.insert(here, {wire::kAbort, wire::packet(wire::kAbort), false});
          break;
        case 4: {
          const char command = static_cast<char>('A' + pick(60));
          transcript.insert(here, {command, wire::packet(command, std::string(pick(20), '\0')), false});
          break;
        }
        default:
          transcript[at].bytes[pick(5)] = static_cast<char>(pick(256));
          break;
      }
    }
    return transcript;
  }

  // How many of its messages were answered "taken".
  std::size_t say(const Transcript& transcript) const {
    MilterDriver driver = connect();
    try {
      for (const Saying& saying : transcript) driver.send_raw(saying.bytes);
    } catch (const std::runtime_error&) {
      // It hung up; what it said before may still be read.
    }
    const std::vector<Packet> replies = driver.finish();
    return static_cast<std::size_t>(std::count_if(replies.begin(), replies.end(),
                                                  [](const Packet& reply) { return reply.command == wire::kDiscard; }));
  }
};

TEST_F(Nonsense, IsAnsweredByWhatTheQueueHas) {
  start();
  std::mt19937_64 random(seed());
  constexpr int kRounds = 150;
  std::map<int, std::size_t> answered;
  std::map<int, std::size_t> kept;
  for (int number = 1; number <= kRounds; ++number) {
    answered[number] = say(spoiled(transcript_of(scan_mail(kPdf, number), "N"), random));
  }
  for (const auto& entry : rig_->entries()) {
    ++kept[number_in(rig_->entry(entry.id).envelope.recipients.at(0).address)];
  }
  std::size_t taken = 0;
  for (const auto& [number, count] : answered) {
    // Equal messages within one connection are one entry.
    EXPECT_EQ(kept[number] > 0, count > 0) << number;
    EXPECT_LE(kept[number], count) << number;
    if (count > 0) ++taken;
  }
  std::cerr << format("{} spoiled connections; {} had a message that was taken\n", answered.size(), taken);
  EXPECT_EQ(rig_->greeted().deliver(scan_mail(kPdf, kRounds + 1), "LAST").command, wire::kDiscard);
}

}  // namespace
}  // namespace graph_milter::test
