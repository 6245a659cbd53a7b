// SPDX-License-Identifier: Apache-2.0
// What the chunking core needs from the world. It knows files and sessions; nothing of mail, milter or Graph items.
#pragma once

#include <optional>
#include <string>
#include <variant>

#include "core/base/bytes.h"
#include "core/base/clock.h"
#include "core/base/secret.h"
#include "core/upload/upload_state.h"

namespace graph_milter::upload {

struct OpenedSession {
  Secret url;
  TimePoint expires{};
  ByteCount position = 0;  // first byte the server wants
};

// A file that the server has completely.
struct Finished {
  std::string reference;  // the server's id of it (attachment id, item id); may be empty if the answer did not say
};

// What a PUT of a range, or a question for the position, found out.
struct Position {
  ByteCount next = 0;
};
using RangeAnswer = std::variant<Position, Finished>;

// Opens sessions and settles the case of a lost last answer. Implemented by core/targets.
class SessionPort {
 public:
  virtual ~SessionPort() = default;
  virtual Result<OpenedSession> open() = 0;
  // Looks whether the file is already complete on the other side (a session is gone and its last answer was lost).
  virtual Result<std::optional<Finished>> find_finished() = 0;
};

// Sends ranges to an upload URL. Implemented by core/targets over core/http's UploadDoor. Errors by kind: SessionGone,
// OutOfStep, Unclear, Throttled, Transient, Permanent, Configuration.
class RangeDoor {
 public:
  virtual ~RangeDoor() = default;
  virtual Result<RangeAnswer> put(const Secret& url, ByteSource& file, ByteRange range) = 0;
  // NotFound or Permanent where the service does not answer questions about this URL.
  virtual Result<RangeAnswer> ask_position(const Secret& url) = 0;
  virtual Status cancel(const Secret& url) = 0;
};

// Writes the state durably before the driver goes on.
class StateSink {
 public:
  virtual ~StateSink() = default;
  virtual Status save(const UploadState& state) = 0;
};

}  // namespace graph_milter::upload
