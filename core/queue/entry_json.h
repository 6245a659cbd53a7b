// SPDX-License-Identifier: Apache-2.0
// Envelope and progress as the journal holds them. What is read back equals what was written, byte for byte, also where
// an SMTP argument is not UTF-8. Damaged text is Corrupt.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/queue/entry.h"

namespace graph_milter::queue {

std::string envelope_to_json(const mail::Envelope& envelope);
Result<mail::Envelope> envelope_from_json(std::string_view text);

// The upload URL of a part that is done is left out.
std::string progress_to_json(const Progress& progress);
Result<Progress> progress_from_json(std::string_view text);

// A list of texts, as the journal's columns hold one.
std::string texts_to_json(const std::vector<std::string>& texts);
Result<std::vector<std::string>> texts_from_json(std::string_view text);

}  // namespace graph_milter::queue
