// SPDX-License-Identifier: Apache-2.0
// A name that leads to a public address first and to one of ours later, between two requests of one process. Names and
// connections of this program go through the two functions below: it resolves one name as a test says, and reaches a
// public address at a server of the test.
#include <dlfcn.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <mutex>
#include <optional>
#include <vector>

#include "core/http/http.h"
#include "tests/support/temp_folder.h"
#include "tests/unit/http/script_server.h"

namespace graph_milter::http {
namespace {

using testing::HasSubstr;

constexpr const char* kHost = "rebinds.example";
constexpr std::uint32_t kPublic = 0x08080808;  // 8.8.8.8; nothing is sent there

struct Detour {
  std::mutex mutex;
  std::vector<std::uint32_t> answers;  // to the next questions for kHost; the last one stays
  std::size_t questions = 0;
  std::atomic<int> port{0};  // of the server that stands for kPublic
};

Detour& detour() {
  static Detour instance;
  return instance;
}

std::uint32_t next_answer() {
  const std::lock_guard lock(detour().mutex);
  const std::size_t last = detour().answers.size() - 1;
  return detour().answers[std::min(detour().questions++, last)];
}

template <class Function>
Function real(const char* name) {
  void* found = dlsym(RTLD_NEXT, name);
  Function function = nullptr;
  static_assert(sizeof function == sizeof found);
  std::memcpy(&function, &found, sizeof function);
  return function;
}

}  // namespace
}  // namespace graph_milter::http

extern "C" int getaddrinfo(const char* node, const char* service, const addrinfo* hints, addrinfo** result) {
  using namespace graph_milter::http;
  using Function = int (*)(const char*, const char*, const addrinfo*, addrinfo**);
  static const auto real_function = real<Function>("getaddrinfo");
  if (node == nullptr || std::strcmp(node, kHost) != 0) return real_function(node, service, hints, result);
  const std::uint32_t address = next_answer();
  const std::string text = std::to_string(address >> 24U) + "." + std::to_string(address >> 16U & 255U) + "." +
                           std::to_string(address >> 8U & 255U) + "." + std::to_string(address & 255U);
  return real_function(text.c_str(), service, hints, result);
}

extern "C" int connect(int fd, const sockaddr* address, socklen_t length) {
  using namespace graph_milter::http;
  using Function = int (*)(int, const sockaddr*, socklen_t);
  static const auto real_function = real<Function>("connect");
  sockaddr_in there{};
  if (address->sa_family != AF_INET || length < sizeof there) return real_function(fd, address, length);
  std::memcpy(&there, address, sizeof there);
  if (ntohl(there.sin_addr.s_addr) != kPublic) return real_function(fd, address, length);
  there.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  there.sin_port = htons(static_cast<std::uint16_t>(detour().port.load()));
  const void* generic = &there;
  return real_function(fd, static_cast<const sockaddr*>(generic), sizeof there);
}

namespace graph_milter::http {
namespace {

class Rebinding : public testing::Test {
 protected:
  Rebinding() {
    settings_.ca_file = folder_.write("ca.pem", authority_.certificate_pem());
    settings_.upload_hosts = {kHost};
  }

  // The name leads to these addresses; behind the public one is a server that answers twice and sends its clients away,
  // so that they connect anew and ask for the address again.
  test::ScriptServer& serve(std::vector<std::uint32_t> answers) {
    const test::Turn busy{test::answer(503, "busy", "Connection: close\r\n"), test::Then::Close};
    server_.emplace(authority_.server("DNS:rebinds.example"), std::vector<test::Connection>{{busy}, {busy}});
    detour().answers = std::move(answers);
    detour().questions = 0;
    detour().port = server_->port();
    doors_ = open_doors(settings_);
    return *server_;
  }

  Result<Response> put() {
    StringSource body("bytes");
    Request request;
    request.method = Method::Put;
    request.url = Secret(std::string("https://") + kHost + "/session?authtoken=canary");
    request.body = &body;
    return doors_.upload->send(request);
  }

  test::TempFolder folder_;
  test::TestAuthority authority_;
  HttpSettings settings_;
  std::optional<test::ScriptServer> server_;
  Doors doors_;
};

TEST_F(Rebinding, TheDetourLeadsAPublicAddressToTheServer) {
  test::ScriptServer& server = serve({kPublic});
  for (int i = 0; i < 2; ++i) {
    const auto response = put();
    ASSERT_TRUE(response) << response.error().text();
    EXPECT_EQ(response->status, 503);
  }
  EXPECT_EQ(server.connections(), 2U);
  EXPECT_EQ(detour().questions, 2U);
}

// Loopback, private networks, link-local where metadata services are, and this host.
TEST_F(Rebinding, ToAnAddressOfOursIsRefusedAndNothingIsSent) {
  for (const std::uint32_t later : {0x7F000001U, 0x0A000001U, 0xAC100001U, 0xC0A80001U, 0xA9FEA9FEU, 0x00000000U}) {
    test::ScriptServer& server = serve({kPublic, later});
    const auto first = put();
    ASSERT_TRUE(first) << first.error().text();
    const auto second = put();
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().kind, ErrorKind::Configuration);
    EXPECT_THAT(second.error().text(), HasSubstr("is not a public one"));
    EXPECT_EQ(server.connections(), 1U);
    EXPECT_EQ(detour().questions, 2U);
  }
}

}  // namespace
}  // namespace graph_milter::http
