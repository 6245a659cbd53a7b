// SPDX-License-Identifier: Apache-2.0
#include "core/delivery/notification.h"

#include <utility>

#include "core/base/format.h"
#include "core/base/text.h"

namespace graph_milter::delivery {
namespace {

// "smtp; 550 5.1.1 no such user" -> "5.1.1".
std::string status_in(std::string_view diagnostic) {
  const std::size_t semicolon = diagnostic.find(';');
  if (semicolon == std::string_view::npos) return {};
  for (const std::string& word : split_list(diagnostic.substr(semicolon + 1), " ")) {
    if (word.find('.') != std::string::npos) return word;
    if (!parse_unsigned(word)) break;
  }
  return {};
}

mta::DsnRecipient refused_by_graph(const queue::Entry& entry, const ReturnSettings& settings) {
  mta::DsnRecipient recipient;
  const queue::GiveUp& give_up = *entry.progress.give_up;
  recipient.status = give_up.status;
  if (!give_up.diagnostic.empty()) recipient.diagnostic = "x-graph; " + give_up.diagnostic;
  recipient.remote_mta = settings.remote_mta;
  return recipient;
}

mta::DsnRecipient refused_by_mta(const std::string& diagnostic, const ReturnSettings& settings) {
  mta::DsnRecipient recipient;
  recipient.status = status_in(diagnostic);
  recipient.diagnostic = diagnostic;
  recipient.remote_mta = settings.mta.helo;  // it is on this host
  return recipient;
}

mta::DsnRecipient not_failed(const queue::Entry& entry, mta::DsnAction action, const ReturnSettings& settings) {
  mta::DsnRecipient recipient;
  recipient.remote_mta = settings.remote_mta;
  // What the administrator has to mend is not for the sender's eyes.
  const bool tells_why = action == mta::DsnAction::Delayed && entry.progress.needs_administrator == TimePoint{};
  if (tells_why && !entry.last_error.empty()) recipient.diagnostic = "x-graph; " + entry.last_error;
  return recipient;
}

// The MTA has it for this recipient, or may still get it.
bool has_not_failed(const queue::Entry& entry, std::size_t recipient) {
  const auto& fates = entry.progress.fates;
  const auto fate = recipient < fates.size() ? fates[recipient] : queue::RecipientFate::Waiting;
  if (fate == queue::RecipientFate::Waiting) return entry.progress.give_up->disposal == queue::Disposal::Mta;
  return fate == queue::RecipientFate::Taken;
}

mta::DsnRecipient failed(const queue::Entry& entry, std::size_t recipient, const ReturnSettings& settings) {
  const auto& refusals = entry.progress.refusals;
  const bool by_mta = recipient < refusals.size() && !refusals[recipient].empty();
  return by_mta ? refused_by_mta(refusals[recipient], settings) : refused_by_graph(entry, settings);
}

Result<mta::SmtpOutcome> send_composed(const mta::DsnContent& content, ByteSource& message,
                                       const mta::SmtpSettings& settings) {
  GM_TRY_ASSIGN(const mta::DsnMail dsn, mta::compose_dsn(content, message));
  return mta::send_mail(settings, dsn.envelope, *dsn.content);
}

}  // namespace

std::vector<mta::DsnRecipient> recipients_to_report(const queue::Entry& entry, mta::DsnAction action,
                                                    const ReturnSettings& settings) {
  std::vector<mta::DsnRecipient> recipients;
  for (const std::size_t index : mta::wants_notice(entry.envelope, action)) {
    const bool is_failure = action == mta::DsnAction::Failed;
    if (is_failure && has_not_failed(entry, index)) continue;
    mta::DsnRecipient recipient = is_failure ? failed(entry, index, settings) : not_failed(entry, action, settings);
    recipient.path = entry.envelope.recipients[index];
    recipients.push_back(std::move(recipient));
  }
  return recipients;
}

Status send_dsn(const queue::Entry& entry, ByteSource& message, mta::DsnAction action, bool copy,
                const ReturnSettings& settings, TimePoint now) {
  mta::DsnContent content{.action = action,
                          .original = mta::DsnOriginal::Header,
                          .hostname = settings.mta.helo,
                          .entry_id = entry.id,
                          .envelope = entry.envelope,
                          .recipients = recipients_to_report(entry, action, settings),
                          .now = now,
                          .retry_until = std::nullopt,
                          .copy_to = copy ? settings.notify_address : ""};
  if (action == mta::DsnAction::Delayed)
    content.retry_until = entry.accepted + settings.queue_lifetime + entry.progress.administrator_wait;
  if (!copy && mta::wants_whole_message(entry.envelope, action)) {
    content.original = mta::DsnOriginal::Whole;
    Status told = taken_or_why(send_composed(content, message, settings.mta), settings.mta.server);
    // It may be too large with what is put around it, or hold what this server does not take.
    if (told || told.error().kind != ErrorKind::Permanent) return told;
    content.original = mta::DsnOriginal::Header;
  }
  return taken_or_why(send_composed(content, message, settings.mta), settings.mta.server);
}

Status taken_or_why(const Result<mta::SmtpOutcome>& outcome, const mta::SmtpServer& server) {
  if (!outcome) return fail(outcome.error());
  if (outcome->taken) return {};
  const bool by_recipient = !outcome->recipients.empty() && !outcome->recipients.front().ok();
  const mta::SmtpReply& reply = by_recipient ? outcome->recipients.front() : outcome->end;
  Error error =
      make_error(reply.is_final() ? ErrorKind::Permanent : ErrorKind::Transient,
                 format("SMTP to {}: {}", server.text(), by_recipient ? "RCPT" : "end of data"), reply.words());
  error.code = reply.enhanced;
  return fail(std::move(error));
}

std::string diagnostic_of(const mta::SmtpReply& reply) { return "smtp; " + reply.words(); }

std::string diagnostic_of(const Error& error) {
  const bool is_reply = error.what.size() >= 3 && parse_unsigned(std::string_view(error.what).substr(0, 3));
  if (is_reply) return "smtp; " + error.what;
  return "x-graph-milter; " + (error.code.empty() ? "" : error.code + ' ') + error.what;
}

}  // namespace graph_milter::delivery
