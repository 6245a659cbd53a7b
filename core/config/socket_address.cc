// SPDX-License-Identifier: Apache-2.0
#include "core/config/socket_address.h"

#include "core/base/format.h"
#include "core/base/text.h"

namespace graph_milter::config {

namespace {

constexpr std::string_view kForms = "write unix:/path, inet:PORT@HOST or inet6:PORT@HOST";

Result<SocketAddress> parse_unix(std::string_view path, const std::string& where) {
  if (!path.starts_with('/')) {
    return fail(ErrorKind::Usage, where, format("the socket path \"{}\" is not absolute", escape_for_log(path)),
                std::string(kForms));
  }
  if (path.size() > kUnixPathLimit) {
    return fail(ErrorKind::Usage, where,
                format("the socket path has {} bytes; the system takes {}", path.size(), kUnixPathLimit),
                "choose a shorter path");
  }
  return SocketAddress{SocketFamily::Unix, std::string(path), {}, 0};
}

Result<SocketAddress> parse_inet(SocketFamily family, std::string_view rest, const std::string& where) {
  const std::size_t at = rest.find('@');
  const std::string_view digits = rest.substr(0, at);
  const auto port = parse_unsigned(digits);
  if (!port || *port == 0 || *port > 65535) {
    return fail(ErrorKind::Usage, where, format("\"{}\" is not a port from 1 to 65535", escape_for_log(digits)),
                std::string(kForms));
  }
  const std::string_view host = at == std::string_view::npos ? std::string_view() : rest.substr(at + 1);
  if (host.empty()) {
    const bool six = family == SocketFamily::Inet6;
    return fail(ErrorKind::Usage, where,
                "a socket without a host would listen on all addresses, and whoever connects is believed every login",
                format("write {}:{}@{}", six ? "inet6" : "inet", *port, six ? "::1" : "127.0.0.1"));
  }
  return SocketAddress{family, {}, std::string(host), static_cast<std::uint16_t>(*port)};
}

}  // namespace

std::string SocketAddress::text() const {
  switch (family) {
    case SocketFamily::Unix:
      return "unix:" + path;
    case SocketFamily::Inet:
      return format("inet:{}@{}", port, host);
    case SocketFamily::Inet6:
      return format("inet6:{}@{}", port, host);
  }
  return {};
}

Result<SocketAddress> parse_socket_address(std::string_view text, const std::string& where) {
  if (text.starts_with('/')) return parse_unix(text, where);
  const std::size_t colon = text.find(':');
  const std::string_view family = text.substr(0, colon);
  const std::string_view rest = colon == std::string_view::npos ? std::string_view() : text.substr(colon + 1);
  if (colon != std::string_view::npos) {
    if (family == "unix" || family == "local") return parse_unix(rest, where);
    if (family == "inet") return parse_inet(SocketFamily::Inet, rest, where);
    if (family == "inet6") return parse_inet(SocketFamily::Inet6, rest, where);
  }
  return fail(ErrorKind::Usage, where, format("\"{}\" is not a socket", escape_for_log(text)), std::string(kForms));
}

}  // namespace graph_milter::config
