// SPDX-License-Identifier: Apache-2.0
// A Postfix whose settings suit us, as postconf prints them, to change one thing at a time.
#pragma once

#include <string>
#include <vector>

#include "core/admin/postfix_check.h"

namespace graph_milter::admin {

// What postconf -x, -M and -Px of Postfix 3.7 print, cut to what is looked at.
inline constexpr std::string_view kParameters = R"(always_bcc =
cleanup_service_name = cleanup
compatibility_level = 3.6
content_filter =
mail_owner = postfix
mailbox_size_limit = 0
message_size_limit = 250000000
milter_command_timeout = 30s
milter_connect_timeout = 30s
milter_content_timeout = 300s
milter_default_action = tempfail
milter_macro_daemon_name = mx1.contoso.com
milter_macro_defaults =
milter_protocol = 6
mynetworks = 127.0.0.0/8 [::ffff:127.0.0.0]/104 [::1]/128
non_smtpd_milters = unix:/run/graph-milter/graph-milter.sock
queue_directory = /var/spool/postfix
receive_override_options =
recipient_bcc_maps =
sender_bcc_maps =
smtpd_authorized_xclient_hosts =
smtpd_discard_ehlo_keywords =
smtpd_milter_maps =
smtpd_milters = unix:/run/graph-milter/graph-milter.sock
smtpd_proxy_filter =
smtpd_sasl_auth_enable = no
)";
inline constexpr std::string_view kServices =
    R"(smtp       inet  n       -       n       -       -       smtpd
127.0.0.1:10025 inet n   -       n       -       -       smtpd -o smtpd_milters=
pickup     unix  n       -       n       60      1       pickup
cleanup    unix  n       -       n       -       0       cleanup
)";
inline constexpr std::string_view kOverrides = "127.0.0.1:10025/inet/smtpd_milters =\n";

inline const Finding kSmtpNamesUs{Severity::Good, "postfix smtp/inet", "smtpd_milters names this milter", ""};
inline const Finding kCleanupNamesUs{Severity::Good, "postfix cleanup/unix", "non_smtpd_milters names this milter", ""};
inline const Finding kHandsBack{Severity::Good, "postfix 127.0.0.1:10025/inet",
                                "hand-back-to leads here, past this milter", ""};

struct PostfixCase {
  std::string parameters{kParameters};
  std::string services{kServices};
  std::string overrides{kOverrides};
  OurSide ours{{config::SocketFamily::Unix, "/run/graph-milter/graph-milter.sock", {}, 0},
               36'700'160,
               true,
               true,
               false,
               false,
               {},
               true,
               "inet:10025@127.0.0.1"};
  std::optional<Error> closed = {};

  // Another value for a parameter of main.cf. A later line wins.
  PostfixCase& with(const std::string& name, const std::string& value) {
    parameters += name + " = " + value + "\n";
    return *this;
  }
  PostfixCase& with_override(const std::string& name, const std::string& value) {
    overrides += name + " = " + value + "\n";
    return *this;
  }

  mta::PostfixSettings settings() const { return mta::PostfixSettings::parse(parameters, services, overrides); }
  std::vector<Finding> all() const {
    const auto postfix = settings();
    return check_postfix({postfix, ours, "postconf", [this](const auto&, const auto&) { return closed; }});
  }
  // Without what was found good.
  std::vector<Finding> complaints() const {
    std::vector<Finding> out = all();
    std::erase_if(out, [](const Finding& finding) { return finding.severity == Severity::Good; });
    return out;
  }
};

inline void PrintTo(const Finding& finding, std::ostream* out) { *out << print_findings({finding}); }

}  // namespace graph_milter::admin
