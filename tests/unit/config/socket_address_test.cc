// SPDX-License-Identifier: Apache-2.0
#include "core/config/socket_address.h"

#include <gtest/gtest.h>

namespace graph_milter::config {
namespace {

std::string again(std::string_view text) {
  const auto address = parse_socket_address(text, "-p");
  return address ? address->text() : address.error().text();
}

TEST(SocketAddress, ReadsWhatLibmilterReads) {
  EXPECT_EQ(again("unix:/run/graph-milter/graph-milter.sock"), "unix:/run/graph-milter/graph-milter.sock");
  EXPECT_EQ(again("local:/run/a"), "unix:/run/a");
  EXPECT_EQ(again("/run/a"), "unix:/run/a");
  EXPECT_EQ(again("inet:8891@127.0.0.1"), "inet:8891@127.0.0.1");
  EXPECT_EQ(again("inet:65535@localhost"), "inet:65535@localhost");
  EXPECT_EQ(again("inet6:1@::1"), "inet6:1@::1");
}

TEST(SocketAddress, RefusesToListenOnAllAddressesByOmission) {
  EXPECT_EQ(again("inet:8891"),
            "-p: a socket without a host would listen on all addresses, and whoever connects is believed every login "
            "(write inet:8891@127.0.0.1)");
  EXPECT_EQ(again("inet6:8891@"),
            "-p: a socket without a host would listen on all addresses, and whoever connects is believed every login "
            "(write inet6:8891@::1)");
}

TEST(SocketAddress, RefusesWhatIsNoSocket) {
  EXPECT_EQ(again("8891"), "-p: \"8891\" is not a socket (write unix:/path, inet:PORT@HOST or inet6:PORT@HOST)");
  EXPECT_EQ(again("tcp:1@a"), "-p: \"tcp:1@a\" is not a socket (write unix:/path, inet:PORT@HOST or inet6:PORT@HOST)");
  EXPECT_EQ(again("inet:http@a"),
            "-p: \"http\" is not a port from 1 to 65535 (write unix:/path, inet:PORT@HOST or inet6:PORT@HOST)");
  EXPECT_EQ(again("inet:65536@a"),
            "-p: \"65536\" is not a port from 1 to 65535 (write unix:/path, inet:PORT@HOST or inet6:PORT@HOST)");
  EXPECT_EQ(again("unix:run/a"),
            "-p: the socket path \"run/a\" is not absolute (write unix:/path, inet:PORT@HOST or inet6:PORT@HOST)");
}

TEST(SocketAddress, TakesPathsOf107BytesAndNotOneMore) {
  EXPECT_EQ(again("unix:/" + std::string(106, 'a')), "unix:/" + std::string(106, 'a'));
  EXPECT_EQ(again("unix:/" + std::string(107, 'a')),
            "-p: the socket path has 108 bytes; the system takes 107 (choose a shorter path)");
}

}  // namespace
}  // namespace graph_milter::config
