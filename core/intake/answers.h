// SPDX-License-Identifier: Apache-2.0
// The answers that the arriving half gives, each with its log line.
#pragma once

#include <functional>
#include <string_view>

#include "core/intake/events.h"
#include "core/intake/intake.h"

namespace graph_milter::intake {

Answer try_later();
Answer no_room();
Answer service_down();
Answer too_much();
Answer not_in_time();
Answer too_many_waiting();
// In words for the client: `why` is Graph's, or ours with a status of class 4.
Answer not_taken(const queue::GiveUp& why);

// The disk is full: what is lacking is room, and nothing else went wrong.
bool is_lack_of_room(const Error& error);

// Gives answers about one message. Refers to what it was made of.
class Answers {
 public:
  Answers(const IntakeContext& context, const mail::Envelope& envelope, ByteCount size)
      : context_(context), envelope_(envelope), size_(size) {}

  EventSubject subject(const mail::MessageFacts* facts) const;

  Answer pass(LogLevel level, const mail::MessageFacts* facts, std::string_view rule, std::string_view reason,
              std::string_view text) const;
  Answer refuse(Answer answer, const mail::MessageFacts* facts, const Error& why) const;
  Answer refuse(Answer answer, const mail::MessageFacts& facts, std::string_view rule, std::string_view reason,
                std::string_view text) const;
  // The rule only pretends: what would be done goes to the log, and the MTA goes on with the message.
  Answer would_relay(const mail::MessageFacts& facts, const plan::Plan& plan) const;
  Answer would_refuse(const Answer& answer, const mail::MessageFacts& facts, std::string_view rule,
                      std::string_view reason, std::string_view text) const;
  Answer would_hold(const mail::MessageFacts& facts, std::string_view rule, std::string_view reason,
                    std::string_view text) const;
  Answer mta_gone(const mail::MessageFacts& facts) const;
  // `may_be_doubled`: the MTA has gone meanwhile, and the message will not be known when its client sends it again.
  // Also of what has no plan.
  Answer taken(const mail::MessageFacts& facts, std::string_view entry_id, const plan::Plan& plan,
               const std::function<bool()>& may_be_doubled) const;
  // accept = delivered: the queue has it, and nobody was told; then Graph has it, or it is ours; or it is not taken.
  void awaited(const mail::MessageFacts& facts, std::string_view entry_id, const plan::Plan& plan) const;
  Answer delivered(const mail::MessageFacts& facts, std::string_view entry_id,
                   const std::function<bool()>& may_be_doubled) const;
  Answer withdrawn(const mail::MessageFacts& facts, std::string_view entry_id, const queue::GiveUp& why) const;
  Answer adopted(const mail::MessageFacts& facts, std::string_view entry_id) const;

 private:
  Answer pretended(const mail::MessageFacts& facts, std::string_view rule) const;

  const IntakeContext& context_;
  const mail::Envelope& envelope_;
  const ByteCount size_;
};

}  // namespace graph_milter::intake
