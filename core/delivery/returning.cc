// SPDX-License-Identifier: Apache-2.0
#include "core/delivery/returning.h"

#include <algorithm>
#include <utility>

#include "core/base/failpoint.h"
#include "core/base/text.h"
#include "core/delivery/events.h"
#include "core/delivery/fates.h"
#include "core/delivery/notification.h"
#include "core/delivery/returning_events.h"

namespace graph_milter::delivery {
namespace {

using queue::EntryState;

Result<bool> has_eight_bit(ByteSource& message) {
  std::string block(64 * 1024, '\0');
  for (ByteCount at = 0; at < message.size();) {
    GM_TRY_ASSIGN(const std::size_t got, message.read_at(at, writable(block)));
    if (got == 0) return fail(ErrorKind::Corrupt, "hand back", "the message ends too early");
    if (!is_ascii(std::string_view(block).substr(0, got))) return true;
    at += got;
  }
  return false;
}

// One try to give one entry to the MTA.
class Return {
 public:
  using Halt = std::optional<Ending>;  // nullopt: go on

  Return(const ReturnSettings& settings, queue::Queue& queue, const Clock& clock, queue::Entry& entry,
         ByteSource& message)
      : settings_(settings), queue_(queue), clock_(clock), entry_(entry), message_(message) {}

  Halt run() {
    const bool hands_back = entry_.progress.give_up->disposal == queue::Disposal::Mta;
    if (hands_back && !settings_.hand_back_to) {
      return Hold{make_error(ErrorKind::Configuration, "hand back", "no port of the MTA is named that takes it",
                             "set hand-back-to and restart, then release the message; or return it")};
    }
    if (auto halt = begin()) return halt;
    if (hands_back) {
      if (auto halt = hand_back()) return halt;
    }
    if (auto halt = tell_sender()) return halt;
    if (auto halt = send_copy()) return halt;
    return end();
  }

 private:
  queue::Progress& progress() { return entry_.progress; }
  TimePoint now() const { return clock_.now(); }

  Halt record(EntryState state) {
    if (state != entry_.state) progress().attempts_before = entry_.attempts;
    entry_.state = state;
    const Status written = queue_.record(entry_);
    if (written) return std::nullopt;
    if (written.error().kind == ErrorKind::Cancelled) return TakenAway{};
    return Stopped{written.error()};
  }

  Halt begin() {
    if (progress().return_unresolved)
      log_possible_duplicate(entry_, "W5", "the MTA may have taken what was given to it before", now());
    ++progress().return_epoch;
    progress().return_unresolved = true;
    progress().fates.resize(entry_.envelope.recipients.size());
    progress().refusals.resize(entry_.envelope.recipients.size());
    if (auto halt = record(EntryState::Returning)) return halt;
    GM_FAILPOINT(C33);
    return std::nullopt;
  }

  Halt hand_back() {
    const std::vector<std::size_t> waiting = waiting_recipients(entry_);
    if (waiting.empty()) return std::nullopt;
    const auto eight_bit = has_eight_bit(message_);
    if (!eight_bit) return failed(eight_bit.error());
    const auto outcome =
        mta::send_mail(*settings_.hand_back_to, hand_back_mail(entry_.envelope, waiting, *eight_bit), message_);
    GM_FAILPOINT(C34);
    if (!outcome && outcome.error().kind != ErrorKind::Permanent) return failed(outcome.error());
    if (!outcome) {
      note_refusal(progress(), waiting, outcome.error());
      return record(EntryState::Returning);
    }
    note_answers(progress(), waiting, *outcome, now() >= progress().give_up->decided + settings_.queue_lifetime);
    if (auto halt = record(EntryState::Returning)) return halt;
    if (waiting_recipients(entry_).empty()) return std::nullopt;
    const mta::SmtpReply put_off = first_put_off(*outcome).value_or(mta::SmtpReply{});
    return failed(
        make_error(ErrorKind::Transient, "SMTP to " + settings_.hand_back_to->server.text(), put_off.words()));
  }

  // A DSN to the sender, unless that was done before or nobody wants one.
  Halt tell_sender() {
    if (progress().sender_told || to_tell() == 0) return std::nullopt;
    const Status told = send_dsn(entry_, message_, mta::DsnAction::Failed, false, settings_, now());
    if (!told) return not_told(told.error());
    GM_FAILPOINT(C35);
    progress().sender_told = true;
    return settings_.notify_address.empty() ? std::nullopt : record(EntryState::Returning);
  }

  Halt not_told(Error error) {
    if (error.kind == ErrorKind::Permanent && error.hint.empty())
      error.hint =
          "the MTA does not take the notification for its sender; hand the message over by other means, or delete it";
    return failed(error);
  }

  // Whom it can't reach for good is not worth holding the message for.
  Halt send_copy() {
    if (settings_.notify_address.empty() || to_tell() == 0) return std::nullopt;
    const Status sent = send_dsn(entry_, message_, mta::DsnAction::Failed, true, settings_, now());
    if (sent) return std::nullopt;
    if (sent.error().kind != ErrorKind::Cancelled) log_no_copy(entry_, settings_.notify_address, sent.error(), now());
    if (sent.error().kind == ErrorKind::Permanent) return std::nullopt;
    return failed(sent.error());
  }

  Halt end() {
    const auto& fates = progress().fates;
    const bool handed_back = std::count(fates.begin(), fates.end(), queue::RecipientFate::Taken) > 0;
    progress().return_unresolved = false;
    entry_.outcome = handed_back ? queue::Outcome::HandedBack : queue::Outcome::Returned;
    if (auto halt = record(EntryState::Returned)) return halt;
    if (handed_back) {
      log_handed_back(entry_, to_tell(), now());
    } else {
      log_returned(entry_, to_tell(), now());
    }
    return std::nullopt;
  }

  Halt failed(const Error& error) {
    if (error.kind == ErrorKind::Unclear) return Retry{error, now()};
    progress().return_unresolved = false;
    if (error.kind == ErrorKind::Permanent || error.kind == ErrorKind::Corrupt || error.kind == ErrorKind::Usage)
      return Hold{error};
    if (error.kind != ErrorKind::Cancelled) return Retry{error, now()};
    // Ends without another word to the journal, which would warn of a duplicate that can't be.
    if (auto halt = record(EntryState::Returning)) return halt;
    return Stopped{error};
  }

  std::size_t to_tell() const { return recipients_to_report(entry_, mta::DsnAction::Failed, settings_).size(); }

  const ReturnSettings& settings_;
  queue::Queue& queue_;
  const Clock& clock_;
  queue::Entry& entry_;
  ByteSource& message_;
};

}  // namespace

Returning::Returning(ReturnSettings settings, queue::Queue& queue, const Clock& clock)
    : settings_(std::move(settings)), queue_(queue), clock_(clock) {}

std::optional<Ending> Returning::give_to_mta(queue::Entry& entry, ByteSource& message) {
  const auto settings = settings_.get();
  return Return(*settings, queue_, clock_, entry, message).run();
}

Status Returning::warn_of_delay(const queue::Entry& entry, ByteSource& message) {
  return tell(entry, message, mta::DsnAction::Delayed);
}

Status Returning::tell_relayed(const queue::Entry& entry, ByteSource& message) {
  return tell(entry, message, mta::DsnAction::Relayed);
}

Status Returning::tell(const queue::Entry& entry, ByteSource& message, mta::DsnAction action) {
  const auto settings = settings_.get();
  const std::size_t to_tell = recipients_to_report(entry, action, *settings).size();
  if (to_tell == 0) return {};
  GM_TRY(send_dsn(entry, message, action, false, *settings, clock_.now()));
  log_notified(entry, action, to_tell, clock_.now());
  if (settings->notify_address.empty()) return {};
  const Status copied = send_dsn(entry, message, action, true, *settings, clock_.now());
  if (!copied) log_no_copy(entry, settings->notify_address, copied.error(), clock_.now());
  return {};
}

}  // namespace graph_milter::delivery
