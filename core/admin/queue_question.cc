// SPDX-License-Identifier: Apache-2.0
#include "core/admin/queue_question.h"

#include "core/admin/control_client.h"
#include "core/admin/trace_view.h"
#include "core/base/format.h"
#include "core/base/id.h"
#include "core/base/text.h"

namespace graph_milter::admin {

namespace {

// The query of a path that has none yet, or goes on with &.
std::string with_form(std::string path, Form form) {
  if (form == Form::Words) path += path.find('?') == std::string::npos ? "?form=words" : "&form=words";
  return path;
}

Error no_socket() { return make_error(ErrorKind::Transient, "control-socket", "there is none in the configuration"); }

Result<DaemonAnswer> ask(const QueuePlaces& places, const std::string& path) {
  if (places.control_socket.empty()) return fail(no_socket());
  return ask_daemon(places.control_socket, path);
}

// The daemon's answer, or what `read` finds in the journal if nobody answers.
template <class Read>
Result<QueueAnswer> ask_or_read(const QueuePlaces& places, const std::string& path, Read read) {
  Result<DaemonAnswer> live = ask(places, path);
  if (live) return QueueAnswer{std::move(live->text), {}};
  if (live.error().kind != ErrorKind::Transient) return fail(std::move(live).error());
  GM_TRY_ASSIGN(std::string text, read());
  return QueueAnswer{std::move(text),
                     format("{}; this is the journal in {}", live.error().text(), places.spool_directory)};
}

TimePoint now() { return SystemClock().now(); }

}  // namespace

Status check_id(const std::string& id) {
  if (is_entry_id(id)) return {};
  return fail(ErrorKind::Usage, {}, format("\"{}\" is not the id of a message", escape_for_log(id, 64)),
              "graph-milterctl queue list shows them; graph-milterctl trace finds them by the MTA's queue id");
}

Result<QueueAnswer> ask_list(const QueuePlaces& places, Form form) {
  return ask_or_read(places, with_form("/queue", form), [&]() -> Result<std::string> {
    GM_TRY_ASSIGN(const auto entries, queue::list_offline(places.spool_directory));
    return print_list(entries, now(), form);
  });
}

Result<QueueAnswer> ask_entry(const QueuePlaces& places, const std::string& id, Form form) {
  GM_TRY(check_id(id));
  return ask_or_read(places, with_form("/queue/" + id, form), [&]() -> Result<std::string> {
    GM_TRY_ASSIGN(const auto entry, queue::find_offline(places.spool_directory, id));
    if (!entry) return fail(ErrorKind::NotFound, {}, format("no message {} in the queue", id));
    return print_entry(*entry, now(), form);
  });
}

Result<QueueAnswer> ask_trace(const QueuePlaces& places, const std::string& what, Form form) {
  return ask_or_read(places, with_form("/trace?what=" + percent_encode(what), form), [&]() -> Result<std::string> {
    GM_TRY_ASSIGN(const auto records, queue::trace_offline(places.spool_directory, what));
    return print_trace(records, form);
  });
}

Result<QueueAnswer> ask_status(const QueuePlaces& places, Form form) {
  GM_TRY_ASSIGN(DaemonAnswer answer, ask(places, with_form("/status", form)));
  return QueueAnswer{std::move(answer.text), {}, answer.needs_a_person};
}

Result<std::vector<std::string>> ask_ids(const QueuePlaces& places, Which which) {
  GM_TRY_ASSIGN(const DaemonAnswer answer,
                ask(places, format("/queue?form=ids&which={}", which == Which::Held ? "held" : "waiting")));
  return split_list(answer.text, "\n");
}

Result<std::string> order(const QueuePlaces& places, const std::string& id, queue::Command command) {
  if (places.control_socket.empty()) return fail(no_socket());
  GM_TRY_ASSIGN(const DaemonAnswer answer,
                order_daemon(places.control_socket, format("/queue/{}/{}?form=words", id, queue::name_of(command))));
  return std::string(trim(answer.text));
}

}  // namespace graph_milter::admin
