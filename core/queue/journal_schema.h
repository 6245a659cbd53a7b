// SPDX-License-Identifier: Apache-2.0
// The tables of the journal, and how an older journal becomes a current one.
#pragma once

#include <soci/soci.h>

#include <string>

#include "core/base/clock.h"
#include "core/base/result.h"

namespace graph_milter::queue {

inline constexpr long long kSchemaVersion = 3;

// Makes the tables in a new journal, takes an old one step by step to kSchemaVersion, all in one transaction after a
// copy of it was kept (backup_path), and refuses (Configuration) one that a newer graph-milter wrote. REQUIRES: nobody
// else uses the journal. Throws what SOCI throws.
Status prepare_schema(soci::session& session, const std::string& path);

// Where the journal stays as it was before a version came.
std::string backup_path(const std::string& path, long long version);
// Removes the copy if it was made before `made_before`.
Status forget_backup(const std::string& path, TimePoint made_before);

// Configuration, if the journal is not of this version: for those who only read.
Status check_version(soci::session& session, const std::string& path);

// Corrupt, with SQLite's own words, if the file is damaged. The quick check does not compare indexes with the table.
Status check_integrity(soci::session& session, const std::string& path);
Status check_whole_integrity(soci::session& session, const std::string& path);

}  // namespace graph_milter::queue
