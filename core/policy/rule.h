// SPDX-License-Identifier: Apache-2.0
// One [rule NAME] section as a value: whom it is for, and what becomes of the mail.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/bytes.h"
#include "core/base/clock.h"
#include "core/config/settings.h"
#include "core/policy/header_condition.h"
#include "core/policy/mailbox_map.h"
#include "core/policy/match_list.h"
#include "core/policy/sender_map.h"
#include "core/policy/size_set.h"

namespace graph_milter::policy {

enum class Action { Pass, Relay, Reject, TempFail };
std::string_view name_of(Action action);

// How odd the MIME of a message may be that the rule relays (core/mail/tolerance.h).
enum class MimeReading { Strict, Tolerant };

// What becomes of a message whose To or Cc names somebody whom Graph shall not mail: it is left alone, or they are
// taken out of the draft.
enum class HeaderOnly { Pass, Trim };

// How a rule does what it does. Each may also stand in [defaults], for the rules that do not say it themselves.
struct RuleSettings {
  std::string mailbox;                    // canonical; empty: the From address
  std::optional<MailboxMap> mailbox_map;  // in place of `mailbox`: by the From address
  std::string set_from;                   // canonical; for mail whose From is no address of the tenant; empty: none
  MimeReading mime = MimeReading::Strict;
  bool message_as_file = false;              // a message/rfc822 that doesn't fit into the skeleton becomes an .eml file
  std::string name_charset;                  // of file names in raw 8-bit bytes; empty: nobody knows it
  std::optional<ByteCount> part_threshold;   // parts of at least this leave the skeleton; nullopt: see threshold()
  std::optional<MatchList> take_recipients;  // whom Graph gets; not set: all
  HeaderOnly header_only = HeaderOnly::Pass;
  // Over the options of these names.
  std::optional<config::DraftWay> draft = {};
  std::optional<config::Accept> accept;
  std::optional<config::Take> take;
  std::optional<config::Return> return_by;
  std::optional<Duration> sent_copy_for;  // 0: the copy stays
  std::optional<config::Otherwise> otherwise;
  std::optional<bool> pretend;
};

// What the client hears of mail that a rule refuses.
struct Reply {
  std::string enhanced;  // RFC 3463, of the action's class; empty: X.7.1
  std::string text;      // one line of printable ASCII without '%'; empty: words that name the rule
};

// A condition that is not set holds for every message.
struct Rule : RuleSettings {
  std::string name;
  std::string file;  // where it was written, for errors and explain
  int line = 0;
  std::optional<MatchList> client;          // client = 10.1.20.0/24, 127.0.0.1
  std::optional<MatchList> daemon;          // daemon = ORIGINATING: the MTA's {daemon_name}
  std::optional<MatchList> login;           // login = scanner@contoso.com, map:/etc/...
  std::optional<MatchList> from;            // header From: exactly one mailbox, and it matches
  std::optional<MatchList> sender;          // envelope sender
  std::optional<SenderMap> sender_map;      // the login is in this file, and header From in its line there
  std::optional<MatchList> recipient;       // some recipient of the envelope is in it
  std::optional<MatchList> all_recipients;  // each recipient is
  std::optional<MatchList> recipients_are;  // inside, outside, mixed: of tenant-domains
  std::vector<HeaderCondition> headers;     // each of them holds
  std::optional<SizeSet> message_size;      // as received
  std::optional<SizeSet> part_size;         // of the largest part (a leaf that is not body text), decoded
  std::optional<SizeSet> large_parts_size;  // of the parts that reach threshold() together
  std::optional<MatchList> part_type;       // some part has one of these types
  std::optional<MatchList> part_name;       // some part has one of these names
  Action action = Action::Pass;
  Reply reply;  // of Reject and TempFail

  // Parts of at least this are large: part-threshold, else the least that part-size asks for; nullopt: nothing says it.
  std::optional<ByteCount> threshold() const {
    if (part_threshold || !part_size || part_size->is_empty()) return part_threshold;
    const bool only_at_most = part_size->smallest() == 0 && part_size->largest() != SizeSet::kNoLimit;
    return only_at_most ? std::nullopt : std::optional<ByteCount>(part_size->smallest());
  }
};

}  // namespace graph_milter::policy
