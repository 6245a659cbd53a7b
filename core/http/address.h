// SPDX-License-Identifier: Apache-2.0
// Which addresses on the Internet are public.
#pragma once

#include <sys/socket.h>

namespace graph_milter::http {

// False for loopback, private, shared (carrier NAT), link-local and its metadata services, unique local, multicast,
// documentation, benchmarking and reserved ranges (IANA special-purpose registries, RFC 6890), for IPv4 in IPv6 clothes
// (mapped, 6to4, Teredo) except NAT64 of a public address, and for anything that is neither IPv4 nor IPv6.
// `length` as in bind(2).
bool is_public_address(const sockaddr* address, socklen_t length);

}  // namespace graph_milter::http
