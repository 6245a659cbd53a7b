// SPDX-License-Identifier: Apache-2.0
#include "core/queue/sql_session.h"

#include <fcntl.h>
#include <soci/sqlite3/soci-sqlite3.h>
#include <sys/stat.h>

#include <cerrno>

#include "core/base/file.h"
#include "core/base/format.h"
#include "core/base/text.h"
#include "core/queue/sql_query.h"
#include "core/queue/wal_sync_point.h"

namespace graph_milter::queue {

namespace {

constexpr int kBusySeconds = 5;

// SQLite's URI form (sqlite.org/uri.html): no character of the path can mean anything to SOCI's parser or to SQLite.
std::string uri_of(const std::string& path, std::string_view query) {
  std::string out = "file:";
  for (const char c : path) out += c == '/' ? std::string(1, c) : percent_encode(std::string_view(&c, 1));
  return out + "?" + std::string(query);
}

// Made by us and not by SQLite, whose files get the process's umask. Before any connection: closing a second
// descriptor of the file would drop SQLite's locks (sqlite.org/howtocorrupt.html 2.2).
Status make_private_file(const std::string& path) {
  auto fd = open_file(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
  if (fd) return sync_descriptor(fd->get(), path);
  if (fd.error().status != EEXIST) return fail(std::move(fd).error());
  struct stat info {};
  if (::lstat(path.c_str(), &info) != 0) return fail(system_error(path, "cannot stat", errno));
  if (!S_ISREG(info.st_mode)) return fail(ErrorKind::Configuration, path, "the journal is not a regular file");
  if ((info.st_mode & 0077U) != 0) {
    return fail(
        ErrorKind::Configuration, path,
        format("the journal holds upload URLs and has mode {:04o}, so others can read it", info.st_mode & 07777U),
        format("chmod 0600 {}*", path));
  }
  return {};
}

struct NumberPragma {
  const char* name;
  long long value;
};

constexpr NumberPragma kEveryConnection[] = {
    {"foreign_keys", 1},
    {"trusted_schema", 0},
    {"cell_size_check", 1},
};

constexpr NumberPragma kWriter[] = {
    {"synchronous", 2},         // FULL: the WAL is synced at every commit
    {"secure_delete", 1},       // upload URLs do not stay in free pages
    {"wal_autocheckpoint", 0},  // SQLite ignores a failed fsync of its own checkpoints; we look at ours
};

Status set_number(soci::session& session, const std::string& path, const NumberPragma& pragma) {
  // Setting returns a row for some pragmas and none for others; only reading back tells.
  long long answer = 0;
  session << format("PRAGMA {} = {}", pragma.name, pragma.value), soci::into(answer);
  long long actual = -1;
  session << format("PRAGMA {}", pragma.name), soci::into(actual);
  if (actual == pragma.value) return {};
  return fail(ErrorKind::Configuration, path,
              format("SQLite answers {} = {} where {} was set", pragma.name, actual, pragma.value),
              "use the SQLite library of the distribution");
}

Status set_wal(soci::session& session, const std::string& path) {
  std::string mode;
  Query query(session, "PRAGMA journal_mode = WAL");
  query.into(mode);
  // The file changes when the statement ends, which is after its only row: a failure there comes with the next step.
  query.first();
  query.next();
  if (mode == "wal") return {};
  return fail(ErrorKind::Configuration, path, format("SQLite answers journal_mode = {} where wal was set", mode),
              "put the spool on a local file system");
}

template <class Pragmas>
Status set_numbers(soci::session& session, const std::string& path, const Pragmas& pragmas) {
  for (const NumberPragma& pragma : pragmas) GM_TRY(set_number(session, path, pragma));
  return {};
}

std::string connect_text(const std::string& path, std::string_view query) {
  return format("dbname={} timeout={}", uri_of(path, query), kBusySeconds);
}

Result<SessionPointer> open_read_only(const std::string& path, std::string_view query) {
  try {
    auto session = std::make_unique<soci::session>(soci::sqlite3, connect_text(path, query) + " readonly=true");
    GM_TRY(set_numbers(*session, path, kEveryConnection));
    return session;
  } catch (const std::exception& failure) {
    return fail(translate(failure, path, "opening the journal for reading").error);
  }
}

}  // namespace

SqlError translate(const std::exception& failure, const std::string& path, const std::string& doing) {
  const auto* sqlite = dynamic_cast<const soci::sqlite3_soci_error*>(&failure);
  const int code = sqlite != nullptr ? sqlite->result() & 0xFF : SQLITE_ERROR;
  SqlError out;
  // SQLite's words only: SOCI's go on with the statement and the values bound to it.
  const char* words = sqlite != nullptr ? sqlite_api::sqlite3_errstr(code) : "the database library refused";
  out.error = make_error(ErrorKind::System, path, format("{}: {}", doing, words));
  switch (code) {
    case SQLITE_CONSTRAINT:
      out.failure = SqlFailure::Statement;
      out.error.kind = ErrorKind::Corrupt;
      break;
    case SQLITE_FULL:
      out.failure = SqlFailure::NoRoom;
      out.error.status = ENOSPC;
      break;
    case SQLITE_BUSY:
      out.failure = SqlFailure::Busy;
      out.error.status = EBUSY;
      out.error.hint = "another program has the journal open for writing";
      break;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      out.error.kind = ErrorKind::Corrupt;
      break;
    case SQLITE_IOERR:
      out.error.status = EIO;
      break;
    default:
      break;
  }
  return out;
}

Result<SessionPointer> open_writer_session(const std::string& path) {
  GM_TRY(make_private_file(path));
  try {
    auto session = std::make_unique<soci::session>(soci::sqlite3, connect_text(path, "mode=rw" + wal_sync_point()));
    GM_TRY(set_wal(*session, path));
    GM_TRY(set_numbers(*session, path, kEveryConnection));
    GM_TRY(set_numbers(*session, path, kWriter));
    return session;
  } catch (const std::exception& failure) {
    return fail(translate(failure, path, "opening the journal").error);
  }
}

Result<SessionPointer> open_reader_session(const std::string& path) { return open_read_only(path, "mode=ro"); }

Result<SessionPointer> open_offline_session(const std::string& path) {
  struct stat info {};
  if (::lstat(path.c_str(), &info) != 0) {
    return fail(ErrorKind::Usage, path, errno == ENOENT ? "there is no journal here" : "the journal cannot be read",
                "check spool-directory, and run this as root or as the daemon's user");
  }
  // A daemon that ended in order leaves no WAL; then the file alone is the truth and needs no lock and no index beside
  // it. Otherwise the WAL must be read too.
  const bool has_wal = ::lstat((path + "-wal").c_str(), &info) == 0;
  return open_read_only(path, has_wal ? "mode=ro" : "mode=ro&immutable=1");
}

}  // namespace graph_milter::queue
