// SPDX-License-Identifier: Apache-2.0
// Another configuration while mail is under way: each message keeps the rules it began with, and none is lost.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sysexits.h>

#include <csignal>
#include <filesystem>

#include "core/base/format.h"
#include "tests/milter/daemon_rig.h"
#include "tests/milter/mails.h"

namespace graph_milter::test {
namespace {

using testing::HasSubstr;
using testing::SizeIs;

constexpr std::size_t kLarge = 20'000;
const std::string kRelay =
    "[rule scanners]\nclient = 10.1.20.0/24\nfrom = scanner@contoso.com\npart-size = 10K\naction = relay\n";
const std::string kNoRule = "# nobody\n";

RigOptions with_rules(const std::string& rules) {
  RigOptions options;
  options.rules = rules;
  return options;
}

class ReloadingDaemon : public DaemonRig {
 public:
  explicit ReloadingDaemon(const std::string& rules = kRelay) : DaemonRig(with_rules(rules)), rules_(rules) { start(); }

  Ran ctl(const std::string& words) const { return run("graph-milterctl", words); }

  // Rules and options in place of those on disk.
  void write_conf(const std::string& rules, const std::string& options = "") {
    std::string conf = read_file(conf_file());
    conf.replace(conf.rfind(rules_), rules_.size(), options + rules);
    folder().write("graph-milter.conf", conf);
    rules_ = rules;
  }

  void reload_with(const std::string& rules) {
    write_conf(rules);
    const Ran ran = ctl("reload");
    ASSERT_EQ(ran.status, 0) << ran.words;
  }

 private:
  std::string rules_;
};

TEST(Reload, LeavesAMessageTheRuleItBeganWith) {
  ReloadingDaemon daemon;
  MilterDriver first = daemon.greeted();
  MilterDriver second = daemon.greeted();
  ASSERT_EQ(first.mail("<scanner@contoso.com>").command, wire::kContinue);
  second.begin(scan_mail(kLarge, 2), "A2");
  daemon.reload_with(kNoRule);
  // The rest of a message that has only said MAIL.
  const Mail mail = scan_mail(kLarge, 1);
  ASSERT_EQ(first.rcpt(mail.recipients.front()).command, wire::kContinue);
  first.macros(wire::kData, {{"i", "A1"}});
  ASSERT_EQ(first.data().command, wire::kContinue);
  for (const auto& [name, value] : mail.headers) first.header(name, value);
  first.end_of_headers();
  first.body(mail.body);
  first.macros(wire::kEndOfBody, {{"i", "A1"}});
  EXPECT_EQ(first.end_of_message().command, wire::kDiscard);
  EXPECT_EQ(second.end_of_message().command, wire::kDiscard);
  EXPECT_EQ(first.deliver(scan_mail(kLarge, 3), "A3").command, wire::kAccept) << "the rule is gone";
  EXPECT_THAT(daemon.entries(), SizeIs(2));
}

TEST(Reload, LosesNoneOfAHundredMessagesUnderWay) {
  constexpr int kConnections = 100;
  ReloadingDaemon daemon;
  std::vector<MilterDriver> drivers;
  for (int i = 0; i < kConnections; ++i) {
    drivers.push_back(daemon.greeted());
    drivers.back().begin(scan_mail(kLarge, i), format("A{}", i));
  }
  const auto driver = [&](int i) -> MilterDriver& { return drivers[static_cast<std::size_t>(i)]; };
  daemon.reload_with(kNoRule);
  for (int i = 0; i < kConnections / 2; ++i) {
    EXPECT_EQ(driver(i).end_of_message().command, wire::kDiscard) << i;
    driver(i).begin(scan_mail(kLarge, i + kConnections), format("B{}", i));
  }
  // Half of them have begun with the rule, half without it, and now it is in force again.
  daemon.reload_with(kRelay);
  for (int i = 0; i < kConnections; ++i) driver(i).send(wire::kEndOfBody);
  for (int i = 0; i < kConnections; ++i) {
    EXPECT_EQ(driver(i).receive().command, i < kConnections / 2 ? wire::kAccept : wire::kDiscard) << i;
  }
  EXPECT_THAT(daemon.entries(), SizeIs(kConnections));
  EXPECT_EQ(daemon.spool_files(), std::size_t{kConnections});
}

TEST(Reload, BySignalAndByOrderAreOneWay) {
  ReloadingDaemon daemon;
  daemon.write_conf(kRelay, "log-level = debug\nworkers = 16\n");
  const Ran ran = daemon.ctl("reload");
  EXPECT_EQ(ran.status, 0);
  EXPECT_EQ(ran.words, daemon.conf_file() +
                           " was read again: 1 rule, 0 maps\nlog-level = debug (was info)\n"
                           "workers = 16 needs a restart (8 is in force)\n");
  EXPECT_THAT(daemon.words(), HasSubstr("workers = 16 needs a restart (8 is in force)"));
  daemon.write_conf(kNoRule, "max-parts = 7\n");
  daemon.signal(SIGUSR1);
  ASSERT_TRUE(eventually([&] { return daemon.words().find("max-parts = 7 (was 500)") != std::string::npos; }))
      << daemon.words();
  EXPECT_EQ(daemon.greeted().deliver(scan_mail(kLarge), "A1").command, wire::kAccept);
}

TEST(Reload, OfAWrongConfigurationChangesNothing) {
  ReloadingDaemon daemon;
  daemon.write_conf(kRelay, "log-levl = debug\nmax-parts = 0\n");
  const Ran ran = daemon.ctl("reload");
  EXPECT_EQ(ran.status, EX_CONFIG);
  EXPECT_THAT(ran.words, HasSubstr("nothing was taken, the old configuration stays:\n"));
  EXPECT_THAT(ran.words, HasSubstr("unknown option \"log-levl\" (did you mean log-level?)\n"));
  EXPECT_THAT(ran.words, HasSubstr("max-parts"));
  EXPECT_EQ(daemon.greeted().deliver(scan_mail(kLarge), "A1").command, wire::kDiscard);
  daemon.folder().write("graph-milter.conf",
                        "log-target = stderr\ncontrol-socket = " + daemon.folder().file("control.sock") + "\n");
  EXPECT_EQ(daemon.ctl("reload").status, EX_CONFIG) << "also where the file is hardly one";
  EXPECT_EQ(daemon.greeted().deliver(scan_mail(kLarge, 2), "A2").command, wire::kDiscard);
}

TEST(Maps, AreTakenWhenTheirFilesChange) {
  const TempFolder folder;
  folder.write("senders", "nobody@contoso.com\n");
  ReloadingDaemon daemon("[rule scanners]\nclient = 10.1.20.0/24\nfrom = map:" + folder.file("senders") +
                         "\npart-size = 10K\naction = relay\n");
  MilterDriver driver = daemon.greeted();
  EXPECT_EQ(driver.deliver(scan_mail(kLarge, 1), "A1").command, wire::kAccept);
  driver.begin(scan_mail(kLarge, 2), "A2");
  folder.write("senders.new", "scanner@contoso.com\n");
  std::filesystem::rename(folder.file("senders.new"), folder.file("senders"));
  const auto said = [&](const std::string& words) {
    return eventually([&] { return daemon.words().find(words) != std::string::npos; });
  };
  ASSERT_TRUE(said("the map map:" + folder.file("senders") + " was read again: 1 entries")) << daemon.words();
  EXPECT_EQ(driver.end_of_message().command, wire::kAccept) << "it began with the old map";
  EXPECT_EQ(driver.deliver(scan_mail(kLarge, 3), "A3").command, wire::kDiscard);

  folder.write("senders", "scanner@contoso.com\nscanner@contoso.com\n");
  ASSERT_TRUE(said("the old maps stay: " + folder.file("senders") + ":2: scanner@contoso.com has a line already"));
  EXPECT_EQ(driver.deliver(scan_mail(kLarge, 4), "A4").command, wire::kDiscard);
  const Ran status = daemon.ctl("status");
  EXPECT_EQ(status.status, 1) << "it needs a person";
  EXPECT_THAT(status.words, HasSubstr("the old maps stay: " + folder.file("senders") + ":2: "));

  std::filesystem::remove(folder.file("senders"));
  ASSERT_TRUE(said(folder.file("senders") + ": cannot open: No such file or directory"));
  EXPECT_EQ(driver.deliver(scan_mail(kLarge, 5), "A5").command, wire::kDiscard);
  folder.write("senders", "other@contoso.com\n");
  ASSERT_TRUE(eventually([&] { return daemon.ctl("status").status == 0; })) << daemon.words();
  EXPECT_EQ(driver.deliver(scan_mail(kLarge, 6), "A6").command, wire::kAccept);
}

}  // namespace
}  // namespace graph_milter::test
