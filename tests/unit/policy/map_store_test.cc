// SPDX-License-Identifier: Apache-2.0
// Map files: read once, by nobody else's hand.
#include "core/policy/map_store.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "core/base/format.h"
#include "tests/support/temp_folder.h"
#include "tests/unit/policy/samples.h"

namespace graph_milter::policy::test {
namespace {

class MapFiles : public testing::Test {
 protected:
  std::string refusal() {
    MapStore maps;
    const auto map = maps.open("map:" + path_, "c:7");
    if (map) return "it was read";
    EXPECT_EQ(map.error().kind, ErrorKind::Usage);
    return map.error().text();
  }

  graph_milter::test::TempFolder folder_;
  const std::string path_ = folder_.write("senders", "a@contoso.com  one\n");
};

TEST_F(MapFiles, AreReadOnceHoweverManyRulesNameThem) {
  std::string rules;
  for (int i = 0; i < 50; ++i) {
    rules += format("[rule r{}]\nclient = 10.0.0.{}\nfrom = map:{}\naction = relay\n", i, i, path_);
  }
  const auto maps = std::make_shared<MapStore>();
  const auto conf = config::read_conf_text(rules, "test.conf");
  const auto policy = Policy::read(*conf, {"contoso.com"}, maps);
  ASSERT_TRUE(policy) << policy.error().text();
  ASSERT_EQ(policy->maps().sources().size(), 1U);
  const MapSource& source = policy->maps().sources().begin()->second;
  EXPECT_EQ(source.map->name().text(), "map:" + path_);
  EXPECT_EQ(source.stamp, stamp_of(path_));
  EXPECT_EQ(policy->decide(envelope_of("10.0.0.7"), facts_from("a@contoso.com")).action, Action::Relay);
  EXPECT_EQ(policy->decide(envelope_of("10.0.0.7"), facts_from("b@contoso.com")).action, Action::Pass);
  // Another look at the same name does not read the file again.
  folder_.write("senders", "changed@contoso.com\n");
  EXPECT_EQ(maps->open("map:" + path_, "c:1")->get(), source.map.get());
}

TEST_F(MapFiles, ThatOthersMayWriteAreRefused) {
  chmod(path_.c_str(), 0664);
  EXPECT_EQ(refusal(), "c:7: " + path_ + ": has mode 0664, so others can write it (chmod go-w " + path_ + ")");
  chmod(path_.c_str(), 0646);
  EXPECT_EQ(refusal(), "c:7: " + path_ + ": has mode 0646, so others can write it (chmod go-w " + path_ + ")");
  chmod(path_.c_str(), 0444);
  EXPECT_EQ(refusal(), "it was read");
}

TEST_F(MapFiles, InAFolderThatOthersMayWriteAreRefused) {
  chmod(folder_.path().c_str(), 0777);
  EXPECT_EQ(refusal(), format("c:7: {}: lies in {}, which has mode 0777, so others can put another file in its place "
                              "(chmod go-w {})",
                              path_, folder_.path(), folder_.path()));
  chmod(folder_.path().c_str(), 0700);
}

TEST_F(MapFiles, OfStrangersAreRefusedUnlessTheyAreTheDaemons) {
  if (geteuid() != 0) GTEST_SKIP() << "needs root to give a file away";
  ASSERT_EQ(chown(path_.c_str(), 12345, 0), 0);
  EXPECT_EQ(refusal(), format("c:7: {0}: belongs to uid 12345, not to root or to us (uid 0) (chown root {0})", path_));
  MapStore maps({12345});
  EXPECT_TRUE(maps.open("map:" + path_, "c:7"));
}

TEST_F(MapFiles, MayBeLinksThatLeadToASafePlace) {
  const std::string link = folder_.file("link");
  std::filesystem::create_symlink("senders", link);
  MapStore maps;
  EXPECT_TRUE(maps.open("map:" + link, "c:7"));
  chmod(path_.c_str(), 0666);
  const auto unsafe = MapStore().open("map:" + link, "c:7");
  ASSERT_FALSE(unsafe);
  EXPECT_EQ(unsafe.error().text(), format("c:7: {0}: has mode 0666, so others can write it (chmod go-w {0})", link));
}

TEST_F(MapFiles, ThatAreNoFilesAreRefused) {
  std::filesystem::remove(path_);
  EXPECT_EQ(refusal(), "c:7: " + path_ + ": cannot open: No such file or directory");
  ASSERT_EQ(mkfifo(path_.c_str(), 0600), 0);
  EXPECT_EQ(refusal(), "c:7: " + path_ + ": is not a regular file");
  std::filesystem::remove(path_);
  std::filesystem::create_directory(path_);
  EXPECT_EQ(refusal(), "c:7: " + path_ + ": is not a regular file");
}

TEST_F(MapFiles, OfAnyKindMayStandInOneList) {
  const std::string other = folder_.write("others", "bert@contoso.com\npostmaster@\n");
  const Policy policy = read(
      format("[rule a]\nclient = 10.0.0.1\nfrom = map:{}, map:{}, carl@contoso.com\naction = relay\n", path_, other));
  const auto relays = [&](const std::string& from) {
    return policy.decide(envelope_of("10.0.0.1"), facts_from(from)).action == Action::Relay;
  };
  EXPECT_TRUE(relays("a@contoso.com"));
  EXPECT_TRUE(relays("bert@contoso.com"));
  EXPECT_TRUE(relays("carl@contoso.com"));
  EXPECT_TRUE(relays("postmaster@contoso.com"));
  EXPECT_FALSE(relays("dora@contoso.com"));
  EXPECT_EQ(policy.maps().sources().size(), 2U);
}

TEST_F(MapFiles, OfUsersSayLessThanAddresses) {
  const std::string users = folder_.write("users", "anna@\nbert@\n");
  const Policy policy = read(format("[rule a]\nlogin = map:{0}\nfrom = map:{0}\naction = relay\n", users),
                             {"contoso.com", "fabrikam.com"});
  const auto decide = [&](const std::string& login, const std::string& from) {
    return policy.decide(envelope_of("10.0.0.1", login), facts_from(from));
  };
  EXPECT_EQ(decide("anna@contoso.com", "anna@contoso.com").action, Action::Relay);
  EXPECT_EQ(decide("anna@contoso.com", "bert@contoso.com").reason, "login") << "each may send as himself only";
}

TEST_F(MapFiles, OfPatternsAndNetworksStandInLists) {
  const std::string patterns = folder_.write("patterns", "/^scan\\d+@contoso\\.com$/\n!/@contoso\\.com$/\n");
  const std::string networks = folder_.write("networks", "10.1.20.0/24\n");
  const Policy policy = read(
      format("[rule a]\nclient = cidr:{}\nfrom = !boss@contoso.com, pcre:{}\naction = relay\n", networks, patterns));
  const auto relays = [&](const std::string& client, const std::string& from) {
    return policy.decide(envelope_of(client), facts_from(from)).action == Action::Relay;
  };
  EXPECT_TRUE(relays("10.1.20.7", "scan12@contoso.com"));
  EXPECT_FALSE(relays("10.1.21.7", "scan12@contoso.com"));
  EXPECT_FALSE(relays("10.1.20.7", "anna@contoso.com"));
  EXPECT_FALSE(relays("10.1.20.7", "anna@fabrikam.com")) << "whatever a pattern says, it is not the tenant's";
}

TEST_F(MapFiles, OfPatternsNameNoClientsAndThoseOfNetworksNoAddresses) {
  const std::string patterns = folder_.write("patterns", "/^10\\./\n");
  const auto client = try_read(format("[rule a]\nclient = pcre:{}\nfrom = a@contoso.com\naction = relay\n", patterns));
  ASSERT_FALSE(client);
  EXPECT_EQ(client.error().text(),
            format("test.conf:2: client = pcre:{} is everybody, in rule a, which relays (name the networks of the "
                   "devices, or add login = LOGIN)",
                   patterns));
  const std::string networks = folder_.write("networks", "10.1.20.0/24\n");
  const auto from = try_read(format("[rule a]\nfrom = cidr:{}\naction = pass\n", networks));
  ASSERT_FALSE(from);
  EXPECT_EQ(from.error().text(),
            format("test.conf:2: cidr:{} holds networks, not addresses (name it in client, or write "
                   "map:/path or pcre:/path)",
                   networks));
  const std::string everybody = folder_.write("everybody", "!192.0.2.1 x\n");
  EXPECT_FALSE(try_read(format("[rule a]\nclient = cidr:{}\nfrom = a@contoso.com\naction = relay\n", everybody)));
}

}  // namespace
}  // namespace graph_milter::policy::test
