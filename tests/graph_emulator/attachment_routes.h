// SPDX-License-Identifier: Apache-2.0
// Attachments of messages and events: POST, list, read, delete.
#pragma once

#include "tests/graph_emulator/state.h"

namespace graph_milter::emulator {

Reply post_attachment(State& state, Call& call);
Reply list_attachments(State& state, Call& call);
Reply get_attachment(State& state, Call& call);
Reply get_attachment_content(State& state, Call& call);
Reply delete_attachment(State& state, Call& call);

// An attachment from a JSON body, for POST and for `attachments` of a create.
std::optional<Reply> attachment_from(State& state, const Call& call, const Json& body, Attachment& out);

}  // namespace graph_milter::emulator
