// SPDX-License-Identifier: Apache-2.0
// The ways to a queue: with the daemon's rights, and for looking only.
#include <exception>

#include "core/base/format.h"
#include "core/base/log.h"
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

template <class Function>
auto read_offline(const std::string& directory, Function function)
    -> Result<decltype(function(std::declval<soci::session&>()))> {
  const std::string path = journal_path(directory);
  GM_TRY_ASSIGN(const SessionPointer session, open_offline_session(path));
  try {
    GM_TRY(check_version(*session, path));
    return function(*session);
  } catch (const std::exception& failure) {
    return fail(translate(failure, path, "reading the journal").error);
  }
}

}  // namespace

Result<std::unique_ptr<Queue>> Queue::open(QueueSettings settings, std::shared_ptr<Clock> clock) {
  const std::string path = journal_path(settings.directory);
  GM_TRY(Spool::prepare(settings.directory));
  GM_TRY_ASSIGN(SpoolLock lock, SpoolLock::take(settings.directory));
  GM_TRY_ASSIGN(SessionPointer writer, open_writer_session(path));
  GM_TRY(make_ready(*writer, path));
  Spool spool(settings.directory);
  GM_TRY_ASSIGN(const RecoveryReport found, recover(*writer, spool));
  GM_TRY(write_back_all(*writer, path));
  GM_TRY(sync_directory(settings.directory));
  GM_TRY_ASSIGN(SessionPointer reader, open_reader_session(path));
  report(settings.directory, found);
  return std::make_unique<SqliteQueue>(std::move(settings), std::move(clock), std::move(lock), std::move(writer),
                                       std::move(reader), found.bytes);
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
