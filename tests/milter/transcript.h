// SPDX-License-Identifier: Apache-2.0
// All that an MTA says about one mail on a connection of its own, packet by packet, so that a test can say part of it,
// or say it wrong.
#pragma once

#include <string>
#include <vector>

#include "tests/milter/milter_driver.h"

namespace graph_milter::test {

struct Saying {
  char command = 0;
  std::string bytes;      // the whole packet
  bool answered = false;  // the milter replies before more is said
};

// From negotiation to quit. The steps are those that the daemon asks for.
std::vector<Saying> transcript_of(const Mail& mail, const std::string& queue_id);

std::size_t length_of(const std::vector<Saying>& transcript);

// Says all before `end`, in bytes of the transcript, and hears the replies to what was said whole, as an MTA does. The
// verdict on the message, if it was heard.
char say_bytes(MilterDriver& driver, const std::vector<Saying>& transcript, std::size_t end);

}  // namespace graph_milter::test
