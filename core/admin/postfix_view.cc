// SPDX-License-Identifier: Apache-2.0
#include "core/admin/postfix_view.h"

#include <algorithm>
#include <filesystem>

#include "core/base/format.h"
#include "core/base/text.h"

namespace graph_milter::admin {

namespace {

using config::SocketAddress;
using config::SocketFamily;
using mta::PostfixMilter;
using mta::PostfixService;
using mta::PostfixSettings;

std::string normal(const std::string& path) { return std::filesystem::path(path).lexically_normal().string(); }

std::string plain_host(std::string_view host) {
  std::string out = to_lower(host);
  if (out.starts_with('[') && out.ends_with(']')) out = out.substr(1, out.size() - 2);
  return out == "localhost" || out == "::1" ? "127.0.0.1" : out;
}

bool is_any_host(const std::string& host) { return host == "0.0.0.0" || host == "::"; }

// "host:port" as Postfix writes it.
bool same_port(std::string_view endpoint, const SocketAddress& socket) {
  const std::size_t colon = endpoint.rfind(':');
  if (colon == std::string_view::npos) return false;
  if (parse_unsigned(endpoint.substr(colon + 1)) != socket.port) return false;
  const std::string ours = plain_host(socket.host);
  return is_any_host(ours) || plain_host(endpoint.substr(0, colon)) == ours;
}

// What an item of the list is to us: nullopt if it names somebody else; else as PostfixAsker::looks_for.
std::optional<std::string> names_us(const PostfixMilter& milter, const SocketAddress& socket, const std::string& queue,
                                    bool chroot) {
  const std::size_t colon = milter.endpoint.find(':');
  const std::string transport = to_lower(milter.endpoint.substr(0, colon));
  const std::string place = colon == std::string::npos ? std::string() : milter.endpoint.substr(colon + 1);
  const bool unix_socket = transport == "unix" || transport == "local";
  if (socket.family != SocketFamily::Unix) {
    const bool ours = !unix_socket && same_port(place, socket);
    return ours ? std::optional(std::string()) : std::nullopt;
  }
  if (!unix_socket || place.empty()) return std::nullopt;
  const std::string ours = normal(socket.path);
  const std::string below_queue = normal(queue + "/" + place);
  const bool absolute = place.starts_with('/');
  const std::string looks_for = absolute && !chroot ? normal(place) : below_queue;
  if (looks_for == ours) return std::string();
  if (below_queue == ours || (absolute && normal(place) == ours)) return looks_for;
  return std::nullopt;
}

class Finder {
 public:
  Finder(const PostfixSettings& postfix, const SocketAddress& socket) : postfix_(postfix), socket_(socket) {}

  std::vector<PostfixAsker> find() {
    for (const PostfixService& service : postfix_.services()) {
      if (service.command == "smtpd" && !refuses_milters(service)) add(service, cleanup_of(service), "smtpd_milters");
      if (service.command != "pickup" || refuses_milters(service)) continue;
      if (const PostfixService* cleanup = cleanup_of(service)) add(*cleanup, cleanup, "non_smtpd_milters");
    }
    return std::move(askers_);
  }

 private:
  bool refuses_milters(const PostfixService& service) const {
    const auto words = split_list(postfix_.get(service, "receive_override_options"));
    return std::find(words.begin(), words.end(), "no_milters") != words.end();
  }

  const PostfixService* cleanup_of(const PostfixService& service) const {
    const std::string& name = postfix_.get(service, "cleanup_service_name");
    return postfix_.find(name.empty() ? "cleanup" : name, "unix");
  }

  void add(const PostfixService& service, const PostfixService* cleanup, std::string_view parameter) {
    PostfixAsker asker{&service, cleanup, parameter, mta::parse_milters(postfix_.get(service, parameter)), 0, {}};
    for (; asker.ours < asker.milters.size(); ++asker.ours) {
      const auto us = names_us(asker.milters[asker.ours], socket_, postfix_.get("queue_directory"), service.chroot);
      if (!us) continue;
      asker.looks_for = *us;
      return askers_.push_back(std::move(asker));
    }
  }

  const PostfixSettings& postfix_;
  const SocketAddress& socket_;
  std::vector<PostfixAsker> askers_;
};

constexpr std::string_view kCopies[] = {"always_bcc", "sender_bcc_maps", "recipient_bcc_maps"};

}  // namespace

std::vector<PostfixAsker> find_askers(const PostfixSettings& postfix, const SocketAddress& socket) {
  return Finder(postfix, socket).find();
}

std::string postfix_name(const PostfixSettings& postfix, const SocketAddress& socket) {
  if (socket.family != SocketFamily::Unix) {
    const bool literal = socket.host.find(':') != std::string::npos;
    return format("inet:{}:{}", literal ? "[" + socket.host + "]" : socket.host, socket.port);
  }
  const std::string queue = normal(postfix.get("queue_directory") + "/");
  const std::string path = normal(socket.path);
  return "unix:" + (path.starts_with(queue) ? path.substr(queue.size()) : path);
}

std::vector<std::string> bcc_settings(const PostfixSettings& postfix, const std::vector<PostfixAsker>& askers) {
  std::vector<std::string> out;
  const auto add = [&](std::string_view name, const std::string& value) {
    const std::string line = format("{} = {}", name, value);
    if (!value.empty() && std::find(out.begin(), out.end(), line) == out.end()) out.push_back(line);
  };
  for (const std::string_view name : kCopies) {
    if (askers.empty()) add(name, postfix.get(name));
    for (const PostfixAsker& asker : askers) {
      const auto words = split_list(postfix.get(*asker.service, "receive_override_options"));
      if (std::find(words.begin(), words.end(), "no_address_mappings") != words.end()) continue;
      add(name, asker.cleanup == nullptr ? postfix.get(name) : postfix.get(*asker.cleanup, name));
    }
  }
  return out;
}

std::optional<Duration> parse_postfix_time(std::string_view text) {
  std::size_t digits = 0;
  while (digits < text.size() && is_ascii_digit(text[digits])) ++digits;
  const auto number = parse_unsigned(text.substr(0, digits));
  constexpr std::uint64_t kMost = 1'000'000'000;
  if (!number || *number > kMost) return std::nullopt;
  const std::string_view unit = text.substr(digits);
  const auto count = static_cast<std::int64_t>(*number);
  if (unit.empty() || unit == "s") return std::chrono::seconds(count);
  if (unit == "m") return std::chrono::minutes(count);
  if (unit == "h") return std::chrono::hours(count);
  if (unit == "d") return std::chrono::hours(count * 24);
  if (unit == "w") return std::chrono::hours(count * 24 * 7);
  return std::nullopt;
}

}  // namespace graph_milter::admin
