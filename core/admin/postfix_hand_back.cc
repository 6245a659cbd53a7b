// SPDX-License-Identifier: Apache-2.0
#include "core/admin/postfix_hand_back.h"

#include <algorithm>
#include <array>

#include "core/base/format.h"
#include "core/base/text.h"

namespace graph_milter::admin {

namespace {

using config::SocketAddress;
using config::SocketFamily;
using mta::PostfixService;

struct PortName {
  std::string_view name;
  std::uint16_t port;
};
constexpr std::array kPortNames = {PortName{"smtp", 25}, PortName{"smtps", 465}, PortName{"submissions", 465},
                                   PortName{"submission", 587}};

std::optional<std::uint64_t> port_number(std::string_view port) {
  for (const PortName& known : kPortNames) {
    if (known.name == port) return known.port;
  }
  return parse_unsigned(port);
}

bool is_loopback(const std::string& host) { return host == "localhost" || host == "::1" || host.starts_with("127."); }

// A service is named PORT, HOST:PORT or [HOST]:PORT.
bool listens_at(const PostfixService& service, const SocketAddress& address) {
  if (service.command != "smtpd" || service.type != "inet") return false;
  const std::size_t colon = service.name.rfind(':');
  const std::string_view name = service.name;
  const std::string_view port = colon == std::string_view::npos ? name : name.substr(colon + 1);
  if (port_number(port) != address.port) return false;
  if (colon == std::string_view::npos) return true;
  std::string host = to_lower(name.substr(0, colon));
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  const bool any = host == "0.0.0.0" || host == "::";
  return any || host == to_lower(address.host) || (is_loopback(host) && is_loopback(to_lower(address.host)));
}

class HandBack {
 public:
  HandBack(const PostfixQuestion& question, const std::vector<PostfixAsker>& askers, PostfixWords& words,
           const SocketAddress& address)
      : postfix_(question.postfix), ours_(question.ours), askers_(askers), words_(words), address_(address) {}

  void check() {
    const auto& services = postfix_.services();
    const auto found = std::find_if(services.begin(), services.end(),
                                    [&](const PostfixService& service) { return listens_at(service, address_); });
    if (found == services.end()) return tell_missing();
    service_ = &*found;
    if (asks_us()) return tell_round();
    words_.add(Severity::Good, label(), "hand-back-to leads here, past this milter");
    check_mappings();
    check_networks();
    check_keywords();
    check_size();
  }

 private:
  std::string label() const { return "postfix " + service_->label(); }
  std::string place() const { return format("{}:{}", address_.host, address_.port); }

  void tell_missing() {
    const std::string line = format("{}/inet='{} inet n - n - - smtpd -o smtpd_milters='", place(), place());
    words_.add(ours_.hands_back ? Severity::Error : Severity::Warning, "postfix",
               format("no smtpd listens at {}, where hand-back-to gives originals", place()),
               format("{} -M {}", words_.command(), line));
  }

  bool asks_us() const {
    return std::any_of(askers_.begin(), askers_.end(),
                       [&](const PostfixAsker& asker) { return asker.service == service_; });
  }

  void tell_round() {
    words_.add(Severity::Error, label(),
               "hand-back-to leads here, but this smtpd asks this milter, so originals would come back",
               format("{} -P '{}/smtpd_milters='", words_.command(), service_->label()));
  }

  void check_mappings() {
    const auto words = split_list(postfix_.get(*service_, "receive_override_options"));
    if (std::find(words.begin(), words.end(), "no_address_mappings") == words.end()) return;
    words_.add(
        Severity::Warning, words_.where(*service_, "receive_override_options"),
        "receive_override_options has no_address_mappings: aliases and copies of an original that is handed back "
        "have not been made yet, and are not made then",
        "leave it out of the service's receive_override_options");
  }

  // Files and tables can't be seen from here.
  void check_networks() {
    const auto networks = split_list(postfix_.get(*service_, "mynetworks"));
    for (const std::string& network : networks) {
      const bool unseen = network.starts_with('/') || network.find(":/") != std::string::npos;
      const bool loopback = network.starts_with("127.") || network.starts_with("[::1]") || network == "0.0.0.0/0";
      if (unseen || loopback) return;
    }
    words_.add(Severity::Warning, words_.where(*service_, "mynetworks"),
               "mynetworks has no loopback address, so smtpd may refuse what is handed back",
               words_.set(*service_, "mynetworks", "127.0.0.0/8 [::1]/128"));
  }

  void check_keywords() {
    for (const std::string& word : split_list(to_lower(postfix_.get(*service_, "smtpd_discard_ehlo_keywords")))) {
      if (word != "8bitmime" && word != "smtputf8" && word != "dsn") continue;
      words_.add(
          Severity::Warning, words_.where(*service_, "smtpd_discard_ehlo_keywords"),
          format("smtpd_discard_ehlo_keywords hides {}: an original that needs it can't be handed back as it was",
                 word),
          format("{} -P '{}/smtpd_discard_ehlo_keywords='", words_.command(), service_->label()));
    }
  }

  void check_size() {
    const auto limit = parse_unsigned(postfix_.get(*service_, "message_size_limit"));
    if (!limit || *limit == 0 || *limit >= ours_.largest_message) return;
    words_.add(Severity::Warning, words_.where(*service_, "message_size_limit"),
               format("message_size_limit is {}: larger originals can't be handed back, though max-message-size is {}",
                      *limit, ours_.largest_message),
               words_.set(*service_, "message_size_limit", std::to_string(ours_.largest_message)));
  }

  const mta::PostfixSettings& postfix_;
  const OurSide& ours_;
  const std::vector<PostfixAsker>& askers_;
  PostfixWords& words_;
  const SocketAddress& address_;
  const PostfixService* service_ = nullptr;
};

}  // namespace

void check_hand_back(const PostfixQuestion& question, const std::vector<PostfixAsker>& askers, PostfixWords& words) {
  if (question.ours.hand_back_to.empty()) return;
  const auto address = config::parse_socket_address(question.ours.hand_back_to, "hand-back-to");
  // Another host's Postfix is not the one that was asked.
  if (!address || address->family == SocketFamily::Unix || !is_loopback(to_lower(address->host))) return;
  HandBack(question, askers, words, *address).check();
}

}  // namespace graph_milter::admin
