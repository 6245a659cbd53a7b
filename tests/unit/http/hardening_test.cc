// SPDX-License-Identifier: Apache-2.0
// Every option that keeps a transfer from doing more than it was asked to, line by line, as libcurl hears it: our
// curl_easy_setopt stands in front of the library's, writes down what it is told and passes it on.
#include <curl/curl.h>
#include <dlfcn.h>
#include <gtest/gtest.h>

#include <cstdarg>
#include <map>
#include <set>

#include "core/base/format.h"
#include "core/http/http.h"
#include "tests/support/temp_folder.h"
#include "tests/unit/http/script_server.h"

#undef curl_easy_setopt

namespace {

// Of this thread: other tests of the program send in many.
std::map<CURLoption, std::string>& heard() {
  static thread_local std::map<CURLoption, std::string> options;
  return options;
}

std::string words_of(CURLoption option, const void* pointer) {
  if (pointer == nullptr) return "null";
  const curl_easyoption* known = curl_easy_option_by_id(option);
  const bool is_text = known != nullptr && known->type == CURLOT_STRING;
  return is_text ? static_cast<const char*>(pointer) : "set";
}

}  // namespace

extern "C" CURLcode curl_easy_setopt(CURL* handle, CURLoption option, ...) {
  using Real = CURLcode (*)(CURL*, CURLoption, ...);
  static const auto real = reinterpret_cast<Real>(dlsym(RTLD_NEXT, "curl_easy_setopt"));
  std::va_list rest;
#ifdef __clang__
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wvarargs"  // libcurl's own signature has an enumeration there
#endif
  va_start(rest, option);
#ifdef __clang__
#pragma clang diagnostic pop
#endif
  CURLcode code = CURLE_OK;
  if (option < CURLOPTTYPE_OBJECTPOINT) {
    const long value = va_arg(rest, long);
    heard()[option] = std::to_string(value);
    code = real(handle, option, value);
  } else if (option >= CURLOPTTYPE_OFF_T && option < CURLOPTTYPE_BLOB) {
    const curl_off_t value = va_arg(rest, curl_off_t);
    heard()[option] = std::to_string(value);
    code = real(handle, option, value);
  } else {
    void* value = va_arg(rest, void*);
    heard()[option] = words_of(option, value);
    code = real(handle, option, value);
  }
  va_end(rest);
  return code;
}

namespace graph_milter::http {
namespace {

struct Line {
  CURLoption option;
  const char* value;  // "set": anything but null
};

constexpr Line kLines[] = {
    {CURLOPT_PROTOCOLS_STR, "https"},
    {CURLOPT_REDIR_PROTOCOLS_STR, "https"},
    {CURLOPT_FOLLOWLOCATION, "0"},
    {CURLOPT_MAXREDIRS, "0"},
    {CURLOPT_UNRESTRICTED_AUTH, "0"},
    {CURLOPT_DISALLOW_USERNAME_IN_URL, "1"},
    {CURLOPT_NETRC, "0"},
    {CURLOPT_PROXY, ""},
    {CURLOPT_SSL_VERIFYPEER, "1"},
    {CURLOPT_SSL_VERIFYHOST, "2"},
    {CURLOPT_NOSIGNAL, "1"},
    {CURLOPT_TCP_KEEPALIVE, "1"},
    {CURLOPT_CONNECTTIMEOUT_MS, "15000"},
    {CURLOPT_TIMEOUT_MS, "300000"},
    {CURLOPT_LOW_SPEED_LIMIT, "1"},
    {CURLOPT_LOW_SPEED_TIME, "60"},
    {CURLOPT_PATH_AS_IS, "1"},
    {CURLOPT_OPENSOCKETFUNCTION, "set"},
    {CURLOPT_HEADERFUNCTION, "set"},
    {CURLOPT_WRITEFUNCTION, "set"},
};

// What would undo it: other protocols and credentials, cookies, caches that lead elsewhere, decompression, a trace with
// tokens in it. libcurl's default for each is off.
constexpr CURLoption kNever[] = {CURLOPT_ACCEPT_ENCODING,
                                 CURLOPT_TRANSFER_ENCODING,
                                 CURLOPT_COOKIE,
                                 CURLOPT_COOKIEFILE,
                                 CURLOPT_COOKIEJAR,
                                 CURLOPT_COOKIELIST,
                                 CURLOPT_HSTS,
                                 CURLOPT_HSTS_CTRL,
                                 CURLOPT_ALTSVC,
                                 CURLOPT_ALTSVC_CTRL,
                                 CURLOPT_VERBOSE,
                                 CURLOPT_DEBUGFUNCTION,
                                 CURLOPT_HTTP09_ALLOWED,
                                 CURLOPT_USERPWD,
                                 CURLOPT_PROXYUSERPWD,
                                 CURLOPT_NETRC_FILE,
                                 CURLOPT_AUTOREFERER,
                                 CURLOPT_DNS_SERVERS,
                                 CURLOPT_DOH_URL,
                                 CURLOPT_RESOLVE,
                                 CURLOPT_CONNECT_TO,
                                 CURLOPT_PRE_PROXY,
                                 CURLOPT_SHARE,
                                 CURLOPT_SSL_CTX_FUNCTION,
                                 CURLOPT_HTTPAUTH,
                                 CURLOPT_POSTREDIR,
                                 CURLOPT_UNIX_SOCKET_PATH};

std::string name_of(CURLoption option) {
  const curl_easyoption* known = curl_easy_option_by_id(option);
  return known != nullptr ? known->name : std::to_string(option);
}

const std::string& heard_of(CURLoption option) {
  static const std::string nothing = "never set";
  const auto found = heard().find(option);
  return found != heard().end() ? found->second : nothing;
}

class Hardening : public testing::Test {
 protected:
  Hardening() { settings_.upload_hosts = {"127.0.0.1"}; }

  // Sends one request through the door and returns what libcurl heard before it.
  void exchange(Method method, bool upload) {
    static const test::TestAuthority authority;
    test::ScriptServer server(authority.server("IP:127.0.0.1"),
                              {{{"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", test::Then::Close}}});
    settings_.ca_file = folder_.write("ca.pem", authority.certificate_pem());
    settings_.allow_private_addresses = true;
    const Doors doors = open_doors(settings_);
    StringSource body("0123456789");
    Request request;
    request.method = method;
    request.url = Secret(server.url());
    request.body = method == Method::Get ? nullptr : &body;
    heard().clear();
    const auto response = upload ? doors.upload->send(request) : doors.api->send(request);
    ASSERT_TRUE(response) << response.error().text();
    EXPECT_EQ(response->body, "ok");
  }

  test::TempFolder folder_;
  HttpSettings settings_;
};

TEST_F(Hardening, IsSaidLineByLineForEveryRequest) {
  for (const Method method : {Method::Get, Method::Post, Method::Put, Method::Patch, Method::Delete}) {
    for (const bool upload : {false, true}) {
      exchange(method, upload);
      for (const Line& line : kLines) EXPECT_EQ(heard_of(line.option), line.value) << name_of(line.option);
      for (const CURLoption option : kNever) EXPECT_EQ(heard_of(option), "never set") << name_of(option);
      EXPECT_EQ(heard_of(CURLOPT_SSLVERSION), std::to_string(CURL_SSLVERSION_TLSv1_2));
      EXPECT_EQ(heard_of(CURLOPT_HTTP_VERSION), std::to_string(CURL_HTTP_VERSION_1_1));
      if (method != Method::Get) {
        EXPECT_EQ(heard_of(CURLOPT_INFILESIZE_LARGE), "10") << "a length, so nothing is chunked";
      }
    }
  }
}

}  // namespace
}  // namespace graph_milter::http
