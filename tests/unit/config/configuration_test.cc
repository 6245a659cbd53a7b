// SPDX-License-Identifier: Apache-2.0
#include "core/config/configuration.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#include <set>

#include "core/config/cloud.h"
#include "core/config/option_table.h"
#include "tests/support/key_files.h"
#include "tests/support/temp_folder.h"

namespace graph_milter::config {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr std::string_view kLeast =
    "tenant             = contoso.onmicrosoft.com\n"
    "client-id          = 11111111-2222-4333-8444-555555555555\n"
    "client-secret-file = /etc/graph-milter/client-secret\n";

Reading read(const std::string& text, const std::vector<Override>& overrides = {}) {
  const auto conf = read_conf_text(text, "a.conf");
  EXPECT_TRUE(conf) << conf.error().text();
  return read_configuration(*conf, "a.conf", overrides);
}

std::vector<std::string> errors_of(const std::string& text, const std::vector<Override>& overrides = {}) {
  std::vector<std::string> out;
  for (const Error& error : read(text, overrides).errors) {
    EXPECT_EQ(error.kind, ErrorKind::Usage);
    out.push_back(error.text());
  }
  return out;
}

// Errors of one more line after a configuration that is right.
std::vector<std::string> errors_of_line(const std::string& line) {
  return errors_of(std::string(kLeast) + line + "\n");
}

TEST(Configuration, TakesTheLinesOfTheScannerCaseAndLeavesTheRestAtItsDefaults) {
  const Reading reading = read(std::string(kLeast) +
                               "tenant-domains     = contoso.com\n"
                               "\n"
                               "[rule scanners]\n"
                               "client    = 10.1.20.0/24\n"
                               "from      = scanner@contoso.com\n"
                               "part-size = 3M\n"
                               "action    = relay\n");
  ASSERT_TRUE(reading.ok()) << reading.errors.front().text();
  const Settings& settings = reading.configuration.settings;
  EXPECT_EQ(settings.tenant, "contoso.onmicrosoft.com");
  EXPECT_THAT(settings.tenant_domains, ElementsAre("contoso.com"));
  EXPECT_EQ(settings.graph_url, "https://graph.microsoft.com");
  EXPECT_EQ(settings.login_url, "https://login.microsoftonline.com");
  EXPECT_THAT(settings.upload_hosts, ElementsAre("outlook.office.com", "outlook.office365.com", "graph.microsoft.com"));
  EXPECT_EQ(settings.workers, Settings{}.workers);
  EXPECT_EQ(reading.configuration.text.sections[1].name, "rule scanners");
  EXPECT_EQ(reading.configuration.set_at.at("tenant-domains"), "a.conf:4");
}

TEST(Configuration, NamesThePlaceAndTheNearestOptionOfAMistypedOne) {
  EXPECT_THAT(errors_of_line("spool-dirctory = /x"),
              ElementsAre("a.conf:4:1: unknown option \"spool-dirctory\" (did you mean spool-directory?)"));
  EXPECT_THAT(errors_of_line("quux = /x"), ElementsAre("a.conf:4:1: unknown option \"quux\""));
}

TEST(Configuration, ReportsEveryErrorOfAFile) {
  EXPECT_THAT(errors_of("wrokers = 3\nworkers = many\n\nverify = md5\nstall-timeout = 1w\n"),
              ElementsAre("a.conf:1:1: unknown option \"wrokers\" (did you mean workers?)",
                          "a.conf:2:11: workers: \"many\" is not a number (write digits only)",
                          "a.conf:4:10: verify: \"md5\" is not a choice (choose from size, hash)",
                          "a.conf:5:17: stall-timeout: \"1w\" is not a time (write a number with ms, s, m, h or d; a "
                          "bare number means seconds)"));
}

TEST(Configuration, RefusesValuesOfTheWrongForm) {
  EXPECT_THAT(
      errors_of_line("max-part-size = 3MB"),
      ElementsAre("a.conf:4:17: max-part-size: \"3MB\" is not a size (write a number of bytes, or a number with "
                  "K, M or G (1024 bytes and its powers))"));
  EXPECT_THAT(errors_of_line("allow-private-addresses = maybe"),
              ElementsAre("a.conf:4:27: allow-private-addresses: \"maybe\" is not yes or no (write yes or no)"));
  EXPECT_THAT(errors_of_line("socket-mode = rw"),
              ElementsAre("a.conf:4:15: socket-mode: \"rw\" is not a file mode (write an octal mode such as 0660)"));
  EXPECT_THAT(errors_of_line("workers ="), ElementsAre("a.conf:4:10: workers has no value (write workers = NUMBER)"));
  EXPECT_THAT(errors_of_line("cloud = Global"),
              ElementsAre("a.conf:4:9: cloud: \"Global\" is not a choice (choose from global, usgov, dod, china)"));
}

TEST(Configuration, RefusesValuesOutOfRange) {
  EXPECT_THAT(errors_of_line("workers = 0"),
              ElementsAre("a.conf:4:11: workers: 0 is out of range (allowed: 1 to 256)"));
  EXPECT_THAT(errors_of_line("retry-max = 1ms"),
              ElementsAre("a.conf:4:13: retry-max: 1ms is out of range (allowed: 10ms to 7d)"));
  EXPECT_THAT(errors_of_line("mailbox-requests = 5"),
              ElementsAre("a.conf:4:20: mailbox-requests: 5 is out of range (allowed: 1 to 4)"));
}

TEST(Configuration, RangesAreMultiplesOf320KiBUpTo4MiB) {
  EXPECT_THAT(errors_of_line("range-size = 327680"), IsEmpty());
  EXPECT_THAT(errors_of_line("range-size = 3840K"), IsEmpty());
  EXPECT_THAT(errors_of_line("range-size = 4M"),
              ElementsAre("a.conf:4:14: range-size: 4M is not a multiple of 327680 (the nearest below is 3932160)"));
  EXPECT_THAT(
      errors_of_line("range-size = 4259840"),
      ElementsAre("a.conf:4:14: range-size: 4259840 is out of range (allowed: 320K to 4M, a multiple of 327680)"));
  EXPECT_THAT(errors_of_line("range-size = 0"),
              ElementsAre("a.conf:4:14: range-size: 0 is out of range (allowed: 320K to 4M, a multiple of 327680)"));
}

TEST(Configuration, ChecksSocketsAsTheyAreWritten) {
  EXPECT_THAT(errors_of_line("socket = inet:8891"),
              ElementsAre("a.conf:4:10: socket: a socket without a host would listen on all addresses, and whoever "
                          "connects is believed every login (write inet:8891@127.0.0.1)"));
  EXPECT_THAT(errors_of_line("control-socket = /" + std::string(107, 'a')),
              ElementsAre("a.conf:4:18: control-socket: the socket path has 108 bytes; the system takes 107 (choose a "
                          "shorter path)"));
  EXPECT_THAT(errors_of_line("socket = unix:/run/a\ncontrol-socket = /run/a"),
              ElementsAre("a.conf:5: control-socket and socket are the same file"));
}

TEST(Configuration, ChecksTenantsIdsAndUrls) {
  EXPECT_THAT(
      errors_of("tenant = common\nclient-id = secret\n"),
      ElementsAre("a.conf:1:10: tenant: \"common\" names no tenant, so no application can sign in to it (write the "
                  "tenant's domain, such as contoso.onmicrosoft.com, or its id)",
                  "a.conf:2:13: client-id: \"secret\" is not an application id (write the GUID that Entra shows "
                  "as Application (client) ID)"));
  EXPECT_THAT(errors_of_line("graph-url = http://127.0.0.1:1"),
              ElementsAre("a.conf:4:13: graph-url: \"http://127.0.0.1:1\" does not begin with https:// (write "
                          "https://HOST or https://HOST:PORT)"));
  EXPECT_THAT(
      errors_of_line("login-url = https://u:p@host/"),
      ElementsAre("a.conf:4:13: login-url: \"https://u:p@host/\" has a user, a query or a fragment, which has no "
                  "place here (write https://HOST or https://HOST:PORT)"));
  EXPECT_THAT(errors_of_line("tenant-domains = contoso.com, -x.com"),
              ElementsAre("a.conf:4:18: tenant-domains: \"-x.com\" is not a domain (write it as in contoso.com; an "
                          "international one in its xn-- form)"));
  EXPECT_THAT(errors_of_line("client-secret-fil = x"),
              ElementsAre("a.conf:4:1: unknown option \"client-secret-fil\" (did you mean client-secret-file?)"));
  EXPECT_THAT(errors_of_line("ca-file = ca.pem"),
              ElementsAre("a.conf:4:11: ca-file: \"ca.pem\" is not an absolute path (begin it with /)"));
}

TEST(Configuration, NamesWhatIsMissing) {
  EXPECT_THAT(
      errors_of(""),
      ElementsAre("a.conf: tenant is missing (add tenant = contoso.onmicrosoft.com)",
                  "a.conf: client-id is missing (add client-id = 11111111-2222-4333-8444-555555555555)",
                  "a.conf: client-secret-file is missing, and so is client-certificate-file (add client-secret-file = "
                  "/etc/graph-milter/client-secret)"));
  EXPECT_THAT(errors_of(std::string(kLeast) + "[rule scanners]\naction = relay\n"),
              ElementsAre("a.conf: tenant-domains is missing, but [rule scanners] relays (add tenant-domains = "
                          "contoso.com)"));
  EXPECT_THAT(errors_of(std::string(kLeast) + "[rule scanners]\naction = pass\n"), IsEmpty());
}

TEST(Configuration, TakesACertificateInsteadOfASecret) {
  const std::string least = "tenant = contoso.com\nclient-id = 11111111-2222-4333-8444-555555555555\n";
  EXPECT_THAT(errors_of(least + "client-certificate-file = /etc/c.pem\n"), IsEmpty());
  const auto text = read_conf_text(least + "client-certificate-file = /etc/c.pem\n", "a.conf");
  EXPECT_EQ(read_configuration(*text, "a.conf").configuration.settings.client_key_file, "/etc/c.pem");
  EXPECT_THAT(errors_of(least + "client-certificate-file = /etc/c.pem\nsecret-expires = 2027-03-31\n"),
              ElementsAre("a.conf:4: secret-expires is set, but client-secret-file is not (remove the line: a "
                          "certificate says itself when it ends)"));
}

TEST(Configuration, RefusesAnOptionThatIsSetTwiceAndSaysWhere) {
  EXPECT_THAT(errors_of_line("workers = 3\nworkers = 4"),
              ElementsAre("a.conf:5:1: workers is set twice (first at a.conf:4)"));
}

TEST(Configuration, RefusesSectionsItDoesNotKnow) {
  EXPECT_THAT(errors_of_line("[rules scanners]"),
              ElementsAre("a.conf:4: unknown section [rules scanners] (did you mean [rule scanners]?)"));
  EXPECT_THAT(errors_of_line("[rule]"), ElementsAre("a.conf:4: a rule needs a name (write [rule NAME])"));
  EXPECT_THAT(
      errors_of_line("[microsoft]"),
      ElementsAre("a.conf:4: unknown section [microsoft] (sections are written [rule NAME] or [defaults]; options "
                  "stand before them)"));
}

TEST(Configuration, RetriesThatShrinkAreRefused) {
  EXPECT_THAT(errors_of_line("retry-initial = 2h"),
              ElementsAre("a.conf:4: retry-initial is longer than retry-max (retry-max is 1h)"));
}

TEST(Configuration, TheCommandLineBeatsTheFile) {
  const Reading reading = read(std::string(kLeast) + "socket = inet:1@a\n", {{"socket", "unix:/run/b", "-p"}});
  ASSERT_TRUE(reading.ok()) << reading.errors.front().text();
  EXPECT_EQ(reading.configuration.settings.socket, "unix:/run/b");
  EXPECT_EQ(reading.configuration.set_at.at("socket"), "-p");
  EXPECT_THAT(errors_of(std::string(kLeast), {{"socket", "inet:1", "-p"}, {"wrkers", "1", "-o wrkers"}}),
              ElementsAre("-p: socket: a socket without a host would listen on all addresses, and whoever connects is "
                          "believed every login (write inet:1@127.0.0.1)",
                          "-o wrkers: unknown option \"wrkers\" (did you mean workers?)"));
}

TEST(Configuration, AWeakOverrideBeatsOnlyTheDefault) {
  const std::vector<Override> weak = {{"log-target", "stderr", "-f", true}};
  EXPECT_EQ(read(std::string(kLeast), weak).configuration.settings.log_target, LogTarget::Stderr);
  EXPECT_EQ(read(std::string(kLeast) + "log-target = journald\n", weak).configuration.settings.log_target,
            LogTarget::Journald);
  EXPECT_EQ(read(std::string(kLeast)).configuration.settings.log_target, LogTarget::Syslog);
}

TEST(Configuration, EndpointsThatAreSetBeatTheClouds) {
  const Reading reading = read(std::string(kLeast) +
                               "cloud = china\n"
                               "graph-url = https://127.0.0.1:8443/\n"
                               "upload-hosts = localhost\n");
  ASSERT_TRUE(reading.ok()) << reading.errors.front().text();
  EXPECT_EQ(reading.configuration.settings.graph_url, "https://127.0.0.1:8443");
  EXPECT_EQ(reading.configuration.settings.login_url, "https://login.partner.microsoftonline.cn");
  EXPECT_THAT(reading.configuration.settings.upload_hosts, ElementsAre("localhost"));
}

TEST(Configuration, EveryCloudIsAChoiceWithCompleteEndpoints) {
  for (const Cloud& cloud : clouds()) {
    const Reading reading = read(std::string(kLeast) + "cloud = " + std::string(cloud.name) + "\n");
    ASSERT_TRUE(reading.ok()) << reading.errors.front().text();
    EXPECT_EQ(reading.configuration.settings.graph_url, cloud.graph_url);
    EXPECT_EQ(reading.configuration.settings.login_url, cloud.login_url);
    EXPECT_EQ(reading.configuration.settings.upload_hosts, cloud.upload_hosts);
    EXPECT_FALSE(cloud.upload_hosts.empty());
  }
}

TEST(Configuration, LoadGivesTheFirstErrorOfAFile) {
  const test::TempFolder folder;
  const auto missing = load_configuration(folder.file("none"));
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().kind, ErrorKind::System);
  const auto bad = load_configuration(folder.write("a.conf", "x = 1\ny = 2\n"));
  ASSERT_FALSE(bad);
  EXPECT_EQ(bad.error().text(), folder.file("a.conf") + ":1:1: unknown option \"x\"");
}

// --- the option table ---

TEST(OptionTable, EveryDefaultReadsBackAsTheSame) {
  for (const Option& option : option_table()) {
    Settings settings;
    const std::string value = option.default_value();
    if (value.empty()) {
      EXPECT_FALSE(option.example.empty()) << option.name << " needs an example, for it has no default";
      const auto problem = option.type.set(settings, std::string(option.name), std::string(option.example));
      EXPECT_EQ(problem.what, "") << option.name;
      EXPECT_NE(option.type.get(settings), "") << option.name;
    } else {
      EXPECT_EQ(option.type.set(settings, std::string(option.name), value).what, "") << option.name;
      EXPECT_EQ(option.type.get(settings), value) << option.name;
    }
  }
}

TEST(Configuration, TheLargestMessageIsOneSizeOrAMapOfSizes) {
  const auto one = read(std::string(kLeast) + "max-message-size = 50M\n");
  ASSERT_TRUE(one.ok());
  EXPECT_EQ(one.configuration.settings.max_message_size, 50ULL << 20);
  EXPECT_EQ(one.configuration.settings.max_message_size_map, "");
  const auto map = read(std::string(kLeast) + "max-message-size = map:/etc/graph-milter/sizes\n");
  ASSERT_TRUE(map.ok());
  EXPECT_EQ(map.configuration.settings.max_message_size, 36'700'160U);
  EXPECT_EQ(map.configuration.settings.max_message_size_map, "/etc/graph-milter/sizes");
  EXPECT_EQ(errors_of_line("max-message-size = map:sizes").size(), 1U);
  EXPECT_EQ(errors_of_line("max-message-size = 3G").size(), 1U);
}

TEST(OptionTable, NamesAreUniqueAndHelpIsASentence) {
  std::set<std::string_view> names;
  for (const Option& option : option_table()) {
    EXPECT_TRUE(names.insert(option.name).second) << option.name;
    EXPECT_TRUE(option.help.ends_with('.')) << option.name;
  }
}

// What service::Service::reload puts in force, and open_log; all else needs a restart.
TEST(OptionTable, ADaemonTakesOverRulesLimitsAndLogWithoutARestart) {
  std::vector<std::string_view> live;
  for (const Option& option : option_table()) {
    if (option.reload == Reload::Live) live.push_back(option.name);
  }
  EXPECT_THAT(
      live, ElementsAre("secret-expires", "tenant-domains", "postfix-config", "bcc-copies", "max-part-size",
                        "max-message-size", "memory-limit", "max-parts", "max-depth", "client-messages-per-hour",
                        "client-bytes-per-hour", "login-messages-per-hour", "login-bytes-per-hour",
                        "mailbox-messages-per-hour", "mailbox-bytes-per-hour", "when-over-limit", "otherwise",
                        "pretend", "when-full", "accept", "accept-deadline", "accept-waiting", "take", "when-down",
                        "range-size", "draft", "verify", "retry-initial", "retry-max", "send-recheck", "send-settle",
                        "draft-settle", "shutdown-grace", "queue-lifetime", "mta", "hand-back-to", "notify-address",
                        "delay-warning", "alert-to", "alert-interval", "hostname", "sweep-interval", "abandoned-after",
                        "adopt-instance", "sent-copy", "log-target", "log-level", "syslog-facility"));
}

// Two options that fill the same field would make one of them a lie.
TEST(OptionTable, EveryOptionChangesItsOwnValueAndNoOther) {
  for (const Option& option : option_table()) {
    Settings settings;
    const std::string value = option.type.form == "yes|no" ? "yes" : std::string(option.example);
    if (value.empty()) continue;
    ASSERT_EQ(option.type.set(settings, std::string(option.name), value).what, "") << option.name;
    for (const Option& other : option_table()) {
      if (other.name == option.name) continue;
      EXPECT_EQ(other.type.get(settings), other.default_value()) << option.name << " changes " << other.name;
    }
  }
}

// --- what the machine must offer ---

class Surroundings : public ::testing::Test {
 protected:
  std::vector<std::string> check(const std::string& lines) {
    return check_with("client-secret-file = " + folder_.file("secret") + "\n" + lines);
  }

  static std::vector<std::string> check_with(const std::string& lines) {
    const auto text =
        read_conf_text("tenant = contoso.com\nclient-id = 11111111-2222-4333-8444-555555555555\n" + lines, "a.conf");
    const Reading reading = read_configuration(*text, "a.conf");
    EXPECT_TRUE(reading.ok()) << reading.errors.front().text();
    std::vector<std::string> out;
    for (const Error& error : check_surroundings(reading.configuration)) {
      EXPECT_NE(error.kind, ErrorKind::Usage);
      out.push_back(error.text());
    }
    return out;
  }

  const test::TempFolder folder_;
};

TEST_F(Surroundings, FindNothingWrongWithAPrivateSecret) {
  folder_.write("secret", "s3cret\n");
  EXPECT_THAT(check(""), IsEmpty());
}

TEST_F(Surroundings, NameASecretThatOthersCanRead) {
  chmod(folder_.write("secret", "s3cret\n").c_str(), 0644);
  EXPECT_THAT(check(""), ElementsAre("a.conf:3: client-secret-file: " + folder_.file("secret") +
                                     ": holds a secret and has mode 0644, so others can read it (chmod 0600 " +
                                     folder_.file("secret") + ")"));
}

TEST_F(Surroundings, NameASecretThatTheDaemonsUserCannotRead) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root becomes somebody else";
  const std::string secret = folder_.write("secret", "s3cret\n");
  EXPECT_THAT(check("user = nobody\n"),
              ElementsAre("a.conf:3: client-secret-file: " + secret +
                          " belongs to uid 0, so the user nobody can't read it (chown nobody " + secret + ")"));
  ASSERT_EQ(::chown(secret.c_str(), 65534, 65534), 0);
  EXPECT_THAT(check("user = nobody\n"), IsEmpty());
  EXPECT_THAT(check(""), IsEmpty()) << "whoever the service manager makes us";
}

TEST_F(Surroundings, NameAKeyThatDoesNotFitItsCertificate) {
  const std::string certificate = folder_.write("c.pem", test::first_pair().certificate);
  const std::string key = folder_.write("k.pem", test::second_pair().key);
  const std::string lines = "client-certificate-file = " + certificate + "\nclient-key-file = " + key + "\n";
  EXPECT_THAT(
      check_with(lines),
      ElementsAre("a.conf:4: client-key-file: " + key + ": the private key does not belong to the certificate in " +
                  certificate + " (replace one of the two: openssl pkey -in " + key + " -pubout and openssl x509 -in " +
                  certificate + " -noout -pubkey print the same if they fit)"));
  folder_.write("k.pem", test::first_pair().key);
  EXPECT_THAT(check_with(lines), IsEmpty());
  chmod(key.c_str(), 0644);
  EXPECT_THAT(check_with(lines),
              ElementsAre("a.conf:4: client-key-file: " + key +
                          ": holds a secret and has mode 0644, so others can read it (chmod 0600 " + key + ")"));
  chmod(key.c_str(), 0600);
  chmod(certificate.c_str(), 0666);
  EXPECT_THAT(check_with(lines),
              ElementsAre("a.conf:3: client-certificate-file: " + certificate +
                          ": has mode 0666, so others can change it (chmod go-w " + certificate + ")"));
}

TEST_F(Surroundings, NameALoopKeyThatIsTooShortOrNotThere) {
  folder_.write("secret", "s3cret\n");
  const std::string key = folder_.write("key", "only 15 bytes..\n");
  EXPECT_THAT(check("loop-key-file = " + key + "\n"),
              ElementsAre("a.conf:4: loop-key-file: " + key +
                          " has 15 bytes; a key has 16 at least (make one with head "
                          "-c 32 /dev/urandom | base64)"));
  folder_.write("key", "sixteen bytes...\n");
  EXPECT_THAT(check("loop-key-file = " + key + "\n"), IsEmpty());
  EXPECT_THAT(check("loop-key-file = /none/key\n"),
              ElementsAre("a.conf:4: loop-key-file: /none/key: cannot open: No such file or directory"));
}

TEST_F(Surroundings, NameFilesUsersAndGroupsThatAreNotThere) {
  EXPECT_THAT(check("ca-file = /none/ca.pem\nsocket-owner = no-such-user\nsocket-group = no-such-group\n"
                    "user = no-such-user:no-such-group\n"),
              ElementsAre("a.conf:3: client-secret-file: " + folder_.file("secret") +
                              ": cannot open: No such file or directory",
                          "a.conf:4: ca-file: /none/ca.pem: cannot open: No such file or directory",
                          "a.conf:5: socket-owner: there is no user \"no-such-user\" on this machine (adduser --system "
                          "--group no-such-user)",
                          "a.conf:7: user: there is no user \"no-such-user\" on this machine (adduser --system --group "
                          "no-such-user)",
                          "a.conf:7: user: there is no group \"no-such-group\" on this machine",
                          "a.conf:6: socket-group: there is no group \"no-such-group\" on this machine"));
}

}  // namespace
}  // namespace graph_milter::config
