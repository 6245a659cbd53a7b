// SPDX-License-Identifier: Apache-2.0
#include "core/admin/control_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include "core/admin/control_client.h"
#include "core/json/json.h"
#include "tests/support/temp_folder.h"

namespace graph_milter::admin {
namespace {

using ::testing::HasSubstr;

constexpr const char* kId = "01kamq0000abcdefghjkmnpqrs";

class Control : public ::testing::Test {
 protected:
  ControlAnswers answers() {
    ControlAnswers out;
    out.daemon = [] { return DaemonFacts{"mx1", from_unix_ms(0), from_unix_ms(0)}; };
    out.list = [this]() -> Result<std::vector<queue::EntrySummary>> {
      if (broken_) return fail(ErrorKind::Corrupt, "journal", "is damaged");
      queue::EntrySummary entry;
      entry.id = kId;
      return std::vector<queue::EntrySummary>{entry};
    };
    out.find = [](const std::string& id) -> Result<std::optional<queue::Entry>> {
      if (id != kId) return std::nullopt;
      queue::Entry entry;
      entry.id = id;
      return entry;
    };
    return out;
  }

  std::unique_ptr<ControlServer> start() {
    auto server = ControlServer::start({path_, {}}, answers());
    EXPECT_TRUE(server) << server.error().text();
    return server ? *std::move(server) : nullptr;
  }

  std::string start_error(const ControlSettings& settings) {
    const auto server = ControlServer::start(settings, answers());
    if (server) return "started";
    EXPECT_EQ(server.error().kind, ErrorKind::Configuration);
    return server.error().text();
  }

  std::string ask(const std::string& question) {
    const auto answer = ask_daemon(path_, question);
    return answer ? *answer : std::string(name_of(answer.error().kind)) + ": " + answer.error().text();
  }

  const test::TempFolder folder_;
  const std::string path_ = folder_.file("control.sock");
  bool broken_ = false;
};

TEST_F(Control, AnswersInJsonAndInWords) {
  const auto server = start();
  const auto list = json::parse(ask("/queue"));
  ASSERT_TRUE(list);
  EXPECT_EQ(*list->items().at(0).find_string("id"), kId);
  EXPECT_THAT(ask("/queue?form=words"), HasSubstr("1 message, 0 B\n"));
  EXPECT_THAT(ask("/status?form=words"), HasSubstr("graph-milter " GM_VERSION " (mx1)"));
  EXPECT_EQ(*json::parse(ask("/status"))->find_string("instance"), "mx1");
  EXPECT_THAT(ask(std::string("/queue/") + kId + "?form=words"), HasSubstr(std::string("id:           ") + kId));
}

TEST_F(Control, SaysWhatIsNotThere) {
  const auto server = start();
  EXPECT_EQ(ask("/queue/01kamq0000abcdefghjkmnpqrt"), "not-found: no message 01kamq0000abcdefghjkmnpqrt in the queue");
  EXPECT_EQ(ask("/queue/abc?form=words"), "not-found: no message abc in the queue");
  EXPECT_THAT(ask("/queue/../etc"), HasSubstr("not-found"));
  EXPECT_THAT(ask("/"), HasSubstr("not-found"));
}

TEST_F(Control, PassesTheWordsOfAFailureOn) {
  const auto server = start();
  broken_ = true;
  EXPECT_EQ(ask("/queue"), "permanent: journal: is damaged");
  EXPECT_EQ(ask("/status?form=words"), "permanent: journal: is damaged");
}

TEST_F(Control, TheSocketIsForOwnerAndGroupOnlyAndGoesWithTheServer) {
  auto server = start();
  struct stat info {};
  ASSERT_EQ(::stat(path_.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777U, 0660U);
  server.reset();
  EXPECT_NE(::access(path_.c_str(), F_OK), 0);
  EXPECT_EQ(ask("/queue"), "transient: " + path_ + ": no daemon listens there");
}

TEST_F(Control, RefusesASocketThatIsInUse) {
  const auto server = start();
  EXPECT_EQ(start_error({path_, {}}),
            "control-socket: " + path_ + " is in use by another process (stop it, or choose another path)");
  EXPECT_THAT(ask("/queue?form=words"), HasSubstr("1 message")) << "the first one still answers";
}

TEST_F(Control, NamesAFolderThatIsNotThereAndAGroupThatIsNone) {
  EXPECT_THAT(start_error({folder_.file("none/control.sock"), {}}),
              HasSubstr("control-socket: cannot listen on " + folder_.file("none/control.sock")));
  EXPECT_EQ(start_error({path_, "no-such-group"}),
            "control-socket-group: there is no group \"no-such-group\" on this machine");
  EXPECT_NE(::access(path_.c_str(), F_OK), 0) << "nothing is left";
}

TEST_F(Control, ManyMayAskAtOnce) {
  const auto server = start();
  std::vector<std::thread> threads;
  std::atomic<int> good = 0;
  for (int i = 0; i < 16; ++i) {
    threads.emplace_back([&] {
      for (int n = 0; n < 10; ++n) {
        const auto answer = ask_daemon(path_, "/queue");
        if (answer && json::parse(*answer)) ++good;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(good, 160);
}

// A server that is stopped right after its start must not hang.
TEST_F(Control, StartsAndStopsAtOnce) {
  for (int i = 0; i < 20; ++i) start().reset();
}

}  // namespace
}  // namespace graph_milter::admin
