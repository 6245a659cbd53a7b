// SPDX-License-Identifier: Apache-2.0
#include "core/targets/range_door.h"

#include <utility>

#include "core/base/format.h"
#include "core/graph/upload_reply.h"

namespace graph_milter::targets {
namespace {

upload::RangeAnswer to_answer(graph::UploadReply reply) {
  if (auto* completed = std::get_if<graph::Completed>(&reply)) return upload::Finished{std::move(completed->id)};
  return upload::Position{std::get<graph::NextPosition>(reply).next};
}

}  // namespace

HttpRangeDoor::HttpRangeDoor(http::UploadDoor& door, const Clock& clock, std::string lane)
    : door_(door), clock_(clock), lane_(std::move(lane)) {}

Result<http::Response> HttpRangeDoor::send(http::Method method, const Secret& url, http::Request request) {
  request.method = method;
  request.url = url;
  request.lane = lane_;
  return door_.send(request);
}

Result<upload::RangeAnswer> HttpRangeDoor::put(const Secret& url, ByteSource& file, ByteRange range) {
  RangeSource body(file, range);
  http::Request request;
  request.body = &body;
  request.headers = {{"Content-Type", "application/octet-stream"},
                     {"Content-Range", format("bytes {}-{}/{}", range.begin, range.end - 1, file.size())}};
  GM_TRY_ASSIGN(const http::Response response, send(http::Method::Put, url, std::move(request)));
  GM_TRY_ASSIGN(graph::UploadReply reply, graph::read_range_reply(response, clock_.now()));
  return to_answer(std::move(reply));
}

Result<upload::RangeAnswer> HttpRangeDoor::ask_position(const Secret& url) {
  GM_TRY_ASSIGN(const http::Response response, send(http::Method::Get, url, {}));
  GM_TRY_ASSIGN(graph::UploadReply reply, graph::read_position_reply(response, clock_.now()));
  return to_answer(std::move(reply));
}

Status HttpRangeDoor::cancel(const Secret& url) {
  GM_TRY_ASSIGN(const http::Response response, send(http::Method::Delete, url, {}));
  return graph::read_cancel_reply(response, clock_.now());
}

}  // namespace graph_milter::targets
