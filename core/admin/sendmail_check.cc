// SPDX-License-Identifier: Apache-2.0
#include "core/admin/sendmail_check.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "core/base/format.h"
#include "core/base/text.h"
#include "core/config/mta_fit.h"
#include "core/config/socket_address.h"

namespace graph_milter::admin {

namespace {

using namespace std::chrono_literals;

// What Sendmail does without T= (sendmail/milter.c), what we ask for, and below what it hurts.
constexpr Duration kOwnReply = 10s, kOwnSend = 10s, kOwnEnd = 5min;
constexpr Duration kLeastReply = 1min, kLeastSend = 30s, kLeastEnd = 1min;
constexpr Duration kUsualEnd = 10min, kBeyondDeadline = 1min;

std::string seconds(Duration time) {
  return format("{} s", std::chrono::duration_cast<std::chrono::seconds>(time).count());
}

bool is(const std::string& socket, const config::SocketAddress& ours) {
  const auto address = config::parse_socket_address(socket, "");
  return address && address->text() == ours.text();
}

bool contains(const std::vector<std::string>& list, const std::string& item) {
  return std::find(list.begin(), list.end(), item) != list.end();
}

std::string join(const std::vector<std::string>& items) {
  std::string out;
  for (const std::string& item : items) out += (out.empty() ? "" : ", ") + item;
  return out;
}

class SendmailCheck {
 public:
  explicit SendmailCheck(const SendmailQuestion& question)
      : question_(question), cf_(question.cf), ours_(question.ours) {}

  std::vector<Finding> run() {
    const mta::CfFilter* ours = find_ours();
    if (ours == nullptr) return std::move(findings_);
    check_use(*ours);
    check_reach();
    check_down(*ours);
    check_timeouts(*ours);
    if (findings_.empty()) {
      add(Severity::Good, ours->line, format("Sendmail asks graph-milter at {}", ours->socket), "");
    }
    check_order(*ours);
    check_daemons(*ours);
    check_rules(*ours);
    check_size();
    return std::move(findings_);
  }

 private:
  void add(Severity severity, std::size_t line, std::string what, std::string hint) {
    const std::string where = line == 0 ? question_.file : format("{}:{}", question_.file, line);
    findings_.push_back({severity, where, std::move(what), std::move(hint)});
  }

  std::string the_line() const {
    const Duration end = std::max(kUsualEnd, ours_.accept_deadline.value_or(Duration(0)) + kBeyondDeadline);
    return format("INPUT_MAIL_FILTER(`graph-milter', `S={}, F=T, T=C:30s;S:30s;R:2m;E:{}m')dnl", ours_.socket.text(),
                  std::chrono::ceil<std::chrono::minutes>(end).count());
  }

  const mta::CfFilter* find_ours() {
    std::vector<const mta::CfFilter*> found;
    std::vector<std::string> others;
    for (const mta::CfFilter& filter : cf_.filters) {
      if (is(filter.socket, ours_.socket)) {
        found.push_back(&filter);
      } else {
        others.push_back(format("{} ({})", filter.name, filter.socket));
      }
    }
    if (found.empty()) {
      const std::string seen = others.empty() ? std::string() : format("; there are {}", join(others));
      add(Severity::Error, 0, format("no mail filter has the socket {}{}", ours_.socket.text(), seen),
          format("write into sendmail.mc: {}", the_line()));
      return nullptr;
    }
    for (std::size_t second = 1; second < found.size(); ++second) {
      add(Severity::Warning, found[second]->line,
          format("{} and {} are both graph-milter: it would be asked twice", found[0]->name, found[second]->name),
          "keep one of them");
    }
    return found.front();
  }

  bool asks(const mta::CfDaemon& daemon, const mta::CfFilter& ours) const {
    return contains(daemon.mail_filters.value_or(cf_.mail_filters), ours.name);
  }

  void check_use(const mta::CfFilter& ours) {
    const bool used = contains(cf_.mail_filters, ours.name) ||
                      std::any_of(cf_.daemons.begin(), cf_.daemons.end(),
                                  [&](const mta::CfDaemon& daemon) { return asks(daemon, ours); });
    if (used) return;
    add(Severity::Error, ours.line, format("InputMailFilters does not name {}: Sendmail never asks it", ours.name),
        "write INPUT_MAIL_FILTER instead of MAIL_FILTER");
  }

  // Sendmail does not even start where it can't reach the socket of a filter with F=T.
  void check_reach() {
    if (ours_.socket.family != config::SocketFamily::Unix) return;
    if (question_.why_closed && !cf_.run_as_user.empty()) {
      if (const auto why = question_.why_closed(ours_.socket.path, cf_.run_as_user)) {
        findings_.push_back(finding_of(Severity::Error, *why));
      }
    }
    if (!question_.why_unsafe) return;
    if (const auto why = question_.why_unsafe(ours_.socket.path)) {
      findings_.push_back(finding_of(Severity::Error, *why));
    }
  }

  void check_down(const mta::CfFilter& ours) {
    if (ours.flags.empty()) {
      add(Severity::Warning, ours.line, "without F= Sendmail delivers mail itself while graph-milter is down",
          "F=T: clients come again");
    } else if (ours.flags == "R") {
      add(Severity::Error, ours.line, "F=R refuses mail for good while graph-milter is down or starts anew",
          "F=T: clients come again");
    }
  }

  void check_timeouts(const mta::CfFilter& ours) {
    for (const std::string& piece : ours.timeouts.unreadable) {
      add(Severity::Warning, ours.line, format("\"{}\" in T= is no time limit", escape_for_log(piece, 64)),
          "write for instance R:2m");
    }
    const auto too_short = [&](std::optional<Duration> set, Duration own, Duration least) {
      const Duration time = set.value_or(own);
      return time != Duration(0) && time < least;  // 0: no limit
    };
    const Duration send = ours.timeouts.send.value_or(kOwnSend);
    if (too_short(ours.timeouts.send, kOwnSend, kLeastSend)) {
      add(Severity::Warning, ours.line,
          format("Sendmail waits {} (S:) until graph-milter takes a piece of a message; a busy disk takes longer",
                 seconds(send)),
          "S:30s in T=");
    }
    const Duration reply = ours.timeouts.reply.value_or(kOwnReply);
    if (too_short(ours.timeouts.reply, kOwnReply, kLeastReply)) {
      add(Severity::Warning, ours.line,
          format("Sendmail waits {} (R:) for an answer; storing a large message can take longer", seconds(reply)),
          "R:2m in T=");
    }
    const Duration end = ours.timeouts.end.value_or(kOwnEnd);
    if (too_short(ours.timeouts.end, kOwnEnd, kLeastEnd)) {
      add(Severity::Warning, ours.line,
          format("Sendmail gives up end of message after {} (E:); storing a large message can take longer",
                 seconds(end)),
          "E:10m in T=");
    }
    if (!ours_.accept_deadline) return;
    const auto limit = [](Duration time) { return time == Duration(0) ? Duration::max() : time; };
    const auto patience = config::patience_of_sendmail(limit(reply), limit(end));
    for (const config::PatienceTrouble& trouble : config::find_impatience(*ours_.accept_deadline, patience)) {
      add(Severity::Error, ours.line, trouble.text, "");
    }
  }

  // By its name: what signs belongs behind us, everything else before.
  static bool signs(const std::string& filter) {
    const std::string name = to_lower(filter);
    return name.find("dkim") != std::string::npos || name.find("openarc") != std::string::npos;
  }

  void check_order(const mta::CfFilter& ours) {
    const std::vector<std::string>& order = cf_.mail_filters;
    const auto at = std::find(order.begin(), order.end(), ours.name);
    if (at == order.end()) return;
    for (auto filter = order.begin(); filter != order.end(); ++filter) {
      if (filter < at && signs(*filter)) {
        add(Severity::Warning, cf_.mail_filters_line,
            format("{} comes before {}: what it signs is made anew in Graph, without the signature", *filter,
                   ours.name),
            "put its INPUT_MAIL_FILTER line behind ours");
      } else if (filter > at && !signs(*filter)) {
        add(Severity::Warning, cf_.mail_filters_line,
            format("{} comes after {}: it sees no mail that graph-milter takes, and what it refuses nobody takes "
                   "back from Graph",
                   *filter, ours.name),
            "put its INPUT_MAIL_FILTER line before ours");
      }
    }
  }

  void check_daemons(const mta::CfFilter& ours) {
    const auto back = config::parse_socket_address(ours_.hand_back_to, "");
    const std::string port = back ? format("{}", back->port) : std::string();
    bool listens = false;
    for (const mta::CfDaemon& daemon : cf_.daemons) {
      const bool takes_back = back && daemon.port == port;
      listens = listens || takes_back;
      if (takes_back && asks(daemon, ours)) {
        add(Severity::Warning, daemon.line,
            format("what is handed back by {} comes to graph-milter again", ours_.hand_back_to),
            "write InputMailFilters= into the DAEMON_OPTIONS of that port");
      } else if (!asks(daemon, ours)) {
        add(Severity::Good, daemon.line,
            format("mail that comes to daemon {}, port {}, goes past graph-milter", daemon.name, daemon.port), "");
      }
    }
    if (back && !listens && !cf_.daemons.empty()) {
      add(Severity::Warning, 0, format("no daemon listens where hand-back-to says, {}", ours_.hand_back_to),
          format("DAEMON_OPTIONS(`Name=REINJECT, Addr={}, Port={}, InputMailFilters=')dnl", back->host, back->port));
    }
  }

  void check_rules(const mta::CfFilter& ours) {
    for (const std::string& name : ours_.daemons) {
      const bool known = std::any_of(cf_.daemons.begin(), cf_.daemons.end(), [&](const mta::CfDaemon& daemon) {
        return daemon.name == name && asks(daemon, ours);
      });
      if (known || cf_.daemons.empty()) continue;
      add(Severity::Warning, 0,
          format("a rule asks for daemon = {}, but no daemon of this name asks graph-milter", name),
          format("Name={} in a line DAEMON_OPTIONS", name));
    }
  }

  void check_size() {
    if (!ours_.relays) return;
    if (cf_.max_message_size == 0 || cf_.max_message_size >= ours_.largest_message) return;
    add(Severity::Warning, cf_.max_message_size_line,
        format("Sendmail refuses mail of more than {} bytes; max-message-size is {}", cf_.max_message_size,
               ours_.largest_message),
        format("define(`confMAX_MESSAGE_SIZE', `{}')dnl", ours_.largest_message));
  }

  const SendmailQuestion& question_;
  const mta::SendmailCf& cf_;
  const OurSide& ours_;
  std::vector<Finding> findings_;
};

}  // namespace

std::vector<Finding> check_sendmail(const SendmailQuestion& question) { return SendmailCheck(question).run(); }

}  // namespace graph_milter::admin
