// SPDX-License-Identifier: Apache-2.0
// GMime reads the same message independently, without decoding bodies; the two readers must agree on every leaf.
#pragma once

#include "core/base/bytes.h"
#include "core/mail/facts.h"

namespace graph_milter::mail {

// Compares GMime's view of `message` with `facts` (which must be Clean): the leaves in order, each one's body range,
// type, transfer encoding and name, and the addresses of From, To and Cc. Returns the facts unchanged where all agree,
// else with verdict Ambiguous and a finding with code "second-reader". Errors of reading give verdict Error.
// Any thread; memory does not grow with the size of the message.
MessageFacts confirm_with_second_reader(MessageFacts facts, ByteSource& message);

}  // namespace graph_milter::mail
