// SPDX-License-Identifier: Apache-2.0
// A message that gets another From than it came with.
#pragma once

#include "core/mail/facts.h"

namespace graph_milter::mail {

// What is known of the message once it has that From: whatever asks for From or Reply-To gets the new ones, and what
// was ambiguous only in how the old From is written is so no more. The new fields have no bytes in the message: their
// ranges are empty, and whoever writes the message anew leaves out all of these names and adds them (draft_fields.h).
MessageFacts with_new_author(MessageFacts facts, NewAuthor author);

}  // namespace graph_milter::mail
