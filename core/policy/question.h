// SPDX-License-Identifier: Apache-2.0
// One message as the conditions see it: what is derived from envelope and facts is made when the first rule asks for
// it, and kept for all rules behind it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/mail/envelope.h"
#include "core/mail/facts.h"
#include "core/policy/pattern.h"
#include "core/policy/subject.h"

namespace graph_milter::policy {

// For one thread, for one decision; envelope and facts must outlive it.
class Question {
 public:
  // Without facts only what the envelope says may be asked for.
  explicit Question(const mail::Envelope& envelope) : envelope_(envelope) {}
  // `tenant_domains` are canonical, and outlive it too.
  Question(const mail::Envelope& envelope, const mail::MessageFacts& facts,
           const std::vector<std::string>& tenant_domains)
      : envelope_(envelope), facts_(&facts), tenant_domains_(&tenant_domains) {}

  const mail::Envelope& envelope() const { return envelope_; }
  const mail::MessageFacts& facts() const { return *facts_; }
  PatternWork& work() { return work_; }

  const Subject& client();
  const Subject& daemon();
  const Subject& login();
  const Subject& sender();

  // The one mailbox of the one From field; nullptr: there are none or more, see no_from().
  const Subject* from();
  std::string no_from() const;  // "2 From fields"

  const std::vector<Subject>& recipients();
  const Subject& recipients_are();  // inside, outside, mixed; empty: there are none

  // A leaf that is not body text.
  struct PartSubject {
    Subject type;  // domain: before the slash
    Subject name;  // key: in lower case
    ByteCount size = 0;
  };
  const std::vector<PartSubject>& parts();
  ByteCount largest_part();
  ByteCount size_of_parts(ByteCount least);  // of those that have at least so much, together

 private:
  const mail::Envelope& envelope_;
  const mail::MessageFacts* facts_ = nullptr;
  const std::vector<std::string>* tenant_domains_ = nullptr;
  PatternWork work_;
  std::optional<Subject> client_, daemon_, login_, sender_, from_;
  bool from_is_known_ = false;
  std::optional<std::vector<Subject>> recipients_;
  std::optional<Subject> recipients_are_;
  std::optional<std::vector<PartSubject>> parts_;
};

}  // namespace graph_milter::policy
