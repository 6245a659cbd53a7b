// SPDX-License-Identifier: Apache-2.0
// One file on its way up, as a value that is written to the journal and read back.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "core/base/bytes.h"
#include "core/base/clock.h"
#include "core/base/result.h"
#include "core/base/secret.h"

namespace graph_milter::upload {

struct UploadState {
  ByteCount size = 0;
  std::optional<Secret> url;     // of the open session; wiped when the file is done
  TimePoint expires{};           // 0: the server did not say
  ByteCount position = 0;        // the server's, as last heard
  bool position_known = true;    // false: a range may be on its way; ask before sending the next
  bool last_range_sent = false;  // the range that ends the file was sent, or was about to be: it may be complete
  int stalls = 0;                // answers in a row that named the same position
  int looks = 0;                 // how often we have looked in vain for the complete file
  int sessions_opened = 0;
  bool done = false;
  std::string reference;  // when done
  friend bool operator==(const UploadState&, const UploadState&) = default;
};

std::string to_json(const UploadState& state);
Result<UploadState> upload_state_from_json(std::string_view text);  // Corrupt on anything else

}  // namespace graph_milter::upload
