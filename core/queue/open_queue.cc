// SPDX-License-Identifier: Apache-2.0
// The ways to a queue: with the daemon's rights, and for looking only.
#include <cerrno>
#include <exception>

#include "core/base/format.h"
#include "core/base/log.h"
#include "core/queue/ballast.h"
#include "core/queue/empty_log.h"
#include "core/queue/journal_reader.h"
#include "core/queue/journal_schema.h"
#include "core/queue/journal_search.h"
#include "core/queue/queue.h"
#include "core/queue/recovery.h"
#include "core/queue/sqlite_queue.h"

namespace graph_milter::queue {

namespace {

Status make_ready(soci::session& session, const std::string& path) {
  try {
    GM_TRY(check_integrity(session, path));
    GM_TRY(prepare_schema(session, path));
    return {};
  } catch (const std::exception& failure) {
    return fail(translate(failure, path, "checking the journal").error);
  }
}

// Starts with an empty log, so that its size says what this run wrote.
Status write_back_all(soci::session& session, const std::string& path) {
  try {
    session << "PRAGMA wal_checkpoint(TRUNCATE)";
    return {};
  } catch (const std::exception& failure) {
    const SqlError sql = translate(failure, path, "writing the log back to the journal");
    if (sql.failure == SqlFailure::NoRoom || sql.failure == SqlFailure::Busy) return {};
    return fail(sql.error);
  }
}

void report(const std::string& directory, const RecoveryReport& found) {
  log_text(found.newly_held > 0 ? LogLevel::Error : LogLevel::Info,
           format("queue {}: {} waiting, {} held ({} since this start), {} files without an entry removed", directory,
                  found.waiting, found.held, found.newly_held, found.files_removed));
}

struct ReadyJournal {
  SessionPointer writer, reader;
  RecoveryReport found;
};

Result<SpoolLock> lock_spool(const std::string& directory) {
  GM_TRY(Spool::prepare(directory));
  return SpoolLock::take(directory);
}

Result<ReadyJournal> make_journal_ready(const std::string& directory, TimePoint now, TimePoint latest_attempt) {
  const std::string path = journal_path(directory);
  ReadyJournal out;
  GM_TRY_ASSIGN(out.writer, open_writer_session(path));
  GM_TRY(make_ready(*out.writer, path));
  Spool spool(directory);
  GM_TRY_ASSIGN(out.found, recover(*out.writer, spool, now, latest_attempt));
  GM_TRY(write_back_all(*out.writer, path));
  GM_TRY(sync_directory(directory));
  GM_TRY_ASSIGN(out.reader, open_reader_session(path));
  return out;
}

// SQLite says only that it failed where it found no room for the memory that it shares.
bool is_for_lack_of_room(const std::string& directory, const Error& error) {
  constexpr ByteCount kLeastForAStart = 256 * 1024;
  if (is_full(error)) return true;
  return error.kind == ErrorKind::System && !Spool(directory).check_room(kLeastForAStart, 0);
}

// Nothing of this mends itself: the administrator must.
Error in_words_for_the_start(const std::string& directory, Error error) {
  if (error.kind != ErrorKind::System) return error;
  if (is_for_lack_of_room(directory, error)) {
    error.hint = "free some space where the spool is, then start graph-milter again; queued mail is kept";
  } else if (error.status == EROFS || error.status == EACCES || error.status == EPERM) {
    error.hint = "graph-milter must be able to write to its spool: check the mount and the owner of its files";
  } else {
    return error;
  }
  error.kind = ErrorKind::Configuration;
  return error;
}

template <class Function>
Answer<Function> read_offline(const std::string& directory, const Function& function) {
  const std::string path = journal_path(directory);
  GM_TRY_ASSIGN(const SessionPointer session, open_offline_session(path));
  GM_TRY_ASSIGN(const Status known,
                read_from(*session, path, [&](soci::session& opened) { return check_version(opened, path); }));
  GM_TRY(known);
  return read_from(*session, path, function);
}

}  // namespace

Status empty_log(const std::string& spool_directory) {
  const std::string path = journal_path(spool_directory);
  GM_TRY_ASSIGN(const SessionPointer session, open_writer_session(path));
  return write_back_all(*session, path);
}

Result<std::unique_ptr<Queue>> Queue::open(QueueSettings settings, std::shared_ptr<Clock> clock) {
  const std::string directory = settings.directory;
  auto lock = lock_spool(directory);
  if (!lock) return fail(in_words_for_the_start(directory, std::move(lock).error()));
  const TimePoint now = clock->now();
  const TimePoint latest_attempt = now + settings.longest_wait;
  auto ready = make_journal_ready(directory, now, latest_attempt);
  // The ballast is there so that what was taken can be finished, also by a daemon that starts on a full disk.
  if (!ready && is_for_lack_of_room(directory, ready.error())) {
    const Spool spool(directory);
    if (Ballast(spool, settings.ballast_bytes).give_up()) ready = make_journal_ready(directory, now, latest_attempt);
  }
  if (!ready) return fail(in_words_for_the_start(directory, std::move(ready).error()));
  report(directory, ready->found);
  return std::make_unique<SqliteQueue>(std::move(settings), std::move(clock), *std::move(lock),
                                       std::move(ready->writer), std::move(ready->reader), ready->found.bytes);
}

Result<std::vector<EntrySummary>> list_offline(const std::string& directory) {
  return read_offline(directory, [](soci::session& session) { return read_summaries(session); });
}

Result<std::optional<Entry>> find_offline(const std::string& directory, const std::string& id) {
  GM_TRY_ASSIGN(const std::optional<Row> row,
                read_offline(directory, [&](soci::session& session) { return read_row(session, id); }));
  if (!row) return std::nullopt;
  GM_TRY_ASSIGN(Entry entry, entry_of(*row));
  return entry;
}

Result<std::vector<TraceRecord>> trace_offline(const std::string& directory, const std::string& what) {
  return read_offline(directory, [&](soci::session& session) { return trace(session, what); });
}

}  // namespace graph_milter::queue
