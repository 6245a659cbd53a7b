// SPDX-License-Identifier: Apache-2.0
// The arriving half: envelope, header and body in, one answer out. No DNS, no HTTP, no token.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/clock.h"
#include "core/config/settings.h"
#include "core/intake/loop_guard.h"
#include "core/intake/once.h"
#include "core/mail/envelope.h"
#include "core/mail/scanner.h"
#include "core/pace/quota.h"
#include "core/plan/plan.h"
#include "core/policy/policy.h"
#include "core/queue/queue.h"
#include "core/queue/service_state.h"

namespace graph_milter::intake {

enum class AnswerKind {
  Accept,    // not ours: the MTA goes on with the untouched message
  Discard,   // taken: the queue has it
  Share,     // taken for `taken`: the MTA deletes these recipients and goes on with the others
  TempFail,  // 4xx: `code`, `enhanced`, `text`
  Reject,    // 5xx
};

// The answer to the MTA at end of message.
struct Answer {
  AnswerKind kind = AnswerKind::Accept;
  std::string code;                     // "452"
  std::string enhanced;                 // RFC 3463, "4.3.1"
  std::string text;                     // one line, printable ASCII, no '%'
  std::vector<std::string> taken = {};  // of Share: recipients, each in the form in which an MTA knows it (share.h)
};

// The queue has the message, or had it.
constexpr bool is_taken(AnswerKind kind) { return kind == AnswerKind::Discard || kind == AnswerKind::Share; }

enum class WhenFull { TempFail, Pass };
enum class WhenDown { Queue, TempFail, Pass };
enum class WhenOverLimit { Pass, TempFail };

struct IntakeSettings {
  std::string instance;
  ByteCount memory_limit = 128 * 1024;
  mail::ScanLimits scan;
  plan::ServiceLimits service;
  WhenFull when_full = WhenFull::TempFail;
  std::size_t log_recipients = 10;  // how many `to` a log line names
  WhenDown when_down = WhenDown::Queue;
  Duration resend_window = std::chrono::hours(24);  // as the queue's
  pace::QuotaRules client_quota, login_quota, mailbox_quota;
  WhenOverLimit when_over_limit = WhenOverLimit::Pass;
  config::DraftWay draft = config::DraftWay::Auto;  // where the rule does not say
  std::string
      lost_copies;  // copies that the MTA makes would be lost by DISCARD, in words; empty: none, or nobody minds
  config::Accept accept = config::Accept::Queued;
  Duration accept_deadline = std::chrono::seconds(240);
  std::size_t accept_waiting = 50;
  config::Take take = config::Take::Discard;
  bool auto_is_json = false;  // what `auto` means: the service does not keep MIME drafts whole
  // Where the rule does not say.
  config::Otherwise otherwise = config::Otherwise::Pass;
  bool pretend = false;
  config::Return return_by = config::Return::Dsn;
  Duration send_settle = std::chrono::hours(24);  // so long the copy in Sent Items is evidence of the send
};

// Why mail that DISCARD would take is left alone where the MTA makes copies of it; nullopt: it is not.
std::optional<plan::LeaveAlone> objection_of_copies(const IntakeSettings& settings, const policy::Rule& rule);

// The service's limits for the mailbox that `decision` chose.
plan::ServiceLimits limits_for(const IntakeSettings& settings, const policy::Policy& policy,
                               const policy::Decision& decision);

// How the draft of a message that `rule` takes shall be made.
plan::DraftWish draft_wish(const IntakeSettings& settings, const policy::Rule& rule);

// What all messages share. Any thread; a reload swaps it whole while messages keep the one they began with.
struct IntakeContext {
  IntakeSettings settings;
  policy::Policy policy;
  std::shared_ptr<queue::Queue> queue;
  std::shared_ptr<Clock> clock;
  std::shared_ptr<const LoopGuard> guard = {};                  // null: nothing is sealed, no seal is known
  std::shared_ptr<const queue::ServiceState> service = {};      // null: all is Up
  std::shared_ptr<pace::Quotas> quotas = {};                    // null: nothing is counted
  std::shared_ptr<Once> limits_hit = std::make_shared<Once>();  // rules whose patterns came to their limit
};

// How much of the spool the message will take, from what MAIL said: its declared SIZE (RFC 1870), if a rule could want
// a message of that size from this client and login, and if a full spool is a reason to refuse it. 0: nothing is known,
// or nothing will be taken.
ByteCount declared_room(const IntakeContext& context, const mail::Envelope& envelope);

// The answer to MAIL, if it must be refused: `room` bytes, of this message and of all others that were promised room
// and have not ended yet, would not fit (452 4.3.1). Asked only where declared_room is not 0; a client that hears it
// now does not upload everything first.
std::optional<Answer> at_mail(const IntakeContext& context, const mail::Envelope& envelope, ByteCount room);

// One message. Calls come from any thread, never two at once. Errors are kept until end(): header() and body() cannot
// answer. Destroying it at any point leaves nothing behind unless end() said Discard.
class Message {
 public:
  Message(std::shared_ptr<const IntakeContext> context, mail::Envelope envelope);
  ~Message();
  Message(Message&&) noexcept;

  // One header field as milters see it: value with its leading space (SMFIP_HDR_LEADSPC), folds as LF + blank.
  void header(std::string_view name, std::string_view value);
  void end_of_headers();
  void body(std::string_view bytes);

  // The MTA's side knows a reason not to take the message, whatever the rules say: `reason` is a stable code for the
  // log.
  void leave_alone(std::string reason, std::string text);

  // What the MTA will call the message if it has no Message-ID of its own; empty: the MTA does not say.
  void set_message_id(std::string message_id);

  // Decides, and if the message is taken, commits; a message that the queue has already, because its client did not
  // hear our answer, is answered as the first time. `queue_id` is the one known at end of message. `mta_still_there` is
  // asked when a rule wants the message and again right before the commit (on TCP only the second question sees that
  // the first one went nowhere); false means nobody waits for the answer, so nothing is committed (TempFail). After the
  // commit of a message that could not be recognised it is asked once more, for the log. Once.
  Answer end(const std::string& queue_id, const std::function<bool()>& mta_still_there);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace graph_milter::intake
