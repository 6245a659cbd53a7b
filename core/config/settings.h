// SPDX-License-Identifier: Apache-2.0
// Every option of graph-milter.conf as one plain value; the option table (option_table.h) fills it.
#pragma once

#include <string>
#include <vector>

#include "core/base/bytes.h"
#include "core/base/clock.h"
#include "core/base/log.h"

namespace graph_milter::config {

enum class DraftWay { Auto, Mime, Json };
enum class Accept { Queued, Delivered };
enum class Take { Discard, Recipients };
enum class Verify { Size, Hash };
enum class WhenFull { TempFail, Pass };
enum class WhenDown { Queue, TempFail, Pass };
enum class WhenOverLimit { Pass, TempFail };
enum class BccCopies { Keep, Lose };
enum class Return { Dsn, Mta, Hold };
enum class Assertion { Ps256, Rs256 };
enum class Otherwise { Pass, Reject, TempFail, Hold };
enum class ByteBudgetUse { WhenThrottled, Always };

struct Settings {
  // The MTA's side.
  std::string socket = "unix:/run/graph-milter/graph-milter.sock";
  bool allow_remote_mta = false;  // socket may be one that other hosts reach
  std::string socket_owner;
  std::string socket_group;  // empty: the process's
  unsigned socket_mode = 0660;
  std::string pid_file;
  std::string user;  // USER or USER:GROUP to become after start as root
  std::string control_socket = "/run/graph-milter/control.sock";
  std::string control_socket_group;  // empty: the process's; the mode is always 0660

  std::string postfix_config = "auto";  // whom to ask for copies it makes: auto, none, or a folder with main.cf
  BccCopies bcc_copies = BccCopies::Keep;

  // Microsoft 365.
  std::string tenant;
  std::string client_id;
  std::string client_secret_file;       // empty: a certificate
  std::string client_certificate_file;  // empty: a secret
  std::string client_key_file;          // empty until the configuration is read whole: then the certificate's file
  Assertion client_assertion = Assertion::Ps256;
  TimePoint secret_expires{};   // 0: not known
  std::string outside_mailbox;  // that the application must not reach; empty: none is named
  std::vector<std::string> tenant_domains;
  std::string cloud = "global";  // global, usgov, dod, china
  std::string graph_url;         // empty until fill_in_cloud(); without a slash at the end
  std::string login_url;
  std::string ca_file;
  std::vector<std::string> upload_hosts;  // suffixes; empty until fill_in_cloud()
  bool allow_private_addresses = false;

  // Limits.
  ByteCount max_part_size = 150'000'000;
  ByteCount max_message_size = 36'700'160;
  std::string max_message_size_map;  // path; empty: one size for all
  ByteCount memory_limit = 128 * 1024;
  std::size_t max_parts = 500;
  std::size_t max_depth = 20;
  std::size_t client_messages_per_hour = 0;  // 0: no limit; so all of these
  ByteCount client_bytes_per_hour = 0;
  std::size_t login_messages_per_hour = 0;
  ByteCount login_bytes_per_hour = 0;
  std::size_t mailbox_messages_per_hour = 0;
  ByteCount mailbox_bytes_per_hour = 0;
  WhenOverLimit when_over_limit = WhenOverLimit::Pass;

  // Rules that do not say it themselves.
  Otherwise otherwise = Otherwise::Pass;  // of mail that a relay rule matches and that can't be relayed
  bool pretend = false;                   // decide and log, but leave all to the MTA

  // Queue and delivery.
  std::string spool_directory = "/var/spool/graph-milter";
  std::string instance;  // empty: made once and kept in the spool
  ByteCount spool_reserve = 64 * 1024 * 1024;
  ByteCount spool_ballast = 32 * 1024 * 1024;
  ByteCount max_queue_size = ByteCount{10} * 1024 * 1024 * 1024;  // 0: no limit
  WhenFull when_full = WhenFull::TempFail;
  WhenDown when_down = WhenDown::Queue;
  Accept accept = Accept::Queued;
  Duration accept_deadline = std::chrono::seconds(240);
  std::size_t accept_waiting = 50;  // messages that wait at a time
  Take take = Take::Discard;
  Duration resend_window = std::chrono::hours(24);
  Duration trace_for = std::chrono::hours(30 * 24);  // how long tombstones are kept
  DraftWay draft = DraftWay::Auto;
  Verify verify = Verify::Size;
  ByteCount range_size = 3'932'160;
  std::size_t workers = 8;
  std::size_t mailbox_requests = 4;  // at a time, per mailbox
  Duration retry_initial = std::chrono::seconds(30);
  Duration retry_max = std::chrono::hours(1);
  Duration connect_timeout = std::chrono::seconds(15);
  Duration stall_timeout = std::chrono::seconds(60);
  Duration send_recheck = std::chrono::seconds(30);  // between two questions whether an unclear send took place
  Duration send_settle = std::chrono::hours(24);     // so long an unclear send is asked about
  Duration draft_settle = std::chrono::seconds(10);  // so long a draft whose creation was not answered may be hidden
  Duration shutdown_grace = std::chrono::seconds(25);

  // Pacing.
  std::size_t mailbox_messages = 30;        // a minute, per mailbox; 0: no limit
  std::size_t mailbox_recipients = 10'000;  // in 24 hours, per mailbox; 0: no limit
  ByteCount byte_budget = 150'000'000;      // per mailbox in byte_budget_window; 0: none
  Duration byte_budget_window = std::chrono::minutes(5);
  ByteBudgetUse byte_budget_use = ByteBudgetUse::WhenThrottled;
  std::size_t nodes = 1;  // hosts that share the application; limits are divided by it

  // Returning.
  Duration queue_lifetime = std::chrono::hours(5 * 24);
  Return return_by = Return::Dsn;
  std::string notify_address;  // empty: nobody gets a copy
  Duration delay_warning{0};   // 0: none
  std::string alert_to = "postmaster";
  Duration alert_interval = std::chrono::hours(24);
  std::string mta = "inet:25@127.0.0.1";  // where DSNs and alerts go
  std::string hand_back_to;               // where originals go; empty: not set
  std::string hostname;                   // in DSNs and HELO; empty: the system's
  std::string loop_key_file;              // empty: a key made once and kept in the spool

  // Housekeeping.
  Duration sweep_interval = std::chrono::hours(1);
  Duration abandoned_after = std::chrono::hours(24);  // a draft of ours without an entry
  std::vector<std::string> adopt_instance;            // whose abandoned drafts are ours too
  Duration sent_copy_for{0};                          // 0: kept

  // Logs.
  LogTarget log_target = LogTarget::Syslog;
  LogLevel log_level = LogLevel::Info;
  std::string syslog_facility = "mail";
};

}  // namespace graph_milter::config
