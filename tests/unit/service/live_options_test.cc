// SPDX-License-Identifier: Apache-2.0
// Each option that says "no restart" changes something that a reload puts in force, and no other does.
#include <gtest/gtest.h>

#include <map>

#include "core/base/format.h"
#include "core/config/changes.h"
#include "core/delivery/delivery.h"
#include "core/service/part_settings.h"

namespace graph_milter::service {
namespace {

using config::Settings;

std::string text_of(Duration value) { return format("{}", value.count()); }
std::string text_of(const std::string& value) { return value; }
std::string text_of(const std::vector<std::string>& values) {
  std::string out;
  for (const std::string& value : values) out += value + ",";
  return out;
}
template <class T>
std::string text_of(const T& value) {
  if constexpr (std::is_enum_v<T>) {
    return format("{}", static_cast<int>(value));
  } else {
    return format("{}", value);
  }
}
std::string text_of(const pace::QuotaRules& rules) { return format("{}/{}", rules.messages, rules.bytes); }
std::string text_of(const mta::SmtpSettings& smtp) { return smtp.server.text() + " " + smtp.helo; }

// What Service::Machinery::prepare puts in force for `settings`, in words; tenant-domains are read by read_policy.
std::string put_in_force(const Settings& settings) {
  std::string out;
  const auto add = [&](const auto&... values) { ((out += text_of(values) + ";"), ...); };
  const intake::IntakeSettings intake = intake_settings(settings, "mx1");
  add(intake.memory_limit, intake.scan.parts, intake.scan.depth, intake.service.max_part_size,
      intake.service.max_message_size, intake.when_full, intake.when_down, intake.client_quota, intake.login_quota,
      intake.mailbox_quota, intake.when_over_limit, intake.draft, intake.otherwise, intake.pretend, intake.accept,
      intake.accept_deadline, intake.accept_waiting, intake.take);
  add(settings.tenant_domains, settings.max_message_size_map, to_unix_ms(settings.secret_expires),
      settings.postfix_config, settings.bcc_copies);
  const delivery::DeliverySettings delivery = delivery::delivery_settings(settings, "mx1");
  add(delivery.retry.initial, delivery.retry.longest, delivery.courier.verify_content, delivery.courier.rules.size,
      delivery.courier.send_recheck, delivery.courier.send_settles, delivery.courier.draft_settles,
      delivery.courier.lifetime, delivery.courier.delay_warning);
  const auto returns = delivery::return_settings(settings, "host");
  EXPECT_TRUE(returns) << returns.error().text();
  add(returns->mta, returns->notify_address, returns->hand_back_to ? text_of(*returns->hand_back_to) : "");
  const delivery::AlertSettings alerts = alert_settings(settings, returns->mta);
  add(alerts.to, alerts.interval);
  const delivery::HousekeepingSettings keeping = housekeeping_settings(settings, "mx1");
  add(keeping.adopted_instances, keeping.interval, keeping.abandoned_after, keeping.sent_copy_for);
  const LogSettings log = log_settings(settings);
  add(log.target, log.level, log.facility, settings.shutdown_grace);
  return out;
}

const std::map<std::string_view, std::string> kOtherValues = {
    {"secret-expires", "2027-03-31"},
    {"postfix-config", "none"},
    {"bcc-copies", "lose"},
    {"tenant-domains", "fabrikam.com"},
    {"max-part-size", "10M"},
    {"max-message-size", "10M"},
    {"memory-limit", "256K"},
    {"max-parts", "7"},
    {"max-depth", "7"},
    {"client-messages-per-hour", "7"},
    {"client-bytes-per-hour", "7"},
    {"login-messages-per-hour", "7"},
    {"login-bytes-per-hour", "7"},
    {"mailbox-messages-per-hour", "7"},
    {"mailbox-bytes-per-hour", "7"},
    {"when-over-limit", "tempfail"},
    {"otherwise", "hold"},
    {"pretend", "yes"},
    {"accept", "delivered"},
    {"accept-deadline", "7s"},
    {"accept-waiting", "7"},
    {"take", "recipients"},
    {"when-full", "pass"},
    {"when-down", "pass"},
    {"range-size", "320K"},
    {"draft", "json"},
    {"verify", "hash"},
    {"retry-initial", "7s"},
    {"retry-max", "7m"},
    {"send-recheck", "7s"},
    {"send-settle", "7h"},
    {"draft-settle", "7s"},
    {"shutdown-grace", "7s"},
    {"queue-lifetime", "7h"},
    {"mta", "inet:2525@127.0.0.1"},
    {"hand-back-to", "inet:10025@127.0.0.1"},
    {"notify-address", "postmaster@contoso.com"},
    {"delay-warning", "4h"},
    {"alert-to", "admin@contoso.com"},
    {"alert-interval", "7h"},
    {"hostname", "relay.contoso.com"},
    {"sweep-interval", "7m"},
    {"abandoned-after", "7h"},
    {"adopt-instance", "old-mx1"},
    {"sent-copy", "delete-after 7d"},
    {"log-target", "stderr"},
    {"log-level", "debug"},
    {"syslog-facility", "daemon"},
};

TEST(LiveOptions, ChangeWhatAReloadPutsInForce) {
  for (const config::Option& option : config::option_table()) {
    if (option.reload != config::Reload::Live) continue;
    const auto value = kOtherValues.find(option.name);
    ASSERT_NE(value, kOtherValues.end()) << option.name << " needs a value in this test";
    Settings fresh;
    ASSERT_EQ(option.type.set(fresh, std::string(option.name), value->second).what, "") << option.name;
    const Settings after = config::with_live_options(Settings{}, fresh);
    EXPECT_NE(put_in_force(after), put_in_force(Settings{})) << option.name << " says \"no restart\"";
  }
}

TEST(LiveOptions, AreAllThatAReloadPutsInForce) {
  for (const config::Option& option : config::option_table()) {
    if (option.reload == config::Reload::Live) continue;
    const std::string value = option.type.form == "yes|no" ? "yes" : std::string(option.example);
    if (value.empty()) continue;
    Settings fresh;
    ASSERT_EQ(option.type.set(fresh, std::string(option.name), value).what, "") << option.name;
    EXPECT_EQ(put_in_force(config::with_live_options(Settings{}, fresh)), put_in_force(Settings{})) << option.name;
  }
}

}  // namespace
}  // namespace graph_milter::service
