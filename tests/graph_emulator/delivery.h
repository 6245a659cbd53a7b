// SPDX-License-Identifier: Apache-2.0
// A sent message as its recipients get it.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "tests/graph_emulator/mailbox_store.h"
#include "tests/graph_emulator/records.h"

namespace graph_milter::emulator {

// All but digests and files.
Delivery make_delivery(const Item& item, const std::string& mailbox, TimePoint now, int number);

// Computes digests; writes the files if there is a folder. Slow, needs no lock.
void seal(Delivery& delivery, const Switches& switches, const std::string& state_folder);

// The whole message in pieces: the skeleton's header without Bcc (and, by switch, without fields that are neither known
// nor X-), its body, and what was added as further parts of a multipart/mixed around it.
void write_message(const Delivery& delivery, const Switches& switches,
                   const std::function<void(std::string_view)>& out);

}  // namespace graph_milter::emulator
