// SPDX-License-Identifier: Apache-2.0
// The control port: what happened, and what shall go wrong.
#pragma once

#include "tests/graph_emulator/model.h"

namespace graph_milter::emulator {

Reply control(Model& model, const Exchange& exchange, BodyReader& body);

}  // namespace graph_milter::emulator
