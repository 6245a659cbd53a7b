// SPDX-License-Identifier: Apache-2.0
// When delivery through Graph is given up, and in which words the sender is told. Pure.
#pragma once

#include <string>

#include "core/base/clock.h"
#include "core/base/error.h"
#include "core/queue/entry.h"

namespace graph_milter::delivery {

// How long the entry has been under way without waiting for the administrator, which is not the sender's fault.
Duration age_of(const queue::Entry& entry, TimePoint now);

// True while it may be given up: nothing is sent or given up yet, and no send may have taken effect.
bool may_be_given_up(const queue::Entry& entry);

// The service itself has refused this message, for good. What only we find impossible is the administrator's.
bool is_refusal(const Error& error);

// The mailbox does not exist, so nothing of ours can be in it.
bool says_no_mailbox(const Error& error);

// What was sent is more than the service takes: for one request, or for one message.
bool says_too_large(const Error& error);

// RFC 3463: what a refusal means, or that the time is over.
std::string dsn_status(const Error& why, bool expired);

// What the service said, in one line of printable ASCII: "403 ErrorSendAsDenied: ...". Nothing of the message.
std::string dsn_diagnostic(const Error& why);

}  // namespace graph_milter::delivery
