// SPDX-License-Identifier: Apache-2.0
// Configurations that are wrong, as an administrator meets them: the daemon's own check, config check and a reload say
// the same words, and mail that is under way goes on by the rules it began with.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sysexits.h>

#include <algorithm>

#include "core/base/format.h"
#include "tests/milter/daemon_rig.h"
#include "tests/milter/mails.h"
#include "tests/support/key_files.h"

namespace graph_milter::test {
namespace {

using testing::SizeIs;

constexpr std::size_t kLarge = 20'000;
constexpr int kUnderWay = 100;
const std::string kRelay =
    "[rule scanners]\nclient = 10.1.20.0/24\nfrom = scanner@contoso.com\npart-size = 10K\naction = relay\n";

class BadInput : public testing::Test {
 protected:
  BadInput() : daemon_(including()) {}

  struct Case {
    std::string rules;  // what rules.conf becomes
    std::string words;  // that all three say
  };

  std::string file(const std::string& name) const { return place_.file(name); }
  std::string write(const std::string& name, const std::string& text) const { return place_.write(name, text); }
  std::string from(const std::string& value) const {
    return "[rule a]\nclient = 10.1.20.0/24\nfrom = " + value + "\naction = relay\n";
  }

  // After rules.conf has become bad.
  void expect_refused(const std::string& words, const std::string& sum = "1 error") {
    // A file that can't be read does not say where the daemon listens.
    const Ran reload =
        daemon_.run("graph-milterctl", "-o control-socket=" + daemon_.folder().file("control.sock") + " reload");
    EXPECT_EQ(reload.words, "nothing was taken, the old configuration stays:\n" + words + "\n");
    EXPECT_EQ(reload.status, EX_CONFIG);
    const Ran check = daemon_.run("graph-milterctl", "config check");
    EXPECT_EQ(check.words, "graph-milterctl: error: " + words + "\n" + daemon_.conf_file() + ": " + sum + "\n");
    EXPECT_EQ(check.status, EX_CONFIG);
    const Ran start = daemon_.run("graph-milter", "-n");
    EXPECT_EQ(start.words, "graph-milter: " + words + "\n");
    EXPECT_EQ(start.status, EX_CONFIG);
  }

  std::vector<Case> cases() const;

  const TempFolder place_;
  const std::string rules_ = place_.write("rules.conf", kRelay);
  DaemonRig daemon_;

 private:
  RigOptions including() const {
    RigOptions options;
    options.rules = "include = " + rules_ + "\n";
    return options;
  }
};

std::vector<BadInput::Case> BadInput::cases() const {
  const std::string twice = write("twice", "a@contoso.com\nb@contoso.com\nA@Contoso.com\n");
  const std::string latin = write("latin", "a@contoso.com\nb@contoso.com caf\xE9\n");
  const std::string open = write("open", "/a/ yes\n/(b/ yes\n");
  write("loop.conf", "\ninclude = ./rules.conf\n");
  const std::string text = daemon_.conf_file();
  const std::string conf = read_file(text);
  const std::string including = format("{}:{}:11", text, std::count(conf.begin(), conf.end(), '\n'));
  const std::string from_place = rules_ + ":3: ";
  return {
      {from("map:" + file("none")), from_place + file("none") + ": cannot open: No such file or directory"},
      {from("hash:/etc/senders"),
       from_place + "\"hash:/etc/senders\" is not a map that is read here (write map:/etc/senders: the text file that "
                    "postmap reads)"},
      {from("map:" + twice), twice + ":3: a@contoso.com has a line already (it is line 1; keep one of them)"},
      {from("map:" + latin), latin + ":2:18: not UTF-8 (save the file as UTF-8)"},
      {from("pcre:" + open), open + ":2: \"/(b/is\": missing closing parenthesis (look at byte 3 of the expression)"},
      {kRelay + "# caf\xE9\n", rules_ + ":6:6: not UTF-8 (save the file as UTF-8)"},
      {kRelay + "include = loop.conf\n", file("loop.conf") + ":2:11: include loop: " + text + " -> " + rules_ + " -> " +
                                             file("loop.conf") + " -> " + rules_},
      {kRelay + std::string(1 << 20, '\n'), including + ": " + rules_ + ": larger than the limit of 1048576 bytes"},
      {kRelay + "[rule scanner]\nfrmo = a@contoso.com\naction = pass\n",
       rules_ + ":7: a rule has no key \"frmo\" (did you mean from?)"},
  };
}

TEST_F(BadInput, IsRefusedInTheSameWordsEverywhereWhileAHundredMailsAreUnderWay) {
  daemon_.start();
  std::vector<MilterDriver> drivers;
  for (int i = 0; i < kUnderWay; ++i) {
    drivers.push_back(daemon_.greeted());
    drivers.back().begin(scan_mail(kLarge, i), format("A{}", i));
  }
  for (const Case& item : cases()) {
    SCOPED_TRACE(item.words);
    write("rules.conf", item.rules);
    expect_refused(item.words);
  }
  for (MilterDriver& driver : drivers) EXPECT_EQ(driver.end_of_message().command, wire::kDiscard);
  EXPECT_THAT(daemon_.entries(), SizeIs(kUnderWay));
  EXPECT_EQ(daemon_.greeted().deliver(scan_mail(kLarge, kUnderWay), "B").command, wire::kDiscard)
      << "the old rules stay";
}

TEST_F(BadInput, OfAFolderThatOthersMayWriteIsRefused) {
  daemon_.start();
  ASSERT_EQ(chmod(place_.path().c_str(), 0777), 0);
  expect_refused(
      format("{0}: lies in {1}, which has mode 0777, so others can put another file in its place (chmod go-w "
             "{1})",
             rules_, place_.path()),
      "1 error, 1 rule");
  ASSERT_EQ(chmod(place_.path().c_str(), 0700), 0);
  EXPECT_EQ(daemon_.run("graph-milterctl", "reload").status, 0);
}

TEST_F(BadInput, OfAKeyThatDoesNotFitItsCertificateIsRefused) {
  const std::string certificate = write("c.pem", first_pair().certificate);
  const std::string key = write("k.pem", second_pair().key);
  std::string conf = read_file(daemon_.conf_file());
  const auto secret = conf.find("client-secret-file = ");
  conf.replace(secret, conf.find('\n', secret) - secret,
               "client-certificate-file = " + certificate + "\nclient-key-file = " + key);
  daemon_.folder().write("graph-milter.conf", conf);
  const std::string words = format(
      "{}:4: client-key-file: {}: the private key does not belong to the certificate in {} (replace one of the two: "
      "openssl pkey -in {} -pubout and openssl x509 -in {} -noout -pubkey print the same if they fit)",
      daemon_.conf_file(), key, certificate, key, certificate);
  EXPECT_EQ(daemon_.run("graph-milter", "-n").words, "graph-milter: " + words + "\n");
  EXPECT_EQ(daemon_.run_to_end(), EX_CONFIG) << daemon_.words();
}

// What is no fault of the form is told, and read all the same.
TEST_F(BadInput, OfRulesThatCanDoNothingIsAWarning) {
  daemon_.start();
  write("rules.conf",
        kRelay +
            "[rule again]\nclient = 10.1.20.7\nfrom = scanner@contoso.com\npart-size = 1M\naction = pass\n"
            "[rule never]\npart-size = 3M-1M\naction = pass\n");
  const Ran check = daemon_.run("graph-milterctl", "config check");
  EXPECT_EQ(
      check.words,
      format("graph-milterctl: warning: {0}:6: rule again is never reached: rule scanners in {0}:1 takes all that "
             "it could match (put it before that rule, or remove it)\n"
             "graph-milterctl: warning: {0}:11: rule never can never match: part-size = 3M-1M holds no size "
             "(write the smaller size first: 1M-3M)\n"
             "{1}: no errors, 2 warnings, 3 rules\n",
             rules_, daemon_.conf_file()));
  EXPECT_EQ(check.status, 0);
  EXPECT_EQ(daemon_.run("graph-milterctl", "reload").status, 0);
}

// A megabyte of rules is read, and each message still finds its own.
TEST_F(BadInput, OfAMegabyteOfRulesIsNone) {
  std::string rules;
  for (int i = 0; rules.size() + 200 < (1 << 20); ++i) {
    rules += format("[rule r{}]\nclient = 10.2.{}.{}\nfrom = scanner@contoso.com\naction = pass\n", i, i / 256 % 256,
                    i % 256);
  }
  write("rules.conf", rules + kRelay);
  daemon_.start();
  EXPECT_EQ(daemon_.run("graph-milterctl", "reload").status, 0);
  EXPECT_EQ(daemon_.greeted("10.2.0.7").deliver(scan_mail(kLarge, 1), "A1").command, wire::kAccept);
  EXPECT_EQ(daemon_.greeted().deliver(scan_mail(kLarge, 2), "A2").command, wire::kDiscard);
}

// Nobody knows whether such a rule matches, so nobody relays, and the next message is judged as ever.
TEST_F(BadInput, OfAPatternThatBacktracksKeepsOneMailFromBeingRelayed) {
  write("rules.conf", "[rule bomb]\nheader = x-long: /(a+)+$/\naction = pass\n" + kRelay);
  daemon_.start();
  MilterDriver driver = daemon_.greeted();
  Mail bomb = scan_mail(kLarge, 1);
  bomb.headers.emplace_back("X-Long", std::string(3000, 'a') + "!");
  EXPECT_EQ(driver.deliver(bomb, "A1").command, wire::kAccept);
  EXPECT_THAT(daemon_.words(),
              testing::HasSubstr("reason=pattern-limit text=\"rule bomb: header: a pattern needs more steps than "
                                 "all patterns together may take for one message\""));
  EXPECT_EQ(driver.deliver(scan_mail(kLarge, 2), "A2").command, wire::kDiscard);
}

}  // namespace
}  // namespace graph_milter::test
