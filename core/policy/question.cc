// SPDX-License-Identifier: Apache-2.0
#include "core/policy/question.h"

#include <algorithm>
#include <string_view>

#include "core/base/format.h"
#include "core/mail/address.h"

namespace graph_milter::policy {

namespace {

using mail::MessageFacts;

template <class Make>
const Subject& kept(std::optional<Subject>& subject, Make make, const std::string& text) {
  if (!subject) subject = make(text);
  return *subject;
}

std::size_t count_fields(const MessageFacts& facts, std::string_view name) {
  return static_cast<std::size_t>(std::count_if(facts.headers.begin(), facts.headers.end(),
                                                [&](const mail::HeaderField& field) { return field.name == name; }));
}

bool is_from_group(const MessageFacts& facts) {
  const mail::HeaderField* field = facts.find_header("from");
  return field != nullptr && mail::has_group(field->value);
}

}  // namespace

const Subject& Question::client() { return kept(client_, client_subject, envelope_.client_address); }
const Subject& Question::daemon() { return kept(daemon_, word_subject, envelope_.daemon_name); }
const Subject& Question::login() { return kept(login_, address_subject, envelope_.login); }
const Subject& Question::sender() { return kept(sender_, address_subject, envelope_.sender.address); }

const Subject* Question::from() {
  if (!from_is_known_) {
    from_is_known_ = true;
    const bool single = facts_->from.size() == 1 && count_fields(*facts_, "from") == 1 && !is_from_group(*facts_);
    if (single) from_ = address_subject(facts_->from.front().address);
  }
  return from_ ? &*from_ : nullptr;
}

std::string Question::no_from() const {
  const std::size_t fields = count_fields(*facts_, "from");
  if (fields != 1) return format("{} From fields", fields);
  if (is_from_group(*facts_)) return "From with a group";
  return format("From with {} mailboxes", facts_->from.size());
}

ByteCount Question::largest_part() {
  if (!largest_part_) largest_part_ = facts_->largest_part();
  return *largest_part_;
}

}  // namespace graph_milter::policy
