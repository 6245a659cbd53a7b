// SPDX-License-Identifier: Apache-2.0
#include "core/queue/journal_schema.h"

#include <iterator>

#include "core/base/format.h"
#include "core/base/text.h"
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

// kSteps[n] leads from version n to version n + 1.
using Step = void (*)(soci::session&);
constexpr Step kSteps[] = {
    [](soci::session& session) {
      for (const char* statement : kVersion1) session << statement;
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

}  // namespace

Status prepare_schema(soci::session& session, const std::string& path) {
  const long long version = read_version(session);
  if (version == kSchemaVersion) return {};
  if (version > kSchemaVersion || version < 0) {
    return fail(ErrorKind::Configuration, path,
                format("the journal has version {}, and this graph-milter knows up to {}", version, kSchemaVersion),
                "use the graph-milter that wrote it, or a newer one");
  }
  soci::transaction transaction(session);
  session << "CREATE TABLE IF NOT EXISTS schema_version (version INTEGER NOT NULL) STRICT";
  for (auto step = static_cast<std::size_t>(version); step < std::size(kSteps); ++step) kSteps[step](session);
  session << "DELETE FROM schema_version";
  session << "INSERT INTO schema_version (version) VALUES (:version)", soci::use(kSchemaVersion);
  transaction.commit();
  return {};
}

Status check_integrity(soci::session& session, const std::string& path) {
  std::string answer;
  Query query(session, "PRAGMA quick_check(1)");
  query.into(answer);
  if (query.first() && answer == "ok") return {};
  return fail(
      ErrorKind::Corrupt, path, "the journal is damaged: " + escape_for_log(answer, 200),
      format("keep a copy of the spool, then write what can be read to a new journal with: sqlite3 {} .recover", path));
}

}  // namespace graph_milter::queue
