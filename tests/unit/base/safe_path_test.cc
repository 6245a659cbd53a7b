// SPDX-License-Identifier: Apache-2.0
#include "core/base/safe_path.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/format.h"
#include "tests/support/temp_folder.h"

namespace graph_milter {
namespace {

class SafePath : public testing::Test {
 protected:
  SafePath() {
    EXPECT_EQ(mkdir(folder_.file("a").c_str(), 0755), 0);
    EXPECT_EQ(mkdir(folder_.file("a/b").c_str(), 0755), 0);
    secret_ = folder_.write("a/b/secret", "s3cret\n");
    chmod(secret_.c_str(), 0600);
  }
  static std::string words(const std::string& path) {
    const auto secret = read_secret_file(path);
    return secret ? "read" : secret.error().text();
  }

  test::TempFolder folder_;
  std::string secret_;
};

TEST_F(SafePath, LeadsThroughFoldersThatOnlyTheirOwnerMayChange) {
  EXPECT_EQ(words(secret_), "read");
  EXPECT_EQ(words(folder_.file("a//b/./secret")), "read");
  EXPECT_EQ(words(folder_.file("a/b/../b/secret")), "read");
}

TEST_F(SafePath, DoesNotLeadThroughFoldersThatOthersMayWrite) {
  const std::string parent = folder_.file("a");
  for (const mode_t mode : {0775U, 0757U, 0777U}) {
    ASSERT_EQ(chmod(parent.c_str(), mode), 0);
    const auto secret = read_secret_file(secret_);
    ASSERT_FALSE(secret) << mode;
    EXPECT_EQ(secret.error().kind, ErrorKind::Configuration);
    EXPECT_EQ(
        secret.error().text(),
        format("{}: lies in {}, which has mode {:04o}, so others can put another file in its place (chmod go-w {})",
               secret_, parent, mode, parent));
  }
  ASSERT_EQ(chmod(parent.c_str(), 01777), 0);
  EXPECT_EQ(words(secret_), "read") << "sticky, as /tmp is";
}

TEST_F(SafePath, LooksAtTheFoldersBehindALinkToo) {
  ASSERT_EQ(symlink("a", folder_.file("link").c_str()), 0);
  EXPECT_EQ(words(folder_.file("link/b/secret")), "read");
  ASSERT_EQ(symlink(folder_.file("a/b").c_str(), folder_.file("absolute").c_str()), 0);
  EXPECT_EQ(words(folder_.file("absolute/secret")), "read");
  ASSERT_EQ(chmod(folder_.file("a").c_str(), 0777), 0);
  EXPECT_EQ(words(folder_.file("absolute/secret")),
            format("{}: lies in {}, which has mode 0777, so others can put another file in its place (chmod go-w {})",
                   folder_.file("absolute/secret"), folder_.file("a"), folder_.file("a")));
}

TEST_F(SafePath, EndsAtALoopOfLinks) {
  ASSERT_EQ(symlink("two", folder_.file("one").c_str()), 0);
  ASSERT_EQ(symlink("one", folder_.file("two").c_str()), 0);
  EXPECT_EQ(words(folder_.file("one/secret")),
            folder_.file("one/secret") + ": is behind too many links (name the file itself)");
}

TEST_F(SafePath, DoesNotFollowALinkInPlaceOfTheFile) {
  ASSERT_EQ(symlink(secret_.c_str(), folder_.file("link").c_str()), 0);
  EXPECT_EQ(words(folder_.file("link")), folder_.file("link") + ": cannot open: Too many levels of symbolic links");
}

TEST_F(SafePath, BelongsToRootOrUs) {
  if (geteuid() != 0) GTEST_SKIP() << "needs root to give a folder away";
  constexpr uid_t kNobody = 65534;
  ASSERT_EQ(chown(folder_.file("a").c_str(), kNobody, kNobody), 0);
  EXPECT_EQ(words(secret_),
            format("{}: lies in {}, which belongs to uid 65534, not to root or to us (uid 0) (chown it to "
                   "root, or move the file)",
                   secret_, folder_.file("a")));
  ASSERT_EQ(chown(folder_.file("a").c_str(), 0, 0), 0);
  ASSERT_EQ(symlink("a", folder_.file("link").c_str()), 0);
  ASSERT_EQ(lchown(folder_.file("link").c_str(), kNobody, kNobody), 0);
  EXPECT_EQ(words(folder_.file("link/b/secret")),
            format("{}: is behind the link link in {}, which belongs to uid 65534 (name the file itself)",
                   folder_.file("link/b/secret"), folder_.path()));
}

TEST_F(SafePath, LeadsToAFile) {
  EXPECT_EQ(words("secret"), "secret: is not an absolute path");
  EXPECT_EQ(words("/"), "/: is a folder");
  EXPECT_EQ(words(folder_.file("a/b")), folder_.file("a/b") + ": is not a regular file");
  EXPECT_EQ(words(secret_ + "/x"), secret_ + "/x: lies in " + secret_ + ", which is no folder");
  ASSERT_EQ(mkfifo(folder_.file("fifo").c_str(), 0600), 0);
  EXPECT_EQ(words(folder_.file("fifo")), folder_.file("fifo") + ": is not a regular file");
}

}  // namespace
}  // namespace graph_milter
