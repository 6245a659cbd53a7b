// SPDX-License-Identifier: Apache-2.0
#include "core/admin/control_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <mutex>
#include <thread>

#include "core/admin/control_client.h"
#include "core/base/format.h"
#include "core/base/text.h"
#include "core/json/json.h"
#include "tests/support/temp_folder.h"
#include "tests/unit/admin/raw_client.h"

namespace graph_milter::admin {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

constexpr const char* kId = "01kamq0000abcdefghjkmnpqrs";
constexpr const char* kOther = "01kamq0000abcdefghjkmnpqrt";
constexpr const char* kBusy = "01kamq0000abcdefghjkmnpqrv";

// A queue of one message, by its answers.
class FakeQueue {
 public:
  ControlAnswers answers() {
    ControlAnswers out;
    out.daemon = [] { return DaemonFacts{"mx1", from_unix_ms(1), from_unix_ms(1)}; };
    out.list = [this] { return list(); };
    out.find = [](const std::string& id) { return find(id); };
    out.totals = [this]() -> Result<queue::Totals> {
      queue::Totals totals;
      totals.held = held;
      return totals;
    };
    out.troubles = [] { return std::vector<queue::ServiceReport>{}; };
    out.trace = [this](const std::string& what) -> Result<std::vector<queue::TraceRecord>> {
      traced = what;
      queue::TraceRecord record;
      record.id = kId;
      return std::vector<queue::TraceRecord>{record};
    };
    out.reload = [this] {
      ++reloads;
      return report;
    };
    out.administer = [this](const std::string& id, queue::Command command) { return administer(id, command); };
    return out;
  }

  std::vector<std::string> orders() {
    const std::lock_guard lock(mutex_);
    return orders_;
  }

  std::size_t size = 1;
  std::size_t held = 0;
  bool broken = false;
  std::string traced;
  int reloads = 0;
  ReloadReport report;

 private:
  Result<std::vector<queue::EntrySummary>> list() const {
    if (broken) return fail(ErrorKind::Corrupt, "journal", "is damaged");
    queue::EntrySummary entry;
    entry.id = kId;
    entry.last_error = "graph: 503";
    return std::vector<queue::EntrySummary>(size, entry);
  }

  static Result<std::optional<queue::Entry>> find(const std::string& id) {
    if (id != kId && id != kBusy) return std::nullopt;
    queue::Entry entry;
    entry.id = id;
    entry.envelope.queue_id = "4D1F22";
    entry.plan.skeleton.add(std::string("Subject: c4nary\r\n"));
    entry.progress.parts.resize(1);
    entry.progress.parts[0].upload.url = Secret("https://up.example/?authtoken=c4nary");
    entry.plan.parts.resize(1);
    return entry;
  }

  Result<std::string> administer(const std::string& id, queue::Command command) {
    const std::lock_guard lock(mutex_);
    orders_.push_back(format("{} {}", queue::name_of(command), id));
    if (id == kBusy) return fail(ErrorKind::Usage, "entry " + id, "is due already", "wait");
    if (id != kId) return fail(ErrorKind::NotFound, "entry " + id, "is not in the queue");
    return "is due now";
  }

  std::mutex mutex_;
  std::vector<std::string> orders_;
};

class Control : public ::testing::Test {
 protected:
  std::unique_ptr<ControlServer> start(Duration patience = std::chrono::hours(1)) {
    auto server = ControlServer::start({path_, {}, patience}, queue_.answers());
    EXPECT_TRUE(server) << server.error().text();
    return server ? *std::move(server) : nullptr;
  }

  std::string start_error(const ControlSettings& settings) {
    const auto server = ControlServer::start(settings, queue_.answers());
    if (server) return "started";
    EXPECT_EQ(server.error().kind, ErrorKind::Configuration);
    return server.error().text();
  }

  static std::string words(const Result<DaemonAnswer>& answer) {
    return answer ? answer->text : std::string(name_of(answer.error().kind)) + ": " + answer.error().text();
  }
  std::string ask(const std::string& question) { return words(ask_daemon(path_, question)); }
  std::string order(const std::string& order) { return words(order_daemon(path_, order)); }

  const test::TempFolder folder_;
  const std::string path_ = folder_.file("control.sock");
  FakeQueue queue_;
};

TEST_F(Control, AnswersInJsonAndInWords) {
  const auto server = start();
  const auto list = json::parse(ask("/queue"));
  ASSERT_TRUE(list);
  EXPECT_EQ(*list->items().at(0).find_string("id"), kId);
  EXPECT_THAT(ask("/queue?form=words"), HasSubstr("1 message, 0 B\n"));
  EXPECT_EQ(ask("/queue?form=ids&which=waiting"), std::string(kId) + "\n");
  EXPECT_EQ(ask("/queue?form=ids&which=held"), "");
  EXPECT_THAT(ask("/status?form=words"), HasSubstr("graph-milter " GM_VERSION " (mx1)"));
  EXPECT_EQ(*json::parse(ask("/status"))->find_string("instance"), "mx1");
  EXPECT_THAT(ask(std::string("/queue/") + kId + "?form=words"), HasSubstr(std::string("id:           ") + kId));
}

TEST_F(Control, SaysWithTheStatusWhetherAPersonIsNeeded) {
  const auto server = start();
  EXPECT_FALSE(ask_daemon(path_, "/status")->needs_a_person);
  queue_.held = 1;
  EXPECT_TRUE(ask_daemon(path_, "/status")->needs_a_person);
  EXPECT_TRUE(ask_daemon(path_, "/status?form=words")->needs_a_person);
  EXPECT_FALSE(ask_daemon(path_, "/queue")->needs_a_person);
}

TEST_F(Control, TracesWhatItIsAskedForToTheLetter) {
  const auto server = start();
  const std::string what = "<a+b=c&d%20/?\"x\"@scanner>";
  EXPECT_EQ(*json::parse(ask("/trace?what=" + percent_encode(what)))->find_string("id"), kId);
  EXPECT_EQ(queue_.traced, what);
  EXPECT_THAT(ask("/trace?form=words&what=x"), StartsWith(std::string(kId) + ": in the queue"));
}

TEST_F(Control, SaysWhatIsNotThere) {
  const auto server = start();
  EXPECT_EQ(ask(std::string("/queue/") + kOther), std::string("not-found: no message ") + kOther + " in the queue");
  EXPECT_EQ(ask("/queue/abc?form=words"), "not-found: no message abc in the queue");
  EXPECT_THAT(ask("/queue/../etc"), HasSubstr("not-found"));
  EXPECT_THAT(ask("/"), HasSubstr("not-found"));
}

TEST_F(Control, PassesTheWordsOfAFailureOn) {
  const auto server = start();
  queue_.broken = true;
  EXPECT_EQ(ask("/queue"), "permanent: journal: is damaged");
  EXPECT_EQ(ask("/status?form=words"), "permanent: journal: is damaged");
}

TEST_F(Control, NoAnswerHoldsWhatMustNotBeTold) {
  const auto server = start();
  for (const std::string question : {"/status", "/queue", "/trace?what=x"}) {
    EXPECT_THAT(ask(question), Not(HasSubstr("c4nary")));
  }
  EXPECT_THAT(ask(std::string("/queue/") + kId), Not(HasSubstr("c4nary")));
  EXPECT_THAT(ask(std::string("/queue/") + kId + "?form=words"), Not(HasSubstr("c4nary")));
}

// --- orders ---

TEST_F(Control, ObeysAndTellsWhatWasDone) {
  const auto server = start();
  EXPECT_EQ(order(std::string("/queue/") + kId + "/retry?form=words"), "is due now\n");
  EXPECT_EQ(order(std::string("/queue/") + kId + "/delete"),
            std::string("{\"id\":\"") + kId + "\",\"command\":\"delete\",\"done\":true,\"words\":\"is due now\"}\n");
  EXPECT_THAT(queue_.orders(), ElementsAre(std::string("retry ") + kId, std::string("delete ") + kId));
}

TEST_F(Control, RefusalsCarryTheWordsAndTheirKind) {
  const auto server = start();
  EXPECT_EQ(order(std::string("/queue/") + kBusy + "/retry"),
            std::string("usage: entry ") + kBusy + ": is due already (wait)");
  EXPECT_EQ(order(std::string("/queue/") + kOther + "/hold?form=words"),
            std::string("not-found: entry ") + kOther + ": is not in the queue");
  EXPECT_EQ(order("/queue/abc/hold"), "not-found: no message abc in the queue");
  EXPECT_EQ(order(std::string("/queue/") + kId + "/bounce"), "not-found: no command bounce");
  EXPECT_EQ(queue_.orders().size(), 2U);
}

TEST_F(Control, ReloadsAndTellsWhatCameOfIt) {
  const auto server = start();
  queue_.report.conf_file = "/etc/g.conf";
  queue_.report.rules = 2;
  const auto taken = order_daemon(path_, "/reload?form=words");
  ASSERT_TRUE(taken) << taken.error().text();
  EXPECT_EQ(taken->text, "/etc/g.conf was read again: 2 rules, 0 maps\n");
  EXPECT_FALSE(taken->needs_a_person);
  queue_.report.errors = {make_error(ErrorKind::Usage, "/etc/g.conf:3", "is wrong")};
  const auto refused = order_daemon(path_, "/reload?form=words");
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->text, "nothing was taken, the old configuration stays:\n/etc/g.conf:3: is wrong\n");
  EXPECT_TRUE(refused->needs_a_person);
  EXPECT_EQ(json::parse(order("/reload"))->find_bool("done"), false);
  EXPECT_EQ(queue_.reloads, 3);
  EXPECT_THAT(ask("/reload"), HasSubstr("not-found")) << "only a POST";
  EXPECT_EQ(queue_.reloads, 3);
}

TEST_F(Control, OnlyAPostChangesAnything) {
  const auto server = start();
  EXPECT_THAT(ask(std::string("/queue/") + kId + "/delete"), HasSubstr("not-found"));
  RawClient client(path_);
  ASSERT_TRUE(client.send("DELETE /queue/" + std::string(kId) + " HTTP/1.1\r\nHost: x\r\n\r\n"));
  EXPECT_THAT(client.read_to_end(), StartsWith("HTTP/1.1 404 "));
  EXPECT_THAT(queue_.orders(), IsEmpty());
}

TEST_F(Control, AnOrderHasNoBody) {
  const auto server = start();
  RawClient without(path_);
  ASSERT_TRUE(without.send("POST /queue/" + std::string(kId) + "/hold HTTP/1.1\r\nHost: x\r\n\r\n"));
  EXPECT_THAT(without.read_to_end(), StartsWith("HTTP/1.1 200 ")) << "the server waits for nothing more";
  RawClient with(path_);
  ASSERT_TRUE(
      with.send("POST /queue/" + std::string(kId) + "/delete HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc"));
  EXPECT_THAT(with.read_to_end(), StartsWith("HTTP/1.1 413 "));
  EXPECT_THAT(queue_.orders(), ElementsAre(std::string("hold ") + kId));
}

TEST_F(Control, AnOrderIsInTheLogBeforeAndAfterItWithItsUser) {
  ::setenv("SUDO_USER", "alice\nforged", 1);
  const auto server = start();
  ::testing::internal::CaptureStderr();
  order(std::string("/queue/") + kId + "/return");
  order(std::string("/queue/") + kBusy + "/hold");
  ask("/queue");
  const std::string log = ::testing::internal::GetCapturedStderr();
  ::unsetenv("SUDO_USER");
  const auto lines = split_list(log, "\n");
  ASSERT_EQ(lines.size(), 4U) << log;
  const std::string uid = format(" uid={} ", ::getuid());
  for (const std::string& line : lines) {
    EXPECT_THAT(line, HasSubstr("4D1F22: event=admin command="));
    EXPECT_THAT(line, HasSubstr(uid));
    EXPECT_THAT(line, HasSubstr(" sudo-user="));
    EXPECT_THAT(line, HasSubstr("alice"));
  }
  EXPECT_THAT(lines[0], HasSubstr(std::string("command=return entry=") + kId + " user="));
  EXPECT_THAT(lines[0], HasSubstr(" result=begun"));
  EXPECT_THAT(lines[1], HasSubstr(" result=done words=\"is due now\""));
  EXPECT_THAT(lines[3], HasSubstr(std::string("command=hold entry=") + kBusy));
  EXPECT_THAT(lines[3], HasSubstr(" result=refused words="));
}

// The kernel knows an effective user by thread; setresuid(2) of the C library would change them all.
TEST_F(Control, OnlyRootAndTheDaemonsUserMayOrder) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root becomes somebody else";
  const auto server = start();
  ASSERT_EQ(::chmod(folder_.path().c_str(), 0755), 0);
  ASSERT_EQ(::chmod(path_.c_str(), 0666), 0);
  constexpr uid_t kNobody = 65534;
  std::string asked;
  std::string ordered;
  ::testing::internal::CaptureStderr();
  std::thread nobody([&] {
    ASSERT_EQ(::syscall(SYS_setresuid, -1, kNobody, -1), 0);
    asked = ask("/queue?form=words");
    ordered = order(std::string("/queue/") + kId + "/delete");
  });
  nobody.join();
  const std::string log = ::testing::internal::GetCapturedStderr();
  EXPECT_THAT(asked, HasSubstr("1 message"));
  EXPECT_EQ(ordered, "unauthorized: only root and the user that runs graph-milter may change the queue");
  EXPECT_THAT(log, HasSubstr(" uid=65534 result=refused words="));
  EXPECT_THAT(queue_.orders(), IsEmpty());
}

// --- clients that are slow, many, or silent ---

TEST_F(Control, ManyMayAskAtOnce) {
  const auto server = start();
  std::vector<std::thread> threads(16);
  std::atomic<int> good = 0;
  for (std::thread& thread : threads) {
    thread = std::thread([&] {
      for (int n = 0; n < 10; ++n) {
        const auto answer = ask_daemon(path_, "/queue");
        if (answer && json::parse(answer->text)) ++good;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(good, 160);
}

TEST_F(Control, ALongQueueIsListedWhole) {
  const auto server = start();
  queue_.size = 10'000;
  EXPECT_EQ(split_list(ask("/queue?form=words"), "\n").size(), 30'002U);
  EXPECT_EQ(split_list(ask("/queue?form=ids&which=waiting"), "\n").size(), 10'000U);
  EXPECT_THAT(ask("/status?form=words"), HasSubstr("error of 10000 messages: graph: 503\n"));
}

TEST_F(Control, SomeSilentClientsDisturbNobody) {
  const auto server = start();
  std::vector<std::unique_ptr<RawClient>> silent(6);
  for (auto& client : silent) client = std::make_unique<RawClient>(path_);
  EXPECT_THAT(ask("/queue?form=words"), HasSubstr("1 message"));
}

TEST_F(Control, HoweverManySilentClientsAreCutOff) {
  const auto server = start(std::chrono::milliseconds(100));
  std::vector<std::unique_ptr<RawClient>> silent;
  for (int i = 0; i < 30; ++i) {
    silent.push_back(std::make_unique<RawClient>(path_));
    ASSERT_TRUE(silent.back()->connected());
    ASSERT_TRUE(silent.back()->send("GET /queue HT"));
  }
  EXPECT_THAT(ask("/queue?form=words"), HasSubstr("1 message"));
  for (const auto& client : silent) EXPECT_THAT(client->read_to_end(), Not(HasSubstr("200 OK")));
}

TEST_F(Control, ARequestHasAnEnd) {
  const auto server = start();
  RawClient client(path_);
  ASSERT_TRUE(client.send("GET /queue HTTP/1.1\r\n"));
  for (int i = 0; i < 200 && client.send(format("X-{}: {}\r\n", i, std::string(1000, 'x'))); ++i) {
  }
  EXPECT_THAT(client.read_to_end(), Not(HasSubstr("200 OK")));
}

TEST_F(Control, StopsAtOnceThoughClientsAreSilent) {
  auto server = start();
  RawClient client(path_);
  ASSERT_TRUE(client.send("GET /queue HTTP/1.1\r\nHost:"));
  EXPECT_THAT(ask("/queue?form=words"), HasSubstr("1 message")) << "the other one is being read by now";
  server.reset();
  EXPECT_THAT(client.read_to_end(), Not(HasSubstr("200 OK")));
}

TEST_F(Control, StopsThoughAClientDoesNotTakeItsAnswer) {
  auto server = start();
  queue_.size = 100'000;  // more than a socket holds
  RawClient client(path_);
  ASSERT_TRUE(client.send("GET /queue HTTP/1.1\r\nHost: x\r\n\r\n"));
  EXPECT_THAT(ask("/queue/abc"), HasSubstr("not-found"));
  server.reset();
  SUCCEED() << "with a patience of an hour";
}

// A server that is stopped right after its start must not hang.
TEST_F(Control, StartsAndStopsAtOnce) {
  for (int i = 0; i < 20; ++i) start().reset();
}

// --- the socket ---

TEST_F(Control, TheSocketIsForOwnerAndGroupOnlyAndGoesWithTheServer) {
  auto server = start();
  struct stat info {};
  ASSERT_EQ(::stat(path_.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777U, 0660U);
  server.reset();
  EXPECT_NE(::access(path_.c_str(), F_OK), 0);
  EXPECT_EQ(ask("/queue"), "transient: " + path_ + ": no daemon listens there");
  EXPECT_EQ(order(std::string("/queue/") + kId + "/retry"), "transient: " + path_ + ": no daemon listens there");
}

TEST_F(Control, AnOrderThatIsCutOffMayHaveBeenDone) {
  FileDescriptor deaf(::socket(AF_UNIX, SOCK_STREAM, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path_.copy(address.sun_path, sizeof address.sun_path - 1);
  ASSERT_EQ(::bind(deaf.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  ASSERT_EQ(::listen(deaf.get(), 5), 0);
  std::thread closer([&] { FileDescriptor(::accept(deaf.get(), nullptr, nullptr)); });
  EXPECT_THAT(order(std::string("/queue/") + kId + "/delete"),
              StartsWith("unclear: " + path_ + ": the daemon did not answer"));
  closer.join();
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

}  // namespace
}  // namespace graph_milter::admin
