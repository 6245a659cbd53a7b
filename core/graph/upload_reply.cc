// SPDX-License-Identifier: Apache-2.0
#include "core/graph/upload_reply.h"

#include <utility>

#include "core/base/format.h"
#include "core/base/text.h"
#include "core/graph/expected_ranges.h"
#include "core/graph/fault_table.h"
#include "core/json/json.h"

namespace graph_milter::graph {
namespace {

Error read_error(Operation operation, const http::Response& response, TimePoint now) {
  return read_fault(operation, response, now, format("upload ({})", name_of(operation)));
}

int hex_digit(char c) {
  if (is_ascii_digit(c)) return c - '0';
  const char lower = ascii_lower(c);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

std::string percent_decode(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const int high = text[i] == '%' && i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
    const int low = high >= 0 ? hex_digit(text[i + 2]) : -1;
    if (low < 0) {
      out += text[i];
      continue;
    }
    out += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return out;
}

Result<UploadReply> read_reply(Operation operation, const http::Response& response, TimePoint now) {
  const bool created = response.status == 201;
  if (!created && response.status != 200 && response.status != 202) return fail(read_error(operation, response, now));

  const auto body = json::parse(response.body);
  if (!created && body)
    if (const auto next = next_expected(*body)) return NextPosition{*next};

  const std::string* item = body ? body->find_string("id") : nullptr;
  std::string id = id_from_location(response.header("location"));
  if (id.empty() && item != nullptr) id = *item;
  if (created || item != nullptr) return Completed{std::move(id)};

  Error error = read_error(operation, response, now);
  error.kind = ErrorKind::Unclear;
  error.what += " without saying which range comes next";
  return fail(std::move(error));
}

}  // namespace

Result<UploadReply> read_range_reply(const http::Response& response, TimePoint now) {
  return read_reply(Operation::PutRange, response, now);
}

Result<UploadReply> read_position_reply(const http::Response& response, TimePoint now) {
  return read_reply(Operation::AskRange, response, now);
}

Status read_cancel_reply(const http::Response& response, TimePoint now) {
  if (response.status == 204 || response.status == 404 || response.status == 410) return {};
  return fail(read_error(Operation::CancelRange, response, now));
}

std::string id_from_location(std::string_view location) {
  location = location.substr(0, location.find_first_of("?#"));
  const auto end = location.rfind('\'');
  if (end == std::string_view::npos || end == 0) return "";
  const auto begin = location.rfind('\'', end - 1);
  if (begin == std::string_view::npos) return "";
  return percent_decode(location.substr(begin + 1, end - begin - 1));
}

}  // namespace graph_milter::graph
