// SPDX-License-Identifier: Apache-2.0
// Where the MTA finds us, in libmilter's own words.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/base/result.h"

namespace graph_milter::config {

inline constexpr std::size_t kUnixPathLimit = 107;  // sockaddr_un::sun_path without its NUL

enum class SocketFamily { Unix, Inet, Inet6 };

struct SocketAddress {
  SocketFamily family = SocketFamily::Unix;
  std::string path;  // Unix
  std::string host;  // Inet, Inet6
  std::uint16_t port = 0;

  std::string text() const;  // as smfi_setconn(3) reads it: "unix:/path", "inet:8891@127.0.0.1"
};

// unix:/path, local:/path, /path, inet:PORT@HOST, inet6:PORT@HOST. Without @HOST libmilter would bind all addresses,
// and whoever connects is believed every login: refused. Errors are of kind Usage; `where` is put in front.
Result<SocketAddress> parse_socket_address(std::string_view text, const std::string& where);

}  // namespace graph_milter::config
