// SPDX-License-Identifier: Apache-2.0
#include "core/http/url.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>

#include <cstring>

#include "core/http/address.h"

namespace graph_milter::http {
namespace {

HttpSettings settings() {
  HttpSettings settings;
  settings.upload_hosts = {"outlook.office.com", "outlook.office365.com"};
  return settings;
}

std::string verdict(const std::string& url, const HttpSettings& with = settings()) {
  const auto status = check_upload_url(url, with);
  if (!status) {
    EXPECT_EQ(status.error().kind, ErrorKind::Configuration);
  }
  return status ? "taken" : status.error().what;
}

TEST(UploadUrl, IsTakenAsTheServiceGivesIt) {
  for (const char* url :
       {"https://outlook.office.com/api/v2.0/Users('u@t')/Messages('m')/AttachmentSessions('s')?authtoken=eyJ",
        "https://outlook.office365.com/api/gv1.0/users('u')", "https://outlook.office.com:443/x",
        "https://OUTLOOK.Office.com/x", "https://eur.outlook.office.com/x", "HTTPS://outlook.office.com/x"})
    EXPECT_EQ(verdict(url), "taken") << url;
}

TEST(UploadUrl, IsRefusedOnAnotherHost) {
  EXPECT_EQ(verdict("https://evil.example/x"), "its host evil.example is not one of upload-hosts");
  EXPECT_EQ(verdict("https://eviloutlook.office.com/x"), "its host eviloutlook.office.com is not one of upload-hosts");
  EXPECT_EQ(verdict("https://outlook.office.com.evil.example/x"),
            "its host outlook.office.com.evil.example is not one of upload-hosts");
  EXPECT_EQ(verdict("https://office.com/x"), "its host office.com is not one of upload-hosts");
}

TEST(UploadUrl, IsRefusedWhereAParserCouldBeFooled) {
  for (const char* url : {"https://outlook.office.com@evil.example/x",
                          "https://user@outlook.office.com/x",
                          "https://user:pw@outlook.office.com/x",
                          "https://evil.example\\@outlook.office.com/x",
                          "https://evil.example#@outlook.office.com/",
                          "https://outlook.office.com%2eevil.example/x",
                          "https://outlook.office.com./x",
                          "https://.outlook.office.com/x",
                          "https:///x",
                          "https:outlook.office.com",
                          "//outlook.office.com/x",
                          "https://outlook.office.com\r\n.evil.example/x",
                          "https://outlook.office.com /x",
                          "https://outl\xC3\xB6ok.office.com/x",
                          "https://outlook.office.com:443:1/x",
                          "https://outlook.office.com:0x1bb/x",
                          "outlook.office.com/x",
                          "http://outlook.office.com/x",
                          "file://outlook.office.com/x",
                          ""})
    EXPECT_NE(verdict(url), "taken") << url;
}

TEST(UploadUrl, IsRefusedWithAnAddressOrAPortOfItsOwn) {
  HttpSettings with = settings();
  with.upload_hosts = {"10.0.0.1", "[::1]", "::1", "0x7f.1", "2130706433", "127.1", "outlook.office.com"};
  for (const char* url : {"https://10.0.0.1/x", "https://[::1]/x", "https://0x7f.1/x", "https://2130706433/x",
                          "https://127.1/x", "https://0x7f000001/x", "https://outlook.office.com:444/x"})
    EXPECT_NE(verdict(url, with), "taken") << url;
  EXPECT_EQ(verdict("https://outlook.office.com:8443/x", with), "at outlook.office.com has port 8443, not 443");
  with.allow_private_addresses = true;
  EXPECT_EQ(verdict("https://10.0.0.1:8443/x", with), "taken");
  EXPECT_EQ(verdict("https://[::1]:8443/x", with), "taken");
  EXPECT_EQ(verdict("https://outlook.office.com:8443/x", with), "taken");
  EXPECT_NE(verdict("https://110.0.0.1/x", with), "taken");
}

TEST(UploadUrl, IsNeverQuotedWithItsQuery) {
  for (const char* url : {"https://evil.example/x?authtoken=canary", "http://evil.example/x?authtoken=canary",
                          "https://a b/?authtoken=canary", "https://canary:canary@outlook.office.com/"}) {
    const auto status = check_upload_url(url, settings());
    ASSERT_FALSE(status);
    EXPECT_EQ(status.error().text().find("canary"), std::string::npos) << status.error().text();
  }
}

TEST(HostSuffix, EndsAtALabel) {
  EXPECT_TRUE(host_has_suffix("a.b", "a.b"));
  EXPECT_TRUE(host_has_suffix("x.a.b", "A.B"));
  EXPECT_FALSE(host_has_suffix("xa.b", "a.b"));
  EXPECT_FALSE(host_has_suffix("b", "a.b"));
  EXPECT_FALSE(host_has_suffix("a.b", ""));
}

TEST(Origin, IsSchemeHostAndPort) {
  EXPECT_EQ(read_origin("https://Graph.Microsoft.com/v1.0?x", "it")->text(), "https://graph.microsoft.com");
  EXPECT_EQ(*read_origin("https://graph.microsoft.com:443/", "it"), *read_origin("https://graph.microsoft.com", "it"));
  EXPECT_EQ(read_origin("https://127.0.0.1:8443/", "it")->text(), "https://127.0.0.1:8443");
  EXPECT_EQ(read_origin("https://[::1]:8443/", "it")->text(), "https://[::1]:8443");
  EXPECT_EQ(read_origin("http://graph.microsoft.com/", "graph-url").error().text(),
            "graph-url: at graph.microsoft.com is not https");
}

bool is_public(const char* text) {
  sockaddr_in v4{};
  if (inet_pton(AF_INET, text, &v4.sin_addr) == 1) {
    v4.sin_family = AF_INET;
    return is_public_address(reinterpret_cast<const sockaddr*>(&v4), sizeof v4);
  }
  sockaddr_in6 v6{};
  EXPECT_EQ(inet_pton(AF_INET6, text, &v6.sin6_addr), 1) << text;
  v6.sin6_family = AF_INET6;
  return is_public_address(reinterpret_cast<const sockaddr*>(&v6), sizeof v6);
}

TEST(PublicAddress, IsWhatTheWorldCanReach) {
  for (const char* text :
       {"1.1.1.1",         "9.255.255.255", "11.0.0.0",        "100.63.255.255",  "100.128.0.0",     "126.255.255.255",
        "128.0.0.1",       "169.253.0.1",   "169.255.0.1",     "172.15.255.255",  "172.32.0.0",      "192.0.1.1",
        "192.167.255.255", "192.169.0.0",   "198.17.255.255",  "198.20.0.0",      "223.255.255.255", "40.99.1.2",
        "2603:1026::1",    "2a01:111::1",   "2001:4860::8888", "64:ff9b::101:101"})
    EXPECT_TRUE(is_public(text)) << text;
}

TEST(PublicAddress, IsNothingElse) {
  for (const char* text :
       {"0.0.0.0",     "0.1.2.3",         "10.0.0.0",        "10.255.255.255", "100.64.0.0",      "100.127.255.255",
        "127.0.0.1",   "127.255.255.255", "169.254.169.254", "172.16.0.0",     "172.31.255.255",  "192.0.0.8",
        "192.0.2.1",   "192.88.99.1",     "192.168.0.1",     "198.18.0.1",     "198.19.255.255",  "198.51.100.1",
        "203.0.113.1", "224.0.0.1",       "239.1.1.1",       "240.0.0.1",      "255.255.255.255", "::",
        "::1",         "::ffff:10.0.0.1", "::ffff:8.8.8.8",  "::8.8.8.8",      "64:ff9b::a00:1",  "64:ff9b:1::1",
        "100::1",      "2001::1",         "2001:10::1",      "2001:db8::1",    "2002:a00:1::",    "3fff::1",
        "fc00::1",     "fd00:ec2::254",   "fe80::1",         "fec0::1",        "ff02::1",         "5f00::1"})
    EXPECT_FALSE(is_public(text)) << text;
}

TEST(PublicAddress, IsNoUnixSocket) {
  sockaddr other{};
  other.sa_family = AF_UNIX;
  EXPECT_FALSE(is_public_address(&other, sizeof other));
}

}  // namespace
}  // namespace graph_milter::http
