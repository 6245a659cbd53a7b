// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <set>

#include "core/base/clock.h"
#include "core/base/digest.h"
#include "core/base/file.h"
#include "core/base/id.h"
#include "core/base/log.h"
#include "core/base/secret.h"
#include "core/base/text.h"
#include "tests/support/temp_folder.h"

namespace graph_milter {
namespace {

TEST(Error, SaysWhereWhatAndWhatToDo) {
  const Error error = make_error(ErrorKind::Usage, "/etc/x.conf:3", "no such option", "did you mean socket?");
  EXPECT_EQ(error.text(), "/etc/x.conf:3: no such option (did you mean socket?)");
  EXPECT_EQ(system_error("/spool", "cannot write", ENOSPC).text(), "/spool: cannot write: No space left on device");
}

Status fails_in_the_middle(bool& went_on) {
  GM_TRY(Status(fail(ErrorKind::Permanent, "here", "no")));
  went_on = true;
  return {};
}

TEST(Result, LeavesAFunctionAtTheFirstError) {
  bool went_on = false;
  EXPECT_EQ(fails_in_the_middle(went_on).error().kind, ErrorKind::Permanent);
  EXPECT_FALSE(went_on);
}

TEST(Clock, WritesDatesAsMailAndLogsWantThem) {
  const TimePoint time = from_unix_ms(1'795'338'125'000);
  EXPECT_EQ(rfc5322_date(time), "Sun, 22 Nov 2026 09:02:05 +0000");
  EXPECT_EQ(iso8601(time), "2026-11-22T09:02:05Z");
}

TEST(Digest, AgreesWithPublishedVectors) {
  EXPECT_EQ(sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(to_hex(hmac_sha256("Jefe", "what do ya want for nothing?")),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  Xxh3 empty;
  EXPECT_EQ(empty.finish_hex(), "99aa06d3014798d86001c324468d497f");
}

TEST(Digest, OfASourceIsThatOfItsBytes) {
  StringSource source(std::string(200'001, 'x'));
  EXPECT_EQ(sha256_hex(source).value(), sha256_hex(std::string(200'001, 'x')));
}

TEST(EntryId, SortsByTimeAndNeverRepeats) {
  const TimePoint early = from_unix_ms(1'795'338'125'000);
  EXPECT_LT(make_entry_id(early), make_entry_id(early + std::chrono::milliseconds(1)));
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) {
    const std::string id = make_entry_id(early);
    EXPECT_TRUE(is_entry_id(id)) << id;
    EXPECT_TRUE(seen.insert(id).second) << id;
  }
}

TEST(EntryId, IsNeverAPath) {
  EXPECT_FALSE(is_entry_id("../../../../../etc/passwd0"));
  EXPECT_FALSE(is_entry_id(""));
}

TEST(Uuid, IsVersionFour) {
  const std::string uuid = make_uuid();
  ASSERT_EQ(uuid.size(), 36U);
  EXPECT_EQ(uuid[14], '4');
  EXPECT_NE(std::string("89ab").find(uuid[19]), std::string::npos);
}

TEST(RedactUrl, CutsTheQueryWhereTokensLive) {
  EXPECT_EQ(redact_url("https://h/api/Users('a@b')/AttachmentSessions('s')?authtoken=eyJ"),
            "https://h/api/Users('a@b')/AttachmentSessions('s')");
}

TEST(SecretFile, IsReadWithoutItsLineEnd) {
  const test::TempFolder folder;
  const auto secret = read_secret_file(folder.write("secret", "s3cr~t+/=\r\n"));
  ASSERT_TRUE(secret) << secret.error().text();
  EXPECT_EQ(secret->reveal(), "s3cr~t+/=");
}

TEST(SecretFile, ThatOthersCanReadIsRefusedWithTheCommandThatMendsIt) {
  const test::TempFolder folder;
  const std::string path = folder.write("secret", "x");
  chmod(path.c_str(), 0644);
  const auto secret = read_secret_file(path);
  ASSERT_FALSE(secret);
  EXPECT_EQ(secret.error().kind, ErrorKind::Configuration);
  EXPECT_EQ(secret.error().text(),
            path + ": holds a secret and has mode 0644, so others can read it (chmod 0600 " + path + ")");
}

TEST(SecretFile, IsNotFollowedThroughALinkAndMustExistAndHoldSomething) {
  const test::TempFolder folder;
  const std::string path = folder.write("secret", "x");
  ASSERT_EQ(symlink(path.c_str(), folder.file("link").c_str()), 0);
  EXPECT_EQ(read_secret_file(folder.file("link")).error().kind, ErrorKind::Configuration);
  EXPECT_EQ(read_secret_file(folder.file("none")).error().kind, ErrorKind::Configuration);
  EXPECT_EQ(read_secret_file(folder.write("empty", "\n")).error().what, "is empty");
}

TEST(FileSource, ReadsFromEveryOffsetAndRefusesLinks) {
  const test::TempFolder folder;
  const std::string path = folder.write("file", "0123456789");
  auto source = FileSource::open(path);
  ASSERT_TRUE(source);
  std::string block(4, '?');
  EXPECT_EQ((*source)->read_at(8, writable(block)).value(), 2U);
  EXPECT_EQ(block.substr(0, 2), "89");
  ASSERT_EQ(symlink(path.c_str(), folder.file("link").c_str()), 0);
  EXPECT_FALSE(FileSource::open(folder.file("link")));
}

TEST(FileDescriptor, ClosesWhatItOwnsOnce) {
  int number = -1;
  {
    auto fd = open_file("/dev/null", O_RDONLY);
    ASSERT_TRUE(fd);
    number = fd->get();
    FileDescriptor moved = *std::move(fd);
    EXPECT_EQ(moved.get(), number);
  }
  EXPECT_EQ(fcntl(number, F_GETFD), -1);
}

TEST(Log, PutsTheQueueIdFirstAndQuotesWhatNeedsIt) {
  testing::internal::CaptureStderr();
  ASSERT_TRUE(open_log(LogSettings{}));
  LogLine(LogLevel::Info, "4F0A1", "sent")
      .field("entry", "abc")
      .field("name", "two words")
      .field("size", std::uint64_t{7});
  LogLine(LogLevel::Debug, "4F0A1", "hidden").field("entry", "abc");
  LogLine(LogLevel::Info, "", "passed").field("reason", "no-rule\nx");
  const std::string log = testing::internal::GetCapturedStderr();
  EXPECT_NE(log.find("4F0A1: event=sent entry=abc name=\"two words\" size=7\n"), std::string::npos) << log;
  EXPECT_NE(log.find("NOQUEUE: event=passed reason=no-rule\\x0Ax\n"), std::string::npos) << log;
  EXPECT_EQ(log.find("hidden"), std::string::npos) << log;
}

TEST(Log, RefusesAFacilityThatSyslogDoesNotKnow) {
  LogSettings settings;
  settings.target = LogTarget::Syslog;
  settings.facility = "letters";
  EXPECT_EQ(open_log(settings).error().text(),
            "syslog-facility: no facility is named letters (mail, daemon, user, local0 to local7)");
}

}  // namespace
}  // namespace graph_milter
