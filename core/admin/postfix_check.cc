// SPDX-License-Identifier: Apache-2.0
#include "core/admin/postfix_check.h"

#include <algorithm>
#include <array>

#include "core/admin/postfix_hand_back.h"
#include "core/admin/postfix_order.h"
#include "core/admin/postfix_view.h"
#include "core/admin/postfix_words.h"
#include "core/base/format.h"
#include "core/base/text.h"
#include "core/config/mta_fit.h"

namespace graph_milter::admin {

namespace {

using mta::PostfixService;

struct LeastTime {
  std::string_view setting;  // of the milter, in braces; the parameter has "milter_" in front
  Duration least;
  std::string_view usual;  // Postfix's own default
  std::string_view why;
};
constexpr std::string_view kBusy = "a busy machine may need longer to answer";
constexpr std::array kLeastTimes = {
    LeastTime{"connect_timeout", std::chrono::seconds(5), "30s", kBusy},
    LeastTime{"command_timeout", std::chrono::seconds(5), "30s", kBusy},
    LeastTime{"content_timeout", std::chrono::seconds(30), "300s",
              "a busy disk may need longer to make a message safe"},
};

// What a milter of this list has of its own, or what main.cf says.
std::string setting_of(const mta::PostfixSettings& postfix, const PostfixAsker& asker, std::string_view setting) {
  const mta::PostfixMilter& us = asker.milters[asker.ours];
  const auto own = us.settings.find(setting);
  return own != us.settings.end() ? own->second : postfix.get(*asker.service, "milter_" + std::string(setting));
}

class Check {
 public:
  explicit Check(const PostfixQuestion& question)
      : question_(question),
        postfix_(question.postfix),
        ours_(question.ours),
        askers_(find_askers(postfix_, ours_.socket)),
        words_(question.command) {}

  std::vector<Finding> run() {
    check_asked();
    for (const PostfixAsker& asker : askers_) check_asker(asker);
    check_protocol();
    check_macros();
    check_sizes();
    check_copies();
    check_rules();
    check_hand_back(question_, askers_, words_);
    return words_.take();
  }

 private:
  bool is_asked_by(std::string_view parameter) const {
    return std::any_of(askers_.begin(), askers_.end(),
                       [&](const PostfixAsker& asker) { return asker.parameter == parameter; });
  }

  void check_asked() {
    if (!is_asked_by("smtpd_milters")) {
      std::string list = postfix_.get("smtpd_milters");
      list += (list.empty() ? "" : ", ") + postfix_name(postfix_, ours_.socket);
      words_.add(Severity::Error, "postfix", format("no smtpd asks this milter at {}", ours_.socket.text()),
                 words_.set("smtpd_milters", list));
    }
    if (!is_asked_by("non_smtpd_milters")) {
      words_.add(Severity::Good, "postfix",
                 "mail by sendmail(1) does not come here: non_smtpd_milters does not name this milter");
    }
    if (!postfix_.get("smtpd_milter_maps").empty()) {
      words_.add(Severity::Warning, "postfix",
                 format("smtpd_milter_maps = {}: mail of the clients found there goes to other milters",
                        postfix_.get("smtpd_milter_maps")),
                 "look whether it keeps away clients that a rule names");
    }
  }

  void check_asker(const PostfixAsker& asker) {
    if (!asker.looks_for.empty()) return tell_lost(asker);
    const std::string label = "postfix " + asker.service->label();
    if (const auto why = why_closed()) {
      words_.add(Severity::Error, label, why->what, why->hint);
    } else {
      words_.add(Severity::Good, label, format("{} names this milter", asker.parameter));
    }
    check_default_action(asker);
    for (const LeastTime& time : kLeastTimes) check_time(asker, time);
    check_deadline(*asker.service);
    check_other_filters(asker);
    check_order(asker, words_);
    check_clients(*asker.service);
  }

  std::optional<Error> why_closed() const {
    if (ours_.socket.family != config::SocketFamily::Unix || !question_.why_closed) return std::nullopt;
    return question_.why_closed(ours_.socket.path, postfix_.get("mail_owner"));
  }

  void tell_lost(const PostfixAsker& asker) {
    const PostfixService& service = *asker.service;
    const std::string what =
        format("{} runs {}, so it looks for {} at {}, but the socket is {}", service.command,
               service.chroot ? "chrooted in " + postfix_.get("queue_directory") : "without chroot",
               asker.milters[asker.ours].endpoint, asker.looks_for, ours_.socket.path);
    const std::string name = postfix_name(postfix_, ours_.socket);
    const bool below_queue = !name.starts_with("unix:/");
    words_.add(Severity::Error, "postfix " + service.label(), what,
               below_queue ? words_.set(service, asker.parameter, list_with(asker, name))
                           : format("{} -F '{}/chroot = n', or put the socket below {}", words_.command(),
                                    service.label(), postfix_.get("queue_directory")));
  }

  // The asker's list with another text in our place.
  static std::string list_with(const PostfixAsker& asker, const std::string& text) {
    std::string out;
    for (std::size_t i = 0; i < asker.milters.size(); ++i) {
      out += (i == 0 ? "" : ", ") + (i == asker.ours ? text : asker.milters[i].text);
    }
    return out;
  }

  // The asker's list with one setting of ours changed, or the parameter itself where we have none of our own.
  std::string set_ours(const PostfixAsker& asker, const std::string& setting, const std::string& value) const {
    const mta::PostfixMilter& us = asker.milters[asker.ours];
    if (!us.settings.contains(setting)) return words_.set(*asker.service, "milter_" + setting, value);
    std::string text = "{ " + us.endpoint;
    for (const auto& [name, old] : us.settings) text += format(", {}={}", name, name == setting ? value : old);
    return words_.set(*asker.service, asker.parameter, list_with(asker, text + " }"));
  }

  std::string where_ours(const PostfixAsker& asker, const std::string& setting) const {
    const bool own = asker.milters[asker.ours].settings.contains(setting);
    return words_.where(*asker.service, own ? std::string(asker.parameter) : "milter_" + setting);
  }

  void check_default_action(const PostfixAsker& asker) {
    const std::string action = setting_of(postfix_, asker, "default_action");
    const std::string where = where_ours(asker, "default_action");
    const std::string hint = set_ours(asker, "default_action", "tempfail");
    if (action == "accept") {
      words_.add(
          Severity::Warning, where,
          "milter_default_action is accept: while this milter is away, Postfix delivers everything itself, large "
          "mail too",
          hint);
    } else if (action == "quarantine") {
      words_.add(Severity::Warning, where,
                 "milter_default_action is quarantine: while this milter is away, all mail freezes in the hold queue "
                 "until somebody releases it",
                 hint);
    } else if (action == "reject") {
      words_.add(Severity::Error, where,
                 "milter_default_action is reject: while this milter is away or starts anew, clients hear 554 and give "
                 "their mail up",
                 hint);
    }
  }

  void check_time(const PostfixAsker& asker, const LeastTime& time) {
    const std::string setting(time.setting);
    const std::string value = setting_of(postfix_, asker, setting);
    const auto duration = parse_postfix_time(value);
    if (!duration || *duration >= time.least) return;
    words_.add(Severity::Warning, where_ours(asker, setting),
               format("milter_{} is {}: {}; clients hear 451 then", setting, value, time.why),
               set_ours(asker, setting, std::string(time.usual)));
  }

  void check_deadline(const PostfixService& service) {
    const auto patience = parse_postfix_time(postfix_.get(service, "ipc_timeout"));
    if (!ours_.accept_deadline || !patience) return;
    for (const auto& trouble :
         config::find_impatience(*ours_.accept_deadline, config::patience_of_postfix(*patience))) {
      words_.add(Severity::Error, words_.where(service, trouble.option), trouble.text,
                 words_.set(service, trouble.option,
                            format("{}s", std::chrono::duration_cast<std::chrono::seconds>(trouble.must_be).count())));
    }
  }

  void check_other_filters(const PostfixAsker& asker) {
    const PostfixService& service = *asker.service;
    if (const std::string& proxy = postfix_.get(service, "smtpd_proxy_filter"); !proxy.empty()) {
      words_.add(Severity::Error, words_.where(service, "smtpd_proxy_filter"),
                 format("smtpd_proxy_filter = {}: milters of this smtpd see no content", proxy),
                 "name this milter at the smtpd behind the filter instead");
    }
    if (const std::string& filter = postfix_.get(service, "content_filter"); !filter.empty()) {
      words_.add(Severity::Warning, words_.where(service, "content_filter"),
                 format("content_filter = {}: mail that this milter takes never goes through it", filter),
                 "where it must, name this milter only at the smtpd behind the filter");
    }
  }

  void check_clients(const PostfixService& service) {
    if (service.command != "smtpd") return;
    if (const std::string& hosts = postfix_.get(service, "smtpd_authorized_xclient_hosts"); !hosts.empty()) {
      words_.add(Severity::Warning, words_.where(service, "smtpd_authorized_xclient_hosts"),
                 format("smtpd_authorized_xclient_hosts = {}: these hosts may say that they are any client with any "
                        "login, and rules believe it",
                        hosts),
                 words_.set(service, "smtpd_authorized_xclient_hosts", ""));
    }
    const auto discarded = split_list(to_lower(postfix_.get(service, "smtpd_discard_ehlo_keywords")));
    if (std::find(discarded.begin(), discarded.end(), "size") != discarded.end()) {
      words_.add(Severity::Warning, words_.where(service, "smtpd_discard_ehlo_keywords"),
                 "smtpd_discard_ehlo_keywords hides SIZE: clients upload all of a large mail before they hear that it "
                 "is too large, or that there is no room",
                 "leave size out of it");
    }
  }

  void check_protocol() {
    const std::string protocol = postfix_.get("milter_protocol");
    const auto number = parse_unsigned(std::string_view(protocol).substr(0, protocol.find_first_not_of("0123456789")));
    if (!number || *number >= 6) return;
    words_.add(Severity::Error, "postfix", format("milter_protocol is {}: this milter needs 6", protocol),
               words_.set("milter_protocol", "6"));
  }

  // The lists milter_..._macros don't count: we name the macros we need when a connection begins.
  void check_macros() {
    for (const std::string& word : split_list(postfix_.get("milter_macro_defaults"), "{}, \t")) {
      const std::string name = word.substr(0, word.find('='));
      if (name != "auth_authen" && name != "auth_type" && name != "client_addr") continue;
      words_.add(
          Severity::Error, "postfix",
          format("milter_macro_defaults has {}: mail for which Postfix knows no such thing gets it all the same, "
                 "and rules believe it",
                 word),
          "leave it out of milter_macro_defaults");
    }
  }

  void check_sizes() {
    if (!ours_.relays) return;
    for (const PostfixAsker& asker : askers_) check_size(*asker.service);
    if (askers_.empty()) return;
    // Postfix itself refuses to run with a mailbox that holds less than a message.
    const auto message = parse_unsigned(postfix_.get("message_size_limit")).value_or(0);
    const std::uint64_t needed = message == 0 ? 0 : std::max<std::uint64_t>(message, ours_.largest_message);
    const auto mailbox = parse_unsigned(postfix_.get("mailbox_size_limit")).value_or(0);
    if (mailbox == 0 || mailbox >= needed) return;
    words_.add(Severity::Warning, "postfix",
               format("mailbox_size_limit is {}: local(8) does not run where it is less than message_size_limit, {}",
                      mailbox, needed),
               words_.set("mailbox_size_limit", "0"));
  }

  void check_size(const PostfixService& service) {
    const auto limit = parse_unsigned(postfix_.get(service, "message_size_limit"));
    if (!limit || *limit == 0 || *limit >= ours_.largest_message) return;
    words_.add(Severity::Warning, words_.where(service, "message_size_limit"),
               format("message_size_limit is {}: larger mail hears 552, though max-message-size is {}", *limit,
                      ours_.largest_message),
               words_.set(service, "message_size_limit", std::to_string(ours_.largest_message)));
  }

  void check_copies() {
    if (!ours_.discards) return;
    for (const std::string& setting : bcc_settings(postfix_, askers_)) {
      if (ours_.copies_may_be_lost) {
        words_.add(Severity::Warning, "postfix",
                   format("{}: there is no copy of mail that is taken by DISCARD, as bcc-copies = lose says", setting));
      } else {
        words_.add(Severity::Error, "postfix",
                   format("{}: the copy would be lost with mail that is taken by DISCARD, so none is taken", setting),
                   "say bcc-copies = lose if the copies don't matter");
      }
    }
  }

  void check_rules() {
    const auto names = [&](const std::string& daemon) {
      return std::any_of(askers_.begin(), askers_.end(), [&](const PostfixAsker& asker) {
        return postfix_.get(*asker.service, "milter_macro_daemon_name") == daemon;
      });
    };
    for (const std::string& daemon : ours_.daemons) {
      if (askers_.empty() || names(daemon)) continue;
      words_.add(Severity::Warning, "postfix",
                 format("a rule asks for daemon = {}, but no service that asks this milter calls itself so", daemon),
                 format("{} -P 'SERVICE/inet/milter_macro_daemon_name={}'", words_.command(), daemon));
    }
    const bool logs_in = std::any_of(askers_.begin(), askers_.end(), [&](const PostfixAsker& asker) {
      return postfix_.get(*asker.service, "smtpd_sasl_auth_enable") == "yes";
    });
    if (!ours_.logins || logs_in || askers_.empty()) return;
    words_.add(Severity::Warning, "postfix",
               "a rule asks for a login, but no service that asks this milter lets anybody log in",
               format("{} -P 'SERVICE/inet/smtpd_sasl_auth_enable=yes'", words_.command()));
  }

  const PostfixQuestion& question_;
  const mta::PostfixSettings& postfix_;
  const OurSide& ours_;
  const std::vector<PostfixAsker> askers_;
  PostfixWords words_;
};

}  // namespace

std::vector<Finding> check_postfix(const PostfixQuestion& question) { return Check(question).run(); }

}  // namespace graph_milter::admin
