// SPDX-License-Identifier: Apache-2.0
#include "core/delivery/fates.h"

#include "core/base/text.h"
#include "core/delivery/notification.h"

namespace graph_milter::delivery {
namespace {

// A recipient who was accepted shares what becomes of the message.
const mta::SmtpReply& answer_for(const mta::SmtpOutcome& outcome, std::size_t index) {
  const mta::SmtpReply& reply = outcome.recipients[index];
  return reply.ok() && !outcome.taken ? outcome.end : reply;
}

}  // namespace

std::vector<std::size_t> waiting_recipients(const queue::Entry& entry) {
  std::vector<std::size_t> waiting;
  for (std::size_t i = 0; i < entry.envelope.recipients.size(); ++i) {
    const auto& fates = entry.progress.fates;
    if (i >= fates.size() || fates[i] == queue::RecipientFate::Waiting) waiting.push_back(i);
  }
  return waiting;
}

mta::SmtpMail hand_back_mail(const mail::Envelope& envelope, const std::vector<std::size_t>& recipients,
                             bool eight_bit) {
  mta::SmtpMail mail;
  mail.sender = envelope.sender.address;
  mail.parameters = envelope.sender.parameters;
  mail.eight_bit = eight_bit;
  for (const std::string& parameter : envelope.sender.parameters)
    mail.utf8 = mail.utf8 || equal_ignoring_case(parameter, "SMTPUTF8");
  for (const std::size_t index : recipients)
    mail.recipients.push_back({envelope.recipients[index].address, envelope.recipients[index].parameters});
  return mail;
}

void note_answers(queue::Progress& progress, const std::vector<std::size_t>& asked, const mta::SmtpOutcome& outcome,
                  bool patience_is_over) {
  for (std::size_t i = 0; i < asked.size(); ++i) {
    const mta::SmtpReply& answer = answer_for(outcome, i);
    if (answer.ok()) {
      progress.fates[asked[i]] = queue::RecipientFate::Taken;
    } else if (answer.is_final() || patience_is_over) {
      progress.fates[asked[i]] = queue::RecipientFate::Refused;
      progress.refusals[asked[i]] = diagnostic_of(answer);
    }
  }
}

void note_refusal(queue::Progress& progress, const std::vector<std::size_t>& asked, const Error& why) {
  for (const std::size_t index : asked) {
    progress.fates[index] = queue::RecipientFate::Refused;
    progress.refusals[index] = diagnostic_of(why);
  }
}

std::optional<mta::SmtpReply> first_put_off(const mta::SmtpOutcome& outcome) {
  for (std::size_t i = 0; i < outcome.recipients.size(); ++i) {
    const mta::SmtpReply& answer = answer_for(outcome, i);
    if (!answer.ok() && !answer.is_final()) return answer;
  }
  return std::nullopt;
}

}  // namespace graph_milter::delivery
