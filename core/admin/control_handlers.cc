// SPDX-License-Identifier: Apache-2.0
#include "core/admin/control_handlers.h"

#include <unistd.h>

#include "core/admin/control_protocol.h"
#include "core/admin/order_view.h"
#include "core/admin/trace_view.h"
#include "core/base/format.h"
#include "core/base/id.h"
#include "core/base/log.h"
#include "core/base/text.h"

namespace graph_milter::admin {

namespace {

using httplib::Request;
using httplib::Response;

Form form_of(const Request& request) { return request.get_param_value("form") == "words" ? Form::Words : Form::Json; }

void reply(Response& response, Form form, const std::string& text) {
  response.set_content(text, form == Form::Json ? "application/json" : "text/plain; charset=utf-8");
}

void refuse(Response& response, Form form, int status, const std::string& words) {
  response.status = status;
  if (form == Form::Words) return reply(response, form, words + "\n");
  json::Writer writer;
  writer.begin_object().key("error").string(words).end_object();
  reply(response, form, writer.take() + "\n");
}

std::string nothing_named(const std::string& id) { return format("no message {} in the queue", id); }

int status_of(const Error& error) {
  switch (error.kind) {
    case ErrorKind::NotFound:
      return 404;
    case ErrorKind::Usage:
      return 409;
    default:
      return 500;
  }
}

// The one way from an answer that may fail to a response.
template <class T, class Print>
void reply_with(Response& response, Form form, const Result<T>& answer, Print print) {
  if (!answer) return refuse(response, form, status_of(answer.error()), answer.error().text());
  reply(response, form, print(*answer));
}

// --- questions ---

void tell_status(const ControlAnswers& answers, const Request& request, Response& response) {
  const Form form = form_of(request);
  auto totals = answers.totals();
  if (!totals) return refuse(response, form, 500, totals.error().text());
  auto entries = answers.list();
  if (!entries) return refuse(response, form, 500, entries.error().text());
  const auto credential = answers.credential ? answers.credential() : std::nullopt;
  const StatusFacts facts{answers.daemon(), *totals, answers.troubles(), *std::move(entries), credential};
  if (needs_a_person(facts)) response.set_header(kNeedsAPerson, "yes");
  reply(response, form, print_status(facts, form));
}

void tell_list(const ControlAnswers& answers, const Request& request, Response& response) {
  const Form form = form_of(request);
  const auto entries = answers.list();
  if (entries && request.get_param_value("form") == "ids") {
    const Which which = request.get_param_value("which") == "held" ? Which::Held : Which::Waiting;
    return reply(response, Form::Words, print_ids(*entries, which));
  }
  const TimePoint now = answers.daemon().now;
  reply_with(response, form, entries, [&](const auto& found) { return print_list(found, now, form); });
}

void tell_entry(const ControlAnswers& answers, const Request& request, Response& response) {
  const Form form = form_of(request);
  const std::string id = request.matches[1].str();
  const auto entry = is_entry_id(id) ? answers.find(id) : Result<std::optional<queue::Entry>>(std::nullopt);
  if (entry && !*entry) return refuse(response, form, 404, nothing_named(id));
  const TimePoint now = answers.daemon().now;
  reply_with(response, form, entry, [&](const auto& found) { return print_entry(*found, now, form); });
}

void tell_trace(const ControlAnswers& answers, const Request& request, Response& response) {
  const Form form = form_of(request);
  const auto records = answers.trace(request.get_param_value("what"));
  reply_with(response, form, records, [&](const auto& found) { return print_trace(found, form); });
}

// --- orders ---

struct Order {
  std::string command;
  std::string id;  // of the entry; empty: none
  Asker asker;
  std::string sudo_user;
  std::string queue_id;  // the MTA's
};

void audit(const Order& order, std::string_view result, const std::string& words) {
  LogLine line(LogLevel::Info, order.queue_id, "admin");
  line.field("command", order.command);
  if (!order.id.empty()) line.field("entry", order.id);
  line.field("user", order.asker.user.empty() ? std::string("unknown") : order.asker.user);
  line.field("uid", std::uint64_t{order.asker.uid});
  if (!order.sudo_user.empty()) line.field("sudo-user", order.sudo_user, 64);
  line.field("result", result);
  if (!words.empty()) line.field("words", words, kErrorLimit);
}

Order order_of(const Request& request, std::string command, std::string id = {}) {
  return {std::move(command), std::move(id), UnixServer::asker_of(request), request.get_header_value(kSudoUser), {}};
}

// Whoever can open the socket may ask. What can't be undone is for those who could do it by hand. False, and the answer
// is given, for others.
bool may_order(const Order& order, Response& response, Form form) {
  if (order.asker.uid == 0 || order.asker.uid == ::geteuid()) return true;
  const std::string words = order.id.empty() ? "only root and the user that runs graph-milter may order this"
                                             : "only root and the user that runs graph-milter may change the queue";
  audit(order, "refused", words);
  refuse(response, form, 403, words);
  return false;
}

void reload(const ControlAnswers& answers, const Request& request, Response& response) {
  const Form form = form_of(request);
  const Order order = order_of(request, "reload");
  if (!may_order(order, response, form)) return;
  audit(order, "begun", {});
  const ReloadReport report = answers.reload();
  audit(order, report.ok() ? "done" : "refused", report.ok() ? std::string() : reload_log_words(report));
  if (!report.ok()) response.set_header(kNeedsAPerson, "yes");
  reply(response, form, print_reload(report, form));
}

void obey(const ControlAnswers& answers, const Request& request, Response& response) {
  const Form form = form_of(request);
  const auto command = parse_command(request.matches[2].str());
  if (!command) return refuse(response, form, 404, format("no command {}", request.matches[2].str()));
  Order order = order_of(request, std::string(name_of(*command)), request.matches[1].str());
  if (!is_entry_id(order.id)) return refuse(response, form, 404, nothing_named(order.id));
  // A damaged row can still be deleted; it only has no queue id for the log.
  if (const auto entry = answers.find(order.id); entry && *entry) order.queue_id = (*entry)->envelope.queue_id;
  if (!may_order(order, response, form)) return;
  audit(order, "begun", {});
  const auto done = answers.administer(order.id, *command);
  audit(order, done ? "done" : "refused", done ? *done : done.error().text());
  reply_with(response, form, done, [&](const std::string& words) {
    return form == Form::Words ? words + "\n" : print_outcome({order.id, *command, true, words});
  });
}

}  // namespace

void add_handlers(UnixServer& server, const ControlAnswers& answers) {
  const auto with = [&answers](auto handler) {
    return [&answers, handler](const Request& request, Response& response) { handler(answers, request, response); };
  };
  server.Get("/status", with(tell_status));
  server.Get("/queue", with(tell_list));
  server.Get(R"(/queue/([0-9a-z]+))", with(tell_entry));
  server.Get("/trace", with(tell_trace));
  server.Post("/reload", with(reload));
  server.Post(R"(/queue/([0-9a-z]+)/([a-z-]+))", with(obey));
  server.set_exception_handler([](const Request&, Response& response, const std::exception_ptr&) {
    refuse(response, Form::Json, 500, "internal error");
  });
}

}  // namespace graph_milter::admin
