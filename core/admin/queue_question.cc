// SPDX-License-Identifier: Apache-2.0
#include "core/admin/queue_question.h"

#include "core/admin/control_client.h"
#include "core/base/format.h"
#include "core/base/id.h"
#include "core/base/text.h"
#include "core/queue/queue.h"

namespace graph_milter::admin {

namespace {

std::string question(std::string_view path, Form form) {
  return std::string(path) + (form == Form::Words ? "?form=words" : "");
}

Result<std::string> ask(const QueuePlaces& places, const std::string& path) {
  if (places.control_socket.empty()) {
    return fail(ErrorKind::Transient, "control-socket", "there is none in the configuration");
  }
  return ask_daemon(places.control_socket, path);
}

// The daemon's answer, or what `read` finds in the journal if nobody answers.
template <class Read>
Result<QueueAnswer> ask_or_read(const QueuePlaces& places, const std::string& path, Read read) {
  Result<std::string> live = ask(places, path);
  if (live) return QueueAnswer{*std::move(live), {}};
  if (live.error().kind != ErrorKind::Transient) return fail(std::move(live).error());
  GM_TRY_ASSIGN(std::string text, read());
  return QueueAnswer{std::move(text),
                     format("{}; this is the journal in {}", live.error().text(), places.spool_directory)};
}

}  // namespace

Result<QueueAnswer> ask_list(const QueuePlaces& places, Form form) {
  return ask_or_read(places, question("/queue", form), [&]() -> Result<std::string> {
    GM_TRY_ASSIGN(const auto entries, queue::list_offline(places.spool_directory));
    return print_list(entries, form);
  });
}

Result<QueueAnswer> ask_entry(const QueuePlaces& places, const std::string& id, Form form) {
  if (!is_entry_id(id)) {
    return fail(ErrorKind::Usage, {}, format("\"{}\" is not the id of a message", escape_for_log(id, 64)),
                "graph-milterctl queue list shows them");
  }
  return ask_or_read(places, question("/queue/" + id, form), [&]() -> Result<std::string> {
    GM_TRY_ASSIGN(const auto entry, queue::find_offline(places.spool_directory, id));
    if (!entry) return fail(ErrorKind::NotFound, {}, format("no message {} in the queue", id));
    return print_entry(*entry, form);
  });
}

Result<QueueAnswer> ask_status(const QueuePlaces& places, Form form) {
  GM_TRY_ASSIGN(std::string text, ask(places, question("/status", form)));
  return QueueAnswer{std::move(text), {}};
}

}  // namespace graph_milter::admin
