// SPDX-License-Identifier: Apache-2.0
// What every start does before anything else, after a crash and after an orderly end alike: files that no entry names
// go, entries whose row or file is not what it must be become Held, and nothing waits longer than until
// `latest_attempt`. What nobody was answered for (Progress::awaited) is withdrawn, or ours if it may be out: its client
// heard nothing, so it has the message and sends it again. Doing it twice changes nothing more; a crash within it is
// mended by the next start.
#pragma once

#include <soci/soci.h>

#include <cstddef>

#include "core/base/bytes.h"
#include "core/base/clock.h"
#include "core/base/result.h"
#include "core/queue/spool.h"

namespace graph_milter::queue {

struct RecoveryReport {
  std::size_t waiting = 0;     // entries that go on
  std::size_t held = 0;        // all that are Held now
  std::size_t newly_held = 0;  // of these, by this recovery
  std::size_t withdrawn = 0;   // by this recovery
  std::size_t files_removed = 0;
  ByteCount bytes = 0;  // of the messages of all that are waiting or held
};

// REQUIRES: the spool is locked and nobody else uses the session.
Result<RecoveryReport> recover(soci::session& session, Spool& spool, TimePoint now, TimePoint latest_attempt);

}  // namespace graph_milter::queue
