// SPDX-License-Identifier: Apache-2.0
// What one answer of Graph or the token service says about them, beside what it says about the message. Pure.
#pragma once

#include "core/base/error.h"

namespace graph_milter::delivery {

enum class Finding {
  Nothing,               // nobody was asked, or the answer says nothing
  Works,                 // the service is there and lets us in
  MailboxMisconfigured,  // licence, scope, rights: for this mailbox only the administrator can mend it
  ServiceMisconfigured,  // token, credential, consent, addresses: for all mailboxes
  Fails,                 // no connection, 5xx, no token: for everybody, until time mends it
};

// Of an answer that is an error. REQUIRES: it came from a request, not from our own judgement.
Finding finding_of(const Error& error);

// Only a person can mend it.
inline bool needs_administrator(const Error& error) {
  return error.kind == ErrorKind::Configuration || error.kind == ErrorKind::Unauthorized;
}

// Turned away by our own gate, unsent: that is pace, not failure.
inline bool is_own_pace(const Error& error) { return error.kind == ErrorKind::Throttled && error.status == 0; }

}  // namespace graph_milter::delivery
