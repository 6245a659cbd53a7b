// SPDX-License-Identifier: Apache-2.0
// Rules: who may have which mail relayed. Pure; read once from the conf file, then only asked.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/config/conf_text.h"
#include "core/mail/envelope.h"
#include "core/mail/facts.h"
#include "core/policy/conditions.h"
#include "core/policy/map_store.h"
#include "core/policy/rule.h"
#include "core/policy/size_map.h"

namespace graph_milter::policy {

// What decided, and why. `rule` is null when no rule matched.
struct Decision {
  const Rule* rule = nullptr;
  Action action = Action::Pass;
  std::string mailbox;  // canonical; only with Relay
  std::string reason;   // stable code when the action is not Relay: "no-rule", "rule", "null-sender", "from",
                        // "tenant-domain", "other-author", "login", "mailbox-map", "pattern-limit"
  std::string text;     // for people
  std::optional<mail::NewAuthor> new_author;  // only with Relay: the From it leaves with (set-from)

  // A relay rule matched, and something speaks against it.
  bool is_objected() const {
    return rule != nullptr && rule->action == Action::Relay && action != Action::Relay && reason != "pattern-limit";
  }
};

class Policy {
 public:
  // Reads the [rule NAME] sections of `conf`, in order, and [defaults]. Refuses, naming file and line: unknown keys
  // (with the nearest one), bad values, a key twice, two rules of one name, a rule without action, a relay rule that
  // does not say who (client, login or sender-map) and which From (from, sender-map or set-from), addresses outside
  // tenant_domains, words for the client where nothing is refused. Sections that are no rules are not read.
  // Maps are opened through `maps`, which the policy keeps; null: a store of its own.
  static Result<Policy> read(const config::ConfText& conf, const std::vector<std::string>& tenant_domains,
                             std::shared_ptr<MapStore> maps = nullptr);

  // From now on mailboxes of `sizes` have a limit of their own (option max-message-size = map:FILE).
  void limit_messages(SizeMap sizes) { sizes_ = std::make_shared<const SizeMap>(std::move(sizes)); }

  // How large a message the mailbox (canonical) may send, and the largest that any may: `otherwise` is the limit of
  // those that have none of their own.
  ByteCount message_limit(std::string_view mailbox, ByteCount otherwise) const;
  ByteCount largest_message_limit(ByteCount otherwise) const;

  const std::vector<Rule>& rules() const { return *rules_; }
  const MapStore& maps() const { return *maps_; }
  const std::vector<std::string>& tenant_domains() const { return tenant_domains_; }  // canonical

  // What can be read, but can't do what somebody meant (rule_warnings.h). `part` is option max-part-size, `message`
  // max-message-size.
  std::vector<Error> warnings(ByteCount part, ByteCount message) const;

  // First match wins; deny by default. A relay rule that matches relays only if also
  //  - the envelope sender is not null,
  //  - there is exactly one From field with one mailbox, in no group, with an unquoted local part, its domain one of
  //    tenant_domains,
  //  - no Resent-* field names another mailbox,
  //  - where neither login nor From was found by name, but by domain or pattern, and no sender-map names them: they are
  //  equal,
  //  - a rule without from and sender-map finds set-from as From, or replaces From by it (set_from.h),
  //  - the rule's mailbox map has a mailbox for From.
  // The envelope sender, where `sender` does not ask for it, and the Sender field may be anybody's: the mail is From's,
  // and the draft carries no other Sender.
  // A rule of which nobody knows whether it matches, since a pattern took too many steps, ends the search: the message
  // is not relayed ("pattern-limit").
  // The verdict of the facts is not asked: that is the plan's. The returned pointer lives as long as the policy.
  Decision decide(const mail::Envelope& envelope, const mail::MessageFacts& facts) const;

  // The smallest message for which any rule that does not pass could match this envelope; nullopt: none can, whatever
  // the content.
  // Lets intake keep small mail in memory and skip reading where no rule could care.
  std::optional<ByteCount> smallest_interesting_size(const mail::Envelope& envelope) const;

  // Every rule in order with the condition that failed, one line each: for explain and -t.
  std::string explain(const mail::Envelope& envelope, const mail::MessageFacts& facts) const;

 private:
  // A rule that does not pass, and the smallest message that it could match.
  struct Interest {
    std::size_t rule = 0;
    ByteCount least = 0;
  };
  static std::vector<Interest> interests_of(const std::vector<Rule>& rules);

  std::shared_ptr<const std::vector<Rule>> rules_;
  std::shared_ptr<const Conditions> conditions_;            // of rules_
  std::shared_ptr<const std::vector<Interest>> interests_;  // in the order of rules_
  std::vector<std::string> tenant_domains_;
  std::shared_ptr<const MapStore> maps_;
  std::shared_ptr<const SizeMap> sizes_;  // null: no mailbox has a limit of its own
};

}  // namespace graph_milter::policy
