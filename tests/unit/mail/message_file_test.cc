// SPDX-License-Identifier: Apache-2.0
#include "core/mail/message_file.h"

#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <random>

#include "core/base/digest.h"
#include "tests/support/temp_folder.h"

namespace graph_milter::mail {
namespace {

using test::TempFolder;

std::string all_of(MessageFile& file) { return read_all(file, 1ULL << 30).value(); }

std::size_t names_in(const std::string& directory) {
  return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(directory), {}));
}

TEST(MessageFile, StaysInMemoryUpToItsLimitAndGoesToDiskBeyond) {
  const TempFolder folder;
  MessageFile file(folder.path(), 10);
  ASSERT_TRUE(file.append("0123456789").has_value());
  EXPECT_FALSE(file.is_on_disk());
  ASSERT_TRUE(file.append("a").has_value());
  EXPECT_TRUE(file.is_on_disk());
  EXPECT_EQ(file.size(), 11U);
  EXPECT_EQ(all_of(file), "0123456789a");
}

TEST(MessageFile, HasNoNameBeforeItIsKept) {
  const TempFolder folder;
  MessageFile file(folder.path(), 0);
  ASSERT_TRUE(file.append(std::string(100000, 'x')).has_value());
  EXPECT_TRUE(file.is_on_disk());
  EXPECT_EQ(names_in(folder.path()), 0U);
}

TEST(MessageFile, NeedsNoDirectoryWhileItStaysInMemory) {
  MessageFile file("/nonexistent", 100);
  EXPECT_TRUE(file.append("small").has_value());
  const Status status = file.append(std::string(100, 'x'));
  ASSERT_FALSE(status.has_value());
  EXPECT_EQ(status.error().text(), "/nonexistent: cannot open: No such file or directory");
}

class KeptMessage : public ::testing::TestWithParam<ScratchFile> {};
INSTANTIATE_TEST_SUITE_P(MessageFile, KeptMessage, ::testing::Values(ScratchFile::Unlinked, ScratchFile::Named),
                         [](const auto& instance) {
                           return instance.param == ScratchFile::Named ? "Named" : "Unlinked";
                         });

TEST_P(KeptMessage, IsTheFileUnderThatNameAndNothingElse) {
  for (const std::size_t memory_limit : {0U, 1000000U}) {
    const TempFolder folder;
    {
      MessageFile file(folder.path(), memory_limit, GetParam());
      ASSERT_TRUE(file.append("Subject: x\r\n\r\n").has_value());
      ASSERT_TRUE(file.append(std::string(100000, 'x')).has_value());
      const Status kept = file.keep(folder.file("message"));
      ASSERT_TRUE(kept.has_value()) << kept.error().text();
      EXPECT_EQ(all_of(file).size(), 100014U);
    }
    EXPECT_EQ(test::read_file(folder.file("message")), "Subject: x\r\n\r\n" + std::string(100000, 'x'));
    EXPECT_EQ(names_in(folder.path()), 1U);
    struct stat info {};
    ASSERT_EQ(stat(folder.file("message").c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 07777U, 0600U);
  }
}

TEST_P(KeptMessage, LeavesNothingBehindWhenItIsDropped) {
  const TempFolder folder;
  {
    MessageFile file(folder.path(), 0, GetParam());
    ASSERT_TRUE(file.append(std::string(100000, 'x')).has_value());
    EXPECT_EQ(names_in(folder.path()), GetParam() == ScratchFile::Named ? 1U : 0U);
    for (const auto& entry : std::filesystem::directory_iterator(folder.path())) {
      EXPECT_TRUE(entry.path().filename().string().starts_with(kScratchPrefix)) << entry.path();
    }
  }
  EXPECT_EQ(names_in(folder.path()), 0U);
}

TEST_P(KeptMessage, CanGoToAnotherDirectoryAndReplacesWhatWasThere) {
  const TempFolder folder;
  std::filesystem::create_directory(folder.file("target"));
  folder.write("target/message", "old");
  MessageFile file(folder.path(), 0, GetParam());
  ASSERT_TRUE(file.append("new").has_value());
  ASSERT_TRUE(file.keep(folder.file("target/message")).has_value());
  EXPECT_EQ(test::read_file(folder.file("target/message")), "new");
  EXPECT_EQ(names_in(folder.file("target")), 1U);
}

TEST_P(KeptMessage, IsNotThereWhenKeepingFails) {
  const TempFolder folder;
  {
    MessageFile file(folder.path(), 0, GetParam());
    ASSERT_TRUE(file.append("new").has_value());
    const Status first = file.keep(folder.file("no-such-directory/message"));
    ASSERT_FALSE(first.has_value());
    EXPECT_EQ(first.error().kind, ErrorKind::System);
    EXPECT_EQ(first.error().status, ENOENT);
    const Status second = file.keep(folder.file("message"));
    ASSERT_FALSE(second.has_value());
    EXPECT_EQ(second.error().text(), first.error().text());
  }
  EXPECT_EQ(names_in(folder.path()), 0U);
}

TEST_P(KeptMessage, LeavesNothingWhenTheNameIsADirectory) {
  const TempFolder folder;
  std::filesystem::create_directory(folder.file("message"));
  {
    MessageFile file(folder.path(), 0, GetParam());
    ASSERT_TRUE(file.append("new").has_value());
    EXPECT_FALSE(file.keep(folder.file("message")).has_value());
  }
  EXPECT_EQ(names_in(folder.path()), 1U);
}

TEST(MessageFile, TakesPiecesOfAnySizeAndGivesThemBackAtAnyOffset) {
  std::mt19937_64 random(test::seed());
  const TempFolder folder;
  for (int round = 0; round < 20; ++round) {
    MessageFile file(folder.path(), random() % 2 == 0 ? 0 : random() % 200000);
    std::string expected;
    for (int pieces = 0; pieces < 40; ++pieces) {
      const std::string piece(random() % (random() % 4 == 0 ? 150000 : 500), static_cast<char>('a' + random() % 26));
      ASSERT_TRUE(file.append(piece).has_value());
      expected += piece;
      std::string out(random() % 70000, '\0');
      const std::size_t offset = random() % (expected.size() + 1);
      const std::size_t length = file.read_at(offset, writable(out)).value();
      ASSERT_EQ(out.substr(0, length), expected.substr(offset, out.size()));
    }
    ASSERT_EQ(file.size(), expected.size());
    ASSERT_EQ(file.sha256_hex().value(), graph_milter::sha256_hex(expected));
    ASSERT_EQ(file.sha256_hex().value(), graph_milter::sha256_hex(expected));
    ASSERT_TRUE(all_of(file) == expected);
  }
}

TEST(MessageFile, TakesNothingMoreOnceItsDigestIsTaken) {
  const TempFolder folder;
  MessageFile file(folder.path(), 100);
  ASSERT_TRUE(file.append("a").has_value());
  ASSERT_TRUE(file.sha256_hex().has_value());
  EXPECT_FALSE(file.append("b").has_value());
  EXPECT_EQ(file.size(), 1U);
}

// For the time of its life no file may grow beyond `bytes`; write(2) then fails with EFBIG after a part of the bytes.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) {
    old_handler_ = std::signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &old_);
    const rlimit limited{bytes, old_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &limited);
  }
  ~FileSizeLimit() {
    setrlimit(RLIMIT_FSIZE, &old_);
    std::signal(SIGXFSZ, old_handler_);
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;

 private:
  rlimit old_{};
  void (*old_handler_)(int);
};

void expect_refusal_and_what_came_before(MessageFile& file, const std::string& piece, int errno_value) {
  std::string expected;
  Status status;
  while ((status = file.append(piece)).has_value()) {
    expected += piece;
    ASSERT_LT(expected.size(), 100U << 20);
  }
  EXPECT_EQ(status.error().kind, ErrorKind::System);
  EXPECT_EQ(status.error().status, errno_value);
  EXPECT_EQ(file.append("more").error().text(), status.error().text());
  EXPECT_EQ(file.size(), expected.size());
  EXPECT_TRUE(all_of(file) == expected);
}

TEST(MessageFile, KeepsWhatItHadWhenAWriteFails) {
  const TempFolder folder;
  for (const std::size_t piece : {std::size_t{700}, std::size_t{65535}, std::size_t{200000}}) {
    MessageFile file(folder.path(), 1000);
    const FileSizeLimit limit(300000);
    expect_refusal_and_what_came_before(file, std::string(piece, 'p'), EFBIG);
    EXPECT_FALSE(file.keep(folder.file("message")).has_value());
    EXPECT_FALSE(std::filesystem::exists(folder.file("message")));
  }
}

TEST(MessageFile, IsNotKeptWhenTheLastBytesDoNotFit) {
  const TempFolder folder;
  MessageFile file(folder.path(), 1 << 20);
  ASSERT_TRUE(file.append(std::string(500000, 'p')).has_value());
  const FileSizeLimit limit(300000);
  EXPECT_FALSE(file.keep(folder.file("message")).has_value());
  EXPECT_EQ(names_in(folder.path()), 0U);
  EXPECT_EQ(all_of(file), std::string(500000, 'p'));
}

TEST(MessageFile, SaysThatTheDiskIsFull) {
  const TempFolder folder;
  if (mount("tmpfs", folder.path().c_str(), "tmpfs", 0, "size=1m") != 0) {
    GTEST_SKIP() << "a full disk can't be shown: mounting a small tmpfs is not allowed here";
  }
  {
    MessageFile file(folder.path(), 0);
    expect_refusal_and_what_came_before(file, std::string(65535, 'p'), ENOSPC);
  }
  EXPECT_EQ(names_in(folder.path()), 0U);
  umount(folder.path().c_str());
}

}  // namespace
}  // namespace graph_milter::mail
