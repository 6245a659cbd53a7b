// SPDX-License-Identifier: Apache-2.0
// A failpoint inside of COMMIT, where no code of ours runs.
#pragma once

#include <string>

namespace graph_milter::queue {

// What is to be added to the query of the journal's URI. In builds with failpoints it names an SQLite file system layer
// (sqlite.org/vfs.html) that comes to C8 between the write of a transaction to the log and its sync; else it is empty.
std::string wal_sync_point();

}  // namespace graph_milter::queue
