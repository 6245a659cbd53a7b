// SPDX-License-Identifier: Apache-2.0
#include "tests/graph_emulator/attachment_sessions.h"

#include <array>

#include "core/base/base64.h"
#include "core/base/format.h"
#include "core/base/id.h"
#include "core/base/text.h"
#include "tests/graph_emulator/attachment_routes.h"
#include "tests/graph_emulator/bodies.h"
#include "tests/graph_emulator/habits.h"
#include "tests/graph_emulator/state.h"

namespace graph_milter::emulator {
namespace {

constexpr std::size_t kPiece = 256 * 1024;

// Seven digits of a second, as the service writes them.
std::string fine_time(TimePoint time) {
  std::string text = iso8601(time);
  text.pop_back();
  return text + format(".{:03}{:04}Z", to_unix_ms(time) % 1000, 1707);
}

std::string escaped_key(std::string_view id) {
  std::string out;
  for (const char c : id) {
    if (c == '/')
      out += "%2F";
    else if (c == '+')
      out += "%2B";
    else
      out.push_back(c);
  }
  return out;
}

std::string item_path(const Settings& settings, const Mailbox& mailbox, const Item& item, IdForm form) {
  return format("/api/v2.0/Users('{}@{}')/{}('{}')", mailbox.guid, settings.tenant_id,
                item.is_event ? "Events" : "Messages", escaped_key(item.id(form)));
}

std::optional<Reply> check_wanted(State& state, const Call& call, const Json& wanted) {
  const Switches& switches = state.switches;
  if (!wanted["attachmentType"].is_string() || wanted["name"].text().empty() || !wanted["size"].is_integer()) {
    violate(state, call, "AttachmentItem without attachmentType, name or size");
    return refuse(state, call, 400, "ErrorInvalidParameter", "AttachmentItem needs attachmentType, name and size.");
  }
  if (!equal_ignoring_case(wanted["attachmentType"].text(), "file")) {
    return refuse(state, call, 405, "ErrorAttachmentSessionIsSupportedOnlyForFileAttachments",
                  "Attachment session is supported only for file attachments.");
  }
  const std::int64_t size = wanted["size"].integer();
  if (size < switches.session_floor || size <= 0) {
    return refuse(state, call, 400, "ErrorAttachmentSizeShouldNotBeLessThanMinimumSize",
                  "Attachment size must be greater than the minimum size.");
  }
  if (size > switches.session_ceiling) {
    return refuse(state, call, 400, "ErrorAttachmentSizeLimitExceeded",
                  "The attachment exceeds the maximum supported size.");
  }
  return std::nullopt;
}

std::shared_ptr<UploadSession> open(State& state, const Call& call, std::shared_ptr<Item> item, const Json& wanted) {
  auto session = std::make_shared<UploadSession>();
  session->mailbox = call.mailbox->address;
  session->size = static_cast<ByteCount>(wanted["size"].integer());
  session->created = call.now;
  session->expires = call.now + Duration(state.switches.session_lifetime_ms);
  session->attachment.name = cleaned_name(state.switches, wanted["name"].text());
  const std::string type = wanted["contentType"].text("application/octet-stream");
  session->attachment.type = state.switches.session_type_kept ? type : "application/octet-stream";
  const bool keeps_inline = state.switches.session_inline_kept;
  session->attachment.is_inline = keeps_inline && wanted["isInline"].boolean();
  session->attachment.content_id = keeps_inline ? wanted["contentId"].text() : "";
  session->attachment.origin = "session";
  session->attachment.content = state.store.make_blob();
  session->attachment.content->reserve(session->size);
  session->target =
      format("{}/AttachmentSessions('{}')?authtoken=eyJhbGciOiJSUzI1NiJ9.{}.{}",
             item_path(state.settings, *call.mailbox, *item, call.form), escaped_key(base64_encode(random_bytes(36))),
             base64url_encode(random_bytes(300)), base64url_encode(random_bytes(128)));
  session->item = std::move(item);
  return session;
}

Reply position_reply(const State& state, const UploadSession& session, int status) {
  const Switches& switches = state.switches;
  const ByteCount position = session.attachment.content->size();
  std::string value = format("{}", position);
  if (switches.position_form == "dash") value += "-";
  if (switches.position_form == "range") value += format("-{}", session.size - 1);
  const char* time_key = switches.position_keys == "camel" ? "expirationDateTime" : "ExpirationDateTime";
  const char* range_key = switches.position_keys == "pascal" ? "NextExpectedRanges" : "nextExpectedRanges";
  return json_reply(status,
                    Json::object({{"@odata.context", state.settings.upload_url + "/api/v2.0/$metadata#UploadSession"},
                                  {time_key, fine_time(session.expires)},
                                  {range_key, Json::array().push(value)}}));
}

// The session of the URL, or the reply to whoever has no right to it.
std::shared_ptr<UploadSession> find_session(State& state, Call& call, Reply& refusal) {
  if (call.exchange.has_header("authorization")) {
    violate(state, call, "Authorization sent to an upload URL");
    refusal = refuse(state, call, 401, "InvalidAudienceForResource",
                     "The audience claim value is invalid for current resource.");
    return nullptr;
  }
  const auto found = state.sessions.find(call.exchange.target);
  if (found == state.sessions.end()) {
    for (const auto& [target, session] : state.sessions) {
      const std::string token = target.substr(target.find('?'));
      if (call.exchange.target.find(token) == std::string::npos) continue;
      violate(state, call, "the upload URL was altered");
    }
    refusal =
        refuse(state, call, 401, "ErrorAccessDenied", "The authentication token is not valid for this upload URL.");
    return nullptr;
  }
  std::shared_ptr<UploadSession> session = found->second;
  const bool over = session->finished || session->cancelled || call.now >= session->expires;
  if (over) {
    const int status = static_cast<int>(state.switches.expired_status);
    refusal = refuse(state, call, status, "ErrorItemNotFound", "The upload session was not found.");
    return nullptr;
  }
  if (session->item->folder != "drafts" && !session->item->is_event) {
    refusal = item_not_found(state, call);
    return nullptr;
  }
  return session;
}

Reply out_of_step(State& state, const Call& call, const UploadSession& session, std::string_view words) {
  if (!session.unclear) violate(state, call, std::string(words));
  return refuse(state, call, static_cast<int>(state.switches.out_of_step_status), "InvalidRange",
                "The uploaded fragment overlaps with or leaves a gap to data that has already been received.");
}

std::optional<Reply> check_range(State& state, const Call& call, const UploadSession& session, ByteCount body_size,
                                 const std::optional<ContentRange>& range) {
  if (!range || !call.exchange.has_header("content-length") || range->range.size() != body_size) {
    violate(state, call,
            format("Content-Range '{}' with Content-Length '{}'", call.exchange.header("content-range"),
                   call.exchange.header("content-length")));
    return refuse(state, call, 400, "ErrorInvalidRequest", "Content-Range or Content-Length is missing or wrong.");
  }
  if (range->total != session.size) {
    violate(state, call, format("total {} instead of {}", range->total, session.size));
    return refuse(state, call, static_cast<int>(state.switches.out_of_step_status), "InvalidRange",
                  format("The current upload session is for {} total bytes.", session.size));
  }
  if (state.switches.range_limit > 0 && body_size > static_cast<ByteCount>(state.switches.range_limit)) {
    return refuse(state, call, 413, "RequestEntityTooLarge", "The request body is too large.");
  }
  if (call.mailbox->state == "full") return mailbox_is_full(state, call);
  const bool conflict = session.item->writers > 0 && state.switches.parallel_writes_conflict;
  if (session.busy || conflict) return conflict_reply(state, call);
  const ByteCount position = session.attachment.content->size();
  if (range->range.begin > position) return out_of_step(state, call, session, "a range leaves a gap");
  if (range->range.begin < position) return out_of_step(state, call, session, "a range was sent again");
  return std::nullopt;
}

bool is_over_limit(const State& state, const Mailbox& mailbox, const UploadSession& session, ByteCount more) {
  if (mailbox.max_send_size == 0) return false;
  ByteCount total = session.item->size() + session.attachment.content->size() + more;
  if (state.switches.size_counts_base64) total = total / 3 * 4;
  return total > mailbox.max_send_size;
}

// Without the lock. False: the client went away before it had sent all.
bool receive(Blob& content, BodyReader& body, ByteCount wanted) {
  std::string piece(kPiece, '\0');
  ByteCount received = 0;
  while (received < wanted) {
    const ByteCount room = std::min<ByteCount>(piece.size(), wanted - received);
    const std::size_t count = body.read({piece.data(), static_cast<std::size_t>(room)});
    if (count == 0) return false;
    content.append({piece.data(), count});
    received += count;
  }
  return true;
}

Reply finish(State& state, const Call& call, UploadSession& session) {
  session.finished = true;
  ++state.counts.sessions_finished;
  Mailbox& mailbox = *call.mailbox;
  Item& item = *session.item;
  session.attachment.name = own_name(state.switches, item, session.attachment.name);
  const Attachment& attachment = state.store.add_attachment(item, session.attachment, call.now);
  after_addition(state, item);
  const IdForm form = state.switches.location_id == "immutable" ? IdForm::Immutable : IdForm::Ordinary;
  Reply reply = empty_reply(201);
  reply.content_length = state.switches.final_content_length;
  reply.with("Location",
             format("https://outlook.office.com{}/Attachments('{}')", item_path(state.settings, mailbox, item, form),
                    escaped_key(item.attachment_id(attachment, form))));
  return reply;
}

Reply accept_range(State& state, const Call& call, UploadSession& session, const ContentRange& range) {
  ++state.counts.ranges;
  state.counts.range_bytes += range.range.size();
  session.unclear = false;
  if (range.range.end == session.size) return finish(state, call, session);
  const auto less = static_cast<ByteCount>(state.switches.keeps_less);
  if (less > 0 && less < range.range.size()) session.attachment.content->cut(range.range.end - less);
  return position_reply(state, session, 200);
}

}  // namespace

std::optional<ContentRange> parse_content_range(std::string_view text) {
  constexpr std::string_view kUnit = "bytes ";
  if (text.substr(0, kUnit.size()) != kUnit) return std::nullopt;
  text.remove_prefix(kUnit.size());
  const std::size_t dash = text.find('-');
  const std::size_t slash = text.find('/');
  if (dash == std::string_view::npos || slash == std::string_view::npos || slash < dash) return std::nullopt;
  const auto first = parse_unsigned(text.substr(0, dash));
  const auto last = parse_unsigned(text.substr(dash + 1, slash - dash - 1));
  const auto total = parse_unsigned(text.substr(slash + 1));
  if (!first || !last || !total || *first > *last || *last >= *total) return std::nullopt;
  return ContentRange{{*first, *last + 1}, *total};
}

bool ends_file(const Exchange& exchange) {
  const auto range = parse_content_range(exchange.header("content-range"));
  return exchange.method == "PUT" && range && range->range.end == range->total;
}

Reply conflict_reply(State& state, const Call& call) {
  ++state.counts.conflicts;
  return refuse(state, call, 412, "ErrorIrresolvableConflict",
                "The send or update operation could not be performed because the change key passed in the request does "
                "not match the current change key for the item.");
}

Reply create_session(State& state, Call& call) {
  const auto item = call.mailbox->find(call.route.item, call.form, call.route.is_event);
  if (!item || lags(state, call, *item) || (!item->is_draft && !item->is_event)) return item_not_found(state, call);
  Json body;
  if (auto refusal = read_json_body(state, call, body)) return *std::move(refusal);
  static const std::vector<std::string> kOuter = {"AttachmentItem", "attachmentItem"};
  static const std::vector<std::string> kInner = {"attachmentType", "name",      "size",       "contentType",
                                                  "isInline",       "contentId", "@odata.type"};
  if (auto refusal = check_properties(state, call, body, kOuter)) return *std::move(refusal);
  const Json& wanted = body.find("AttachmentItem") != nullptr ? body["AttachmentItem"] : body["attachmentItem"];
  if (auto refusal = check_properties(state, call, wanted, kInner)) return *std::move(refusal);
  if (auto refusal = check_wanted(state, call, wanted)) return *std::move(refusal);
  const std::shared_ptr<UploadSession> session = open(state, call, item, wanted);
  state.sessions.emplace(session->target, session);
  ++state.counts.sessions_opened;
  return json_reply(
      201, Json::object({{"@odata.context", state.settings.graph_url + "/v1.0/$metadata#microsoft.graph.uploadSession"},
                         {"uploadUrl", state.settings.upload_url + session->target},
                         {"expirationDateTime", fine_time(session->expires)},
                         {"nextExpectedRanges", Json::array().push("0-")}}));
}

Reply put_range(State& state, Call& call, BodyReader& body, bool cut_body) {
  Reply refusal;
  std::unique_lock lock(state.mutex);
  const std::shared_ptr<UploadSession> session = find_session(state, call, refusal);
  if (!session) return refusal;
  if (lags(state, call, *session->item)) return item_not_found(state, call);
  if (!equal_ignoring_case(call.exchange.header("content-type"), "application/octet-stream")) {
    violate(state, call, "a range with Content-Type '" + call.exchange.header("content-type") + "'");
  }
  const auto range = parse_content_range(call.exchange.header("content-range"));
  if (auto refused = check_range(state, call, *session, body.size(), range)) return *std::move(refused);
  if (is_over_limit(state, *call.mailbox, *session, body.size())) {
    return refuse(state, call, 400, "ErrorMessageSizeExceeded", "The message exceeds the maximum supported size.");
  }
  Blob& content = *session->attachment.content;
  const ByteCount before = content.size();
  const std::int64_t think = state.switches.think_range_ms;
  session->busy = true;
  ++session->item->writers;
  lock.unlock();

  const bool complete = receive(content, body, cut_body ? body.size() / 2 : body.size()) && !cut_body;
  if (complete && think > 0) state.wait(Duration(think));

  lock.lock();
  session->busy = false;
  --session->item->writers;
  call.now = state.clock->now();
  if (!complete || session->cancelled) {
    content.cut(before);
    session->unclear = true;
    refusal.line = Reply::Line::DropUnanswered;
    return refusal;
  }
  return accept_range(state, call, *session, *range);
}

Reply ask_position(State& state, Call& call) {
  Reply refusal;
  const std::lock_guard lock(state.mutex);
  const std::shared_ptr<UploadSession> session = find_session(state, call, refusal);
  // Who asks does not know, and without an answer can only try.
  if (session && state.switches.ask_position_status != 200) session->unclear = true;
  if (state.switches.ask_position_status == 405) {
    return refuse(state, call, 405, "ErrorInvalidRequest", "The OData request is not supported.");
  }
  if (state.switches.ask_position_status != 200) return item_not_found(state, call);
  return session ? position_reply(state, *session, 200) : refusal;
}

Reply cancel_session(State& state, Call& call) {
  Reply refusal;
  const std::lock_guard lock(state.mutex);
  const std::shared_ptr<UploadSession> session = find_session(state, call, refusal);
  if (!session) return refusal;
  session->cancelled = true;
  ++state.counts.sessions_cancelled;
  return empty_reply(204);
}

}  // namespace graph_milter::emulator
