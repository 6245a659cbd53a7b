// SPDX-License-Identifier: Apache-2.0
// Where Postfix asks this milter: which of its services, by which parameter, and at which place in the list. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/clock.h"
#include "core/config/socket_address.h"
#include "core/mta/postfix_settings.h"

namespace graph_milter::admin {

// A service whose mail comes to us, or would if it found our socket.
struct PostfixAsker {
  const mta::PostfixService* service = nullptr;  // smtpd, or the cleanup(8) of sendmail(1)'s mail
  const mta::PostfixService* cleanup = nullptr;  // who makes the copies; null: master.cf has none
  std::string_view parameter;                    // "smtpd_milters", "non_smtpd_milters"
  std::vector<mta::PostfixMilter> milters;
  std::size_t ours = 0;   // which of them we are
  std::string looks_for;  // not empty: it will not find us, since it looks for our socket at this path
};

std::vector<PostfixAsker> find_askers(const mta::PostfixSettings& postfix, const config::SocketAddress& socket);

// How Postfix is told of the socket: below the queue directory by a relative path, which is right with and without
// chroot.
std::string postfix_name(const mta::PostfixSettings& postfix, const config::SocketAddress& socket);

// always_bcc, sender_bcc_maps, recipient_bcc_maps as they are set ("always_bcc = a@b") for the mail that comes to us,
// each once; where nobody asks us, as they are set for all mail.
std::vector<std::string> bcc_settings(const mta::PostfixSettings& postfix, const std::vector<PostfixAsker>& askers);

// "300s", "5m", "1h", "2d", "1w", "30": nullopt if it is no time.
std::optional<Duration> parse_postfix_time(std::string_view text);

}  // namespace graph_milter::admin
