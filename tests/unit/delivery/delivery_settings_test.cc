// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "core/delivery/delivery.h"

namespace graph_milter::delivery {
namespace {

TEST(DeliverySettings, AreAsTheConfigurationSays) {
  config::Settings settings;
  settings.queue_lifetime = std::chrono::hours(7);
  settings.delay_warning = std::chrono::hours(4);
  settings.send_recheck = std::chrono::seconds(3);
  settings.send_settle = std::chrono::hours(2);
  settings.draft_settle = Duration{100};
  settings.return_by = config::Return::Mta;
  settings.verify = config::Verify::Hash;
  const DeliverySettings out = delivery_settings(settings, "mx1");
  EXPECT_EQ(out.courier.instance, "mx1");
  EXPECT_EQ(out.courier.lifetime, std::chrono::hours(7));
  EXPECT_EQ(out.courier.delay_warning, std::chrono::hours(4));
  EXPECT_EQ(out.courier.send_recheck, std::chrono::seconds(3));
  EXPECT_EQ(out.courier.send_settles, std::chrono::hours(2));
  EXPECT_EQ(out.courier.draft_settles, Duration{100});
  EXPECT_EQ(out.courier.draft_is_young, Duration{1'200});
  EXPECT_EQ(out.courier.look_again, Duration{50});
  EXPECT_EQ(out.courier.disposal, queue::Disposal::Mta);
  EXPECT_TRUE(out.courier.verify_content);
  EXPECT_EQ(delivery_settings({}, "x").courier.disposal, queue::Disposal::Dsn);
  EXPECT_EQ(delivery_settings({}, "x").courier.draft_is_young, CourierSettings{}.draft_is_young);
  EXPECT_EQ(delivery_settings({}, "x").courier.look_again, CourierSettings{}.look_again);
  settings.return_by = config::Return::Hold;
  EXPECT_EQ(delivery_settings(settings, "x").courier.disposal, queue::Disposal::Hold);
}

TEST(ReturnSettings, NameBothPortsOfTheMta) {
  config::Settings settings;
  auto out = return_settings(settings, "relay.contoso.com");
  ASSERT_TRUE(out);
  EXPECT_EQ(out->mta.server.text(), "127.0.0.1:25");
  EXPECT_EQ(out->mta.helo, "relay.contoso.com");
  EXPECT_FALSE(out->hand_back_to);

  settings.mta = "unix:/run/mta";
  settings.hand_back_to = "inet:10025@127.0.0.1";
  settings.hostname = "mail.contoso.com";
  settings.notify_address = "postmaster@contoso.com";
  out = return_settings(settings, "relay.contoso.com");
  ASSERT_TRUE(out);
  EXPECT_EQ(out->mta.server.path, "/run/mta");
  ASSERT_TRUE(out->hand_back_to);
  EXPECT_EQ(out->hand_back_to->server.text(), "127.0.0.1:10025");
  EXPECT_EQ(out->hand_back_to->helo, "mail.contoso.com");
  EXPECT_EQ(out->notify_address, "postmaster@contoso.com");
  EXPECT_EQ(out->queue_lifetime, std::chrono::hours(5 * 24));
}

TEST(ReturnSettings, NameTheGraphOfTheCloudAsTheRefusingHost) {
  config::Settings settings;
  settings.graph_url = "https://dod-graph.microsoft.us";
  const auto out = return_settings(settings, "relay.contoso.com");
  ASSERT_TRUE(out);
  EXPECT_EQ(out->remote_mta, "dod-graph.microsoft.us");
}

TEST(ReturnSettings, AnAddressThatIsNoneIsTheErrorOfItsOption) {
  config::Settings settings;
  settings.hand_back_to = "somewhere";
  const auto out = return_settings(settings, "relay.contoso.com");
  ASSERT_FALSE(out);
  EXPECT_EQ(out.error().kind, ErrorKind::Usage);
  EXPECT_EQ(out.error().where.rfind("hand-back-to", 0), 0U) << out.error().text();
}

}  // namespace
}  // namespace graph_milter::delivery
