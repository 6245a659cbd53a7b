// SPDX-License-Identifier: Apache-2.0
// The session and its driver against a model of a server that does everything wrong that a server can do, at random,
// with restarts in between. Whatever happens, the file arrives once and whole.
#include <gtest/gtest.h>

#include <random>

#include "core/base/format.h"
#include "core/upload/driver.h"
#include "tests/support/temp_folder.h"

namespace graph_milter::upload {
namespace {

enum class Questions { Answered, NotFound, NotAllowed };

struct StoppedHere {};  // thrown where a process would be killed

// Keeps bytes, sessions and finished files; misbehaves as the dice say.
class ModelServer final : public SessionPort, public RangeDoor, public StateSink {
 public:
  ModelServer(unsigned long long seed, std::string content, RangeRules rules, ManualClock& clock)
      : dice_(seed), content_(std::move(content)), rules_(rules), clock_(clock) {
    questions_ = static_cast<Questions>(roll(3));
    trouble_ = 1 + roll(60);
    kills_ = roll(2) == 0;
  }

  // From here on nothing goes wrong, so that the walk ends.
  void calm_down() { calm_ = true; }

  Result<OpenedSession> open() override {
    maybe_kill();
    if (trouble()) return fault();
    session_ = ++sessions_;
    bytes_.clear();
    expires_ = clock_.now() + Duration{calm_ ? 3'600'000 : 1 + roll(60'000)};
    if (trouble()) return fail(ErrorKind::Unclear, "open", "answer lost");
    return OpenedSession{Secret(format("https://u.example/{}", session_)), expires_, 0};
  }

  Result<std::optional<Finished>> find_finished() override {
    maybe_kill();
    if (trouble()) return fault();
    if (finished_.empty()) return std::optional<Finished>();
    return std::optional<Finished>(Finished{"id1"});
  }

  Result<RangeAnswer> put(const Secret& url, ByteSource& file, ByteRange range) override {
    EXPECT_EQ(saved_.url, url) << "a range was sent before its session was durable";
    EXPECT_FALSE(saved_.position_known) << "a restart would not ask";
    EXPECT_TRUE(range.end < content_.size() || saved_.last_range_sent);
    EXPECT_TRUE(!range.empty() && range.end <= content_.size() && range.size() <= rules_.limit);
    EXPECT_TRUE(range.end == content_.size() || range.size() % rules_.multiple == 0);
    maybe_kill();
    if (trouble()) return fault();
    if (!alive(url)) return fail(ErrorKind::SessionGone, "put", "no such session");
    if (range.begin != bytes_.size()) return fail(ErrorKind::OutOfStep, "put", "not the byte I want");
    store(file, range);
    const bool complete = bytes_.size() == content_.size();
    if (complete) {
      finished_.push_back(bytes_);
      session_ = 0;
    }
    maybe_kill();
    if (trouble()) return lost_answer();
    if (complete) return RangeAnswer{Finished{"id1"}};
    return RangeAnswer{Position{bytes_.size()}};
  }

  Result<RangeAnswer> ask_position(const Secret& url) override {
    maybe_kill();
    if (trouble()) return fault();
    if (questions_ == Questions::NotAllowed) return fail(ErrorKind::Permanent, "ask", "405");
    if (questions_ == Questions::NotFound || !alive(url)) return fail(ErrorKind::NotFound, "ask", "404");
    return RangeAnswer{Position{bytes_.size()}};
  }

  Status cancel(const Secret& url) override {
    if (alive(url)) session_ = 0;
    return {};
  }

  Status save(const UploadState& state) override {
    maybe_kill();
    saved_ = state;
    maybe_kill();
    return {};
  }

  const UploadState& saved() const { return saved_; }
  UploadState& saved() { return saved_; }
  const std::vector<std::string>& finished() const { return finished_; }

 private:
  int roll(int sides) { return static_cast<int>(dice_() % static_cast<unsigned>(sides)); }
  bool trouble() { return !calm_ && roll(100) < trouble_; }
  void maybe_kill() {
    if (!calm_ && kills_ && roll(100) < 4) throw StoppedHere{};
  }
  bool alive(const Secret& url) const {
    return session_ != 0 && url == Secret(format("https://u.example/{}", session_)) && clock_.now() < expires_;
  }

  tl::unexpected<Error> fault() {
    static constexpr ErrorKind kKinds[] = {ErrorKind::Transient, ErrorKind::Unclear, ErrorKind::Throttled};
    Error error = make_error(kKinds[roll(3)], "server", "trouble");
    if (error.kind == ErrorKind::Throttled) error.retry_after = Duration{roll(3'000)};
    if (error.kind == ErrorKind::Throttled && roll(2) == 0) error.status = 429;
    return fail(std::move(error));
  }

  // The work is done, but the answer does not say so.
  tl::unexpected<Error> lost_answer() {
    static constexpr ErrorKind kKinds[] = {ErrorKind::Transient, ErrorKind::Unclear, ErrorKind::Throttled};
    Error error = make_error(kKinds[roll(3)], "put", "answer lost");
    error.status = error.kind == ErrorKind::Unclear ? 0 : 503;
    return fail(std::move(error));
  }

  void store(ByteSource& file, ByteRange range) {
    std::string bytes(range.size(), '\0');
    EXPECT_EQ(file.read_at(range.begin, writable(bytes)).value_or(0), range.size());
    if (trouble()) bytes.resize(static_cast<std::size_t>(roll(static_cast<int>(bytes.size()))));  // keeps less
    bytes_ += bytes;
  }

  std::mt19937_64 dice_;
  std::string content_;
  RangeRules rules_;
  ManualClock& clock_;
  Questions questions_ = Questions::Answered;
  int trouble_ = 0;  // percent
  bool kills_ = false;
  bool calm_ = false;
  int sessions_ = 0;
  int session_ = 0;  // the one that is open; 0: none
  TimePoint expires_{};
  std::string bytes_;
  std::vector<std::string> finished_;
  UploadState saved_;
};

std::string random_content(std::mt19937_64& dice) {
  std::string content(1 + dice() % 400, '\0');
  for (char& c : content) c = static_cast<char>(dice());
  return content;
}

// One call of the driver as a worker would make it: from the journal, until it must wait or is killed.
std::optional<Outcome> one_attempt(ModelServer& server, const RangeRules& rules, ByteSource& file, ManualClock& clock) {
  try {
    auto outcome = drive(server.saved(), rules, file, {server, server, server, clock}, std::stop_token());
    EXPECT_TRUE(outcome) << outcome.error().text();
    if (outcome) return *std::move(outcome);
  } catch (const StoppedHere&) {
  }
  return std::nullopt;
}

void walk(unsigned long long seed) {
  SCOPED_TRACE(format("walk {}", seed));
  std::mt19937_64 dice(seed);
  ManualClock clock(from_unix_ms(1'700'000'000'000));
  const std::string content = random_content(dice);
  const ByteCount unit = 1 + dice() % 40;
  const RangeRules rules{.size = unit * (1 + dice() % 4), .multiple = unit, .limit = unit * 4};
  ModelServer server(dice(), content, rules, clock);
  server.saved().size = content.size();
  StringSource file(content);

  for (int attempt = 0; attempt < 600; ++attempt) {
    if (attempt == 300) server.calm_down();
    const auto outcome = one_attempt(server, rules, file, clock);
    if (outcome && std::holds_alternative<Done>(*outcome)) break;
    if (outcome) {
      if (const auto* wait = std::get_if<Wait>(&*outcome)) clock.advance(wait->until - clock.now());
      if (const auto* give_up = std::get_if<GiveUp>(&*outcome)) {
        ASSERT_EQ(give_up->error.kind, ErrorKind::Transient) << give_up->error.text();
        Session::rearm(server.saved());
      }
    }
    clock.advance(Duration{static_cast<Duration::rep>(dice() % 5'000)});
  }
  EXPECT_TRUE(server.saved().done) << "the file never got there";
  ASSERT_EQ(server.finished().size(), 1U) << "the file must arrive exactly once";
  EXPECT_TRUE(server.finished().front() == content);
}

TEST(SessionWalk, TheFileArrivesOnceAndWholeWhateverTheServerDoes) {
  const unsigned long long first = test::seed();
  for (unsigned long long i = 0; i < 3'000 && !testing::Test::HasFailure(); ++i) walk(first + i);
}

}  // namespace
}  // namespace graph_milter::upload
