// SPDX-License-Identifier: Apache-2.0
// A queue that remembers what it was asked and what was committed, knows what it is told to know, and fails as told.
#pragma once

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/queue/queue.h"

namespace graph_milter::intake {

class RememberingQueue final : public queue::Queue {
 public:
  explicit RememberingQueue(std::string directory) : directory_(std::move(directory)) {}

  struct Kept {
    std::string id;
    std::string bytes;
    std::string sha256;
    mail::Envelope envelope;
    plan::Plan plan;
    std::string resend_key;
    bool was_on_disk = false;
  };
  std::vector<Kept> committed;
  std::vector<std::string> calls;
  std::vector<ByteCount> room_asked;
  std::optional<Error> room_error;
  std::optional<Error> commit_error;
  std::optional<Error> read_error;  // of everything that only looks
  bool has_failed = false;
  bool looks_are_blind = false;  // find_resend knows nothing; commit does
  bool still_awaited = false;    // of what find() finds: another connection waits for it
  std::vector<std::string> waited_for;
  std::vector<TimePoint> waited_until;
  std::vector<queue::Outlook> outlooks;      // what each wait answers in turn; then Open
  std::optional<queue::Outlook> withdrawal;  // what withdraw answers; nullopt: NotTaken
  std::optional<Error> withdraw_error;
  std::vector<queue::TraceRecord> records;     // what trace and find_sent answer from
  std::map<std::string, std::string> digests;  // of entries, by id

  bool failed() const override { return has_failed; }
  std::string incoming_directory() const override { return directory_; }
  Status check_room(ByteCount bytes) override {
    calls.emplace_back("room");
    room_asked.push_back(bytes);
    return room_error ? Status(fail(*room_error)) : Status();
  }
  Result<queue::Committed> commit(const std::string& id, mail::MessageFile& message, const mail::Envelope& envelope,
                                  const plan::Plan& plan, const std::string& resend_key) override {
    calls.emplace_back("commit");
    if (commit_error) return fail(*commit_error);
    if (const auto known = known_as(resend_key)) return queue::Committed{*known, true};
    committed.push_back(
        {id, *read_all(message, 1U << 30U), *message.sha256_hex(), envelope, plan, resend_key, message.is_on_disk()});
    return queue::Committed{id, false};
  }
  Result<std::optional<std::string>> find_resend(const std::string& resend_key) override {
    calls.emplace_back("find-resend");
    if (read_error) return fail(*read_error);
    return looks_are_blind ? std::nullopt : known_as(resend_key);
  }
  bool begin_wait(const std::string& id, std::size_t most) override {
    calls.emplace_back("begin-wait");
    if (waited_for.size() >= most) return false;
    waited_for.push_back(id);
    return true;
  }
  queue::Outlook wait(const std::string&, TimePoint until) override {
    calls.emplace_back("wait");
    waited_until.push_back(until);
    if (outlooks.empty()) return {};
    queue::Outlook next = outlooks.front();
    outlooks.erase(outlooks.begin());
    return next;
  }
  void end_wait(const std::string&) override { calls.emplace_back("end-wait"); }
  Result<queue::Outlook> withdraw(const std::string&, const queue::GiveUp& why) override {
    calls.emplace_back("withdraw " + why.status);
    if (withdraw_error) return fail(*withdraw_error);
    if (withdrawal) return *withdrawal;
    queue::Outlook out;
    out.prospect = queue::Prospect::NotTaken;
    out.why = why;
    return out;
  }
  void stop_waits() override {}
  Result<std::optional<queue::TraceRecord>> find_sent(const std::string& message_id, TimePoint since) override {
    if (read_error) return fail(*read_error);
    for (const queue::TraceRecord& record : records) {
      if (record.message_id == message_id && record.outcome == queue::Outcome::Sent && record.finished >= since)
        return record;
    }
    return std::nullopt;
  }
  Result<std::optional<queue::Entry>> find(const std::string& id) override {
    queue::Entry entry;
    entry.id = id;
    const auto digest = digests.find(id);
    if (digest != digests.end()) entry.sha256 = digest->second;
    const auto kept = std::find_if(committed.begin(), committed.end(), [&](const Kept& item) { return item.id == id; });
    if (kept != committed.end()) entry.envelope = kept->envelope;
    entry.progress.awaited = still_awaited;
    if (digest == digests.end() && kept == committed.end()) return std::nullopt;
    return entry;
  }
  Result<std::vector<queue::TraceRecord>> trace(const std::string& what) override {
    if (read_error) return fail(*read_error);
    std::vector<queue::TraceRecord> out;
    for (const queue::TraceRecord& record : records) {
      if (record.message_id == what) out.push_back(record);
    }
    return out;
  }

  Result<std::optional<queue::Entry>> lease_next(TimePoint, const std::vector<std::string>&) override {
    return unused();
  }
  Result<std::optional<TimePoint>> next_due() override { return unused(); }
  void wait_for_work(TimePoint) override {}
  void wake() override {}
  Status record(const queue::Entry&) override { return unused(); }
  Status defer(const queue::Entry&, TimePoint, const Error&) override { return unused(); }
  Status hold(const queue::Entry&, const Error&) override { return unused(); }
  Status release(const queue::Entry&) override { return unused(); }
  Status finish(const queue::Entry&) override { return unused(); }
  Result<std::unique_ptr<ByteSource>> open_message(const queue::Entry&) override { return unused(); }
  Result<std::vector<queue::EntrySummary>> list() override { return unused(); }
  Result<queue::Totals> totals() override { return unused(); }
  Result<std::string> administer(const std::string&, queue::Command) override { return unused(); }
  Result<std::string> plan_anew(const std::string&, const plan::Plan&) override { return unused(); }
  Status tidy(TimePoint) override { return unused(); }
  Result<std::vector<std::string>> mailboxes() override { return unused(); }
  Result<std::vector<queue::SentCopy>> sent_copies(TimePoint, TimePoint, std::size_t) override { return unused(); }
  Status forget_sent_copy(const std::string&) override { return unused(); }
  Result<std::string> note(const std::string&) override { return unused(); }
  Status set_note(const std::string&, const std::string&) override { return unused(); }

 private:
  static tl::unexpected<Error> unused() { return fail(ErrorKind::System, "queue", "not for the arriving half"); }

  std::optional<std::string> known_as(const std::string& resend_key) const {
    if (resend_key.empty()) return std::nullopt;
    for (const Kept& kept : committed) {
      if (kept.resend_key == resend_key) return kept.id;
    }
    return std::nullopt;
  }

  std::string directory_;
};

}  // namespace graph_milter::intake
