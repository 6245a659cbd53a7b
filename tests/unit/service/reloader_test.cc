// SPDX-License-Identifier: Apache-2.0
// The configuration in force, and what takes its place: conf files by order, maps by themselves.
#include "core/service/reloader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <thread>

#include "core/base/format.h"
#include "core/config/option_table.h"
#include "core/service/service.h"
#include "tests/support/temp_folder.h"

namespace graph_milter::service {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class Reloading : public testing::Test {
 protected:
  Reloading() {
    folder_.write("secret", "not a real secret\n");
    write_map("scanner@contoso.com\n");
    write_conf();
    const auto loaded = config::load_configuration(conf_);
    if (!loaded) throw std::runtime_error(loaded.error().text());
    const auto policy = read_policy(*loaded);
    if (!policy) throw std::runtime_error(policy.error().text());
    in_force_ = *policy;
    reloader_.emplace(
        *loaded, *policy, ConfSource{conf_, {}},
        [this](const config::Settings& settings, const policy::Policy& rules) { return prepare(settings, rules); },
        clock_);
  }

  void write_conf(const std::string& options = "", const std::string& rule = "action = relay\n") {
    folder_.write("a.conf", format("tenant = contoso.com\nclient-id = 11111111-2222-4333-8444-555555555555\n"
                                   "client-secret-file = {0}/secret\ntenant-domains = contoso.com\n{1}"
                                   "[rule scanners]\nclient = 10.1.20.0/24\nfrom = map:{0}/senders\n{2}",
                                   folder_.path(), options, rule));
  }
  // Written in the past, as files usually are: see the clock.
  void write_map(const std::string& text) { folder_.write("senders", text); }

  Result<std::function<void()>> prepare(const config::Settings& settings, const policy::Policy& rules) {
    if (prepare_fails_) return fail(ErrorKind::System, "log", "can't be opened");
    return [this, settings, rules] {
      ++times_put_;
      put_ = settings;
      in_force_ = rules;
    };
  }

  void look(int times = 1) {
    for (int i = 0; i < times; ++i) {
      clock_->advance(std::chrono::seconds(1));
      reloader_->look_at_maps();
    }
  }

  bool relays(const std::string& from) const {
    mail::Envelope envelope;
    envelope.client_address = "10.1.20.5";
    envelope.sender = mail::make_envelope_path("<x@contoso.com>");
    mail::MessageFacts facts;
    facts.headers.push_back({"from", from, {}});
    facts.from = {{"", from}};
    facts.parts.emplace_back();
    return in_force_->decide(envelope, facts).action == policy::Action::Relay;
  }

  const test::TempFolder folder_;
  const std::string conf_ = folder_.file("a.conf");
  const std::string map_ = folder_.file("senders");
  // An hour ahead of the files, so that none is young.
  const std::shared_ptr<ManualClock> clock_ =
      std::make_shared<ManualClock>(SystemClock().now() + std::chrono::hours(1));
  std::optional<policy::Policy> in_force_;
  config::Settings put_;
  int times_put_ = 0;
  bool prepare_fails_ = false;
  std::optional<Reloader> reloader_;
};

TEST_F(Reloading, TakesRulesAndLiveOptionsAndNamesWhatNeedsARestart) {
  write_conf("log-level = debug\nworkers = 16\nmax-part-size = 10M\n", "part-size = 1K\naction = pass\n");
  const admin::ReloadReport report = reloader_->reload();
  ASSERT_TRUE(report.ok()) << report.errors.front().text();
  EXPECT_EQ(report.conf_file, conf_);
  EXPECT_EQ(report.rules, 1U);
  EXPECT_EQ(report.maps, 1U);
  EXPECT_THAT(report.taken, ElementsAre(config::OptionChange{"max-part-size", "150000000", "10M", config::Reload::Live},
                                        config::OptionChange{"log-level", "info", "debug", config::Reload::Live}));
  EXPECT_THAT(report.needs_restart, ElementsAre(config::OptionChange{"workers", "8", "16", config::Reload::Restart}));
  EXPECT_EQ(times_put_, 1);
  EXPECT_EQ(put_.workers, 8U) << "what needs a restart is not half taken";
  EXPECT_EQ(put_.max_part_size, 10U << 20);
  EXPECT_FALSE(relays("scanner@contoso.com"));
  EXPECT_EQ(reloader_->settings().log_level, LogLevel::Debug);
  EXPECT_THAT(reloader_->reload().taken, IsEmpty()) << "nothing has changed since";
  EXPECT_THAT(reloader_->reload().needs_restart, SizeIs(1)) << "and it still needs a restart";
}

TEST_F(Reloading, TakesNothingIfAnythingIsWrong) {
  const std::pair<std::string, std::string> cases[] = {
      {"wrkers = 3\nlog-level = debug\nlog-levl = debug\n", "action = pass\n"},
      {"log-level = debug\n", "action = reley\n"},
      {"log-level = debug\ninclude = a.conf\n", "action = pass\n"},
      {"log-level = debug\ninclude = nowhere.conf\n", "action = pass\n"},
      {"log-level = debug\n", "sender = map:/nowhere\naction = pass\n"},
      {"log-level = caf\xE9\n", "action = pass\n"},
      {"log-level = debug\nreturn = mta\n", "action = pass\n"},
  };
  for (const auto& [options, rule] : cases) {
    write_conf(options, rule);
    const admin::ReloadReport report = reloader_->reload();
    EXPECT_FALSE(report.ok()) << options << rule;
    EXPECT_EQ(times_put_, 0);
    EXPECT_TRUE(relays("scanner@contoso.com"));
    EXPECT_EQ(reloader_->settings().log_level, LogLevel::Info);
    ASSERT_THAT(reloader_->troubles(), SizeIs(1));
    EXPECT_THAT(reloader_->troubles()[0].words, HasSubstr("the old configuration stays: "));
  }
  write_conf();
  EXPECT_TRUE(reloader_->reload().ok());
  EXPECT_THAT(reloader_->troubles(), IsEmpty());
}

TEST_F(Reloading, NamesAllThatIsWrong) {
  write_conf("wrkers = 3\nlog-levl = debug\n");
  const admin::ReloadReport report = reloader_->reload();
  ASSERT_THAT(report.errors, SizeIs(2));
  EXPECT_EQ(report.errors[0].text(), conf_ + ":5:1: unknown option \"wrkers\" (did you mean workers?)");
  EXPECT_EQ(report.errors[1].text(), conf_ + ":6:1: unknown option \"log-levl\" (did you mean log-level?)");
}

TEST_F(Reloading, TakesNothingIfItCannotBePutInForce) {
  prepare_fails_ = true;
  write_conf("log-level = debug\n");
  const admin::ReloadReport report = reloader_->reload();
  ASSERT_THAT(report.errors, SizeIs(1));
  EXPECT_EQ(report.errors[0].text(), "log: can't be opened");
  EXPECT_EQ(reloader_->settings().log_level, LogLevel::Info);
}

TEST_F(Reloading, TakesNothingFromFilesThatOthersMayWrite) {
  chmod(conf_.c_str(), 0666);
  const admin::ReloadReport report = reloader_->reload();
  ASSERT_THAT(report.errors, SizeIs(1));
  EXPECT_EQ(report.errors[0].text(), format("{0}: has mode 0666, so others can write it (chmod go-w {0})", conf_));
}

TEST_F(Reloading, TakesNoOptionThatDoesNotFitWhatStaysInForce) {
  // Right together, but trace-for needs a restart: until then copies would be forgotten before they are deleted.
  write_conf("trace-for = 100d\nsent-copy = delete-after 60d\n");
  const admin::ReloadReport report = reloader_->reload();
  ASSERT_FALSE(report.ok());
  EXPECT_THAT(report.errors[0].text(), HasSubstr("together with what needs a restart: restart graph-milter"));
  EXPECT_EQ(reloader_->settings().sent_copy_for, Duration(0));
}

TEST_F(Reloading, TakesNothingOnceItIsClosed) {
  reloader_->close();
  EXPECT_FALSE(reloader_->reload().ok());
  EXPECT_EQ(times_put_, 0);
}

TEST_F(Reloading, TakesAMapThatHasChangedByItself) {
  look(3);
  EXPECT_EQ(times_put_, 0);
  write_map("scanner@contoso.com\nnew@contoso.com\n");
  look(1);
  EXPECT_EQ(times_put_, 0) << "it may still be being written";
  look(1);
  EXPECT_EQ(times_put_, 1);
  EXPECT_TRUE(relays("new@contoso.com"));
  look(3);
  EXPECT_EQ(times_put_, 1);
}

TEST_F(Reloading, TakesAMapThatWasReplacedByAnother) {
  folder_.write("senders.new", "new@contoso.com\n");
  std::filesystem::rename(folder_.file("senders.new"), map_);
  look(2);
  EXPECT_TRUE(relays("new@contoso.com"));
  EXPECT_FALSE(relays("scanner@contoso.com"));
}

TEST_F(Reloading, KeepsTheOldMapWhileTheNewOneIsBroken) {
  write_map("scanner@contoso.com\nnew@contoso.com\nnew@contoso.com\n");
  look(5);
  EXPECT_EQ(times_put_, 0);
  EXPECT_TRUE(relays("scanner@contoso.com"));
  ASSERT_THAT(reloader_->troubles(), SizeIs(1));
  EXPECT_EQ(
      reloader_->troubles()[0].words,
      format("the old maps stay: {}:3: new@contoso.com has a line already (it is line 2; keep one of them)", map_));
  write_map("new@contoso.com\n");
  look(2);
  EXPECT_THAT(reloader_->troubles(), IsEmpty());
  EXPECT_TRUE(relays("new@contoso.com"));
}

TEST_F(Reloading, KeepsAMapWhoseFileIsGoneUntilItComesBack) {
  std::filesystem::rename(map_, folder_.file("elsewhere"));
  look(4);
  EXPECT_TRUE(relays("scanner@contoso.com"));
  ASSERT_THAT(reloader_->troubles(), SizeIs(1));
  EXPECT_THAT(reloader_->troubles()[0].words, HasSubstr(map_ + ": cannot open: No such file or directory"));
  write_map("back@contoso.com\n");
  look(2);
  EXPECT_THAT(reloader_->troubles(), IsEmpty());
  EXPECT_TRUE(relays("back@contoso.com"));
}

TEST_F(Reloading, KeepsAMapThatOthersMayWriteAsItWas) {
  chmod(map_.c_str(), 0666);
  look(2);
  ASSERT_THAT(reloader_->troubles(), SizeIs(1));
  EXPECT_THAT(reloader_->troubles()[0].words, HasSubstr("has mode 0666, so others can write it"));
  chmod(map_.c_str(), 0644);
  look(2);
  EXPECT_THAT(reloader_->troubles(), IsEmpty());
  EXPECT_EQ(times_put_, 0) << "what is in it has not changed";
}

TEST_F(Reloading, AMapChangesWithTheRulesInForceNotWithThoseOnDisk) {
  write_conf("", "action = pass\n");
  write_map("new@contoso.com\n");
  look(2);
  EXPECT_TRUE(relays("new@contoso.com")) << "the conf file waits for an order";
}

TEST_F(Reloading, ManyAtOnceAreDoneOneAfterTheOther) {
  std::vector<std::thread> threads(4);
  for (std::thread& thread : threads) {
    thread = std::thread([this] {
      for (int round = 0; round < 25; ++round) {
        EXPECT_TRUE(reloader_->reload().ok());
        reloader_->look_at_maps();
        EXPECT_THAT(reloader_->troubles(), IsEmpty());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(times_put_, 100);
}

}  // namespace
}  // namespace graph_milter::service
