// SPDX-License-Identifier: Apache-2.0
// A spool on disk, an MTA that does as it is told, and entries that were given up.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "core/base/id.h"
#include "core/base/log.h"
#include "core/delivery/returning.h"
#include "core/mail/message_file.h"
#include "core/queue/queue.h"
#include "tests/support/smtp_server.h"
#include "tests/support/temp_folder.h"

namespace graph_milter::delivery::test {

using graph_milter::test::SmtpServer;

// What a power cut leaves of a journal is tested elsewhere; here the disk would only cost time.
inline const bool kSpoolInMemory = ::access("/dev/shm", W_OK) == 0 && ::setenv("TMPDIR", "/dev/shm", 0) == 0;

inline const TimePoint kNow = from_unix_ms(1'795'338'125'000);

inline const std::string kMessage =
    "From: Scanner <scanner@contoso.com>\r\n"
    "To: alice@example.org, bob@example.org\r\n"
    "Subject: Scan of Tuesday\r\n"
    "Message-ID: <1@scanner.contoso.com>\r\n"
    "\r\n"
    ".The scan.\r\n";

class ReturningWorld {
 public:
  ReturningWorld() : clock_(std::make_shared<ManualClock>(kNow)) {
    LogSettings quiet;
    quiet.level = LogLevel::Error;
    EXPECT_TRUE(open_log(quiet));
    settings_.mta.server.port = mta_.port();
    settings_.mta.helo = "relay.contoso.com";
    settings_.mta.reply_timeout = std::chrono::minutes(1);
    open();
  }

  SmtpServer& mta() { return mta_; }
  SmtpServer& hand_back_port() { return hand_back_port_; }
  ReturnSettings& settings() { return settings_; }
  queue::Queue& queue() { return *queue_; }
  ManualClock& clock() { return *clock_; }

  void hand_back() {
    settings_.hand_back_to = settings_.mta;
    settings_.hand_back_to->server.port = hand_back_port_.port();
  }

  // As after a start of the process.
  void open() {
    queue_.reset();
    queue::QueueSettings settings;
    settings.directory = folder_.file("spool");
    settings.reserve_bytes = 0;
    settings.ballast_bytes = 0;
    auto opened = queue::Queue::open(settings, clock_);
    ASSERT_TRUE(opened) << opened.error().text();
    queue_ = *std::move(opened);
  }

  // An entry from scanner@contoso.com to these recipients, in DraftGone. Returns its id.
  std::string give_up(queue::Disposal disposal, std::vector<mail::EnvelopePath> recipients = two_recipients(),
                      std::vector<std::string> parameters = {}, const std::string& message = kMessage) {
    mail::Envelope envelope;
    envelope.queue_id = "4Xy1";
    envelope.sender = mail::make_envelope_path("<scanner@contoso.com>", std::move(parameters));
    envelope.recipients = std::move(recipients);
    envelope.received = clock_->now();
    plan::Plan plan;
    plan.rule = "scanners";
    plan.mailbox = "scanner@contoso.com";
    plan.message_id = "<1@scanner.contoso.com>";
    plan.skeleton.add(ByteRange{0, message.size()});
    for (const mail::EnvelopePath& path : envelope.recipients) plan.to.push_back(path.address);
    mail::MessageFile file(queue_->incoming_directory(), 128 * 1024);
    EXPECT_TRUE(file.append(message));
    std::string id = make_entry_id(clock_->now());
    const auto committed = queue_->commit(id, file, envelope, plan, "");
    EXPECT_TRUE(committed) << committed.error().text();
    queue::Entry entry = lease();
    entry.progress.give_up = queue::GiveUp{disposal, "5.7.1", "403 ErrorSendAsDenied: no right to send", clock_->now()};
    for (const auto state : {queue::EntryState::GiveUp, queue::EntryState::DraftGone}) {
      entry.state = state;
      const Status recorded = queue_->record(entry);
      EXPECT_TRUE(recorded) << recorded.error().text();
    }
    EXPECT_TRUE(queue_->release(entry));
    return id;
  }

  static std::vector<mail::EnvelopePath> two_recipients() {
    return {mail::make_envelope_path("<alice@example.org>"), mail::make_envelope_path("<bob@example.org>")};
  }

  queue::Entry lease() {
    auto leased = queue_->lease_next(clock_->now(), {});
    EXPECT_TRUE(leased) << leased.error().text();
    if (!leased->has_value()) throw std::runtime_error("nothing is due");
    return **std::move(leased);
  }

  // One try, as the worker would make it; the next one is due at once. "returned", or how it came back and why.
  std::string carry() {
    queue::Entry entry = lease();
    auto message = queue_->open_message(entry);
    EXPECT_TRUE(message) << message.error().text();
    Returning returning(settings_, *queue_, *clock_);
    const auto ending = returning.give_to_mta(entry, **message);
    if (!ending) {
      EXPECT_EQ(entry.state, queue::EntryState::Returned);
      EXPECT_TRUE(queue_->finish(entry));
      return "returned";
    }
    if (const auto* retry = std::get_if<Retry>(&*ending)) {
      EXPECT_TRUE(queue_->defer(entry, clock_->now(), retry->why));
      return "retry: " + retry->why.text();
    }
    if (const auto* hold = std::get_if<Hold>(&*ending)) {
      EXPECT_TRUE(queue_->hold(entry, hold->why));
      return "hold: " + hold->why.text();
    }
    if (const auto* stopped = std::get_if<Stopped>(&*ending)) {
      EXPECT_TRUE(queue_->release(entry));
      return "stopped: " + stopped->why.text();
    }
    EXPECT_TRUE(queue_->release(entry));
    return std::holds_alternative<TakenAway>(*ending) ? "taken away" : "something else";
  }

  queue::Entry find(const std::string& id) {
    auto found = queue_->find(id);
    EXPECT_TRUE(found && *found);
    return **std::move(found);
  }

  std::string server() const { return settings_.mta.server.text(); }
  std::string hand_back_server() const { return settings_.hand_back_to->server.text(); }

 private:
  graph_milter::test::TempFolder folder_;
  std::shared_ptr<ManualClock> clock_;
  SmtpServer mta_;
  SmtpServer hand_back_port_;
  ReturnSettings settings_;
  std::unique_ptr<queue::Queue> queue_;
};

// What is logged while `function` runs.
template <class Function>
std::string logged(Function function) {
  testing::internal::CaptureStderr();
  EXPECT_TRUE(open_log({}));
  function();
  return testing::internal::GetCapturedStderr();
}

inline std::size_t count_of(const std::string& text, const std::string& word) {
  std::size_t count = 0;
  for (std::size_t at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) ++count;
  return count;
}

}  // namespace graph_milter::delivery::test
