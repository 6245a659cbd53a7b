// SPDX-License-Identifier: Apache-2.0
#include "core/upload/driver.h"

#include <gtest/gtest.h>

#include <functional>
#include <vector>

#include "core/base/format.h"

namespace graph_milter::upload {
namespace {

constexpr RangeRules kTens{.size = 10, .multiple = 1, .limit = 10};

// Writes down what the driver does, in order; answers well unless told otherwise.
class Recorder final : public SessionPort, public RangeDoor, public StateSink {
 public:
  Result<OpenedSession> open() override {
    log_.push_back("open");
    return OpenedSession{Secret("https://u.example/s?t=1"), {}, 0};
  }
  Result<std::optional<Finished>> find_finished() override {
    log_.push_back("find");
    return std::optional<Finished>();
  }
  Result<RangeAnswer> put(const Secret&, ByteSource& file, ByteRange range) override {
    log_.push_back(format("put {}-{}", range.begin, range.end));
    if (on_put) {
      if (auto answer = on_put(range)) return *std::move(answer);
    }
    if (range.end == file.size()) return RangeAnswer{Finished{"ref"}};
    return RangeAnswer{Position{range.end}};
  }
  Result<RangeAnswer> ask_position(const Secret&) override {
    log_.push_back("ask");
    return RangeAnswer{Position{0}};
  }
  Status cancel(const Secret&) override {
    log_.push_back("cancel");
    return {};
  }
  Status save(const UploadState& state) override {
    log_.push_back(format("save {}{}{}", state.position, state.position_known ? "" : "?", state.done ? " done" : ""));
    saved = state;
    if (disk_full) return fail(ErrorKind::System, "journal", "No space left on device");
    return {};
  }

  std::vector<std::string> log_;
  std::function<std::optional<Result<RangeAnswer>>(ByteRange)> on_put;
  bool disk_full = false;
  UploadState saved;
};

class DriverTest : public testing::Test {
 protected:
  Result<Outcome> run(std::stop_token stop = {}) {
    return drive(state_, kTens, file_, {recorder_, recorder_, recorder_, clock_}, stop);
  }

  DriverTest() { state_.size = file_.size(); }

  ManualClock clock_{from_unix_ms(1'000)};
  StringSource file_{std::string(25, 'x')};
  Recorder recorder_;
  UploadState state_;
};

using Log = std::vector<std::string>;

TEST_F(DriverTest, SavesEveryStateBeforeTheRangeThatComesAfterIt) {
  const auto outcome = run();
  ASSERT_TRUE(outcome);
  EXPECT_EQ(std::get<Done>(*outcome).reference, "ref");
  EXPECT_EQ(recorder_.log_,
            (Log{"open", "save 0?", "put 0-10", "save 10?", "put 10-20", "save 20?", "put 20-25", "save 25 done"}));
}

TEST_F(DriverTest, NothingIsSentThatCouldNotBeSaved) {
  recorder_.disk_full = true;
  const auto outcome = run();
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().kind, ErrorKind::System);
  EXPECT_EQ(recorder_.log_, (Log{"open", "save 0?"}));
}

TEST_F(DriverTest, ReturnsInsteadOfSleepingAndGoesOnFromTheSavedState) {
  recorder_.on_put = [](ByteRange range) -> std::optional<Result<RangeAnswer>> {
    if (range.begin != 10) return std::nullopt;
    Error throttled = make_error(ErrorKind::Throttled, "put", "too many requests");
    throttled.status = 429;
    throttled.retry_after = Duration{5'000};
    return fail(throttled);
  };
  const auto first = run();
  ASSERT_TRUE(first);
  EXPECT_EQ(std::get<Wait>(*first).until, clock_.now() + Duration{5'000});
  EXPECT_EQ(recorder_.log_.back(), "save 10");

  recorder_.on_put = nullptr;
  recorder_.log_.clear();
  state_ = recorder_.saved;
  clock_.advance(Duration{5'000});
  ASSERT_TRUE(run());
  EXPECT_EQ(recorder_.log_, (Log{"save 10?", "put 10-20", "save 20?", "put 20-25", "save 25 done"}));
}

TEST_F(DriverTest, FinishesTheRangeItIsInWhenItIsToldToStop) {
  std::stop_source stop;
  recorder_.on_put = [&](ByteRange) -> std::optional<Result<RangeAnswer>> {
    stop.request_stop();
    return std::nullopt;
  };
  const auto outcome = run(stop.get_token());
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().kind, ErrorKind::Cancelled);
  EXPECT_EQ(recorder_.log_, (Log{"open", "save 0?", "put 0-10", "save 10"}));
}

TEST_F(DriverTest, CancelsASessionItDropped) {
  bool first = true;
  recorder_.on_put = [&](ByteRange) -> std::optional<Result<RangeAnswer>> {
    if (!std::exchange(first, false)) return std::nullopt;
    return RangeAnswer{Position{11}};
  };
  ASSERT_TRUE(run());
  EXPECT_EQ(Log(recorder_.log_.begin(), recorder_.log_.begin() + 5),
            (Log{"open", "save 0?", "put 0-10", "cancel", "open"}));
}

TEST_F(DriverTest, AbandonCancelsAnOpenSessionOnly) {
  abandon(state_, recorder_);
  EXPECT_TRUE(recorder_.log_.empty());
  state_.url = Secret("https://u.example/s?t=1");
  abandon(state_, recorder_);
  EXPECT_EQ(recorder_.log_, Log{"cancel"});
}

}  // namespace
}  // namespace graph_milter::upload
