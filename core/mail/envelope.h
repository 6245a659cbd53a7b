// SPDX-License-Identifier: Apache-2.0
// What SMTP said about a message: who brought it, from whom, to whom, with every ESMTP parameter as it came.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "core/base/clock.h"

namespace graph_milter::mail {

// One reverse-path or forward-path (RFC 5321 section 4.1.2).
struct EnvelopePath {
  std::string argument;                 // exactly as the MTA gave it, angle brackets or not; what smfi_delrcpt wants
  std::string address;                  // without brackets and source route; empty for the null sender <>
  std::vector<std::string> parameters;  // ESMTP parameters verbatim: "SIZE=123", "NOTIFY=NEVER", "ORCPT=rfc822;a@b"
  friend bool operator==(const EnvelopePath&, const EnvelopePath&) = default;
};

// So many recipients of one envelope are kept; the others are only counted. Twice what Graph takes (500), since a
// client may name one more than once. Rules see those that are kept.
inline constexpr std::size_t kMostRecipientsKept = 1000;

struct Envelope {
  std::string queue_id;        // the MTA's, macro i; not unique over time and absent until after the first RCPT
  std::string client_address;  // textual IPv4 or IPv6 without "IPv6:"; empty if the MTA did not say
  std::string client_name;
  std::string helo;
  std::string daemon_name;  // macro {daemon_name}
  std::string login;        // macro {auth_authen}; empty: not authenticated
  std::string auth_type;    // macro {auth_type}
  std::string message_id;   // macro {msg_id}: what the MTA will call a message that has no Message-ID (Sendmail)
  EnvelopePath sender;
  std::vector<EnvelopePath> recipients;  // the first kMostRecipientsKept
  std::size_t further_recipients = 0;    // and so many that were not kept: such mail is never taken
  TimePoint received{};                  // when MAIL FROM was seen
  friend bool operator==(const Envelope&, const Envelope&) = default;

  bool has_null_sender() const { return sender.address.empty(); }
  void add_recipient(EnvelopePath path);
  std::size_t recipient_count() const { return recipients.size() + further_recipients; }
};

// Takes brackets and a source route (RFC 5321 appendix F.2) off; anything else stays as it is.
EnvelopePath make_envelope_path(std::string argument, std::vector<std::string> parameters = {});

}  // namespace graph_milter::mail
