// SPDX-License-Identifier: Apache-2.0
// The doors against a server that does exactly what a script says.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <thread>

#include "core/http/http.h"
#include "tests/support/temp_folder.h"
#include "tests/unit/http/script_server.h"

namespace graph_milter::http {
namespace {

using std::chrono::milliseconds;
using test::answer;
using test::Reads;
using test::ScriptServer;
using test::Then;
using test::Turn;
using testing::HasSubstr;
using testing::Not;

const test::TestAuthority& authority() {
  static const test::TestAuthority instance;
  return instance;
}

class DoorsTest : public testing::Test {
 protected:
  DoorsTest() {
    settings_.ca_file = folder_.write("ca.pem", authority().certificate_pem());
    settings_.allow_private_addresses = true;
    settings_.upload_hosts = {"127.0.0.1", "localhost"};
  }

  ScriptServer& serve(std::vector<test::Connection> script, const std::string& names = "IP:127.0.0.1,DNS:localhost") {
    server_ = std::make_unique<ScriptServer>(authority().server(names), std::move(script));
    return *server_;
  }

  Doors& doors() {
    if (!doors_.api) doors_ = open_doors(settings_);
    return doors_;
  }

  Result<Response> send(Method method, ByteSource* body = nullptr, const std::string& path = "/") {
    Request request;
    request.method = method;
    request.url = Secret(server_->url(path));
    request.body = body;
    return doors().api->send(request);
  }

  Error failure(const Result<Response>& response) {
    if (response) {
      ADD_FAILURE() << "answered " << response->status;
      return {};
    }
    return response.error();
  }

  std::string where(std::string_view method) { return std::string(method) + " " + server_->url(""); }

  test::TempFolder folder_;
  HttpSettings settings_;
  std::unique_ptr<ScriptServer> server_;
  Doors doors_;
};

// Remembers how it was read; fails or ends early where it is told to.
class WatchedSource final : public ByteSource {
 public:
  explicit WatchedSource(ByteCount size) : size_(size) {}
  ByteCount size() const override { return size_; }
  Result<std::size_t> read_at(ByteCount offset, std::span<char> out) override {
    if (offset >= fail_at_) return fail(ErrorKind::Corrupt, "part 2", "does not decode");
    reads_.push_back(out.size());
    const ByteCount end = std::min({size_, end_at_, offset + out.size()});
    const std::size_t length = end > offset ? static_cast<std::size_t>(end - offset) : 0;
    for (std::size_t i = 0; i < length; ++i) out[i] = byte_at(offset + i);
    return length;
  }
  static char byte_at(ByteCount position) { return static_cast<char>('a' + static_cast<char>(position % 23)); }
  std::string text() const {
    std::string all;
    for (ByteCount i = 0; i < size_; ++i) all += byte_at(i);
    return all;
  }

  ByteCount fail_at_ = ~ByteCount{0};
  ByteCount end_at_ = ~ByteCount{0};
  std::vector<std::size_t> reads_;

 private:
  ByteCount size_;
};

// ---- What is sent

TEST(Doors, SurviveAPeerThatHasGone) {
  std::signal(SIGPIPE, SIG_DFL);
  const Doors doors = open_doors(HttpSettings{});
  EXPECT_EQ(std::signal(SIGPIPE, SIG_IGN), SIG_IGN) << "OpenSSL's write to a closed connection would end the process";
}

TEST_F(DoorsTest, SendsTheUrlByteForByte) {
  const std::string path = "/api/v2.0/Users('u@t')/../Messages('m=')/./Sessions('s')?authtoken=a%2Fb%27+/='%7E";
  serve({{{answer(200)}}});
  Request request;
  request.url = Secret(server_->url(path));
  ASSERT_TRUE(doors().upload->send(request));
  EXPECT_THAT(server_->seen()[0].header, testing::StartsWith("GET " + path + " HTTP/1.1\r\n"));
}

TEST_F(DoorsTest, SendsHeadersAndBodyAsTheyAreAndNothingOfItsOwn) {
  serve({{{answer(201, "made")}}});
  StringSource body("{\"a\":1}");
  Request request;
  request.method = Method::Post;
  request.url = Secret(server_->url("/v1.0/x"));
  request.headers = {{"Content-Type", "application/json"}, {"Prefer", "IdType=\"ImmutableId\""}};
  request.body = &body;
  const auto response = doors().api->send(request);
  ASSERT_TRUE(response) << response.error().text();
  EXPECT_EQ(response->status, 201);
  EXPECT_EQ(response->body, "made");
  EXPECT_EQ(server_->seen()[0].header, "POST /v1.0/x HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(server_->port()) +
                                           "\r\nUser-Agent: graph-milter/" GM_VERSION
                                           "\r\nAccept: */*\r\nContent-Type: application/json\r\n"
                                           "Prefer: IdType=\"ImmutableId\"\r\nContent-Length: 7\r\n\r\n");
  EXPECT_EQ(server_->seen()[0].body, "{\"a\":1}");
}

TEST_F(DoorsTest, SaysLengthZeroWhereABodyIsDue) {
  serve({{{answer(202)}, {answer(200)}, {answer(204)}}});
  ASSERT_TRUE(send(Method::Post));
  ASSERT_TRUE(send(Method::Get));
  ASSERT_TRUE(send(Method::Delete));
  EXPECT_THAT(server_->seen()[0].header, HasSubstr("\r\nContent-Length: 0\r\n"));
  EXPECT_THAT(server_->seen()[1].header, Not(HasSubstr("Content-Length")));
  EXPECT_THAT(server_->seen()[2].header, testing::StartsWith("DELETE / HTTP/1.1\r\n"));
}

TEST_F(DoorsTest, StreamsALargeBodyInWholeBuffersWithItsLengthAndWithoutExpect) {
  serve({{{answer(200)}}});
  WatchedSource body(4 * 1024 * 1024 + 7);
  const auto response = send(Method::Put, &body);
  ASSERT_TRUE(response) << response.error().text();
  EXPECT_EQ(server_->seen()[0].body, body.text());
  EXPECT_THAT(server_->seen()[0].header, HasSubstr("\r\nContent-Length: 4194311\r\n"));
  EXPECT_THAT(server_->seen()[0].header, Not(HasSubstr("Expect")));
  EXPECT_THAT(server_->seen()[0].header, Not(HasSubstr("Transfer-Encoding")));
  ASSERT_GT(body.reads_.size(), 1U);
  for (std::size_t i = 0; i + 1 < body.reads_.size(); ++i) EXPECT_EQ(body.reads_[i], 512U * 1024) << "read " << i;
}

TEST_F(DoorsTest, NeverSendsCredentialsToAnUploadUrl) {
  serve({{{answer(200)}, {answer(200)}}});
  Request request;
  request.url = Secret(server_->url());
  request.headers = {
      {"Authorization", "Bearer canary"}, {"authorization ", "canary"}, {"Cookie", "canary"}, {"X-A", "b"}};
  ASSERT_TRUE(doors().upload->send(request));
  EXPECT_THAT(server_->seen()[0].header, Not(HasSubstr("canary")));
  EXPECT_THAT(server_->seen()[0].header, HasSubstr("\r\nX-A: b\r\n"));
  ASSERT_TRUE(doors().api->send(request));
  EXPECT_THAT(server_->seen()[1].header, HasSubstr("\r\nAuthorization: Bearer canary\r\n"));
}

TEST_F(DoorsTest, RefusesAHeaderThatWouldBecomeTwo) {
  serve({});
  Request request;
  request.url = Secret(server_->url());
  request.headers = {{"X-A", "b\r\nX-C: d"}};
  EXPECT_EQ(failure(doors().api->send(request)).text(), where("GET") + ": a request header holds a line end");
  EXPECT_EQ(server_->connections(), 0U);
}

TEST_F(DoorsTest, TakesNoProxyFromTheEnvironment) {
  serve({{{answer(200)}}});
  setenv("https_proxy", "http://127.0.0.1:1", 1);
  setenv("ALL_PROXY", "http://127.0.0.1:1", 1);
  const auto response = send(Method::Get);
  unsetenv("https_proxy");
  unsetenv("ALL_PROXY");
  EXPECT_TRUE(response) << response.error().text();
}

// ---- What is read

TEST_F(DoorsTest, ReadsStatusHeadersAndBody) {
  serve({{{"HTTP/1.1 100 Continue\r\nX-Early: 1\r\n\r\n" +
           answer(429, "slow", "Retry-After:  2.128 \r\nX-A: 1\r\nx-a: 2\r\n")}}});
  const auto response = send(Method::Get);
  ASSERT_TRUE(response) << response.error().text();
  EXPECT_EQ(response->status, 429);
  EXPECT_EQ(response->header("retry-after"), "2.128");
  EXPECT_EQ(response->header("x-a"), "2");
  EXPECT_EQ(response->header("x-early"), "");
  EXPECT_EQ(response->body, "slow");
}

TEST_F(DoorsTest, FollowsNoRedirect) {
  serve({{{answer(302, "", "Location: https://127.0.0.1:1/\r\n")}}});
  const auto response = send(Method::Get);
  ASSERT_TRUE(response) << response.error().text();
  EXPECT_EQ(response->status, 302);
  EXPECT_EQ(server_->connections(), 1U);
}

TEST_F(DoorsTest, RefusesAnAnswerThatIsTooLong) {
  serve({{{answer(200, std::string(101, 'x'))}},
         {{answer(200, std::string(101, 'x'))}},
         {{answer(200, std::string(100, 'x'))}}});
  Request request;
  request.url = Secret(server_->url());
  request.response_limit = 100;
  const Error refused = failure(doors().api->send(request));
  EXPECT_EQ(refused.kind, ErrorKind::Transient);
  EXPECT_EQ(refused.text(), where("GET") + ": the answer is longer than 100 bytes");

  request.method = Method::Post;
  EXPECT_EQ(failure(doors().api->send(request)).kind, ErrorKind::Unclear);

  const auto response = doors().api->send(request);
  ASSERT_TRUE(response);
  EXPECT_EQ(response->body.size(), 100U);
}

TEST_F(DoorsTest, KeepsThePrefixOfALongAnswerIfAsked) {
  std::string long_answer = "0123";
  long_answer.resize(5'000'000, 'x');
  std::string endless = "0123";
  endless.resize(20'000'000, 'x');
  serve({{{answer(200, long_answer)}, {answer(200, "0123")}, {answer(200, endless)}}, {{answer(200, "012")}}});
  Request request;
  request.url = Secret(server_->url());
  request.response_limit = 4;
  request.keep_prefix = true;
  struct Expected {
    const char* body;
    bool cut;
    std::size_t connection;  // a rest of some megabytes is read for the sake of the connection, more is not
  };
  for (const Expected expected :
       {Expected{"0123", true, 0}, {"0123", false, 0}, {"0123", true, 0}, {"012", false, 1}}) {
    const auto response = doors().api->send(request);
    ASSERT_TRUE(response) << response.error().text();
    EXPECT_EQ(response->body, expected.body);
    EXPECT_EQ(response->cut, expected.cut);
    EXPECT_EQ(server_->seen().back().connection, expected.connection);
  }
}

TEST_F(DoorsTest, RefusesAnEndlessHeader) {
  std::string header = "HTTP/1.1 200 OK\r\n";
  for (int i = 0; i < 70; ++i) header += "X-" + std::to_string(i) + ": " + std::string(1000, 'x') + "\r\n";
  serve({{{header, Then::Drain}}});
  EXPECT_EQ(failure(send(Method::Get)).text(), where("GET") + ": the answer has more than 65536 bytes of header");
}

TEST_F(DoorsTest, ComparesABodyInsteadOfKeepingIt) {
  const WatchedSource content(200'000);
  const std::string same = content.text();
  std::string other = same;
  other[150'000] = '!';
  struct Case {
    std::string sent;
    int status;
    bool equal;
  };
  const Case cases[] = {{same, 200, true},        {other, 200, false}, {same.substr(0, 199'999), 200, false},
                        {same + "x", 200, false}, {"", 200, false},    {"gone", 404, false}};
  for (const Case& c : cases) {
    serve({{{answer(c.status, c.sent)}}});
    WatchedSource expected(200'000);
    Request request;
    request.url = Secret(server_->url());
    request.compare_with = &expected;
    request.response_limit = 10;
    const auto response = doors().api->send(request);
    ASSERT_TRUE(response) << response.error().text();
    EXPECT_EQ(response->body_equal, c.equal) << c.sent.size();
    EXPECT_EQ(response->body, c.status == 200 ? "" : "gone");
  }
}

TEST_F(DoorsTest, HandsOnWhatTheSourceOfAComparisonSays) {
  serve({{{answer(200, std::string(1000, 'x'))}}});
  WatchedSource broken(1000);
  broken.fail_at_ = 0;
  Request request;
  request.url = Secret(server_->url());
  request.compare_with = &broken;
  EXPECT_EQ(failure(doors().api->send(request)).text(), "part 2: does not decode");
}

// ---- Connections

TEST_F(DoorsTest, KeepsAConnection) {
  serve({{{answer(200)}, {answer(404, "no")}, {answer(200)}}});
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(send(i == 1 ? Method::Post : Method::Get));
  EXPECT_EQ(server_->connections(), 1U);
}

TEST_F(DoorsTest, TakesANewConnectionAfter503) {
  serve({{{answer(200)}, {answer(503)}}, {{answer(200)}}});
  ASSERT_TRUE(send(Method::Get));
  ASSERT_EQ(send(Method::Get)->status, 503);
  ASSERT_EQ(send(Method::Get)->status, 200);
  EXPECT_EQ(server_->seen()[2].connection, 1U);
}

TEST_F(DoorsTest, NeverRepeatsARequestWithAnEffectWhenAKeptConnectionDies) {
  for (const Method method : {Method::Post, Method::Put, Method::Patch}) {
    for (const bool with_body : {false, true}) {
      // libcurl opens the second connection before it asks us, and closes it again.
      serve({{{answer(200)}, {"", Then::Close}}, {{answer(200)}}, {{answer(200)}}});
      ASSERT_TRUE(send(Method::Get));
      StringSource body("content");
      const Error error = failure(send(method, with_body ? &body : nullptr));
      EXPECT_EQ(error.kind, ErrorKind::Unclear) << name_of(method);
      EXPECT_EQ(error.text(), where(name_of(method)) + ": the connection was closed before an answer came");
      EXPECT_EQ(server_->seen().size(), 2U) << name_of(method) << " came twice";
      ASSERT_TRUE(send(Method::Get));  // and the next one is served as ever
      EXPECT_EQ(server_->seen()[2].connection, 2U);
    }
  }
}

TEST_F(DoorsTest, LetsLibcurlRepeatWhatChangesNothing) {
  for (const Method method : {Method::Get, Method::Delete}) {
    serve({{{answer(200)}, {"", Then::Close}}, {{answer(204)}}});
    ASSERT_TRUE(send(Method::Get));
    const auto response = send(method);
    ASSERT_TRUE(response) << response.error().text();
    EXPECT_EQ(response->status, 204);
    EXPECT_EQ(server_->seen().size(), 3U);
  }
}

TEST_F(DoorsTest, ServesManyThreadsOverOneDoor) {
  constexpr int kThreads = 8;
  constexpr int kRequests = 20;
  std::vector<test::Connection> script;
  for (int i = 0; i < kThreads * kRequests; ++i) {
    script.emplace_back();
    for (int j = 0; j < kThreads * kRequests; ++j) script.back().push_back({answer(200, "ok")});
  }
  serve(std::move(script));
  doors();
  std::atomic<int> answered{0};
  std::vector<std::thread> threads(kThreads);
  for (std::thread& thread : threads) {
    thread = std::thread([&] {
      for (int j = 0; j < kRequests; ++j) {
        WatchedSource body(10'000);
        const auto response = send(Method::Put, &body);
        if (response && response->status == 200 && response->body == "ok") ++answered;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(answered, kThreads * kRequests);
  EXPECT_LE(server_->connections(), static_cast<std::size_t>(kThreads));
}

// ---- What goes wrong

TEST_F(DoorsTest, CallsARefusedConnectionTransient) {
  serve({});
  const std::string url = server_->url();
  const std::string place = where("POST");
  server_.reset();
  Request request;
  request.method = Method::Post;
  request.url = Secret(url);
  const Error error = failure(doors().api->send(request));
  EXPECT_EQ(error.kind, ErrorKind::Transient);
  EXPECT_EQ(error.where, place);
}

TEST_F(DoorsTest, CallsAnUnknownHostTransient) {
  Request request;
  request.method = Method::Post;
  request.url = Secret("https://graph.invalid/");
  const Error error = failure(doors().api->send(request));
  EXPECT_EQ(error.kind, ErrorKind::Transient);
  EXPECT_THAT(error.text(), HasSubstr("POST https://graph.invalid: "));
}

TEST_F(DoorsTest, CallsAServerWithoutTlsTransient) {
  server_ = std::make_unique<ScriptServer>(
      std::vector<test::Connection>{{{"HTTP/1.1 200 OK\r\n\r\n", Then::Drain, Reads::Nothing}}});
  EXPECT_EQ(failure(send(Method::Post)).kind, ErrorKind::Transient);
}

TEST_F(DoorsTest, CallsACertificateOfAnotherAuthorityConfiguration) {
  const test::TestAuthority other;
  settings_.ca_file = folder_.write("other.pem", other.certificate_pem());
  serve({});
  const Error error = failure(send(Method::Post));
  EXPECT_EQ(error.kind, ErrorKind::Configuration);
  EXPECT_EQ(error.hint, "if the certificate comes from an authority of your own, name it with ca-file");
}

TEST_F(DoorsTest, CallsACertificateForAnotherNameConfiguration) {
  serve({}, "DNS:graph.example.net");
  EXPECT_EQ(failure(send(Method::Get)).kind, ErrorKind::Configuration);
}

TEST_F(DoorsTest, CallsAMissingCaFileConfiguration) {
  settings_.ca_file = folder_.file("none.pem");
  serve({});
  EXPECT_EQ(failure(send(Method::Get)).kind, ErrorKind::Configuration);
}

// What happens once the request was written is unclear, unless it changes nothing.
class AfterWritingTest : public DoorsTest, public testing::WithParamInterface<std::pair<const char*, Turn>> {};

TEST_P(AfterWritingTest, IsUnclear) {
  serve({{GetParam().second}, {GetParam().second}});
  const Error posted = failure(send(Method::Post));
  EXPECT_EQ(posted.kind, ErrorKind::Unclear) << posted.text();
  EXPECT_EQ(posted.where, where("POST"));
  const Error read = failure(send(Method::Get));
  EXPECT_EQ(read.kind, ErrorKind::Transient) << read.text();
  EXPECT_EQ(server_->seen().size(), 2U);
}

INSTANTIATE_TEST_SUITE_P(
    Answers, AfterWritingTest,
    testing::Values(std::pair{"Closed", Turn{"", Then::Close}}, std::pair{"Reset", Turn{"", Then::Reset}},
                    std::pair{"CutInTheStatus", Turn{"HTTP/1.1 20", Then::Close}},
                    std::pair{"CutInTheHeader", Turn{"HTTP/1.1 200 OK\r\nContent-Le", Then::Close}},
                    std::pair{"CutInTheBody", Turn{"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort", Then::Close}},
                    std::pair{"CutInAChunk",
                              Turn{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab", Then::Close}},
                    std::pair{"NoHttp", Turn{"220 mail.example.net ESMTP\r\n", Then::Close}}),
    [](const auto& instance) { return instance.param.first; });

TEST_F(DoorsTest, GivesUpAfterTheTimeOfTheCall) {
  serve({{{"", Then::Drain}}, {{"", Then::Drain}}});
  Request request;
  request.url = Secret(server_->url());
  request.timeout = milliseconds(200);
  EXPECT_EQ(failure(doors().api->send(request)).kind, ErrorKind::Transient);
  request.method = Method::Post;
  EXPECT_EQ(failure(doors().api->send(request)).kind, ErrorKind::Unclear);
}

TEST_F(DoorsTest, GivesUpWhenNoByteMovesForTooLong) {
  settings_.stall_timeout = std::chrono::seconds(1);
  serve({{{"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nha", Then::Drain}}});
  const Error error = failure(send(Method::Post));
  EXPECT_EQ(error.kind, ErrorKind::Unclear) << error.text();
}

TEST_F(DoorsTest, HandsOnWhatTheBodySays) {
  serve({{{answer(200)}}, {{answer(200)}}});
  WatchedSource body(2'000'000);
  body.fail_at_ = 1'000'000;
  const Error error = failure(send(Method::Put, &body));
  EXPECT_EQ(error.kind, ErrorKind::Corrupt);
  EXPECT_EQ(error.text(), "part 2: does not decode");

  WatchedSource ended(2'000'000);
  ended.end_at_ = 1'500'000;
  EXPECT_EQ(failure(send(Method::Put, &ended)).text(),
            where("PUT") + ": the request body ended after 1500000 of 2000000 bytes");
}

TEST_F(DoorsTest, TakesARefusalThatComesBeforeTheBodyWasSent) {
  serve({{{answer(413, "too large", "Connection: close\r\n"), Then::Drain, Reads::HeaderOnly}}});
  WatchedSource body(64 * 1024 * 1024);
  const auto response = send(Method::Put, &body);
  ASSERT_TRUE(response) << response.error().text();
  EXPECT_EQ(response->status, 413);
}

TEST_F(DoorsTest, EndsSoonWhenToldToStop) {
  const auto stop = std::make_shared<std::atomic<bool>>(false);
  settings_.stop = stop;
  serve({{{"", Then::Drain}}});
  std::thread stopper([&] {
    while (server_->seen().empty()) std::this_thread::yield();
    *stop = true;
  });
  const Error under_way = failure(send(Method::Post));
  stopper.join();
  EXPECT_EQ(under_way.kind, ErrorKind::Unclear);
  EXPECT_EQ(under_way.text(), where("POST") + ": shutting down while it was under way");
  EXPECT_EQ(failure(send(Method::Post)).kind, ErrorKind::Cancelled);
}

// ---- Where it may go

TEST_F(DoorsTest, RefuseWhatIsNotHttps) {
  for (const char* url : {"http://127.0.0.1/", "ftp://127.0.0.1/", "file:///etc/passwd", "127.0.0.1/x", ""}) {
    Request request;
    request.url = Secret(url);
    EXPECT_EQ(failure(doors().api->send(request)).kind, ErrorKind::Configuration) << url;
    EXPECT_EQ(failure(doors().upload->send(request)).kind, ErrorKind::Configuration) << url;
  }
}

TEST_F(DoorsTest, ConnectToPublicAddressesOnlyWhateverDnsSays) {
  settings_.allow_private_addresses = false;
  serve({});
  Request request;
  request.url = Secret("https://localhost:" + std::to_string(server_->port()) + "/");
  const Error error = failure(doors().api->send(request));
  EXPECT_EQ(error.kind, ErrorKind::Configuration);
  EXPECT_THAT(error.text(), testing::MatchesRegex("GET https://localhost:[0-9]+: its address (127.0.0.1|::1) is not a "
                                                  "public one \\(if it is meant to be, set "
                                                  "allow-private-addresses = yes\\)"));
  EXPECT_EQ(server_->connections(), 0U);
  EXPECT_EQ(failure(doors().upload->send(request)).kind, ErrorKind::Configuration);
}

TEST_F(DoorsTest, SendNothingToAnUploadHostThatIsNotListed) {
  settings_.upload_hosts = {"outlook.office.com"};
  serve({});
  Request request;
  request.method = Method::Put;
  request.url = Secret(server_->url("/x?authtoken=canary"));
  const Error error = failure(doors().upload->send(request));
  EXPECT_EQ(error.kind, ErrorKind::Configuration);
  EXPECT_EQ(error.text(),
            "upload URL: its host 127.0.0.1 is not one of upload-hosts (if you trust that host, set "
            "upload-hosts = outlook.office.com, 127.0.0.1)");
  EXPECT_EQ(server_->connections(), 0U);
}

}  // namespace
}  // namespace graph_milter::http
