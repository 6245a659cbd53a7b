// SPDX-License-Identifier: Apache-2.0
#include "core/policy/question.h"

#include <algorithm>
#include <string_view>

#include "core/base/format.h"
#include "core/base/text.h"
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
  if (facts_->from.empty()) return "From in which no mailbox can be read";
  return format("From with {} mailboxes", facts_->from.size());
}

const std::vector<Subject>& Question::recipients() {
  if (!recipients_) {
    recipients_.emplace();
    for (const mail::EnvelopePath& path : envelope_.recipients) recipients_->push_back(address_subject(path.address));
  }
  return *recipients_;
}

const Subject& Question::recipients_are() {
  if (recipients_are_) return *recipients_are_;
  const auto is_inside = [this](const Subject& recipient) {
    const std::size_t at = recipient.key.rfind('@');
    return at != std::string::npos && std::find(tenant_domains_->begin(), tenant_domains_->end(),
                                                recipient.key.substr(at + 1)) != tenant_domains_->end();
  };
  const auto inside = static_cast<std::size_t>(std::count_if(recipients().begin(), recipients().end(), is_inside));
  const std::size_t all = envelope_.recipient_count();
  std::string_view word = "mixed";
  if (inside == all) word = "inside";
  // Of those that were not kept nobody knows, and one known to be inside makes the rest mixed at most.
  if (inside == 0) word = all == 0 ? "" : "outside";
  return recipients_are_.emplace(word_subject(word));
}

const std::vector<Question::PartSubject>& Question::parts() {
  if (parts_) return *parts_;
  parts_.emplace();
  const std::vector<bool> is_text = mail::body_text_parts(*facts_);
  for (std::size_t i = 0; i < facts_->parts.size(); ++i) {
    const mail::Part& part = facts_->parts[i];
    if (part.is_multipart || is_text[i]) continue;
    const std::string main = part.type.substr(0, part.type.find('/'));
    parts_->push_back(
        {{part.type, part.type, main, {}}, {part.name, to_lower(part.name), {}, {}}, part.body.decoded_size});
  }
  return *parts_;
}

ByteCount Question::largest_part() {
  ByteCount largest = 0;
  for (const PartSubject& part : parts()) largest = std::max(largest, part.size);
  return largest;
}

ByteCount Question::size_of_parts(ByteCount least) {
  ByteCount sum = 0;
  for (const PartSubject& part : parts()) sum += part.size >= least ? part.size : 0;
  return sum;
}

}  // namespace graph_milter::policy
