// SPDX-License-Identifier: Apache-2.0
// The composition root over a real spool, with a Graph that nobody listens for.
#include "core/service/service.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

#include "core/base/format.h"
#include "tests/support/temp_folder.h"

namespace graph_milter::service {
namespace {

using testing::HasSubstr;

class ServiceTest : public testing::Test {
 protected:
  ServiceTest() {
    mkdir(folder_.file("spool").c_str(), 0700);
    folder_.write("secret", "not a real secret\n");
  }

  config::Configuration configuration(const std::string& action = "relay", const std::string& options = "") const {
    const std::string path = folder_.write(
        "test.conf",
        format("tenant = contoso.onmicrosoft.com\nclient-id = 11111111-2222-4333-8444-555555555555\n"
               "client-secret-file = {0}/secret\ntenant-domains = contoso.com\nspool-directory = {0}/spool\n"
               "control-socket = {0}/control.sock\ngraph-url = https://127.0.0.1:9\nlogin-url = https://127.0.0.1:9\n"
               "allow-private-addresses = yes\npostfix-config = {3}\n{2}"
               "[rule scanners]\nclient = 10.1.20.0/24\nfrom = scanner@contoso.com\naction = {1}\n",
               folder_.path(), action, options, postfix_));
    auto loaded = config::load_configuration(path);
    if (!loaded) throw std::runtime_error(loaded.error().text());
    return *loaded;
  }

  static bool relays(const Service& service) {
    mail::Envelope envelope;
    envelope.client_address = "10.1.20.5";
    envelope.sender = mail::make_envelope_path("<scanner@contoso.com>");
    return service.intake()->policy.smallest_interesting_size(envelope).has_value();
  }

  test::TempFolder folder_;
  std::string postfix_ = "none";
};

TEST_F(ServiceTest, StartsStopsAndStartsAgainWithTheSameInstance) {
  std::string instance;
  for (int round = 0; round < 2; ++round) {
    auto service = Service::start(configuration());
    ASSERT_TRUE(service) << service.error().text();
    EXPECT_TRUE(relays(**service));
    EXPECT_FALSE((*service)->failed());
    if (round == 1) {
      EXPECT_EQ((*service)->intake()->settings.instance, instance);
    }
    instance = (*service)->intake()->settings.instance;
    EXPECT_TRUE(std::filesystem::is_socket(folder_.file("control.sock")));
    (*service)->stop(std::chrono::seconds(10));
    EXPECT_FALSE(std::filesystem::exists(folder_.file("control.sock")));
  }
}

TEST_F(ServiceTest, RefusesASpoolThatAnotherOneHas) {
  auto first = Service::start(configuration());
  ASSERT_TRUE(first);
  const auto second = Service::start(configuration("relay", format("instance = other\n")));
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().kind, ErrorKind::Configuration) << second.error().text();
  (*first)->stop(std::chrono::seconds(10));
}

TEST_F(ServiceTest, RefusesASecretThatOthersCanRead) {
  chmod(folder_.file("secret").c_str(), 0640);
  const auto refused = Service::start(configuration());
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().text(), HasSubstr("has mode 0640, so others can read it"));
}

TEST_F(ServiceTest, PutsNewRulesInForceAndKeepsOldMessagesOnTheirOwn) {
  auto service = Service::start(configuration());
  ASSERT_TRUE(service);
  const auto before = (*service)->intake();
  const auto report = (*service)->reload(configuration("pass", "when-full = pass\n"));
  ASSERT_TRUE(report.ok()) << report.errors.front().text();
  EXPECT_FALSE(relays(**service));
  EXPECT_EQ((*service)->intake()->settings.when_full, intake::WhenFull::Pass);
  EXPECT_EQ(before->settings.when_full, intake::WhenFull::TempFail);
  EXPECT_EQ((*service)->intake()->settings.instance, before->settings.instance);
  (*service)->stop(std::chrono::seconds(10));
}

TEST_F(ServiceTest, KeepsItsRulesWhenTheNewOnesAreWrong) {
  auto service = Service::start(configuration());
  ASSERT_TRUE(service);
  const auto wrong = (*service)->reload(configuration("nothing-of-the-kind"));
  ASSERT_FALSE(wrong.ok());
  EXPECT_TRUE(relays(**service));
  (*service)->stop(std::chrono::seconds(10));
}

}  // namespace
}  // namespace graph_milter::service
