// SPDX-License-Identifier: Apache-2.0
// What happens at end of message to one that a relay rule wants: known already, come back, or taken.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "core/intake/answers.h"
#include "core/intake/awaiting.h"
#include "core/intake/intake.h"
#include "core/intake/quota.h"
#include "core/intake/share.h"
#include "core/mail/message_file.h"

namespace graph_milter::intake {

// Refers to what it was made of; lives while one end of message is worked on.
class Taking {
 public:
  Taking(const IntakeContext& context, const mail::Envelope& envelope, mail::MessageFile& file,
         const policy::Decision& decision, const Answers& answers)
      : context_(context), envelope_(envelope), file_(file), decision_(decision), answers_(answers) {}

  // The answer to a message that the queue has already or that left through us before, whatever else stands against
  // taking it: passing the first would deliver it twice. One for which another connection waits is waited for here too.
  // REQUIRES: the file holds all bytes.
  std::optional<Answer> recognise(const mail::MessageFacts& facts, const std::function<bool()>& mta_still_there);

  // The answer to one that recognise() did not know and that its rule relays. `mta_still_there` is asked right before
  // the commit.
  Answer take(mail::MessageFacts facts, const std::function<bool()>& mta_still_there);

  // The answer to one that its rule wants to relay and that can't be, for this reason.
  Answer fall_back(const mail::MessageFacts& facts, const plan::LeaveAlone& why, LogLevel level,
                   const std::function<bool()>& mta_still_there);

  // The same, where the queue must not have it, because nobody knows all recipients: then hold is pass.
  Answer fall_back_unheld(const mail::MessageFacts& facts, const plan::LeaveAlone& why);

  // The answer to one that its rule refuses.
  Answer refuse(const mail::MessageFacts& facts);

  // The answer to one whose bytes could not all be stored.
  Answer not_stored(const mail::MessageFacts& facts, const Error& why);

 private:
  std::optional<Answer> recognise_resend(const mail::MessageFacts& facts, const std::function<bool()>& mta_still_there);
  std::optional<Answer> answer_known(const std::string& id, const mail::MessageFacts& facts,
                                     const std::function<bool()>& mta_still_there);
  std::optional<Answer> recognise_return(const mail::MessageFacts& facts);
  std::optional<Answer> check_service(const mail::MessageFacts& facts, const plan::Plan& plan);
  Answer commit_within_limits(const std::string& id, const plan::Plan& plan, const mail::MessageFacts& facts,
                              const std::function<bool()>& mta_still_there);
  Answer over_limit(const mail::MessageFacts& facts, const OverLimit& why,
                    const std::function<bool()>& mta_still_there);
  Answer fall_back_to_refusal(const mail::MessageFacts& facts, const plan::LeaveAlone& why, bool permanent);
  Answer hold(const mail::MessageFacts& facts, const plan::LeaveAlone& why,
              const std::function<bool()>& mta_still_there);
  Answer commit(const std::string& id, const plan::Plan& plan, const mail::MessageFacts& facts,
                const std::function<bool()>& mta_still_there);
  Answer commit_and_wait(const std::string& id, const plan::Plan& plan, const mail::MessageFacts& facts,
                         const std::function<bool()>& mta_still_there);
  Answer settle(Awaiting& awaiting, const std::string& id, const Addresses& recipients, const mail::MessageFacts& facts,
                const std::function<bool()>& mta_still_there);
  Answer too_many_wait(const mail::MessageFacts& facts);
  Answer tell_mta(Answer taken, const Addresses& recipients) const;
  config::Take how_to_take() const { return decision_.rule->take.value_or(context_.settings.take); }
  bool is_to_be_delivered() const;
  Answer storage_failed(const mail::MessageFacts& facts, const Error& why, bool may_be_known);
  bool may_be_known(const mail::MessageFacts& facts);
  const std::string& rule() const { return decision_.rule->name; }
  config::Otherwise otherwise() const;
  bool refuses() const { return decision_.action != policy::Action::Relay && !decision_.is_objected(); }
  std::string make_seal(const std::string& id) const;

  const IntakeContext& context_;
  const mail::Envelope& envelope_;
  mail::MessageFile& file_;
  const policy::Decision& decision_;
  const Answers& answers_;
  std::string resend_key_;
};

}  // namespace graph_milter::intake
