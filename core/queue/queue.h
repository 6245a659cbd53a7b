// SPDX-License-Identifier: Apache-2.0
// The queue on disk: message files in the spool, facts in the journal (SQLite, WAL, synchronous=FULL). The arriving
// half and the delivering half meet only here.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/clock.h"
#include "core/mail/message_file.h"
#include "core/queue/entry.h"

namespace graph_milter::queue {

struct QueueSettings {
  std::string directory;  // the spool: directory/messages, directory/journal.sqlite, directory/lock
  ByteCount reserve_bytes = 64 * 1024 * 1024;  // free space that a new message may not touch
};

// All functions: any thread. One writer thread owns the one connection that writes; commits that arrive together share
// one fsync (group commit). A reported failure of fsync or COMMIT is System and final: the queue refuses everything
// after it (`failed()`), and the daemon must end, because only a fresh start knows what is on disk. Only a full disk
// (status ENOSPC) is not final where it is certain that nothing was kept.
class Queue {
 public:
  // Takes the lock (one daemon per spool; Configuration names the pid that has it), checks the journal, sweeps files
  // that no row names (never answered, so never ours), and makes entries whose file is missing or of the wrong size
  // Held with an alarm in the log.
  static Result<std::unique_ptr<Queue>> open(QueueSettings settings, std::shared_ptr<Clock> clock);
  virtual ~Queue() = default;

  virtual bool failed() const = 0;

  // The directory for unlinked message files, on the same file system as the spool.
  virtual std::string incoming_directory() const = 0;

  // Refuses (System, status ENOSPC) when `bytes` more would touch the reserve. Counts what commits in flight promised.
  virtual Status check_room(ByteCount bytes) = 0;

  // Makes the message, its envelope and its plan durable under `id`: file, directory, journal, in this order. When it
  // returns success the entry survives any crash. On failure there is no entry and no file, or the outcome is unknown
  // and failed() is true.
  virtual Status commit(const std::string& id, mail::MessageFile& message, const mail::Envelope& envelope,
                        const plan::Plan& plan) = 0;

  // The entry that is due for the longest time (state not Done or Held, next_attempt <= now, not leased; of equal ones
  // the oldest), skipping the mailboxes in `busy_mailboxes`. So mail that never failed goes in order of arrival, and
  // what failed does not hold it up. A row that can't be read becomes Held, with an alarm in the log. The lease lasts
  // until release/finish/... or the end of the process.
  virtual Result<std::optional<Entry>> lease_next(TimePoint now, const std::vector<std::string>& busy_mailboxes) = 0;

  // When the next entry that is not leased becomes due; nullopt: none waits.
  virtual Result<std::optional<TimePoint>> next_due() = 0;

  // Blocks until something may be due, `until` has passed, or wake() is called. Nothing that came after this thread's
  // last lease_next is missed.
  virtual void wait_for_work(TimePoint until) = 0;
  virtual void wake() = 0;

  // Durable transition of a leased entry: state, progress and attempts as in `entry`. Refuses an illegal transition (a
  // bug: Corrupt; entry_rules.h) and an old fence (Cancelled). Done and Held have their own functions below.
  virtual Status record(const Entry& entry) = 0;

  // Ends the lease: not before `next_attempt`, attempts + 1, with the words of the failure. State and progress as in
  // `entry`. If it fails, the lease goes on, and release() ends it.
  virtual Status defer(const Entry& entry, TimePoint next_attempt, const Error& why) = 0;
  virtual Status hold(const Entry& entry, const Error& why) = 0;
  // Ends the lease without a trace (shutdown).
  virtual Status release(const Entry& entry) = 0;
  // From Sent to Done: the row becomes a tombstone (id, digest, Message-ID, mailbox, times; kept a week), then the
  // message file goes, then its directory is synced.
  virtual Status finish(const Entry& entry) = 0;

  // The message file of an entry, for reading. Corrupt if it is missing, no regular file, or of another size.
  virtual Result<std::unique_ptr<ByteSource>> open_message(const Entry& entry) = 0;

  // Everything but tombstones, by age.
  virtual Result<std::vector<EntrySummary>> list() = 0;
  // Also tombstones. Corrupt if the row is damaged.
  virtual Result<std::optional<Entry>> find(const std::string& id) = 0;
};

// Read the journal of a spool whose daemon may be down: for graph-milterctl. Take no lock, change nothing. Usage if
// there is no journal in `directory`.
Result<std::vector<EntrySummary>> list_offline(const std::string& directory);
Result<std::optional<Entry>> find_offline(const std::string& directory, const std::string& id);

}  // namespace graph_milter::queue
