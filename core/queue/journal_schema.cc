// SPDX-License-Identifier: Apache-2.0
#include "core/queue/journal_schema.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <iterator>
#include <vector>

#include "core/base/failpoint.h"
#include "core/base/file.h"
#include "core/base/format.h"
#include "core/base/log.h"
#include "core/base/text.h"
#include "core/queue/entry_json.h"
#include "core/queue/journal_rows.h"
#include "core/queue/sql_query.h"

namespace graph_milter::queue {

namespace {

// Times are milliseconds since 1970. entry_due answers "what is due, and when next" without touching a row, also past
// the mailboxes that are busy.
constexpr const char* kVersion1[] = {
    "CREATE TABLE entry ("
    " id TEXT NOT NULL PRIMARY KEY,"
    " state TEXT NOT NULL,"
    " held_from TEXT NOT NULL,"
    " queue_id TEXT NOT NULL,"
    " sender TEXT NOT NULL,"
    " mailbox TEXT NOT NULL,"
    " message_id TEXT NOT NULL,"
    " recipients INTEGER NOT NULL,"
    " size INTEGER NOT NULL,"
    " sha256 TEXT NOT NULL,"
    " accepted INTEGER NOT NULL,"
    " attempts INTEGER NOT NULL,"
    " next_attempt INTEGER NOT NULL,"
    " fence INTEGER NOT NULL,"
    " finished INTEGER NOT NULL,"
    " last_error TEXT NOT NULL,"
    " envelope TEXT NOT NULL,"
    " plan TEXT NOT NULL,"
    " progress TEXT NOT NULL) STRICT",
    "CREATE INDEX entry_due ON entry (next_attempt, id, mailbox, state) WHERE state NOT IN ('done', 'held')",
    "CREATE INDEX entry_finished ON entry (finished) WHERE state = 'done'",
};

// entry_mailbox answers "whose turn is it" in a few steps per mailbox. What is asked of tombstones has indexes that
// hold nothing else.
constexpr const char* kVersion2[] = {
    "ALTER TABLE entry ADD COLUMN client TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE entry ADD COLUMN rule TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE entry ADD COLUMN recipient_list TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE entry ADD COLUMN addresses TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE entry ADD COLUMN outcome TEXT NOT NULL DEFAULT 'none'",
    "ALTER TABLE entry ADD COLUMN resend_key TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE entry ADD COLUMN draft_id TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE entry ADD COLUMN request_id TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE entry ADD COLUMN needs_administrator INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE entry ADD COLUMN sent_copy INTEGER NOT NULL DEFAULT 0",
    "CREATE TABLE note (name TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL) STRICT",
    "CREATE INDEX entry_live ON entry (id) WHERE state <> 'done'",
    "CREATE INDEX entry_mailbox ON entry (mailbox, next_attempt, id, state) WHERE state NOT IN ('done', 'held')",
    "CREATE INDEX entry_message_id ON entry (message_id)",
    "CREATE INDEX entry_resend_key ON entry (resend_key) WHERE resend_key <> ''",
    "CREATE INDEX entry_sent_copy ON entry (finished, id) WHERE sent_copy = 1",
};

constexpr const char* kVersion3[] = {
    "ALTER TABLE entry ADD COLUMN sent_copy_until INTEGER NOT NULL DEFAULT 0",
    "CREATE INDEX entry_sent_copy_until ON entry (sent_copy_until, id) WHERE sent_copy_until > 0",
};

void fill_version_2(soci::session& session) {
  std::vector<std::string> ids;
  for_each_row(session, [&](const Row& row) { ids.push_back(row.id); });
  for (const std::string& id : ids) {
    Row row = *read_row(session, id);
    if (row.state == name_of(EntryState::Done)) {
      // Version 1 let nothing end but what Graph had sent.
      row.outcome = name_of(Outcome::Sent);
      row.recipient_list = texts_to_json({});
      row.addresses = format("\n{}\n{}\n", to_lower(row.sender), to_lower(row.mailbox));
    } else if (auto entry = entry_of(row)) {
      const long long fence = row.fence;
      row = row_of(*entry);
      row.fence = fence;
    } else {
      continue;  // damaged: recovery holds it
    }
    replace_row(session, row);
  }
}

// kSteps[n] leads from version n to version n + 1.
using Step = void (*)(soci::session&);
constexpr Step kSteps[] = {
    [](soci::session& session) {
      for (const char* statement : kVersion1) session << statement;
    },
    [](soci::session& session) {
      for (const char* statement : kVersion2) session << statement;
    },
    [](soci::session& session) {
      for (const char* statement : kVersion3) session << statement;
    },
};
static_assert(std::size(kSteps) == kSchemaVersion);

long long read_version(soci::session& session) {
  long long tables = 0;
  session << "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = 'schema_version'", soci::into(tables);
  if (tables == 0) return 0;
  long long version = 0;
  session << "SELECT coalesce(max(version), 0) FROM schema_version", soci::into(version);
  return version;
}

Error too_new(long long version, const std::string& path) {
  return make_error(ErrorKind::Configuration, path,
                    format("the journal has version {}, and this graph-milter knows up to {}", version, kSchemaVersion),
                    "use the graph-milter that wrote it, or a newer one");
}

Status check_with(soci::session& session, const std::string& path, const std::string& pragma) {
  std::string answer;
  Query query(session, pragma);
  query.into(answer);
  if (query.first() && answer == "ok") return {};
  return fail(
      ErrorKind::Corrupt, path, "the journal is damaged: " + escape_for_log(answer, 200),
      format("keep a copy of the spool, then write what can be read to a new journal with: sqlite3 {} .recover", path));
}

// By SQLite itself: opening the journal's file a second time in this process would drop SQLite's locks.
Status back_up(soci::session& session, const std::string& path) {
  const std::string backup = backup_path(path, kSchemaVersion);
  const std::string scratch = backup + ".new";
  GM_TRY(remove_file(scratch));
  GM_TRY_ASSIGN(FileDescriptor fd, open_file(scratch, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, 0600));
  Query(session, "VACUUM INTO :path").use(scratch).change();
  GM_TRY(sync_descriptor(fd.get(), scratch));
  GM_TRY(rename_file(scratch, backup));
  return sync_directory(path.substr(0, path.rfind('/')));
}

}  // namespace

std::string backup_path(const std::string& path, long long version) { return format("{}.before-{}", path, version); }

Status prepare_schema(soci::session& session, const std::string& path) {
  const long long version = read_version(session);
  if (version == kSchemaVersion) return {};
  if (version > kSchemaVersion || version < 0) return fail(too_new(version, path));
  if (version > 0) GM_TRY(back_up(session, path));
  soci::transaction transaction(session);
  session << "CREATE TABLE IF NOT EXISTS schema_version (version INTEGER NOT NULL) STRICT";
  for (auto step = static_cast<std::size_t>(version); step < std::size(kSteps); ++step) kSteps[step](session);
  // Rows are read and written with all their columns, so when all are there.
  if (version < 2) fill_version_2(session);
  session << "DELETE FROM schema_version";
  session << "INSERT INTO schema_version (version) VALUES (:version)", soci::use(kSchemaVersion);
  GM_FAILPOINT(C37);
  transaction.commit();
  if (version > 0) {
    log_text(LogLevel::Info, format("journal {}: version {} became version {}; as it was before it is kept in {}", path,
                                    version, kSchemaVersion, backup_path(path, kSchemaVersion)));
  }
  return {};
}

Status check_version(soci::session& session, const std::string& path) {
  const long long version = read_version(session);
  if (version == kSchemaVersion) return {};
  if (version > kSchemaVersion || version < 0) return fail(too_new(version, path));
  return fail(ErrorKind::Configuration, path,
              format("the journal has version {}, and this graph-milter reads version {}", version, kSchemaVersion),
              "start graph-milter once: it converts the journal");
}

Status forget_backup(const std::string& path, TimePoint made_before) {
  const std::string backup = backup_path(path, kSchemaVersion);
  struct stat info {};
  if (::lstat(backup.c_str(), &info) != 0) return {};
  if (static_cast<std::int64_t>(info.st_mtime) * 1000 >= to_unix_ms(made_before)) return {};
  return remove_file(backup);
}

Status check_integrity(soci::session& session, const std::string& path) {
  return check_with(session, path, "PRAGMA quick_check(1)");
}

Status check_whole_integrity(soci::session& session, const std::string& path) {
  return check_with(session, path, "PRAGMA integrity_check(1)");
}

}  // namespace graph_milter::queue
