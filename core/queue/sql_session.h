// SPDX-License-Identifier: Apache-2.0
// Connections to the journal, with the settings that our promises need, and the one place where SOCI's exceptions
// become errors.
#pragma once

#include <soci/soci.h>

#include <exception>
#include <memory>
#include <string>

#include "core/base/result.h"

namespace graph_milter::queue {

// What a failed statement means for the transaction that it was part of.
enum class SqlFailure {
  Statement,  // only this statement is undone (a constraint)
  NoRoom,     // the disk is full: SQLite undid the whole transaction and says so
  Busy,       // another process holds the lock: nothing was done
  Unknown,    // anything else; what is on disk is known only after opening it anew
};

struct SqlError {
  SqlFailure failure = SqlFailure::Unknown;
  Error error;
};

// From within a catch block; `doing` is for the person who reads it ("committing to the journal").
SqlError translate(const std::exception& failure, const std::string& path, const std::string& doing);

using SessionPointer = std::unique_ptr<soci::session>;

// Reads and writes; makes the file (mode 0600) if it is not there. WAL, synchronous=FULL and the other pragmas are set
// and read back; one that did not take is a Configuration error.
Result<SessionPointer> open_writer_session(const std::string& path);

// Reads only, beside an open writer of this process or another one.
Result<SessionPointer> open_reader_session(const std::string& path);

// Reads only, whether or not a daemon lives. Changes nothing on disk if the last one ended in order.
Result<SessionPointer> open_offline_session(const std::string& path);

}  // namespace graph_milter::queue
