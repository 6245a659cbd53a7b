// SPDX-License-Identifier: Apache-2.0
// The log lines of what goes back to the MTA; fields as in events.h.
#pragma once

#include "core/base/error.h"
#include "core/mta/dsn.h"
#include "core/queue/entry.h"

namespace graph_milter::delivery {

// It has ended so. `told`: recipients named in the DSN; 0: nobody wanted to know.
void log_returned(const queue::Entry& entry, std::size_t told, TimePoint now);
void log_handed_back(const queue::Entry& entry, std::size_t told, TimePoint now);

// The sender was told that it takes longer, or that it was sent.
void log_notified(const queue::Entry& entry, mta::DsnAction action, std::size_t told, TimePoint now);

// notify_address got no copy.
void log_no_copy(const queue::Entry& entry, const std::string& address, const Error& why, TimePoint now);

}  // namespace graph_milter::delivery
