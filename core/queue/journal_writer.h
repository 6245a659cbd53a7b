// SPDX-License-Identifier: Apache-2.0
// The one thread that writes the journal. Jobs that arrive while a transaction is under way share the next one, and
// with it one fsync (group commit).
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <future>
#include <mutex>
#include <string>
#include <thread>

#include "core/base/result.h"
#include "core/queue/sql_session.h"

namespace graph_milter::queue {

class JournalWriter {
 public:
  // Runs within a transaction with others; what it changed is undone if it fails. May throw what SOCI throws. May run a
  // second time, after all that it changed was undone.
  using Job = std::function<Status(soci::session&)>;

  // `make_room` is called when the disk is full; true: there is room now, and what SQLite undid is tried once more, as
  // a new transaction.
  JournalWriter(SessionPointer session, std::string path, std::function<bool()> make_room = {});
  ~JournalWriter();  // what was asked before is still done
  JournalWriter(const JournalWriter&) = delete;
  JournalWriter& operator=(const JournalWriter&) = delete;

  // Blocks until the job's transaction is durable. System: it was not done, or (failed() is then true) nobody knows.
  // Any thread.
  Status run(Job job);

  // A commit or checkpoint failed in a way that leaves open what is on disk: everything is refused from now on.
  bool failed() const;
  void set_failed(const Error& why);

  std::uint64_t transactions() const;  // committed so far
  std::size_t waiting() const;         // jobs that no transaction has taken up yet

 private:
  struct Pending {
    Job job;
    std::promise<Status> result;
  };
  using Batch = std::deque<Pending>;

  void loop();
  void commit_batch(Batch batch);
  Result<std::deque<Status>> try_batch(Batch& batch);
  Status try_job(const Job& job);
  void abandon(const std::exception& failure, Error& error, const char* doing);
  void checkpoint_if_due();
  Error refusal() const;

  SessionPointer session_;
  const std::string path_;
  const std::function<bool()> make_room_;
  std::uint64_t jobs_since_checkpoint_ = 0;  // of the writer thread

  mutable std::mutex mutex_;
  std::condition_variable arrived_;
  Batch waiting_;
  bool stopping_ = false;
  bool failed_ = false;
  std::string why_failed_;
  std::uint64_t transactions_ = 0;
  std::thread thread_;
};

}  // namespace graph_milter::queue
