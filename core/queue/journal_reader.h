// SPDX-License-Identifier: Apache-2.0
// The connection that only reads, shared by all threads.
#pragma once

#include <exception>
#include <mutex>
#include <string>
#include <utility>

#include "core/queue/sql_session.h"

namespace graph_milter::queue {

template <class Function>
using Answer = Result<decltype(std::declval<Function>()(std::declval<soci::session&>()))>;

// What `function` answers, which may throw what SOCI throws.
template <class Function>
Answer<Function> read_from(soci::session& session, const std::string& path, const Function& function) {
  try {
    return function(session);
  } catch (const std::exception& failure) {
    return fail(translate(failure, path, "reading the journal").error);
  }
}

class JournalReader {
 public:
  JournalReader(SessionPointer session, std::string path) : session_(std::move(session)), path_(std::move(path)) {}

  template <class Function>
  Answer<Function> read(const Function& function) {
    const std::lock_guard lock(mutex_);
    return read_from(*session_, path_, function);
  }

  // With a connection of its own, so that what reads much holds nobody up.
  template <class Function>
  Answer<Function> read_aside(const Function& function) const {
    GM_TRY_ASSIGN(const SessionPointer session, open_reader_session(path_));
    return read_from(*session, path_, function);
  }

  void close() { session_.reset(); }

 private:
  std::mutex mutex_;
  SessionPointer session_;
  const std::string path_;
};

}  // namespace graph_milter::queue
