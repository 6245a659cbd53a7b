// SPDX-License-Identifier: Apache-2.0
#include "core/queue/journal_writer.h"

#include <soci/sqlite3/soci-sqlite3.h>

#include <cerrno>
#include <utility>

#include "core/base/log.h"

namespace graph_milter::queue {

namespace {

constexpr std::uint64_t kJobsPerCheckpoint = 256;  // about 4 MiB of WAL
constexpr std::size_t kLargestBatch = 128;

bool in_transaction(soci::session& session) {
  // Static, because SOCI does not export the type's information; every session here is made by sql_session.cc.
  auto* backend = static_cast<soci::sqlite3_session_backend*>(session.get_backend());
  return sqlite_api::sqlite3_get_autocommit(backend->conn_) == 0;
}

}  // namespace

JournalWriter::JournalWriter(SessionPointer session, std::string path, std::function<bool()> make_room)
    : session_(std::move(session)),
      path_(std::move(path)),
      make_room_(std::move(make_room)),
      thread_([this] { loop(); }) {}

JournalWriter::~JournalWriter() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  arrived_.notify_all();
  thread_.join();
}

Status JournalWriter::run(Job job) {
  std::future<Status> result;
  {
    const std::lock_guard lock(mutex_);
    if (failed_) return fail(refusal());
    waiting_.push_back(Pending{std::move(job), {}});
    result = waiting_.back().result.get_future();
  }
  arrived_.notify_one();
  return result.get();
}

bool JournalWriter::failed() const {
  const std::lock_guard lock(mutex_);
  return failed_;
}

std::uint64_t JournalWriter::transactions() const {
  const std::lock_guard lock(mutex_);
  return transactions_;
}

std::size_t JournalWriter::waiting() const {
  const std::lock_guard lock(mutex_);
  return waiting_.size();
}

void JournalWriter::set_failed(const Error& why) {
  {
    const std::lock_guard lock(mutex_);
    if (failed_) return;
    failed_ = true;
    why_failed_ = why.text();
  }
  LogLine(LogLevel::Error, "", "queue-failed").error(why);
}

Error JournalWriter::refusal() const {
  return make_error(ErrorKind::System, path_, "the queue stopped after a failure: " + why_failed_,
                    "restart graph-milter; what was taken is on disk");
}

void JournalWriter::loop() {
  for (;;) {
    Batch batch;
    {
      std::unique_lock lock(mutex_);
      arrived_.wait(lock, [&] { return stopping_ || !waiting_.empty(); });
      if (waiting_.empty()) return;
      while (!waiting_.empty() && batch.size() < kLargestBatch) {
        batch.push_back(std::move(waiting_.front()));
        waiting_.pop_front();
      }
    }
    commit_batch(std::move(batch));
    checkpoint_if_due();
  }
}

void JournalWriter::commit_batch(Batch batch) {
  auto results = try_batch(batch);
  const bool full = !results && results.error().status == ENOSPC && !failed();
  if (full && make_room_ && make_room_()) results = try_batch(batch);
  if (results) {
    const std::lock_guard lock(mutex_);
    ++transactions_;
  }
  jobs_since_checkpoint_ += batch.size();
  for (std::size_t i = 0; i < batch.size(); ++i) {
    batch[i].result.set_value(results ? std::move((*results)[i]) : Status(fail(results.error())));
  }
}

// Undoes what a failure left of the transaction; where that is not certain, everything ends here.
void JournalWriter::abandon(const std::exception& failure, Error& error, const char* doing) {
  SqlError sql = translate(failure, path_, doing);
  error = sql.error;
  try {
    if (in_transaction(*session_)) session_->rollback();
  } catch (const std::exception& second) {
    sql.failure = SqlFailure::Unknown;
  }
  if (sql.failure == SqlFailure::Unknown) set_failed(error);
}

// Throws what concerns the whole transaction.
Status JournalWriter::try_job(const Job& job) {
  try {
    return job(*session_);
  } catch (const std::exception& failure) {
    SqlError sql = translate(failure, path_, "writing to the journal");
    if (sql.failure != SqlFailure::Statement) throw;
    return fail(std::move(sql.error));
  }
}

Result<std::deque<Status>> JournalWriter::try_batch(Batch& batch) {
  if (failed()) return fail(refusal());
  const char* doing = "beginning a transaction";
  std::deque<Status> results;
  try {
    *session_ << "BEGIN IMMEDIATE";
    doing = "writing to the journal";
    for (Pending& pending : batch) {
      *session_ << "SAVEPOINT job";
      results.push_back(try_job(pending.job));
      if (!results.back()) *session_ << "ROLLBACK TO job";
      *session_ << "RELEASE job";
    }
    doing = "committing to the journal";
    *session_ << "COMMIT";
    return results;
  } catch (const std::exception& failure) {
    Error error;
    abandon(failure, error, doing);
    return fail(std::move(error));
  }
}

// SQLite would do this inside of COMMIT and forget a failed fsync of the database file, whose dirty pages the kernel
// forgets as well; the next checkpoint would then call lost pages written.
void JournalWriter::checkpoint_if_due() {
  if (jobs_since_checkpoint_ < kJobsPerCheckpoint || failed()) return;
  jobs_since_checkpoint_ = 0;
  try {
    *session_ << "PRAGMA wal_checkpoint(PASSIVE)";
  } catch (const std::exception& failure) {
    const SqlError sql = translate(failure, path_, "writing the log back to the journal");
    if (sql.failure == SqlFailure::Unknown) return set_failed(sql.error);
    LogLine(LogLevel::Warning, "", "checkpoint-postponed").error(sql.error);
  }
}

}  // namespace graph_milter::queue
