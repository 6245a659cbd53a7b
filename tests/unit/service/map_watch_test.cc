// SPDX-License-Identifier: Apache-2.0
#include "core/service/map_watch.h"

#include <gtest/gtest.h>

namespace graph_milter::service {
namespace {

using Verdict = MapWatch::Verdict;
using std::chrono::milliseconds;
using std::chrono::seconds;

const TimePoint kStart = from_unix_ms(1'800'000'000'000);

std::int64_t nanoseconds(TimePoint time) { return to_unix_ms(time) * 1'000'000; }

// A file of `size` bytes that was written at `when`.
FileStamps file(std::uint64_t size, TimePoint when = kStart - seconds(60)) {
  return {{"/m", FileStamp{true, 1, 7, size, nanoseconds(when), nanoseconds(when)}}};
}

const FileStamps kGone = {{"/m", FileStamp{}}};

TEST(MapWatch, DoesNothingWhileNothingChanges) {
  MapWatch watch(file(10), kStart);
  for (int i = 1; i < 5; ++i) EXPECT_EQ(watch.look(file(10), kStart + seconds(i)), Verdict::Same);
}

TEST(MapWatch, ReadsAChangedFileOnceItStandsStill) {
  MapWatch watch(file(10), kStart);
  EXPECT_EQ(watch.look(file(0), kStart + seconds(1)), Verdict::Wait) << "an editor has just emptied it";
  EXPECT_EQ(watch.look(file(5), kStart + seconds(2)), Verdict::Wait) << "it is being written";
  EXPECT_EQ(watch.look(file(12), kStart + seconds(3)), Verdict::Wait);
  EXPECT_EQ(watch.look(file(12), kStart + seconds(4)), Verdict::Read);
  watch.taken(file(12), kStart + seconds(4));
  EXPECT_EQ(watch.look(file(12), kStart + seconds(5)), Verdict::Same);
}

TEST(MapWatch, TriesABrokenFileOnceUntilItChanges) {
  MapWatch watch(file(10), kStart);
  EXPECT_EQ(watch.look(file(12), kStart + seconds(1)), Verdict::Wait);
  EXPECT_EQ(watch.look(file(12), kStart + seconds(2)), Verdict::Read);
  watch.refused(file(12));
  EXPECT_EQ(watch.look(file(12), kStart + seconds(3)), Verdict::Same);
  EXPECT_EQ(watch.look(file(14), kStart + seconds(4)), Verdict::Wait);
  EXPECT_EQ(watch.look(file(14), kStart + seconds(5)), Verdict::Read);
}

TEST(MapWatch, NoticesAFileThatIsGoneAndOneThatComesBack) {
  MapWatch watch(file(10), kStart);
  EXPECT_EQ(watch.look(kGone, kStart + seconds(1)), Verdict::Wait) << "it may be between two names of a rename";
  EXPECT_EQ(watch.look(kGone, kStart + seconds(2)), Verdict::Read);
  watch.refused(kGone);
  EXPECT_EQ(watch.look(kGone, kStart + seconds(3)), Verdict::Same);
  EXPECT_EQ(watch.look(file(10), kStart + seconds(4)), Verdict::Again);
  EXPECT_EQ(watch.look(file(10), kStart + seconds(5)), Verdict::Same);
}

TEST(MapWatch, ReadsAFileAgainThatWasWrittenJustBeforeItWasRead) {
  const FileStamps young = file(10, kStart - milliseconds(2));
  MapWatch watch(young, kStart);
  EXPECT_EQ(watch.look(young, kStart + milliseconds(500)), Verdict::Same);
  EXPECT_EQ(watch.look(young, kStart + seconds(1)), Verdict::Read) << "a change of equal size in the same tick";
  watch.taken(young, kStart + seconds(1) + milliseconds(5));
  EXPECT_EQ(watch.look(young, kStart + seconds(9)), Verdict::Same);
}

}  // namespace
}  // namespace graph_milter::service
