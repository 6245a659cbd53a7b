// SPDX-License-Identifier: Apache-2.0
// What an upload URL answers to a range (PUT) and to a question (GET), in every spelling that is known.
#pragma once

#include <string>
#include <variant>

#include "core/base/bytes.h"
#include "core/base/clock.h"
#include "core/http/http.h"

namespace graph_milter::graph {

struct NextPosition {
  ByteCount next = 0;  // the first byte the server does not have
  friend bool operator==(const NextPosition&, const NextPosition&) = default;
};

// The server has the whole file.
struct Completed {
  std::string id;  // of the attachment or item; empty if the answer did not say
  friend bool operator==(const Completed&, const Completed&) = default;
};

using UploadReply = std::variant<NextPosition, Completed>;

// 200 or 202 with nextExpectedRanges ("N", "N-", "A-B", a number; the name in any case; several: the lowest):
// NextPosition. 201, or 200 with an item's id: Completed, with the id from Location (its last quoted segment) or from
// the body. Errors come from the fault table (Operation::PutRange); a success that says neither is Unclear.
Result<UploadReply> read_range_reply(const http::Response& response, TimePoint now);

// The same for GET (Operation::AskRange).
Result<UploadReply> read_position_reply(const http::Response& response, TimePoint now);

// DELETE: 204, and 404 or 410 because then it is gone already.
Status read_cancel_reply(const http::Response& response, TimePoint now);

// The last quoted segment of ".../Messages('<mid>')/Attachments('<aid>')", percent-decoded; empty if there is none.
std::string id_from_location(std::string_view location);

}  // namespace graph_milter::graph
