// SPDX-License-Identifier: Apache-2.0
#include "core/config/option_table.h"

#include <vector>

#include "core/base/format.h"
#include "core/base/text.h"
#include "core/config/cloud.h"
#include "core/config/option_checks.h"

namespace graph_milter::config {

namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr ByteCount kKilo = 1024;
constexpr ByteCount kMega = 1024 * kKilo;
constexpr ByteCount kGiga = 1024 * kMega;

// A word option over an enumeration whose values are 0, 1, 2... in the order of `words`.
template <class Enum>
OptionType enum_option(std::vector<std::string> words, Enum Settings::*member) {
  return word_option(
      std::move(words), [member](const Settings& settings) { return static_cast<std::size_t>(settings.*member); },
      [member](Settings& settings, std::size_t index) { settings.*member = static_cast<Enum>(index); });
}

// A word option over a text that is always one of `words`.
OptionType text_word_option(const std::vector<std::string>& words, std::string Settings::*member) {
  return word_option(
      words,
      [words, member](const Settings& settings) {
        std::size_t index = 0;
        while (index + 1 < words.size() && words[index] != settings.*member) ++index;
        return index;
      },
      [words, member](Settings& settings, std::size_t index) { settings.*member = words[index]; });
}

// For what the daemon takes over at SIGUSR1.
Option live(Option option) {
  option.reload = Reload::Live;
  return option;
}

std::vector<Option> all_live(std::vector<Option> options) {
  for (Option& option : options) option.reload = Reload::Live;
  return options;
}

// "keep", or how long copies stay.
OptionType sent_copy_option() {
  static constexpr std::string_view kPrefix = "delete-after ";
  const OptionType time = duration_option(&Settings::sent_copy_for, minutes(1), hours(24 * 365));
  OptionType type = time;
  type.form = "keep|delete-after TIME";
  type.set = [time](Settings& settings, const std::string& name, const std::string& value) -> ValueProblem {
    if (value == "keep") {
      settings.sent_copy_for = Duration(0);
      return {};
    }
    if (value.rfind(kPrefix, 0) == 0) return time.set(settings, name, value.substr(kPrefix.size()));
    return {format("\"{}\" is neither keep nor delete-after TIME", escape_for_log(value, 64)),
            "write for instance delete-after 7d"};
  };
  type.get = [time](const Settings& settings) {
    return settings.sent_copy_for == Duration(0) ? std::string("keep") : std::string(kPrefix) + time.get(settings);
  };
  return type;
}

OptionType facility_option() {
  OptionType type = text_word_option(
      {"mail", "daemon", "user", "local0", "local1", "local2", "local3", "local4", "local5", "local6", "local7"},
      &Settings::syslog_facility);
  type.form = "FACILITY";
  type.range = "mail, daemon, user or local0 to local7";
  return type;
}

std::vector<std::string> cloud_names() {
  std::vector<std::string> names;
  for (const Cloud& cloud : clouds()) names.emplace_back(cloud.name);
  return names;
}

std::vector<Option> microsoft_options() {
  constexpr std::string_view heading = "Microsoft 365";
  return {
      {"tenant",
       heading,
       text_option("DOMAIN|ID", &Settings::tenant, check_tenant),
       "The tenant whose mailboxes send, by its domain or its id. Required.",
       "contoso.onmicrosoft.com",
       {}},
      {"client-id",
       heading,
       text_option("GUID", &Settings::client_id, check_guid),
       "The application id of the app registration. The application needs the application permissions Mail.ReadWrite "
       "and Mail.Send, best limited to the mailboxes that use it. Required.",
       "11111111-2222-4333-8444-555555555555",
       {}},
      {"client-secret-file", heading, text_option("FILE", &Settings::client_secret_file, check_absolute_path),
       "A file that holds the client secret and nothing else. It must belong to root or to the user that runs "
       "graph-milter and be readable by no one else; it is read anew for each token, so a new secret needs no restart. "
       "Either this or client-certificate-file is required.",
       "/etc/graph-milter/client-secret", "a certificate is used"},
      {"client-certificate-file", heading, text_option("FILE", &Settings::client_certificate_file, check_absolute_path),
       "Instead of a secret: a file with the certificate, in PEM form, that is uploaded to the application. It must "
       "belong to root or to the user that runs graph-milter and be writable by no one else. Certificate and key are "
       "read anew for each token, so a new pair needs no restart; while only one of the two is new, the pair read "
       "before is used.",
       "/etc/graph-milter/client-certificate.pem", "a secret is used"},
      {"client-key-file", heading, text_option("FILE", &Settings::client_key_file, check_absolute_path),
       "The private key that belongs to the certificate: RSA, 2048 bits at least, in PEM form, without a passphrase; "
       "permissions as for client-secret-file.",
       "/etc/graph-milter/client-key.pem", "in client-certificate-file"},
      {"client-assertion",
       heading,
       enum_option({"ps256", "rs256"}, &Settings::client_assertion),
       "How the key signs: ps256 names the certificate by its SHA-256 thumbprint (x5t#S256), rs256 by its SHA-1 "
       "thumbprint (x5t), as clients did before.",
       {},
       {}},
      live({"secret-expires", heading, date_option(&Settings::secret_expires),
            "The day on which the client secret ends, as YYYY-MM-DD; Entra shows it beside the secret. The log and a "
            "mail "
            "to "
            "alert-to tell of it 30, 7 and 1 days ahead. A certificate says itself when it ends.",
            "2027-03-31", "nobody warns"}),
      {"outside-mailbox", heading, text_option("ADDRESS", &Settings::outside_mailbox, check_mailbox),
       "A mailbox of the tenant that the application must not be able to use. graph-milterctl config check --graph "
       "asks "
       "for it, and the daemon at its start and daily, to prove that the application is limited to the mailboxes it "
       "needs: if it answers, the log and a mail to alert-to say so.",
       "ceo@contoso.com", "nothing is proven"},
      live({"tenant-domains", heading, list_option("DOMAIN...", &Settings::tenant_domains, check_domain),
            "The domains whose addresses are mailboxes of the tenant: only mail whose From is in one of them is "
            "relayed. A "
            "domain does not stand for its subdomains. Required as soon as a rule relays.",
            "contoso.com", "none"}),
      {"cloud",
       heading,
       text_word_option(cloud_names(), &Settings::cloud),
       "The national cloud of the tenant: it decides graph-url, login-url and upload-hosts.",
       {},
       {}},
      {"graph-url", heading, text_option("URL", &Settings::graph_url, check_https_url),
       "The root of Microsoft Graph, without /v1.0.", "https://graph.microsoft.com", "the cloud's"},
      {"login-url", heading, text_option("URL", &Settings::login_url, check_https_url),
       "The root of the token service.", "https://login.microsoftonline.com", "the cloud's"},
      {"upload-hosts", heading, list_option("HOST...", &Settings::upload_hosts, check_domain),
       "The hosts to which parts may be uploaded; a name also stands for the hosts below it. Graph names the host of "
       "each upload session; one outside this list defers the mail.",
       "outlook.office.com, outlook.office365.com", "the cloud's"},
      {"ca-file", heading, text_option("FILE", &Settings::ca_file, check_absolute_path),
       "The certificate authorities that are trusted for all connections, in PEM form.",
       "/etc/ssl/certs/ca-certificates.crt", "the system's"},
      {"allow-private-addresses",
       heading,
       boolean_option(&Settings::allow_private_addresses),
       "Whether Graph and upload URLs may lead to loopback and private addresses and to ports other than 443. Only for "
       "a proxy or an emulator of one's own.",
       {},
       {}},
  };
}

std::vector<Option> mta_options() {
  constexpr std::string_view heading = "The MTA's side";
  return {
      {"socket",
       heading,
       text_option("SOCKET", &Settings::socket, check_socket),
       "Where the MTA finds the milter: unix:PATH, inet:PORT@HOST or inet6:PORT@HOST. Whoever can connect is believed "
       "every client and login, so an inet socket belongs on a loopback address. -p says the same.",
       {},
       {}},
      {"allow-remote-mta",
       heading,
       boolean_option(&Settings::allow_remote_mta),
       "Whether socket may be an address that other hosts reach. Only where a firewall or a network of its own admits "
       "nobody but the MTA.",
       {},
       {}},
      {"socket-owner", heading, text_option("USER", &Settings::socket_owner, check_account_name),
       "The owner of a unix socket.", "graph-milter", "the user that runs graph-milter"},
      {"socket-group", heading, text_option("GROUP", &Settings::socket_group, check_account_name),
       "The group of a unix socket, by which the MTA gets in.", "postfix", "the group that runs graph-milter"},
      {"socket-mode",
       heading,
       mode_option(&Settings::socket_mode),
       "The permissions of a unix socket, in octal.",
       {},
       {}},
      {"pid-file", heading, text_option("FILE", &Settings::pid_file, check_absolute_path),
       "A file for the process id, removed when the daemon ends. -P says the same.",
       "/run/graph-milter/graph-milter.pid", "none"},
      {"user", heading, text_option("USER[:GROUP]", &Settings::user, check_user),
       "Whom to become after a start as root. -u says the same.", "graph-milter", "stay who we are"},
      {"control-socket",
       heading,
       text_option("FILE", &Settings::control_socket, check_unix_socket_path),
       "The unix socket (mode 0660) at which graph-milterctl asks the running daemon.",
       {},
       "no control socket"},
      {"control-socket-group", heading, text_option("GROUP", &Settings::control_socket_group, check_account_name),
       "The group whose members may ask. Only root and the user that runs graph-milter may change the queue.", "adm",
       "the group that runs graph-milter"},
      live({"postfix-config",
            heading,
            text_option("auto|none|DIRECTORY", &Settings::postfix_config, check_postfix_config),
            "Which Postfix is asked, by postconf, whether it makes copies (always_bcc, sender_bcc_maps, "
            "recipient_bcc_maps), at the start and at each reload: auto is the one of this machine if there is one, "
            "DIRECTORY the one whose main.cf is there, none asks nobody.",
            {},
            {}}),
      live({"bcc-copies",
            heading,
            enum_option({"keep", "lose"}, &Settings::bcc_copies),
            "What becomes of mail that is taken by DISCARD where Postfix makes copies, since these are lost with it: "
            "keep leaves the mail to Postfix (bcc-copies in the log) and says so in the log and in graph-milterctl "
            "status; lose takes it, so that there is no copy.",
            {},
            {}}),
  };
}

std::vector<Option> limit_options() {
  constexpr std::string_view heading = "Limits";
  return all_live({
      {"max-part-size",
       heading,
       size_option(&Settings::max_part_size, kKilo, kGiga),
       "The largest decoded part that is relayed. Graph takes attachments of up to 150000000 bytes.",
       {},
       {}},
      {"max-message-size",
       heading,
       size_or_map_option(&Settings::max_message_size, &Settings::max_message_size_map, kMessageSizes.least,
                          kMessageSizes.most),
       "The largest message that is relayed, as it was received. Not more than the tenant's own limit for sending "
       "(35M by default, 150M at most). map:FILE names a file with a mailbox (user@domain or @domain) and its size in "
       "each line, in the form of Postfix tables; what is not in it may send 35M.",
       {},
       {}},
      {"memory-limit",
       heading,
       size_option(&Settings::memory_limit, 4 * kKilo, 16 * kMega),
       "Messages up to this size are kept in memory while they arrive, larger ones in the spool.",
       {},
       {}},
      {"max-parts",
       heading,
       count_option(&Settings::max_parts, 1, 10'000),
       "Messages of more MIME parts are left to the MTA.",
       {},
       {}},
      {"max-depth",
       heading,
       count_option(&Settings::max_depth, 1, 30),
       "Messages whose MIME parts are nested deeper are left to the MTA.",
       {},
       {}},
  });
}

std::vector<Option> hourly_options() {
  constexpr std::string_view heading = "Limits of an hour";
  constexpr std::size_t kMessages = 1'000'000;
  const auto messages = [&](std::string_view name, std::size_t Settings::*member, std::string_view words) {
    return Option{name, heading, count_option(member, 0, kMessages), words, {}, {}};
  };
  const auto bytes = [&](std::string_view name, ByteCount Settings::*member, std::string_view words) {
    return Option{name, heading, size_option(member, 0, 1024 * kGiga), words, {}, {}};
  };
  return all_live({
      messages(
          "client-messages-per-hour", &Settings::client_messages_per_hour,
          "Messages that are relayed in any hour from one client address, an IPv6 client being its /64. Counted in "
          "memory, from the start of the daemon. 0: no limit."),
      bytes("client-bytes-per-hour", &Settings::client_bytes_per_hour,
            "Bytes of such messages, as they were received. 0: no limit."),
      messages("login-messages-per-hour", &Settings::login_messages_per_hour,
               "Messages that are relayed in any hour for one login. 0: no limit."),
      bytes("login-bytes-per-hour", &Settings::login_bytes_per_hour, "Bytes of such messages. 0: no limit."),
      messages("mailbox-messages-per-hour", &Settings::mailbox_messages_per_hour,
               "Messages that are taken in any hour for one mailbox; mailbox-messages only delays them. 0: no limit."),
      bytes("mailbox-bytes-per-hour", &Settings::mailbox_bytes_per_hour, "Bytes of such messages. 0: no limit."),
      {"when-over-limit",
       heading,
       enum_option({"pass", "tempfail"}, &Settings::when_over_limit),
       "What becomes of a message beyond one of these limits: pass leaves it to the MTA, tempfail answers 450 4.7.1. "
       "The log says client-limit, login-limit or mailbox-limit.",
       {},
       {}},
  });
}

std::vector<Option> rule_options() {
  constexpr std::string_view heading = "Rules that do not say it themselves";
  return all_live({
      {"otherwise",
       heading,
       enum_option({"pass", "reject", "tempfail", "hold"}, &Settings::otherwise),
       "What becomes of a message that a relay rule matches and that can't be relayed, whatever the reason: pass "
       "leaves "
       "it to the MTA; reject and tempfail refuse it, with the reason in the answer; hold takes it and keeps it for "
       "the "
       "administrator (graph-milterctl queue release, return, hand-back). Where the hour's limits, the spool or "
       "Microsoft "
       "365 are the reason, when-over-limit, when-full and when-down come first.",
       {},
       {}},
      {"pretend",
       heading,
       boolean_option(&Settings::pretend),
       "Decide, plan and log what would become of each message (would-relay, would-refuse, would-hold), but leave all "
       "to the MTA.",
       {},
       {}},
  });
}

std::vector<Option> queue_options() {
  constexpr std::string_view heading = "Queue and delivery";
  return {
      {"spool-directory",
       heading,
       text_option("DIRECTORY", &Settings::spool_directory, check_absolute_path),
       "Where messages wait until Graph has them: a local file system with room for a day of mail, mode 0700.",
       {},
       {}},
      {"spool-reserve",
       heading,
       size_option(&Settings::spool_reserve, 0, 1024 * kGiga),
       "Room on the spool's file system that new mail leaves free.",
       {},
       {}},
      live({"when-full",
            heading,
            enum_option({"tempfail", "pass"}, &Settings::when_full),
            "What becomes of new mail when the spool is full or can't be written: tempfail answers 452 4.3.1, pass "
            "leaves "
            "it "
            "to the MTA.",
            {},
            {}}),
      {"spool-ballast",
       heading,
       size_option(&Settings::spool_ballast, 0, kGiga),
       "Room that is kept in a file of its own and given up when the disk is full, so that messages which wait can "
       "still "
       "be finished.",
       {},
       {}},
      {"max-queue-size",
       heading,
       size_option(&Settings::max_queue_size, 0, 1024 * kGiga),
       "All messages that wait together; beyond it the spool counts as full. 0: no limit.",
       {},
       {}},
      live({"accept",
            heading,
            enum_option({"queued", "delivered"}, &Settings::accept),
            "When the MTA hears that a message is taken: queued once it is safe in the spool, delivered once Graph has "
            "it. With delivered the MTA and its client wait as long, and hear 4xx if it is not sent within "
            "accept-deadline, or 5xx with the reason if Graph refuses it: it is not queued then, and nobody gets a "
            "report. A rule may say otherwise.",
            {},
            {}}),
      live({"accept-deadline",
            heading,
            duration_option(&Settings::accept_deadline, Duration(1000), minutes(50)),
            "How long the MTA waits for a message with accept = delivered. It must be less than the E: of Sendmail's "
            "filter line (5 minutes if it says nothing), and than the patience of the MTA's clients; "
            "graph-milterctl config check --mta looks at the former.",
            {},
            {}}),
      live({"accept-waiting",
            heading,
            count_option(&Settings::accept_waiting, 1, 400),
            "How many messages may wait so at a time; more of them are put off with 451. Each holds a process of the "
            "MTA (default_process_limit of Postfix is 100).",
            {},
            {}}),
      live({"take",
            heading,
            enum_option({"discard", "recipients"}, &Settings::take),
            "How the MTA is told that Graph delivers a message: discard ends it there, and with it the copies that the "
            "MTA makes by itself (always_bcc, sender_bcc_maps, recipient_bcc_maps); recipients deletes the recipients "
            "that Graph takes and leaves all others to the MTA. A rule may say otherwise.",
            {},
            {}}),
      live({"when-down",
            heading,
            enum_option({"queue", "tempfail", "pass"}, &Settings::when_down),
            "What becomes of new mail while Graph can't be reached, or while only the administrator can mend what is "
            "wrong: queue takes it as ever, tempfail answers 451 4.4.1, pass leaves it to the MTA.",
            {},
            {}}),
      {"resend-window",
       heading,
       duration_option(&Settings::resend_window, seconds(0), hours(24 * 30)),
       "So long a message that a client sends again (same envelope, Message-ID, Date and content) is known to be the "
       "same one and gets the recorded answer. 0: never.",
       {},
       {}},
      {"trace-for",
       heading,
       duration_option(&Settings::trace_for, hours(24), hours(24 * 366)),
       "How long it is remembered what became of a message, for graph-milterctl trace. Not shorter than resend-window, "
       "and "
       "longer than copies stay in Sent Items.",
       {},
       {}},
      {"instance", heading, text_option("NAME", &Settings::instance, check_instance),
       "The name of this daemon in the X-Graph-Milter-Id field of the mail it sends, different for each spool.", "mx1",
       "made once and kept in the spool"},
      {"workers", heading, count_option(&Settings::workers, 1, 256), "Messages that are delivered at a time.", {}, {}},
      {"mailbox-requests",
       heading,
       count_option(&Settings::mailbox_requests, 1, 4),
       "Requests in flight per mailbox. Graph refuses more than 4.",
       {},
       {}},
      live({"range-size",
            heading,
            size_option(&Settings::range_size, 327'680, 4 * kMega, 327'680),
            "Bytes of one request of an upload session.",
            {},
            {}}),
      live(
          {"draft",
           heading,
           enum_option({"auto", "mime", "json"}, &Settings::draft),
           "How drafts are made: mime keeps nearly all of a message; json keeps what Graph has properties for, one of "
           "its texts among them, and leaves alone what it can't represent. auto does what graph-milterctl probe found "
           "out to be right for this Graph: mime, unless a MIME draft does not stay whole when attachments are added, "
           "then json where it can. A rule may say otherwise.",
           {},
           {}}),
      live({"verify",
            heading,
            enum_option({"size", "hash"}, &Settings::verify),
            "How a draft is compared with the message before it is sent: by recipients and by names and sizes of its "
            "attachments, or (hash) by reading the attachments back as well.",
            {},
            {}}),
      live({"retry-initial",
            heading,
            duration_option(&Settings::retry_initial, Duration(10), hours(24)),
            "How long a message waits after its first failed delivery; each further failure doubles it.",
            {},
            {}}),
      live({"retry-max",
            heading,
            duration_option(&Settings::retry_max, Duration(10), hours(24 * 7)),
            "The longest such wait.",
            {},
            {}}),
      {"connect-timeout",
       heading,
       duration_option(&Settings::connect_timeout, Duration(100), minutes(5)),
       "How long a connection to Graph may take to come about.",
       {},
       {}},
      {"stall-timeout",
       heading,
       duration_option(&Settings::stall_timeout, Duration(100), hours(1)),
       "How long a request may stand still before it is given up.",
       {},
       {}},
      live({"send-recheck",
            heading,
            duration_option(&Settings::send_recheck, Duration(10), hours(1)),
            "How long to wait between two questions whether a send whose answer was lost took place.",
            {},
            {}}),
      live({"send-settle",
            heading,
            duration_option(&Settings::send_settle, Duration(10), hours(24 * 30)),
            "How long such a send is asked about before it is held for the administrator.",
            {},
            {}}),
      live({"draft-settle",
            heading,
            duration_option(&Settings::draft_settle, Duration(10), minutes(10)),
            "How long a draft whose creation was not answered may stay hidden from a search before another one is "
            "made. A "
            "new draft that is not found by its id counts as gone after twelve times as long.",
            {},
            {}}),
      live({"shutdown-grace",
            heading,
            duration_option(&Settings::shutdown_grace, seconds(0), minutes(10)),
            "How long work in flight may go on after the order to stop.",
            {},
            {}}),
  };
}

std::vector<Option> pace_options() {
  constexpr std::string_view heading = "Pacing";
  return {
      {"mailbox-messages",
       heading,
       count_option(&Settings::mailbox_messages, 0, 10'000),
       "Messages a minute that are sent from one mailbox. Exchange Online takes 30. 0: no limit.",
       {},
       {}},
      {"mailbox-recipients",
       heading,
       count_option(&Settings::mailbox_recipients, 0, 10'000'000),
       "Recipients in 24 hours to which one mailbox sends. Exchange Online takes 10000. 0: no limit.",
       {},
       {}},
      {"byte-budget",
       heading,
       size_option(&Settings::byte_budget, 0, 1024 * kGiga),
       "Bytes that are uploaded for one mailbox in byte-budget-window. Graph's published limit is 150000000 in five "
       "minutes. 0: no limit.",
       {},
       {}},
      {"byte-budget-window",
       heading,
       duration_option(&Settings::byte_budget_window, seconds(1), hours(24)),
       "The time in which byte-budget is used up.",
       {},
       {}},
      {"byte-budget-use",
       heading,
       enum_option({"when-throttled", "always"}, &Settings::byte_budget_use),
       "Whether byte-budget counts from the start, or for a mailbox only after Graph has throttled it, which many "
       "tenants never see for uploads.",
       {},
       {}},
      {"nodes",
       heading,
       count_option(&Settings::nodes, 1, 1'000),
       "Hosts whose graph-milter uses this application: what Graph allows per application and mailbox is divided by "
       "it.",
       {},
       {}},
  };
}

std::vector<Option> return_options() {
  constexpr std::string_view heading = "Returning";
  return {
      live({"queue-lifetime",
            heading,
            duration_option(&Settings::queue_lifetime, seconds(1), hours(24 * 100)),
            "How long delivery is tried before a message is returned. What only the administrator can mend does not "
            "count.",
            {},
            {}}),
      {"return",
       heading,
       enum_option({"dsn", "mta", "hold"}, &Settings::return_by),
       "What becomes of a message that can't be delivered: dsn tells the sender (RFC 3464), mta gives the original to "
       "hand-back-to, hold keeps it for the administrator.",
       {},
       {}},
      live({"mta",
            heading,
            text_option("SOCKET", &Settings::mta, check_smtp_server),
            "The MTA's SMTP port, to which delivery status notifications and alerts are given: inet:PORT@HOST, "
            "inet6:PORT@HOST or unix:PATH.",
            {},
            {}}),
      live({"hand-back-to", heading, text_option("SOCKET", &Settings::hand_back_to, check_smtp_server),
            "An SMTP port of the MTA without this milter, to which return = mta gives originals.",
            "inet:10025@127.0.0.1", "none"}),
      live({"notify-address", heading, text_option("ADDRESS", &Settings::notify_address, check_address),
            "Who gets a copy of every delivery status notification.", "postmaster@contoso.com", "nobody"}),
      live({"delay-warning",
            heading,
            duration_option(&Settings::delay_warning, seconds(0), hours(24 * 100)),
            "When the sender is told that a message is delayed. 0: never.",
            {},
            {}}),
      live({"alert-to",
            heading,
            text_option("ADDRESS", &Settings::alert_to, check_address),
            "Who is told when only the administrator can mend what keeps mail from being delivered.",
            {},
            "nobody"}),
      live({"alert-interval",
            heading,
            duration_option(&Settings::alert_interval, seconds(1), hours(24 * 7)),
            "How often it is said again while it lasts.",
            {},
            {}}),
      live({"hostname", heading, text_option("NAME", &Settings::hostname, check_domain),
            "The name by which this host calls itself to the MTA and in notifications.", "relay.contoso.com",
            "the system's"}),
      {"loop-key-file", heading, text_option("FILE", &Settings::loop_key_file, check_absolute_path),
       "A file with the key by which our own mail is known when it comes back; hosts that could get each other's mail "
       "share it. 16 bytes at least; permissions as for client-secret-file.",
       "/etc/graph-milter/loop-key", "made once and kept in the spool"},
  };
}

std::vector<Option> sweep_options() {
  constexpr std::string_view heading = "Housekeeping";
  return {
      live({"sweep-interval",
            heading,
            duration_option(&Settings::sweep_interval, Duration(100), hours(24)),
            "How often what was left behind is looked for: old tombstones, abandoned drafts, sent copies.",
            {},
            {}}),
      live({"abandoned-after",
            heading,
            duration_option(&Settings::abandoned_after, seconds(1), hours(24 * 30)),
            "When a draft of ours that belongs to no message in the queue is deleted.",
            {},
            {}}),
      live({"adopt-instance", heading, list_option("NAME...", &Settings::adopt_instance, check_instance),
            "Other instances, whose spool is gone for good, whose abandoned drafts are deleted too.", "old-mx1",
            "none"}),
      live({"sent-copy",
            heading,
            sent_copy_option(),
            "Whether the copy in Sent Items stays. It is never deleted before send-settle and resend-window are over.",
            {},
            {}}),
  };
}

std::vector<Option> log_options() {
  constexpr std::string_view heading = "Logs";
  return all_live({
      {"log-target",
       heading,
       enum_option({"stderr", "syslog", "journald"}, &Settings::log_target),
       "Where log lines go; journald is stderr with priorities that systemd reads. -l says syslog; -f without -l says "
       "stderr where the file says nothing.",
       {},
       {}},
      {"log-level",
       heading,
       enum_option({"debug", "info", "warning", "error"}, &Settings::log_level),
       "The least important lines that are written. -v says debug.",
       {},
       {}},
      {"syslog-facility", heading, facility_option(), "The facility of the lines in syslog.", {}, {}},
  });
}

std::vector<Option> make_table() {
  std::vector<Option> table;
  for (auto make : {microsoft_options, mta_options, limit_options, hourly_options, rule_options, queue_options,
                    pace_options, return_options, sweep_options, log_options}) {
    for (Option& option : make()) table.push_back(std::move(option));
  }
  return table;
}

}  // namespace

std::span<const Option> option_table() {
  static const std::vector<Option> table = make_table();
  return table;
}

const Option* find_option(std::string_view name) {
  for (const Option& option : option_table()) {
    if (option.name == name) return &option;
  }
  return nullptr;
}

std::string_view nearest_option(std::string_view name) {
  std::vector<std::string_view> names = {"include"};
  for (const Option& option : option_table()) names.push_back(option.name);
  return nearest_word(name, names);
}

}  // namespace graph_milter::config
