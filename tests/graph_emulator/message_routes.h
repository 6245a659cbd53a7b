// SPDX-License-Identifier: Apache-2.0
// Messages and folders: create (MIME or JSON), read, list, change, delete.
#pragma once

#include "tests/graph_emulator/state.h"

namespace graph_milter::emulator {

Reply create_draft(State& state, Call& call);
Reply get_message(State& state, Call& call);
Reply get_message_content(State& state, Call& call);
Reply list_messages(State& state, Call& call);
Reply patch_message(State& state, Call& call);
Reply delete_message(State& state, Call& call);
Reply permanent_delete(State& state, Call& call);
Reply get_folder(State& state, Call& call);
Reply list_folders(State& state, Call& call);

// A draft from the body, which is MIME in base64 or `message` in JSON; null and `refusal` if it can't be.
std::shared_ptr<Item> make_draft(State& state, Call& call, const std::string& folder, Reply& refusal);
std::shared_ptr<Item> make_json_draft(State& state, Call& call, const Json& message, const std::string& folder,
                                      Reply& refusal);

}  // namespace graph_milter::emulator
