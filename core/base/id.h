// SPDX-License-Identifier: Apache-2.0
// Names we make ourselves: of entries, of requests, of daemon instances.
#pragma once

#include <string>
#include <string_view>

#include "core/base/clock.h"

namespace graph_milter {

// 26 characters of [0-9a-z]: 10 of time (milliseconds, so ids sort by age), 16 random. It names an entry in the queue,
// its files in the spool and, behind the instance, the draft in the mailbox.
std::string make_entry_id(TimePoint now);
bool is_entry_id(std::string_view text);

// A random UUID (RFC 4122 version 4) for client-request-id.
std::string make_uuid();

// `count` bytes from the kernel's generator.
std::string random_bytes(std::size_t count);

}  // namespace graph_milter
