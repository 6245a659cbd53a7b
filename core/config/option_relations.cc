// SPDX-License-Identifier: Apache-2.0
#include "core/config/option_relations.h"

#include <algorithm>
#include <string_view>

#include "core/base/format.h"
#include "core/base/text.h"
#include "core/config/option_table.h"
#include "core/config/socket_address.h"

namespace graph_milter::config {

namespace {

class Finder {
 public:
  explicit Finder(const Settings& settings) : settings_(settings) {}

  std::vector<Conflict> find() {
    check_credential();
    check_queue();
    check_memory();
    check_returning();
    check_sockets();
    return std::move(found_);
  }

 private:
  void add(std::string_view option, std::string what, std::string hint = {}) {
    found_.push_back({std::string(option), std::move(what), std::move(hint)});
  }

  std::string value_of(std::string_view option) const { return find_option(option)->type.get(settings_); }
  std::string reminder(std::string_view option) const { return format("{} is {}", option, value_of(option)); }

  void check_credential() {
    if (!settings_.client_secret_file.empty() && !settings_.client_certificate_file.empty()) {
      add("client-certificate-file",
          "client-secret-file and client-certificate-file are both set, and only one is used",
          "remove one of the two lines");
    }
    if (!settings_.client_key_file.empty() && settings_.client_certificate_file.empty()) {
      add("client-key-file", "client-key-file is set, but client-certificate-file is not",
          format("add client-certificate-file = {}, or remove the line",
                 find_option("client-certificate-file")->example));
    }
    if (settings_.secret_expires != TimePoint{} && settings_.client_secret_file.empty()) {
      add("secret-expires", "secret-expires is set, but client-secret-file is not",
          "remove the line: a certificate says itself when it ends");
    }
  }

  void check_queue() {
    if (settings_.retry_initial > settings_.retry_max) {
      add("retry-initial", "retry-initial is longer than retry-max", reminder("retry-max"));
    }
    if (settings_.max_queue_size != 0 && settings_.max_queue_size < settings_.max_message_size) {
      add("max-queue-size", "max-queue-size is less than max-message-size, so some mail would never be taken",
          reminder("max-message-size"));
    }
  }

  // Both windows and the copies in Sent Items are known only as long as there are tombstones.
  void check_memory() {
    if (settings_.trace_for < settings_.resend_window) {
      add("trace-for", "trace-for is shorter than resend-window", reminder("resend-window"));
    }
    if (settings_.sent_copy_for == Duration(0)) return;
    const Duration stays = std::max({settings_.sent_copy_for, settings_.send_settle, settings_.resend_window});
    if (settings_.trace_for > stays) return;
    const bool by_itself = settings_.trace_for <= settings_.sent_copy_for;
    const std::string_view longer = by_itself                                          ? "sent-copy"
                                    : settings_.send_settle >= settings_.resend_window ? "send-settle"
                                                                                       : "resend-window";
    add("trace-for", "trace-for must be longer than copies stay in Sent Items, or they would be forgotten there",
        reminder(longer));
  }

  void check_returning() {
    if (settings_.return_by == Return::Mta && settings_.hand_back_to.empty()) {
      add("return", "return is mta, but hand-back-to is not set",
          format("add hand-back-to = {}, a port of the MTA without this milter", find_option("hand-back-to")->example));
    }
    if (settings_.delay_warning != Duration(0) && settings_.delay_warning >= settings_.queue_lifetime) {
      add("delay-warning", "delay-warning is not shorter than queue-lifetime, so nobody would be warned",
          reminder("queue-lifetime"));
    }
  }

  static bool same(const std::string& a, const std::string& b) {
    auto first = parse_socket_address(a, {});
    auto second = parse_socket_address(b, {});
    if (!first || !second) return false;
    for (SocketAddress* address : {&*first, &*second}) {
      address->host = to_lower(address->host);
      if (address->host == "localhost") address->host = address->family == SocketFamily::Inet6 ? "::1" : "127.0.0.1";
    }
    return first->text() == second->text();
  }

  static bool is_loopback(const SocketAddress& address) {
    const std::string host = to_lower(address.host);
    return address.family == SocketFamily::Unix || host == "localhost" || host == "::1" || host.starts_with("127.");
  }

  void check_sockets() {
    const auto address = parse_socket_address(settings_.socket, {});
    if (address && !is_loopback(*address) && !settings_.allow_remote_mta) {
      add("socket",
          format("{} can be reached from other hosts, and whoever reaches it is believed every client and login",
                 settings_.socket),
          "use a unix socket or a loopback address, or let a firewall admit the MTA alone and set allow-remote-mta = "
          "yes");
    }
    if (same(settings_.socket, "unix:" + settings_.control_socket)) {
      add("control-socket", "control-socket and socket are the same file");
    }
    for (const std::string_view option : {"mta", "hand-back-to"}) {
      if (same(value_of(option), settings_.socket)) {
        add(option, format("{} is the socket of this milter, where no SMTP is spoken", option), reminder("socket"));
      }
    }
    if (same(settings_.hand_back_to, settings_.mta)) {
      add("hand-back-to", "hand-back-to and mta are the same port, so what is handed back would come here again",
          "give the MTA one more port, without this milter");
    }
  }

  const Settings& settings_;
  std::vector<Conflict> found_;
};

}  // namespace

std::vector<Conflict> find_conflicts(const Settings& settings) { return Finder(settings).find(); }

}  // namespace graph_milter::config
