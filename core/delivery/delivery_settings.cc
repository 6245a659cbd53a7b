// SPDX-License-Identifier: Apache-2.0
#include "core/config/socket_address.h"
#include "core/delivery/delivery.h"
#include "core/http/url.h"

namespace graph_milter::delivery {
namespace {

queue::Disposal disposal_of(config::Return choice) {
  switch (choice) {
    case config::Return::Dsn:
      return queue::Disposal::Dsn;
    case config::Return::Mta:
      return queue::Disposal::Mta;
    case config::Return::Hold:
      return queue::Disposal::Hold;
  }
  return queue::Disposal::Hold;
}

Result<mta::SmtpSettings> smtp_settings(const std::string& socket, const std::string& option, const std::string& helo) {
  GM_TRY_ASSIGN(const config::SocketAddress address, config::parse_socket_address(socket, option));
  mta::SmtpSettings out;
  out.server.path = address.path;
  if (address.family != config::SocketFamily::Unix) {
    out.server.host = address.host;
    out.server.port = address.port;
  }
  out.helo = helo;
  return out;
}

}  // namespace

DeliverySettings delivery_settings(const config::Settings& settings, std::string instance) {
  DeliverySettings out;
  out.workers = settings.workers;
  out.mailbox_requests = settings.mailbox_requests;
  out.retry = {settings.retry_initial, settings.retry_max};
  out.courier.instance = std::move(instance);
  out.courier.verify_content = settings.verify == config::Verify::Hash;
  out.courier.rules = upload::outlook_rules(settings.range_size);
  out.courier.send_recheck = settings.send_recheck;
  out.courier.send_settles = settings.send_settle;
  // All three wait for the same thing, that what was made becomes visible; each for what it costs to be wrong.
  out.courier.draft_settles = settings.draft_settle;
  out.courier.draft_is_young = 12 * settings.draft_settle;
  out.courier.look_again = settings.draft_settle / 2;
  out.courier.lifetime = settings.queue_lifetime;
  out.courier.disposal = disposal_of(settings.return_by);
  out.courier.delay_warning = settings.delay_warning;
  return out;
}

Result<ReturnSettings> return_settings(const config::Settings& settings, const std::string& hostname) {
  const std::string& name = settings.hostname.empty() ? hostname : settings.hostname;
  ReturnSettings out;
  GM_TRY_ASSIGN(out.mta, smtp_settings(settings.mta, "mta", name));
  if (!settings.hand_back_to.empty()) {
    GM_TRY_ASSIGN(out.hand_back_to, smtp_settings(settings.hand_back_to, "hand-back-to", name));
  }
  out.notify_address = settings.notify_address;
  out.queue_lifetime = settings.queue_lifetime;
  if (!settings.graph_url.empty()) {
    GM_TRY_ASSIGN(const http::Origin graph, http::read_origin(settings.graph_url, "graph-url"));
    out.remote_mta = graph.host;
  }
  return out;
}

}  // namespace graph_milter::delivery
