// SPDX-License-Identifier: Apache-2.0
#include "tests/graph_emulator/dispatch.h"

#include <algorithm>
#include <map>
#include <set>

#include "core/base/format.h"
#include "core/base/text.h"
#include "tests/graph_emulator/attachment_routes.h"
#include "tests/graph_emulator/bodies.h"
#include "tests/graph_emulator/events.h"
#include "tests/graph_emulator/message_routes.h"
#include "tests/graph_emulator/send.h"

namespace graph_milter::emulator {
namespace {

using Handler = Reply (*)(State&, Call&);

const std::map<std::string, Handler>& handlers() {
  static const std::map<std::string, Handler> table = {
      {"create-draft", create_draft},
      {"get-message", get_message},
      {"get-message-content", get_message_content},
      {"list-messages", list_messages},
      {"find-messages", list_messages},
      {"patch-message", patch_message},
      {"delete-message", delete_message},
      {"permanent-delete", permanent_delete},
      {"get-folder", get_folder},
      {"list-folders", list_folders},
      {"post-attachment", post_attachment},
      {"list-attachments", list_attachments},
      {"get-attachment", get_attachment},
      {"get-attachment-content", get_attachment_content},
      {"delete-attachment", delete_attachment},
      {"create-session", create_session},
      {"create-event", create_event},
      {"get-event", get_event},
      {"patch-event", patch_event},
      {"delete-event", delete_event},
  };
  return table;
}

std::optional<Reply> check_token(State& state, const Call& call) {
  const std::string header = call.exchange.header("authorization");
  constexpr std::string_view kScheme = "Bearer ";
  if (header.rfind(kScheme, 0) != 0) {
    violate(state, call, "a request without a bearer token");
    return refuse(state, call, 401, "InvalidAuthenticationToken", "Access token is empty.");
  }
  if (state.tokens.accepts(std::string_view(header).substr(kScheme.size()), call.now)) return std::nullopt;
  Reply reply =
      refuse(state, call, 401, "InvalidAuthenticationToken", "Lifetime validation failed, the token is expired.");
  reply.with("WWW-Authenticate", "Bearer realm=\"\", error=\"invalid_token\"");
  return reply;
}

bool adds_to_mailbox(const std::string& operation) {
  static const std::set<std::string> kAdds = {"create-draft",    "send",           "send-mail",    "patch-message",
                                              "post-attachment", "create-session", "create-event", "patch-event"};
  return kAdds.count(operation) != 0;
}

// As by RBAC for Applications.
bool is_in_scope(const std::vector<std::string>& scope, const std::string& address) {
  return scope.empty() || std::any_of(scope.begin(), scope.end(), [&address](const std::string& each) {
           return equal_ignoring_case(each, address);
         });
}

std::optional<Reply> check_mailbox(State& state, const Call& call) {
  if (call.mailbox == nullptr) {
    return refuse(state, call, 404, "ErrorInvalidUser", format("The requested user '{}' is invalid.", call.route.user));
  }
  const std::string& condition = call.mailbox->state;
  if (condition == "no-licence") {
    return refuse(state, call, 404, "MailboxNotEnabledForRESTAPI",
                  "The mailbox is either inactive, soft-deleted, or is hosted on-premise.");
  }
  if (condition == "out-of-scope") {
    return refuse(state, call, 403, "ErrorAccessDenied", "Access to OData is disabled.");
  }
  if (!is_in_scope(state.switches.scope, call.mailbox->address)) {
    return refuse(state, call, 403, "ErrorAccessDenied", "Access is denied. Check credentials and try again.");
  }
  if (condition == "no-consent") {
    return refuse(state, call, 403, "Authorization_RequestDenied",
                  "Insufficient privileges to complete the operation.");
  }
  if (condition == "full" && adds_to_mailbox(call.route.operation)) return mailbox_is_full(state, call);
  return std::nullopt;
}

Reply misrouted(State& state, const Call& call) {
  violate(state, call, format("{} {}", call.exchange.method, path_template(call.exchange.target)));
  if (call.route.known_path) {
    return refuse(state, call, 405, "ErrorMethodNotAllowed", "The OData request is not supported.");
  }
  return refuse(state, call, 404, "ResourceNotFound", "Resource not found for the segment.");
}

Reply too_large(State& state, const Call& call) {
  violate(state, call, "a request body above 4 MiB");
  const bool is_mime = starts_with_ignoring_case(call.exchange.header("content-type"), "text/plain");
  if (is_mime && state.switches.oversize_mime_ok) return empty_reply(200);
  return oversize_refusal(state, call);
}

}  // namespace

Reply dispatch_graph(State& state, Call& call, bool bounces) {
  if (call.route.operation.empty()) return misrouted(state, call);
  if (!call.exchange.has_header("client-request-id")) violate(state, call, "no client-request-id");
  if (auto refusal = check_token(state, call)) return *std::move(refusal);
  if (call.oversize) return too_large(state, call);
  if (auto refusal = check_mailbox(state, call)) return *std::move(refusal);
  if (call.route.operation == "send") return send(state, call, bounces);
  if (call.route.operation == "send-mail") return send_mail(state, call, bounces);
  return handlers().at(call.route.operation)(state, call);
}

Reply dispatch_token(State& state, Call& call) {
  TokenService::Answer answer =
      state.tokens.answer(state.switches, call.route.tenant, call.exchange, call.body, call.now);
  if (!answer.breach.empty()) violate(state, call, answer.breach);
  if (answer.reply.status == 200) ++state.counts.tokens;
  return std::move(answer.reply);
}

bool writes_item(const std::string& operation) {
  for (const char* each : {"patch-message", "delete-message", "permanent-delete", "send", "post-attachment",
                           "delete-attachment", "create-session"}) {
    if (operation == each) return true;
  }
  return false;
}

IdForm id_form_of(const Exchange& exchange) {
  const std::string prefer = to_lower(exchange.header("prefer"));
  return prefer.find("idtype=\"immutableid\"") != std::string::npos ? IdForm::Immutable : IdForm::Ordinary;
}

}  // namespace graph_milter::emulator
