// SPDX-License-Identifier: Apache-2.0
// Envelopes made to cost memory or time, through the real daemon: at most 64 MiB more than it takes idle, and at most
// 1 s of CPU more than a milter that does nothing takes for the same.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "core/base/format.h"
#include "tests/milter/daemon_rig.h"
#include "tests/milter/mails.h"
#include "tests/support/sanitized.h"

namespace graph_milter::test {
namespace {

using testing::HasSubstr;

#ifdef GM_SANITIZED
constexpr double kMostSeconds = 15;
constexpr long kMostKib = 1024 * 1024;
#else
constexpr double kMostSeconds = 1;
constexpr long kMostKib = 64 * 1024;
#endif
constexpr std::size_t kMany = 1'000'000;
constexpr std::size_t kAtATime = 500;  // replies that fit into the socket while nobody reads them

long memory_kib(pid_t pid, std::string_view field) {
  std::ifstream status(format("/proc/{}/status", pid));
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with(field)) return std::stol(line.substr(field.size()));
  }
  return -1;
}

// All threads, those that have ended too.
double cpu_seconds(pid_t pid) {
  clockid_t clock = 0;
  timespec now{};
  if (clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &now) != 0) return -1;
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

std::string rcpt_packet(std::size_t number) {
  return wire::packet(wire::kRcpt, wire::words(format("<user{}@contoso.com>", number), {"NOTIFY=FAILURE"}));
}

// One message with a million recipients; its answer.
Packet deliver_to_many(MilterDriver& driver, const Mail& mail) {
  driver.mail(mail.sender);
  for (std::size_t next = 0; next < kMany;) {
    std::string packets;
    for (std::size_t i = 0; i < kAtATime; ++i) packets += rcpt_packet(next++);
    driver.send_raw(packets);
    std::string replies;
    for (std::size_t i = 0; i < kAtATime; ++i) replies += wire::packet(wire::kContinue);
    if (driver.read_bytes(replies.size()) != replies) throw std::runtime_error("RCPT was refused");
  }
  driver.macros(wire::kData, {{"i", "MANY"}});
  driver.data();
  for (const auto& [name, value] : mail.headers) driver.header(name, value);
  driver.end_of_headers();
  driver.body(mail.body);
  return driver.end_of_message();
}

// The milter that does nothing, on a socket in `folder`.
class Noop {
 public:
  explicit Noop(const TempFolder& folder) : socket_(folder.file("noop.sock")) {
    static const std::string program = std::string(GM_BINARY_DIR) + "/tests/milter/noop_milter";
    const std::string listen_on = "unix:" + socket_;
    pid_ = fork();
    if (pid_ == 0) {
      execl(program.c_str(), program.c_str(), listen_on.c_str(), nullptr);
      _exit(98);
    }
    if (!eventually([this] { return std::filesystem::exists(socket_); })) throw std::runtime_error("no noop milter");
  }
  ~Noop() {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  Noop(const Noop&) = delete;
  Noop& operator=(const Noop&) = delete;

  MilterDriver greeted() const {
    MilterDriver driver = MilterDriver::connect_unix(socket_);
    driver.greet("10.1.20.5");
    return driver;
  }
  pid_t pid() const { return pid_; }

 private:
  std::string socket_;
  pid_t pid_ = -1;
};

TEST(EnvelopeBombs, AMillionRecipientsAreCountedAndNotKept) {
  DaemonRig rig;
  rig.start();
  MilterDriver driver = rig.greeted();
  driver.deliver(scan_mail(200'000, 1), "FIRST");  // what the first message of all takes is no part of the cost
  const Mail mail = scan_mail(200'000, 2);
  const long idle = memory_kib(rig.pid(), "VmRSS:");
  std::ofstream(format("/proc/{}/clear_refs", rig.pid())) << "5";  // the peak begins anew
  const double began = cpu_seconds(rig.pid());

  EXPECT_EQ(deliver_to_many(driver, mail).command, wire::kAccept);

  const double seconds = cpu_seconds(rig.pid()) - began;
  const long kib = memory_kib(rig.pid(), "VmHWM:") - idle;
  EXPECT_THAT(rig.words(), HasSubstr(" reason=too-many-recipients "
                                     "text=\"1000000 recipients, and Graph takes 500\""));
  EXPECT_THAT(rig.words(), HasSubstr(" nrcpt=1000000 "));
  EXPECT_THAT(rig.words(), HasSubstr(",+999990\" "));
  EXPECT_EQ(rig.entries().size(), 1U) << "the first";

  const Noop noop(rig.folder());
  MilterDriver nothing = noop.greeted();
  const double before = cpu_seconds(noop.pid());
  EXPECT_EQ(deliver_to_many(nothing, mail).command, wire::kAccept);
  const double libmilters = cpu_seconds(noop.pid()) - before;
  std::printf("%zu recipients: %.3f s, of which libmilter %.3f s; %ld KiB\n", kMany, seconds, libmilters, kib);
  EXPECT_LE(seconds - libmilters, kMostSeconds);
  EXPECT_GE(kib, 0);
  EXPECT_LE(kib, kMostKib);
}

}  // namespace
}  // namespace graph_milter::test
