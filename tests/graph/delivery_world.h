// SPDX-License-Identifier: Apache-2.0
// Everything that delivery needs, in one process: a spool on disk, the Graph emulator without sockets, and mail whose
// arrival can be compared byte for byte. Time moves only from one due entry to the next.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "core/base/base64.h"
#include "core/base/digest.h"
#include "core/base/format.h"
#include "core/base/id.h"
#include "core/base/log.h"
#include "core/delivery/delivery.h"
#include "core/mail/scanner.h"
#include "tests/graph_emulator/in_process.h"
#include "tests/support/smtp_server.h"
#include "tests/support/temp_folder.h"

namespace graph_milter::delivery::test {

// Thousands of journals: what a power cut leaves of one is tested elsewhere, here the disk would only cost time.
inline const bool kSpoolInMemory = ::access("/dev/shm", W_OK) == 0 && ::setenv("TMPDIR", "/dev/shm", 0) == 0;

inline const TimePoint kStart = from_unix_ms(1'795'000'000'000);

// Thrown where a process would be killed.
struct Killed {};

// Dies at the n-th visible step: a record() of the journal or a request, before or after it took effect.
class Executioner {
 public:
  void kill_at(int step) { steps_left_ = step; }
  void spare() { steps_left_ = -1; }
  void step() {
    const std::lock_guard lock(mutex_);
    ++seen_;
    if (steps_left_ > 0 && --steps_left_ == 0) throw Killed{};
  }
  int seen() const { return seen_; }

  // The next `count` record()s of the journal fail, with nothing written.
  void refuse(int count) { refusals_left_ = count; }
  bool refuses() {
    const std::lock_guard lock(mutex_);
    return refusals_left_ > 0 && refusals_left_-- > 0;
  }

 private:
  std::mutex mutex_;
  int steps_left_ = -1;
  int seen_ = 0;
  int refusals_left_ = 0;
};

template <class Base>
class MortalDoor final : public Base {
 public:
  MortalDoor(std::shared_ptr<Base> door, Executioner& executioner)
      : door_(std::move(door)), executioner_(executioner) {}
  Result<http::Response> send(const http::Request& request) override {
    executioner_.step();
    auto response = door_->send(request);
    executioner_.step();
    return response;
  }

 private:
  std::shared_ptr<Base> door_;
  Executioner& executioner_;
};

class MortalQueue final : public queue::Queue {
 public:
  MortalQueue(std::unique_ptr<queue::Queue> inner, Executioner& executioner)
      : inner_(std::move(inner)), executioner_(executioner) {}

  bool failed() const override { return inner_->failed(); }
  std::string incoming_directory() const override { return inner_->incoming_directory(); }
  Status check_room(ByteCount bytes) override { return inner_->check_room(bytes); }
  Result<queue::Committed> commit(const std::string& id, mail::MessageFile& message, const mail::Envelope& envelope,
                                  const plan::Plan& plan, const std::string& resend_key) override {
    return inner_->commit(id, message, envelope, plan, resend_key);
  }
  Result<std::optional<std::string>> find_resend(const std::string& resend_key) override {
    return inner_->find_resend(resend_key);
  }
  bool begin_wait(const std::string& id, std::size_t most) override { return inner_->begin_wait(id, most); }
  queue::Outlook wait(const std::string& id, TimePoint until) override { return inner_->wait(id, until); }
  void end_wait(const std::string& id) override { inner_->end_wait(id); }
  Result<queue::Outlook> withdraw(const std::string& id, const queue::GiveUp& why) override {
    return inner_->withdraw(id, why);
  }
  void stop_waits() override { inner_->stop_waits(); }
  Result<std::optional<queue::TraceRecord>> find_sent(const std::string& message_id, TimePoint since) override {
    return inner_->find_sent(message_id, since);
  }
  Result<std::optional<queue::Entry>> lease_next(TimePoint now, const std::vector<std::string>& busy) override {
    return inner_->lease_next(now, busy);
  }
  Result<std::optional<TimePoint>> next_due() override { return inner_->next_due(); }
  void wait_for_work(TimePoint until) override { inner_->wait_for_work(until); }
  void wake() override { inner_->wake(); }
  Status record(const queue::Entry& entry) override {
    if (executioner_.refuses()) return fail(system_error("journal", "committing", ENOSPC));
    return mortal([&] { return inner_->record(entry); });
  }
  Status defer(const queue::Entry& entry, TimePoint next, const Error& why) override {
    return mortal([&] { return inner_->defer(entry, next, why); });
  }
  Status hold(const queue::Entry& entry, const Error& why) override {
    return mortal([&] { return inner_->hold(entry, why); });
  }
  Status release(const queue::Entry& entry) override { return inner_->release(entry); }
  Status finish(const queue::Entry& entry) override {
    return mortal([&] { return inner_->finish(entry); });
  }
  Result<std::unique_ptr<ByteSource>> open_message(const queue::Entry& entry) override {
    return inner_->open_message(entry);
  }
  Result<std::vector<queue::EntrySummary>> list() override { return inner_->list(); }
  Result<std::optional<queue::Entry>> find(const std::string& id) override { return inner_->find(id); }
  Result<queue::Totals> totals() override { return inner_->totals(); }
  Result<std::string> administer(const std::string& id, queue::Command command) override {
    return inner_->administer(id, command);
  }
  Result<std::string> plan_anew(const std::string& id, const plan::Plan& plan) override {
    return inner_->plan_anew(id, plan);
  }
  Result<std::vector<queue::TraceRecord>> trace(const std::string& what) override { return inner_->trace(what); }
  Status tidy(TimePoint now) override { return inner_->tidy(now); }
  Result<std::vector<std::string>> mailboxes() override { return inner_->mailboxes(); }
  Result<std::vector<queue::SentCopy>> sent_copies(TimePoint before, TimePoint now, std::size_t limit) override {
    return inner_->sent_copies(before, now, limit);
  }
  Status forget_sent_copy(const std::string& id) override { return inner_->forget_sent_copy(id); }
  Result<std::string> note(const std::string& name) override { return inner_->note(name); }
  Status set_note(const std::string& name, const std::string& value) override { return inner_->set_note(name, value); }

 private:
  Status mortal(const std::function<Status()>& write) {
    executioner_.step();
    Status written = write();
    executioner_.step();
    return written;
  }

  std::unique_ptr<queue::Queue> inner_;
  Executioner& executioner_;
};

class Tokens final : public auth::TokenSource {
 public:
  explicit Tokens(emulator::InProcessGraph& service) : service_(service) {}
  Result<Secret> token() override { return service_.bearer(); }
  void discard(const Secret&) override {}

 private:
  emulator::InProcessGraph& service_;
};

// A file of a test mail, and how it shall go.
struct TestFile {
  std::string name;
  std::string content;
  plan::Way way = plan::Way::Session;
  bool in_skeleton = false;
};

inline std::string content_of(char first, std::size_t size) {
  std::string content(size, first);
  for (std::size_t i = 0; i < size; ++i) content[i] = static_cast<char>(content[i] + static_cast<char>(i * i % 61));
  return content;
}

// One text, one file that stays in the skeleton, one that is posted, two that go by session.
inline std::vector<TestFile> some_files() {
  return {{"note.txt", content_of('a', 20), plan::Way::Post, true},
          {"small.pdf", content_of('b', 700), plan::Way::Post},
          {"large.pdf", content_of('c', 3'500), plan::Way::Session},
          {"one range.pdf", content_of('d', 1'000), plan::Way::Session}};
}

class World {
 public:
  World() : clock_(std::make_shared<ManualClock>(kStart)), service_(clock_) {
    LogSettings quiet;  // thousands of lives would fill the log
    quiet.level = std::getenv("GM_LOUD") != nullptr ? LogLevel::Debug : LogLevel::Error;
    EXPECT_TRUE(open_log(quiet));
    service().on_wait([this](Duration wait) { clock_->advance(wait); });
    service().model().change_switches([](emulator::Switches& switches) { switches.session_floor = 0; });
    settings_.retry = {std::chrono::seconds(30), std::chrono::hours(1)};
    settings_.courier.instance = "mx1";
    returns_.mta.helo = "relay.contoso.com";
    returns_.mta.server.port = 1;  // nobody listens
    settings_.courier.rules = {.size = 1'000, .multiple = 1, .limit = 1'000};
    open();
  }

  virtual ~World() = default;

  emulator::InProcessGraph& service() { return service_; }
  emulator::Model& model() { return service_.model(); }
  queue::Queue& queue() { return *queue_; }
  Executioner& executioner() { return executioner_; }
  DeliverySettings& settings() { return settings_; }
  ReturnSettings& returns() { return returns_; }
  queue::ServiceState& service_state() { return service_state_; }
  ManualClock& clock() { return *clock_; }
  graph::Client& client() { return *client_; }

  virtual targets::Services services() { return {*client_, *ranges_, *clock_, gate_.get()}; }

  // The MTA, from the first question for it on; before that nobody listens.
  graph_milter::test::SmtpServer& mta() {
    if (!mta_) {
      mta_ = std::make_unique<graph_milter::test::SmtpServer>();
      returns_.mta.server.port = mta_->port();
    }
    return *mta_;
  }
  std::size_t mta_mails() const { return mta_ ? mta_->mails().size() : 0; }

  // How the drafts of mail that is put from now on are made.
  void draft_as(plan::DraftWish wish) { draft_wish_ = wish; }

  // Sends are counted from now on.
  void count_sends(graph::GateSettings settings) { gate_ = std::make_unique<graph::MailboxGate>(clock_, settings); }

  // As at a start of the process; starts nothing. The one before must be gone.
  std::unique_ptr<Delivery> make_delivery() {
    returning_ = std::make_unique<Returning>(returns_, *queue_, *clock_);
    return std::make_unique<Delivery>(settings_, *queue_, services(), *returning_, service_state_);
  }

  // One entry, if one is due.
  bool deliver_one() { return make_delivery()->deliver_one({}); }

  queue::Entry entry(const std::string& id) {
    const auto found = queue().find(id);
    EXPECT_TRUE(found && *found);
    return found && *found ? **found : queue::Entry{};
  }

  // As after a start of the process: from the disk alone.
  void open() {
    queue_.reset();
    auto opened =
        queue::Queue::open({.directory = folder_.file("spool"), .reserve_bytes = 0, .ballast_bytes = 0}, clock_);
    ASSERT_TRUE(opened) << opened.error().text();
    queue_ = std::make_unique<MortalQueue>(*std::move(opened), executioner_);
    api_ = std::make_shared<MortalDoor<http::ApiDoor>>(make_api_door(), executioner_);
    ranges_ = std::make_shared<MortalDoor<http::UploadDoor>>(make_upload_door(), executioner_);
    client_ = std::make_unique<graph::Client>(graph::ClientSettings{}, api_, make_tokens(), clock_);
  }

  // Puts a mail into the queue as intake would, and returns the entry's id. `change` may spoil the plan.
  std::string put(const std::vector<TestFile>& files, const std::string& from = "scanner@contoso.com",
                  const std::function<void(plan::Plan&)>& change = {},
                  const std::function<void(mail::Envelope&)>& change_envelope = {}) {
    std::string id = make_entry_id(clock_->now());
    const std::string message = message_with(files, from, id);
    mail::Envelope envelope;
    envelope.queue_id = "4Xy1";
    envelope.sender = mail::make_envelope_path("<" + from + ">");
    envelope.recipients = {mail::make_envelope_path("<alice@example.org>"),
                           mail::make_envelope_path("<bob@example.org>"),
                           mail::make_envelope_path("<hidden@example.net>")};
    envelope.received = clock_->now();
    if (change_envelope) change_envelope(envelope);
    plan::Plan plan = plan_for(message, files, envelope, id);
    if (change) change(plan);
    mail::MessageFile file(queue().incoming_directory(), 64 * 1024);
    EXPECT_TRUE(file.append(message));
    const auto committed = queue().commit(id, file, envelope, plan, "");
    EXPECT_TRUE(committed) << committed.error().text();
    return id;
  }

  // Delivers what is due, moves time to what is due next, and so on until nothing waits. False: still not after
  // `most_attempts`.
  bool run(int most_attempts = 200) {
    const auto delivery = make_delivery();
    return run(*delivery, most_attempts);
  }
  bool run(Delivery& delivery, int most_attempts = 200) {
    for (int attempt = 0; attempt < most_attempts; ++attempt) {
      if (delivery.deliver_one({})) continue;
      const auto due = queue().next_due();
      if (!due || !*due) return true;
      // Where its mailbox asked for patience, only time tells when that is over.
      const TimePoint later = clock_->now() + std::chrono::seconds(1);
      const TimePoint next = std::max(**due > clock_->now() ? **due : later, delivery.next_start());
      clock_->advance(next - clock_->now());
    }
    return false;
  }

  // As run(), but the process dies at the step that the executioner was told, and starts again.
  bool run_with_deaths(int most_deaths = 1) {
    for (int deaths = 0; deaths <= most_deaths; ++deaths) {
      try {
        return run();
      } catch (const Killed&) {
        executioner_.spare();
        open();
      }
    }
    return false;
  }

  // Everything has arrived once and as it was, nothing else happened, and nothing is left behind.
  void expect_delivered_once(const std::vector<TestFile>& files) {
    expect_delivered(files, 1);
    expect_no_traces();
  }

  void expect_delivered(const std::vector<TestFile>& files, std::size_t count) {
    EXPECT_THAT(model().violations(), testing::IsEmpty());
    const auto deliveries = model().deliveries();
    ASSERT_EQ(deliveries.size(), count);
    for (const emulator::Delivery& delivery : deliveries) {
      EXPECT_THAT(delivery.recipients,
                  testing::ElementsAre("alice@example.org", "bob@example.org", "hidden@example.net"));
      EXPECT_EQ(arrived(delivery), sent(files));
    }
    const auto left = queue().list();
    ASSERT_TRUE(left);
    EXPECT_TRUE(left->empty()) << queue::name_of(left->front().state) << ": " << left->front().last_error;
  }

  void expect_no_traces() {
    EXPECT_EQ(drafts(), 0U) << "a draft was left behind";
    EXPECT_EQ(model().counts().too_early, 0) << "a request came before the time the service asked for";
  }

  // Messages in Drafts of all mailboxes.
  std::size_t drafts() {
    std::size_t count = 0;
    const emulator::Json mailboxes = model().mailboxes();
    for (const emulator::Json& mailbox : mailboxes.items()) {
      for (const emulator::Json& message : mailbox["messages"].items()) {
        if (message["isDraft"].boolean() && message["folder"].text() == "drafts") ++count;
      }
    }
    return count;
  }

 protected:
  // What a world of other tests has instead; called by open().
  virtual std::shared_ptr<http::ApiDoor> make_api_door() { return service().api(); }
  virtual std::shared_ptr<http::UploadDoor> make_upload_door() { return service().upload(); }
  virtual std::shared_ptr<auth::TokenSource> make_tokens() { return std::make_shared<Tokens>(service()); }

  const std::shared_ptr<http::ApiDoor>& api() const { return api_; }
  const std::shared_ptr<ManualClock>& shared_clock() const { return clock_; }
  const graph_milter::test::TempFolder& folder() const { return folder_; }

  using Names = std::map<std::string, std::string>;  // name to SHA-256

  static Names sent(const std::vector<TestFile>& files) {
    Names names;
    for (const TestFile& file : files) names[file.name] = sha256_hex(file.content);
    return names;
  }

  static Names arrived(const emulator::Delivery& delivery) {
    Names names;
    for (const emulator::DeliveredPart& part : delivery.parts) {
      if (part.is_body) continue;
      EXPECT_FALSE(names.contains(part.name)) << part.name << " arrived twice";
      names[part.name] = part.sha256;
    }
    return names;
  }

 private:
  static std::string message_with(const std::vector<TestFile>& files, const std::string& from, const std::string& id) {
    std::string message = format(
        "From: {}\r\nTo: alice@example.org\r\nCc: Bob <bob@example.org>\r\nSubject: Scan\r\nMessage-ID: <{}@device>\r\n"
        "Date: Sun, 22 Nov 2026 09:02:05 +0000\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; "
        "boundary=b\r\n\r\n"
        "--b\r\nContent-Type: text/plain\r\n\r\nSee attachment.\r\n",
        from, id);
    for (const TestFile& file : files) {
      message += format(
          "--b\r\nContent-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\n"
          "Content-Disposition: attachment; filename=\"{}\"\r\n\r\n",
          file.name);
      const std::string encoded = base64_encode(file.content);
      for (std::size_t at = 0; at < encoded.size(); at += 76) message += encoded.substr(at, 76) + "\r\n";
    }
    return message + "--b--\r\n";
  }

  plan::Plan plan_for(const std::string& message, const std::vector<TestFile>& files, const mail::Envelope& envelope,
                      const std::string& id) {
    mail::Scanner scanner;
    scanner.feed(message);
    const mail::MessageFacts facts = scanner.finish();
    policy::Rule rule;
    rule.name = "scanners";
    rule.action = policy::Action::Relay;
    rule.part_size = 100;
    StringSource bytes(message);
    const auto outcome = plan::make_plan({.envelope = envelope,
                                          .facts = facts,
                                          .rule = rule,
                                          .limits = {},
                                          .entry_id = id,
                                          .instance = "mx1",
                                          .now = clock_->now(),
                                          .draft = draft_wish_,
                                          .message = &bytes});
    if (const auto* left = std::get_if<plan::LeaveAlone>(&outcome)) {
      ADD_FAILURE() << left->reason << ": " << left->text;
      return {};
    }
    plan::Plan plan = std::get<plan::Plan>(outcome);
    for (plan::PlannedPart& part : plan.parts) {
      for (const TestFile& file : files) {
        if (file.name == part.name) part.way = file.way;
      }
    }
    return plan;
  }

  graph_milter::test::TempFolder folder_;
  plan::DraftWish draft_wish_ = plan::DraftWish::Mime;
  std::shared_ptr<ManualClock> clock_;
  emulator::InProcessGraph service_;
  Executioner executioner_;
  DeliverySettings settings_;
  ReturnSettings returns_;
  queue::ServiceState service_state_;
  std::unique_ptr<graph_milter::test::SmtpServer> mta_;
  std::unique_ptr<graph::MailboxGate> gate_;
  std::unique_ptr<queue::Queue> queue_;
  std::unique_ptr<Returning> returning_;
  std::shared_ptr<http::ApiDoor> api_;
  std::shared_ptr<http::UploadDoor> ranges_;
  std::unique_ptr<graph::Client> client_;
};

}  // namespace graph_milter::delivery::test
