// SPDX-License-Identifier: Apache-2.0
// The Queue over SQLite. Made by Queue::open.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/queue/administration.h"
#include "core/queue/ballast.h"
#include "core/queue/journal_reader.h"
#include "core/queue/journal_rows.h"
#include "core/queue/journal_search.h"
#include "core/queue/journal_writer.h"
#include "core/queue/leases.h"
#include "core/queue/queue.h"
#include "core/queue/room.h"
#include "core/queue/spool.h"
#include "core/queue/waiters.h"

namespace graph_milter::queue {

class SqliteQueue final : public Queue {
 public:
  // `bytes`: of all messages that wait.
  SqliteQueue(QueueSettings settings, std::shared_ptr<Clock> clock, SpoolLock lock, SessionPointer writer,
              SessionPointer reader, ByteCount bytes);
  // The writer's connection closes last, because only it can write the log back.
  ~SqliteQueue() override { reader_.close(); }
  SqliteQueue(const SqliteQueue&) = delete;
  SqliteQueue& operator=(const SqliteQueue&) = delete;

  bool failed() const override { return writer_.failed(); }
  std::string incoming_directory() const override { return spool_.incoming_directory(); }

  // sqlite_queue.cc: messages come in.
  Status check_room(ByteCount bytes) override { return room_.check(bytes); }
  Result<Committed> commit(const std::string& id, mail::MessageFile& message, const mail::Envelope& envelope,
                           const plan::Plan& plan, const std::string& resend_key) override;
  Result<std::optional<std::string>> find_resend(const std::string& resend_key) override;
  Result<std::optional<TraceRecord>> find_sent(const std::string& message_id, TimePoint since) override;
  Result<std::unique_ptr<ByteSource>> open_message(const Entry& entry) override;
  Result<std::vector<EntrySummary>> list() override;
  Result<std::optional<Entry>> find(const std::string& id) override;
  Result<Totals> totals() override;

  // sqlite_queue_waits.cc: the MTA is held until a message is out.
  bool begin_wait(const std::string& id, std::size_t most) override;
  Outlook wait(const std::string& id, TimePoint until) override;
  void end_wait(const std::string& id) override { waiters_.end(id); }
  Result<Outlook> withdraw(const std::string& id, const GiveUp& why) override;
  void stop_waits() override { waiters_.stop(); }

  // sqlite_queue_leases.cc: messages are worked on.
  Result<std::optional<Entry>> lease_next(TimePoint now, const std::vector<std::string>& busy_mailboxes) override;
  Result<std::optional<TimePoint>> next_due() override;
  void wait_for_work(TimePoint until) override;
  void wake() override { leases_.signal(); }
  Status record(const Entry& entry) override;
  Status defer(const Entry& entry, TimePoint next_attempt, const Error& why) override;
  Status hold(const Entry& entry, const Error& why) override;
  Status release(const Entry& entry) override { return leases_.end(entry.id, entry.fence); }
  Status finish(const Entry& entry) override;

  // sqlite_queue_care.cc: the administrator, and housekeeping.
  Result<std::string> administer(const std::string& id, Command command) override;
  Result<std::string> plan_anew(const std::string& id, const plan::Plan& plan) override;
  Result<std::vector<TraceRecord>> trace(const std::string& what) override;
  Status tidy(TimePoint now) override;
  Result<std::vector<std::string>> mailboxes() override;
  Result<std::vector<SentCopy>> sent_copies(TimePoint before, TimePoint now, std::size_t limit) override;
  Status forget_sent_copy(const std::string& id) override;
  Result<std::string> note(const std::string& name) override;
  Status set_note(const std::string& name, const std::string& value) override;

  std::uint64_t transactions() const { return writer_.transactions(); }

 private:
  Result<std::string> write_message(const std::string& id, mail::MessageFile& message);
  Result<Committed> insert(const Row& row);
  Status drop_message(const Row& row);
  Status fail_if_grave(Error error);

  Result<std::optional<Leases::Choice>> choose_due(TimePoint now, const std::vector<std::string>& busy_mailboxes,
                                                   const Leases::All& leases);
  Result<std::optional<Leases::Choice>> choose_awaited(TimePoint now, const std::vector<std::string>& busy_mailboxes,
                                                       const Leases::All& leases);
  Result<std::optional<Due>> first_unleased(const Due& first, long long now, const Leases::All& leases,
                                            std::size_t leased);
  Result<std::optional<Entry>> take(const std::string& id);
  Status hold_damaged(const std::string& id, const Error& why);
  Status write(const Entry& entry, const Lease& lease);
  Status bury(const Entry& entry);

  Result<Verdict> apply(soci::session& session, const std::string& id, Command command, bool leased) const;
  Result<Verdict> apply_to_damaged(soci::session& session, const Row& row, Command command, const Error& why) const;
  Status forget_tombstones(TimePoint now);
  Status check_now_and_then(TimePoint now);

  const QueueSettings settings_;
  const std::shared_ptr<Clock> clock_;
  const SpoolLock lock_;
  Spool spool_;
  Ballast ballast_;
  Room room_;
  Leases leases_;
  Waiters waiters_;
  JournalReader reader_;
  JournalWriter writer_;  // last: its thread must end before anything it uses
};

}  // namespace graph_milter::queue
