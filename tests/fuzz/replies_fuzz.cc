// SPDX-License-Identifier: Apache-2.0
// Whatever Graph, an upload URL or the token service answers is read or refused; positions and times stay in bounds.
//
// Input: one byte for the status, a line with Location, and the body.
#include <array>
#include <chrono>
#include <cstdlib>
#include <string>
#include <string_view>
#include <variant>

#include "core/auth/token_reply.h"
#include "core/graph/fault_table.h"
#include "core/graph/replies.h"
#include "core/graph/upload_reply.h"

namespace {

using namespace graph_milter;

void require(bool holds) {
  if (!holds) std::abort();
}

constexpr std::array kStatus = {200, 201, 202, 204, 206, 301, 400, 401, 403,
                                404, 409, 410, 413, 416, 429, 500, 503, 504};

void check_session(const std::optional<graph::UploadSession>& session) {
  if (session) require(!session->url.reveal().empty());
}

void read_messages(std::string_view body) {
  if (const auto message = graph::read_message(body)) require(!message->id.empty());
  if (const auto message = graph::read_new_message(body)) require(!message->id.empty());
  if (const auto attachment = graph::read_attachment(body)) require(!attachment->id.empty());
  (void)graph::read_cut_message(body);
  (void)graph::read_cut_attachment(body);
  check_session(graph::read_session(body));
  if (const auto page = graph::read_attachment_page(body)) {
    for (const graph::Attachment& attachment : page->attachments) require(!attachment.id.empty());
  }
  if (const auto page = graph::read_message_page(body)) {
    for (const graph::ListedMessage& message : page->messages) require(!message.id.empty());
  }
  if (const auto page = graph::read_full_message_page(body)) {
    for (const graph::Message& message : page->messages) require(!message.id.empty());
  }
  if (const auto id = graph::read_folder_id(body)) require(!id->empty());
  (void)graph::read_time(body);
  for (const std::string& marker : graph::markers_in_mime(body)) require(marker.size() <= body.size());
}

void read_range_answers(const http::Response& response, TimePoint now) {
  for (const auto& reply : {graph::read_range_reply(response, now), graph::read_position_reply(response, now)}) {
    if (reply && std::holds_alternative<graph::NextPosition>(*reply)) {
      require(response.status == 200 || response.status == 202);
    }
  }
  (void)graph::read_cancel_reply(response, now);
  (void)graph::id_from_location(response.header("location"));
}

void read_faults(const http::Response& response, TimePoint now) {
  using graph::Operation;
  for (const Operation operation : {Operation::Read, Operation::Create, Operation::OpenSession, Operation::Delete,
                                    Operation::Send, Operation::PutRange, Operation::AskRange}) {
    const Error error = graph::read_fault(operation, response, now, "fuzz");
    require(!error.where.empty() && !error.what.empty());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  if (size == 0) return 0;
  std::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::size_t line_end = std::min(rest.find('\n'), rest.size());
  http::Response response;
  response.status = kStatus[data[0] % kStatus.size()];
  response.headers["location"] = std::string(rest.substr(0, line_end));
  response.headers["retry-after"] = std::string(rest.substr(0, line_end));
  response.body = std::string(rest.substr(std::min(line_end + 1, rest.size())));
  const TimePoint now = from_unix_ms(1'790'000'000'000);

  read_messages(response.body);
  read_range_answers(response, now);
  if (response.status >= 300) read_faults(response, now);
  const auto grant = auth::read_token_reply(response, now, "fuzz", Secret("secret"));
  if (grant) {
    require(!grant->token.reveal().empty() && grant->lifetime > Duration{});
    const auth::TokenTimes times = auth::times_of(*grant, now);
    require(now <= times.end && times.refresh <= times.end);
  }
  return 0;
}
