// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "core/auth/aadsts.h"
#include "core/auth/token_reply.h"
#include "core/auth/token_source.h"
#include "core/base/format.h"
#include "tests/support/scripted_door.h"
#include "tests/support/temp_folder.h"

namespace graph_milter::auth {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using testing::HasSubstr;

constexpr TimePoint kStart = TimePoint(seconds(1'700'000'000));
constexpr const char* kWhere = "token for app-id from https://login.example";

std::string grant(const std::string& token, int expires_in = 3599) {
  return format(R"({{"token_type":"Bearer","expires_in":{},"access_token":"{}"}})", expires_in, token);
}

std::string refusal(const std::string& error, std::uint64_t code, const std::string& words) {
  return format(R"({{"error":"{}","error_description":"AADSTS{}: {}\r\nTrace ID: t\r\nTimestamp: now",)"
                R"("error_codes":[{}],"trace_id":"t","correlation_id":"c"}})",
                error, code, words, code);
}

class TokenTest : public testing::Test {
 protected:
  TokenTest() {
    settings_.login_url = "https://login.example";
    settings_.tenant = "contoso.onmicrosoft.com";
    settings_.client_id = "app-id";
    settings_.client_secret_file = folder_.write("secret", "Se~c+r/e=t\n");
    settings_.scope = "https://graph.microsoft.com/.default";
    source_ = make_token_source(settings_, door_, clock_);
  }

  std::string token() {
    const auto token = source_->token();
    return token ? token->reveal() : token.error().text();
  }
  Error failure() {
    auto token = source_->token();
    EXPECT_FALSE(token);
    return token ? Error{} : token.error();
  }

  test::TempFolder folder_;
  TokenSettings settings_;
  std::shared_ptr<ManualClock> clock_ = std::make_shared<ManualClock>(kStart);
  std::shared_ptr<test::ScriptedApiDoor> door_ = std::make_shared<test::ScriptedApiDoor>();
  std::unique_ptr<TokenSource> source_;
};

TEST_F(TokenTest, AsksWithAForm) {
  door_->then(200, grant("t1"));
  EXPECT_EQ(token(), "t1");
  const auto sent = door_->sent();
  ASSERT_EQ(sent.size(), 1U);
  EXPECT_EQ(sent[0].method, http::Method::Post);
  EXPECT_EQ(sent[0].url, "https://login.example/contoso.onmicrosoft.com/oauth2/v2.0/token");
  EXPECT_EQ(sent[0].header("Content-Type"), "application/x-www-form-urlencoded");
  EXPECT_EQ(sent[0].header("Authorization"), "");
  EXPECT_EQ(sent[0].body,
            "client_id=app-id&scope=https%3A%2F%2Fgraph.microsoft.com%2F.default&client_secret=Se~c%2Br%2Fe%3Dt"
            "&grant_type=client_credentials");
  EXPECT_EQ(sent[0].request.lane, "");
}

TEST_F(TokenTest, KeepsATokenUntilFiveMinutesBeforeItsEnd) {
  door_->then(200, grant("t1", 3600)).then(200, grant("t2", 3600));
  EXPECT_EQ(token(), "t1");
  clock_->advance(minutes(55) - seconds(1));
  EXPECT_EQ(token(), "t1");
  clock_->advance(seconds(1));
  EXPECT_EQ(token(), "t2");
  EXPECT_EQ(door_->sent().size(), 2U);
}

TEST_F(TokenTest, ReadsTheSecretAnewForEveryToken) {
  door_->then(200, grant("t1", 3600)).then(200, grant("t2", 3600));
  EXPECT_EQ(token(), "t1");
  folder_.write("secret", "new");
  clock_->advance(minutes(55));
  EXPECT_EQ(token(), "t2");
  EXPECT_THAT(door_->sent()[1].body, HasSubstr("client_secret=new&"));
}

TEST_F(TokenTest, KeepsTheOldTokenWhileTheServiceIsAway) {
  door_->then(200, grant("t1", 3600)).then(503).then_fail(ErrorKind::Unclear).then(200, grant("t2", 3600));
  EXPECT_EQ(token(), "t1");
  clock_->advance(minutes(55));
  EXPECT_EQ(token(), "t1");  // 503
  EXPECT_EQ(token(), "t1");  // not asked again at once
  EXPECT_EQ(door_->sent().size(), 2U);
  clock_->advance(seconds(31));
  EXPECT_EQ(token(), "t1");  // no answer
  clock_->advance(seconds(31));
  EXPECT_EQ(token(), "t2");
  EXPECT_TRUE(door_->finished());
}

TEST_F(TokenTest, NeverHandsOutATokenThatIsAboutToEnd) {
  door_->then(200, grant("t1", 3600)).then(503);
  EXPECT_EQ(token(), "t1");
  clock_->advance(minutes(58));
  EXPECT_EQ(failure().kind, ErrorKind::Transient);
}

TEST_F(TokenTest, ForgetsARefusedTokenButNotItsSuccessor) {
  door_->then(200, grant("t1")).then(200, grant("t2"));
  EXPECT_EQ(token(), "t1");
  source_->discard(Secret("t1"));
  EXPECT_EQ(token(), "t2");
  source_->discard(Secret("t1"));  // somebody else was slower to hear of it
  EXPECT_EQ(token(), "t2");
  EXPECT_EQ(door_->sent().size(), 2U);
}

TEST_F(TokenTest, SharesOneRequestAmongAllCallers) {
  std::mutex mutex;
  std::condition_variable changed;
  bool open = false;
  door_->then([&](const http::Request&) -> Result<http::Response> {
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return open; });
    http::Response response;
    response.status = 200;
    response.body = grant("t1");
    return response;
  });
  std::atomic<int> right{0};
  std::vector<std::thread> threads(8);
  for (std::thread& thread : threads) {
    thread = std::thread([&] {
      if (token() == "t1") ++right;
    });
  }
  {
    const std::lock_guard lock(mutex);
    open = true;
  }
  changed.notify_all();
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(right, 8);
  EXPECT_EQ(door_->sent().size(), 1U);
}

TEST_F(TokenTest, NamesTheOptionBehindAWrongSecret) {
  door_->then(401, refusal("invalid_client", 7000215, "Invalid client secret provided."));
  const Error error = failure();
  EXPECT_EQ(error.kind, ErrorKind::Configuration);
  EXPECT_EQ(error.code, "AADSTS7000215");
  EXPECT_EQ(error.status, 401);
  EXPECT_EQ(error.text(), std::string(kWhere) +
                              ": the token service answered 401 invalid_client: AADSTS7000215: Invalid client secret "
                              "provided. (client-secret-file must hold the secret's value, not its id, of the "
                              "application in client-id)");
}

TEST_F(TokenTest, NeverPrintsTheSecret) {
  door_->then(401, refusal("invalid_client", 7000215, "Se~c+r/e=t is wrong"));
  EXPECT_EQ(failure().text().find("Se~c"), std::string::npos);
}

TEST_F(TokenTest, DecidesOnErrorStatusAndNumber) {
  struct Case {
    int status;
    std::string body;
    ErrorKind kind;
  };
  const Case cases[] = {
      {400, refusal("invalid_request", 90002, "Tenant not found"), ErrorKind::Configuration},
      {400, refusal("unauthorized_client", 700016, "No such application"), ErrorKind::Configuration},
      {401, refusal("invalid_client", 7000222, "Expired"), ErrorKind::Configuration},
      {400, refusal("invalid_scope", 70011, "Scope"), ErrorKind::Configuration},
      {400, refusal("invalid_something_new", 1, "New"), ErrorKind::Configuration},
      {400, refusal("invalid_request", 90033, "A transient error"), ErrorKind::Transient},
      {400, refusal("temporarily_unavailable", 2, "Busy"), ErrorKind::Transient},
      {400, refusal("invalid_request", 90055, "Too many"), ErrorKind::Throttled},
      {503, refusal("temporarily_unavailable", 90006, "Away"), ErrorKind::Transient},
      {500, refusal("invalid_client", 7000215, "Odd"), ErrorKind::Transient},
      {429, "", ErrorKind::Throttled},
      {502, "<html>Bad gateway</html>", ErrorKind::Transient},
      {404, "<html>Not here</html>", ErrorKind::Configuration},
      {302, "", ErrorKind::Configuration},
      {200, "<html>Please log in to this network</html>", ErrorKind::Transient},
      {200, R"({"access_token":"t"})", ErrorKind::Transient},
      {200, R"({"access_token":"t\r\nX: y","expires_in":3599})", ErrorKind::Transient},
      {200, R"({"access_token":"","expires_in":3599})", ErrorKind::Transient},
  };
  for (const Case& c : cases) {
    http::Response response;
    response.status = c.status;
    response.body = c.body;
    const auto result = read_token_reply(response, kStart, "here", Secret("s"));
    ASSERT_FALSE(result) << c.status << " " << c.body;
    EXPECT_EQ(result.error().kind, c.kind) << result.error().text();
  }
}

TEST_F(TokenTest, GivesEveryKnownNumberAnAdviceOrAReasonToWait) {
  for (const std::uint64_t code :
       {7000215ULL, 7000222ULL, 7000218ULL, 700016ULL, 90002ULL, 7000112ULL, 500011ULL, 70011ULL,
        700022ULL,  700229ULL,  53003ULL,   530032ULL, 90038ULL, 900382ULL,  900432ULL, 700027ULL,
        700024ULL,  700021ULL,  700023ULL,  50012ULL,  50013ULL, 500133ULL,  50027ULL}) {
    ASSERT_NE(find_aadsts(code), nullptr) << code;
    EXPECT_EQ(find_aadsts(code)->kind, ErrorKind::Configuration) << code;
    EXPECT_FALSE(find_aadsts(code)->hint.empty()) << code;
  }
  for (const std::uint64_t code : {90006ULL, 90012ULL, 90024ULL, 90033ULL, 90090ULL, 50000ULL})
    EXPECT_EQ(find_aadsts(code)->kind, ErrorKind::Transient) << code;
  EXPECT_EQ(find_aadsts(90055)->kind, ErrorKind::Throttled);
  EXPECT_EQ(find_aadsts(1), nullptr);
}

TEST_F(TokenTest, WaitsAsLongAsItIsAskedTo) {
  door_->then(429, "", {{"retry-after", "60"}}).then(200, grant("t1"));
  EXPECT_EQ(failure().retry_after, Duration(60'000));
  clock_->advance(seconds(59));
  EXPECT_EQ(failure().kind, ErrorKind::Throttled);  // without asking
  EXPECT_EQ(door_->sent().size(), 1U);
  clock_->advance(seconds(1));
  EXPECT_EQ(token(), "t1");
}

TEST_F(TokenTest, CallsALostAnswerTransient) {
  door_->then_fail(ErrorKind::Unclear, "reset");
  const Error error = failure();
  EXPECT_EQ(error.kind, ErrorKind::Transient);
  EXPECT_EQ(error.text(), std::string(kWhere) + ": POST origin: reset");
}

TEST_F(TokenTest, RefusesASecretThatOthersCanRead) {
  ASSERT_EQ(chmod(settings_.client_secret_file.c_str(), 0644), 0);
  const Error error = failure();
  EXPECT_EQ(error.kind, ErrorKind::Configuration);
  EXPECT_THAT(error.text(), HasSubstr("chmod 0600 "));
  EXPECT_TRUE(door_->sent().empty());
}

TokenTimes times(Duration lifetime, std::optional<Duration> refresh_in = std::nullopt) {
  return times_of({Secret("t"), lifetime, refresh_in}, kStart);
}

TEST(TokenTimes, FollowTheLifetime) {
  EXPECT_EQ(times(minutes(60)).refresh, kStart + minutes(55));
  EXPECT_EQ(times(minutes(60)).end, kStart + minutes(58));
  EXPECT_EQ(times(minutes(120)).refresh, kStart + minutes(60));  // long: at half its life
  EXPECT_EQ(times(minutes(1440)).refresh, kStart + minutes(720));
  EXPECT_EQ(times(minutes(8)).refresh, kStart + minutes(4));  // short: at half its life
  EXPECT_EQ(times(seconds(10)).end, kStart + seconds(5));
  EXPECT_EQ(times(minutes(60), minutes(20)).refresh, kStart + minutes(20));
  EXPECT_EQ(times(minutes(60), minutes(90)).refresh, kStart + minutes(55));
}

TEST(TokenTimes, NeverRefreshAfterTheEnd) {
  for (int lifetime = 1; lifetime < 30'000; lifetime += 7) {
    const TokenTimes t = times(seconds(lifetime));
    EXPECT_LE(t.refresh, t.end) << lifetime;
    EXPECT_LT(t.end, kStart + seconds(lifetime)) << lifetime;
  }
}

TEST(TokenReply, TakesNumbersWrittenAsText) {
  http::Response response;
  response.status = 200;
  response.body = R"({"access_token":"t","expires_in":"3599","refresh_in":1800})";
  const auto grant = read_token_reply(response, kStart, "here", Secret());
  ASSERT_TRUE(grant) << grant.error().text();
  EXPECT_EQ(grant->lifetime, seconds(3599));
  EXPECT_EQ(grant->refresh_in, seconds(1800));
}

}  // namespace
}  // namespace graph_milter::auth
