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
#include "core/queue/trace.h"
#include "core/queue/withdrawal.h"

namespace graph_milter::queue {

struct QueueSettings {
  std::string directory;  // the spool: directory/messages, directory/journal.sqlite, directory/lock
  ByteCount reserve_bytes = 64 * 1024 * 1024;       // free space that a new message may not touch
  ByteCount ballast_bytes = 32 * 1024 * 1024;       // of directory/ballast, given up when the journal finds no room
  ByteCount max_bytes = 0;                          // of all message files that wait; 0: no limit
  Duration resend_window = std::chrono::hours(24);  // 0: every message is a new one
  Duration tombstone_age = std::chrono::hours(30 * 24);  // how long trace remembers
  // No entry waits longer after a start, whatever the journal says: after a clock that was ahead it would wait for
  // days.
  Duration longest_wait = std::chrono::hours(7 * 24);
  Disposal returns = Disposal::Dsn;  // what Command::Return makes of an entry; Hold counts as Dsn
};

// What became of a commit.
struct Committed {
  std::string id;
  bool adopted = false;  // the same message was there already under this id; what was given is not kept
};

// What the administrator can do to an entry.
enum class Command {
  Retry,     // due now; a Held entry goes on where it stood
  Hold,      // stop where it stands, until release
  Release,   // a Held entry goes on where it stood, by its schedule
  Return,    // give it up: the draft goes, then it is returned as was decided with it, or as the configuration says (a
             // held disposal: Dsn)
  HandBack,  // give it up: the draft goes, then the MTA gets the original
  Delete,    // give it up: the draft goes, then the message; nobody is told
};
std::string_view name_of(Command command);

struct Totals {
  std::size_t waiting = 0;  // neither Done nor Held
  std::size_t held = 0;
  std::size_t needs_administrator = 0;  // of those that wait
  ByteCount bytes = 0;                  // of all message files
  TimePoint oldest{};                   // accepted; 0: none
};

// A message that was sent and may still lie in Sent Items.
struct SentCopy {
  std::string id;  // of the tombstone
  std::string mailbox;
  std::string message;  // Graph's immutable id
  TimePoint sent{};
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
  // and failed() is true. With a `resend_key` that an entry accepted within the resend window has (live, held or sent;
  // not one that was returned, handed back, dropped or withdrawn), nothing new is kept and that entry's id is the
  // answer. While somebody waits for `id` (begin_wait) nobody is told yet that we have it: the entry is `awaited`, and
  // a start withdraws it if it can (withdrawal.h). What has no plan (Plan::unplanned) is Held from the first instant,
  // and nobody waits for it.
  virtual Result<Committed> commit(const std::string& id, mail::MessageFile& message, const mail::Envelope& envelope,
                                   const plan::Plan& plan, const std::string& resend_key) = 0;

  // The id that a commit with this resend key would answer by adopting it now, if there is one. One look at the
  // journal, before anything is written; commit decides. An empty key has none.
  virtual Result<std::optional<std::string>> find_resend(const std::string& resend_key) = 0;

  // --- waiting for an entry while the MTA is held. Who begins a wait ends it by end_wait or withdraw.

  // One more waits for the entry `id`, which is there or will be. False: `most` wait already, or the daemon stops.
  virtual bool begin_wait(const std::string& id, std::size_t most) = 0;
  // Blocks until it is known what becomes of the entry, until it is Held, until `until` or stop_waits(). What is due of
  // entries that somebody waits for is leased before anything else.
  virtual Outlook wait(const std::string& id, TimePoint until) = 0;
  virtual void end_wait(const std::string& id) = 0;
  // Ends the wait; if nobody else waits for the entry, it is withdrawn, for the reason `why`, or made ours, durably:
  // the answer is NotTaken or Taken. Open: somebody else waits on, so this client can't be told anything but "try
  // later". System: nobody knows; the daemon must end, and the next start withdraws it or makes it ours.
  virtual Result<Outlook> withdraw(const std::string& id, const GiveUp& why) = 0;
  // Nobody waits any longer.
  virtual void stop_waits() = 0;

  // A message with this Message-ID that was sent through Graph at `since` or later, if there is one.
  virtual Result<std::optional<TraceRecord>> find_sent(const std::string& message_id, TimePoint since) = 0;

  // One that somebody waits for, if one is due; else the entry that is due for the longest time (state not Done or
  // Held, next_attempt <= now, not leased; of equal ones the oldest) of the mailbox that has the fewest leased entries,
  // skipping the mailboxes in `busy_mailboxes`. So mail that never failed goes in order of arrival within its mailbox,
  // no mailbox starves another, and what failed holds nothing up. A row that can't be read becomes Held, with an alarm
  // in the log. The lease lasts until release/finish/... or the end of the process.
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
  // From Sent, Returned or (dropped) DraftGone to Done: the row becomes a tombstone (what TraceRecord shows, digest,
  // resend key and draft id), then the message file goes, then its directory is synced. `entry.outcome` is set.
  virtual Status finish(const Entry& entry) = 0;

  // The message file of an entry, for reading. Corrupt if it is missing, no regular file, or of another size.
  virtual Result<std::unique_ptr<ByteSource>> open_message(const Entry& entry) = 0;

  // Everything but tombstones, by age.
  virtual Result<std::vector<EntrySummary>> list() = 0;
  // Also tombstones. Corrupt if the row is damaged.
  virtual Result<std::optional<Entry>> find(const std::string& id) = 0;
  virtual Result<Totals> totals() = 0;

  // --- the administrator

  // Safe at any moment, also while a courier has the entry: its lease is taken away, so that its next record() is
  // refused (Cancelled), and nobody else gets the entry before that courier has called release(). Refused with Usage,
  // in words: an entry that does not exist or has ended (NotFound), Return and Delete of one whose send is unresolved
  // (unless Held), Retry or Release of what needs none. The caller writes the audit line; what it returns are the words
  // for the administrator.
  virtual Result<std::string> administer(const std::string& id, Command command) = 0;

  // Gives a Held entry that has no plan one, and lets it go on as if it had just been accepted; its words for the
  // administrator. One durable step. Usage for every other entry, and for a plan that is none.
  virtual Result<std::string> plan_anew(const std::string& id, const plan::Plan& plan) = 0;

  // Entries and tombstones that `what` names: an entry id, the MTA's queue id, a Message-ID (with or without angle
  // brackets) or an address (sender, recipient or mailbox; compared without case). The newest first, at most 1,000.
  virtual Result<std::vector<TraceRecord>> trace(const std::string& what) = 0;

  // --- housekeeping

  // Old tombstones go, the ballast comes back when there is room again, the journal's whole integrity is checked once a
  // week. Damage is an alarm in the log, not an error. Now and then, from any thread.
  virtual Status tidy(TimePoint now) = 0;

  // Mailboxes of all entries and tombstones.
  virtual Result<std::vector<std::string>> mailboxes() = 0;
  // What may go from Sent Items, and was not yet forgotten; at most `limit`: what was sent at `before` or earlier,
  // where nothing was decided with the message (0: none of these), and where it was, what is over `now`.
  virtual Result<std::vector<SentCopy>> sent_copies(TimePoint before, TimePoint now, std::size_t limit) = 0;
  virtual Status forget_sent_copy(const std::string& id) = 0;

  // Small durable notes of others, by name ("alert.last"). An empty value forgets it.
  virtual Result<std::string> note(const std::string& name) = 0;
  virtual Status set_note(const std::string& name, const std::string& value) = 0;
};

// Read the journal of a spool whose daemon may be down: for graph-milterctl. Take no lock, change nothing. Usage if
// there is no journal in `directory`.
Result<std::vector<EntrySummary>> list_offline(const std::string& directory);
Result<std::optional<Entry>> find_offline(const std::string& directory, const std::string& id);
Result<std::vector<TraceRecord>> trace_offline(const std::string& directory, const std::string& what);

}  // namespace graph_milter::queue
