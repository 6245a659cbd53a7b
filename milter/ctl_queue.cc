// SPDX-License-Identifier: Apache-2.0
#include "milter/ctl_queue.h"

#include <sysexits.h>

#include <istream>
#include <ostream>

#include "core/admin/order_view.h"
#include "core/admin/queue_question.h"
#include "core/base/format.h"
#include "core/base/text.h"
#include "core/config/exit_status.h"
#include "core/config/option_table.h"

namespace graph_milter::ctl {

namespace {

constexpr int kNeedsAPerson = 1;
constexpr int kSomeRefused = 1;
constexpr int kNothingKnown = 1;

admin::QueuePlaces places_of(const config::Settings& settings) {
  return {settings.control_socket, settings.spool_directory};
}

admin::Form form_of(const Call& call) { return call.arguments.json ? admin::Form::Json : admin::Form::Words; }

int complain_with_status(const Call& call, const Error& error) {
  complain(call, error);
  return config::exit_status(error);
}

// Without a daemon: what only it can do.
int complain_unavailable(const Call& call, Error error, std::string hint) {
  complain(call, std::move(error).with_hint(std::move(hint)));
  return EX_UNAVAILABLE;
}

int print(const Call& call, const Result<admin::QueueAnswer>& answer) {
  if (!answer) return complain_with_status(call, answer.error());
  if (!answer->note.empty()) call.err << "graph-milterctl: " << answer->note << "\n";
  call.out << answer->text;
  return EX_OK;
}

// --- orders ---

using Ids = std::vector<std::string>;

Ids read_ids(std::istream& in) {
  Ids out;
  for (std::string word; in >> word;) out.push_back(word);
  return out;
}

// The ids that the operands name, in their order.
Result<Ids> named_ids(const Call& call) {
  Ids out;
  for (const std::string& operand : call.operands) {
    const Ids ids = operand == "-" ? read_ids(call.in) : Ids{operand};
    for (const std::string& id : ids) {
      GM_TRY(admin::check_id(id));
      out.push_back(id);
    }
  }
  return out;
}

bool names_all(const Call& call) {
  for (const std::string& operand : call.operands) {
    if (operand == "ALL") return true;
  }
  return false;
}

Status check_all(const Call& call, queue::Command command) {
  if (command != queue::Command::Retry && command != queue::Command::Release) {
    return fail(ErrorKind::Usage, {}, format("{} does not take ALL", queue::name_of(command)),
                "name each message by its id; - reads ids from standard input");
  }
  if (call.operands.size() == 1) return {};
  return fail(ErrorKind::Usage, {}, "ALL stands alone", "leave the ids out, or ALL");
}

// One order after the other; each message is a transaction of its own.
class Orders {
 public:
  Orders(const Call& call, const config::Settings& settings, queue::Command command)
      : call_(call), places_(places_of(settings)), command_(command) {}

  // `lenient`: of a message that went or moved on meanwhile nothing is said.
  int give(const Ids& ids, bool lenient) {
    for (const std::string& id : ids) {
      const auto words = admin::order(places_, id, command_);
      if (words) {
        tell_done(id, *words);
      } else if (is_refusal(words.error())) {
        if (!lenient) tell_refused(id, words.error());
      } else {
        return give_up(id, words.error());
      }
    }
    if (!call_.arguments.json && (lenient || ids.size() > 1)) tell_sum();
    return refused_ == 0 ? EX_OK : kSomeRefused;
  }

 private:
  static bool is_refusal(const Error& error) {
    return error.kind == ErrorKind::NotFound || error.kind == ErrorKind::Usage || error.kind == ErrorKind::Permanent;
  }

  void tell_done(const std::string& id, const std::string& words) {
    ++done_;
    if (call_.arguments.json) return tell_json(id, true, words);
    call_.out << format("{}: {}\n", id, words);
  }

  void tell_refused(const std::string& id, const Error& error) {
    ++refused_;
    const bool named = error.text().find(id) != std::string::npos;
    call_.err << "graph-milterctl: " << (named ? std::string() : id + ": ") << error.text() << "\n";
    if (call_.arguments.json) tell_json(id, false, error.text());
  }

  void tell_json(const std::string& id, bool done, const std::string& words) {
    call_.out << admin::print_outcome({id, command_, done, words});
  }

  void tell_sum() const { call_.out << format("{}: {} done, {} refused\n", queue::name_of(command_), done_, refused_); }

  int give_up(const std::string& id, Error error) {
    if (done_ + refused_ > 0) call_.err << format("graph-milterctl: stopped at {}; what comes before it is done\n", id);
    if (error.kind == ErrorKind::Transient) {
      return complain_unavailable(call_, std::move(error), "only the running daemon changes the queue: start it first");
    }
    if (error.kind == ErrorKind::Unclear) {
      error.hint = format("it may have been done: graph-milterctl queue show {}", id);
    }
    return complain_with_status(call_, error);
  }

  const Call& call_;
  const admin::QueuePlaces places_;
  const queue::Command command_;
  std::size_t done_ = 0;
  std::size_t refused_ = 0;
};

}  // namespace

int status(const Call& call, const config::Settings& settings) {
  auto answer = admin::ask_status(places_of(settings), form_of(call));
  if (!answer && answer.error().kind == ErrorKind::Transient) {
    return complain_unavailable(call, std::move(answer).error(), "graph-milterctl queue list reads the journal");
  }
  const int printed = print(call, answer);
  return printed == EX_OK && answer->needs_a_person ? kNeedsAPerson : printed;
}

int trace(const Call& call, const config::Settings& settings) {
  const std::string& what = call.operands[0];
  const auto answer = admin::ask_trace(places_of(settings), what, form_of(call));
  const int printed = print(call, answer);
  if (printed != EX_OK || !answer->text.empty()) return printed;
  call.err << format(
      "graph-milterctl: nothing is known of \"{}\"; what became of a message is remembered for {} (trace-for)\n",
      escape_for_log(what, 1000), config::find_option("trace-for")->type.get(settings));
  return kNothingKnown;
}

int queue_list(const Call& call, const config::Settings& settings) {
  return print(call, admin::ask_list(places_of(settings), form_of(call)));
}

int queue_show(const Call& call, const config::Settings& settings) {
  return print(call, admin::ask_entry(places_of(settings), call.operands[0], form_of(call)));
}

int order_all(const Call& call, const config::Settings& settings, queue::Command command) {
  Orders orders(call, settings, command);
  const bool all = names_all(call);
  if (all) {
    if (const Status good = check_all(call, command); !good) return complain_with_status(call, good.error());
    const admin::Which which = command == queue::Command::Release ? admin::Which::Held : admin::Which::Waiting;
    auto ids = admin::ask_ids(places_of(settings), which);
    if (ids) return orders.give(*ids, true);
    if (ids.error().kind != ErrorKind::Transient) return complain_with_status(call, ids.error());
    return complain_unavailable(call, std::move(ids).error(),
                                "only the running daemon changes the queue: start it first");
  }
  const auto ids = named_ids(call);
  return ids ? orders.give(*ids, false) : complain_with_status(call, ids.error());
}

}  // namespace graph_milter::ctl
