// SPDX-License-Identifier: Apache-2.0
// Who may make us write as a mailbox: every combination of client, login, envelope, From, Sender and daemon that a
// spoofer has, through the milter protocol, against a table of who may what that is written down here a second time.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <set>

#include "core/base/format.h"
#include "tests/milter/daemon_rig.h"
#include "tests/milter/mails.h"

namespace graph_milter::test {
namespace {

const std::string kScanner = "scanner@contoso.com", kAnna = "anna@contoso.com", kBert = "bert@contoso.com",
                  kApp = "app@contoso.com", kChief = "ceo@contoso.com", kTeam = "team@contoso.com";

// The fields with which a message says that it is from `mailbox`, or pretends to.
struct Form {
  std::string name;
  std::vector<std::pair<std::string, std::string>> (*fields)(const std::string& mailbox);
  bool is_plain = false;  // one mailbox, which nobody could read otherwise
};

using Fields = std::vector<std::pair<std::string, std::string>>;

std::string upper(std::string text) {
  for (char& c : text) c = static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
  return text;
}
std::string local_of(const std::string& mailbox) { return mailbox.substr(0, mailbox.find('@')); }

const Form kForms[] = {
    {"plain",
     [](const std::string& m) {
       return Fields{{"From", " " + m}};
     },
     true},
    {"in angles",
     [](const std::string& m) {
       return Fields{{"From", " Somebody <" + m + ">"}};
     },
     true},
    {"capitals",
     [](const std::string& m) {
       return Fields{{"From", " <" + upper(m) + ">"}};
     },
     true},
    {"folded",
     [](const std::string& m) {
       return Fields{{"From", " \"Some\n Body\"\n <" + m + ">"}};
     },
     true},
    {"another address as display name",
     [](const std::string& m) {
       return Fields{{"From", " \"" + kChief + "\" <" + m + ">"}};
     },
     true},
    {"a comment behind it",
     [](const std::string& m) {
       return Fields{{"From", " " + m + " (Cron Daemon)"}};
     },
     true},
    {"its address as the name of another",
     [](const std::string& m) {
       return Fields{{"From", " \"" + m + "\" <" + kChief + ">"}};
     }},
    {"its address as the bare name of another",
     [](const std::string& m) {
       return Fields{{"From", " " + m + " <" + kChief + ">"}};
     }},
    {"two mailboxes",
     [](const std::string& m) {
       return Fields{{"From", " " + m + ", " + kChief}};
     }},
    {"the same mailbox twice",
     [](const std::string& m) {
       return Fields{{"From", " " + m + ", " + m}};
     }},
    {"two From fields",
     [](const std::string& m) {
       return Fields{{"From", " " + m}, {"From", " " + kChief}};
     }},
    {"two From fields, the other way round",
     [](const std::string& m) {
       return Fields{{"From", " " + kChief}, {"From", " " + m}};
     }},
    {"a From with a blank before its colon",
     [](const std::string& m) {
       return Fields{{"From ", " " + kChief}, {"From", " " + m}};
     }},
    {"group",
     [](const std::string& m) {
       return Fields{{"From", " Team: " + m + ";"}};
     }},
    {"empty group",
     [](const std::string& m) {
       return Fields{{"From", " Team:;"}, {"X-From", " " + m}};
     }},
    {"encoded word",
     [](const std::string& m) {
       return Fields{{"From", " =?utf-8?q?" + local_of(m) + "=40contoso=2Ecom?="}};
     }},
    {"encoded word that closes the address",
     [](const std::string& m) {
       return Fields{{"From", " =?utf-8?q?=3C" + local_of(m) + "=40contoso=2Ecom=3E?= <" + kChief + ">"}};
     }},
    {"comment in it",
     [](const std::string& m) {
       return Fields{{"From", " " + local_of(m) + "(x)@contoso.com"}};
     }},
    {"comment with another address before it",
     [](const std::string& m) {
       return Fields{{"From", " (" + kChief + ") " + m}};
     }},
    {"quoted local part",
     [](const std::string& m) {
       return Fields{{"From", " \"" + local_of(m) + "\"@contoso.com"}};
     }},
    {"trailing dot",
     [](const std::string& m) {
       return Fields{{"From", " " + m + "."}};
     }},
    {"route",
     [](const std::string& m) {
       return Fields{{"From", " <@evil.example:" + m + ">"}};
     }},
    {"percent",
     [](const std::string& m) {
       return Fields{{"From", " " + local_of(m) + "%contoso.com@contoso.com"}};
     }},
    {"bang",
     [](const std::string& m) {
       return Fields{{"From", " contoso.com!" + local_of(m) + "@contoso.com"}};
     }},
    {"plus",
     [](const std::string& m) {
       return Fields{{"From", " " + local_of(m) + "+x@contoso.com"}};
     }},
    {"subdomain",
     [](const std::string& m) {
       return Fields{{"From", " " + local_of(m) + "@mail.contoso.com"}};
     }},
    {"longer domain",
     [](const std::string& m) {
       return Fields{{"From", " " + m + ".evil.example"}};
     }},
    {"domain literal",
     [](const std::string& m) {
       return Fields{{"From", " " + local_of(m) + "@[10.1.20.5]"}};
     }},
    {"lookalike domain",
     [](const std::string& m) {
       return Fields{{"From", " " + local_of(m) + "@c\u043Entoso.com"}};
     }},
    {"lookalike domain as A-label",
     [](const std::string& m) {
       return Fields{{"From", " " + local_of(m) + "@xn--cntoso-fze.com"}};
     }},
    {"lookalike local part",
     [](const std::string& m) {
       return Fields{{"From", " \u0455" + m.substr(1)}};
     }},
    {"control character behind it",
     [](const std::string& m) {
       return Fields{{"From", " " + m + "\x01"}};
     }},
    {"Sender and Reply-To only",
     [](const std::string& m) {
       return Fields{{"Sender", " " + m}, {"Reply-To", " " + m}};
     }},
    {"X- fields",
     [](const std::string& m) {
       return Fields{{"From", " " + kChief}, {"X-Mailbox", " " + m}};
     }},
    {"Resent-From",
     [](const std::string& m) {
       return Fields{{"Resent-From", " " + m}, {"From", " " + kChief}};
     }},
    {"somebody resent it",
     [](const std::string& m) {
       return Fields{{"Resent-From", " " + kChief}, {"From", " " + m}};
     }},
    {"no From", [](const std::string&) { return Fields{}; }},
};

struct Case {
  std::string client, daemon, login, sender, mailbox, other_sender;
  const Form* form = nullptr;

  std::string text() const {
    return format("client {} daemon {} login {} envelope {} From {} ({}) Sender {}", client, daemon, login, sender,
                  mailbox, form->name, other_sender);
  }
};

// The table. Nothing here is taken from the program.
bool may_send(const Case& c) {
  if (c.sender == "<>" || !c.form->is_plain) return false;
  const bool is_device = c.client == "10.1.20.5";
  const std::map<std::string, std::set<std::string>> people = {{"anna", {kAnna, kTeam}}, {kBert, {kBert}}};
  if (is_device && c.mailbox == kScanner) return true;
  if (is_device && c.daemon == "ORIGINATING" && c.mailbox == kApp) return true;
  const auto person = people.find(c.login);
  return person != people.end() && person->second.count(c.mailbox) > 0;
}

std::vector<Case> all_cases() {
  std::vector<Case> out;
  for (const char* client : {"10.1.20.5", "203.0.113.5"}) {
    for (const char* daemon : {"", "ORIGINATING"}) {
      for (const char* login : {"", "anna", "bert@contoso.com", "stranger"}) {
        for (const std::string& mailbox : {kScanner, kAnna, kTeam, kApp, kChief}) {
          for (const std::string& sender :
               {"<" + mailbox + ">", std::string("<x@elsewhere.example>"), std::string("<>")}) {
            for (const std::string& other : {std::string(), kChief}) {
              for (const Form& form : kForms) {
                // Forms that name nobody in particular need no product of their own.
                const bool thorough = &form == &kForms[0] || (mailbox != kTeam && mailbox != kApp && sender != "<>");
                if (thorough) out.push_back({client, daemon, login, sender, mailbox, other, &form});
              }
            }
          }
        }
      }
    }
  }
  return out;
}

class SpoofMatrix : public testing::Test {
 protected:
  SpoofMatrix() {
    const std::string senders = folder_.write("senders",
                                              "anna  anna@contoso.com, team@contoso.com\n"
                                              "bert@contoso.com  bert@contoso.com\n");
    RigOptions options;
    options.rules =
        "[rule devices]\nclient = 10.1.20.0/24\nfrom = scanner@contoso.com\naction = relay\n"
        "[rule port]\nclient = 10.1.20.0/24\ndaemon = ORIGINATING\nfrom = app@contoso.com\naction = relay\n"
        "[rule people]\nsender-map = " +
        senders + "\naction = relay\n";
    rig_.emplace(std::move(options));
    rig_->start();
  }

  MilterDriver greeted(const std::string& client, const std::string& daemon) {
    MilterDriver driver = rig_->connect();
    if (!driver.negotiate().accepted) throw std::runtime_error("the milter did not negotiate");
    Macros macros = {{"j", "mta.example"}, {"{client_addr}", client}, {"{client_name}", "10.1.20.5"}};
    if (!daemon.empty()) macros.emplace_back("{daemon_name}", daemon);
    driver.macros(wire::kConnect, macros);
    driver.connect_from("scanner.contoso.com", client);
    driver.helo("10.1.20.5");
    return driver;
  }

  static Mail mail_of(const Case& c, int number) {
    Mail mail = text_mail(number);
    mail.sender = c.sender;
    mail.headers.erase(mail.headers.begin());  // From
    const Fields fields = c.form->fields(c.mailbox);
    mail.headers.insert(mail.headers.begin(), fields.begin(), fields.end());
    if (!c.other_sender.empty()) mail.headers.emplace_back("Sender", " " + c.other_sender);
    return mail;
  }

  TempFolder folder_;
  std::optional<DaemonRig> rig_;
};

TEST_F(SpoofMatrix, TakesWhatARuleAllowsAndNothingElse) {
  const std::vector<Case> cases = all_cases();
  ASSERT_GE(cases.size(), 200U);
  std::map<std::string, std::string> allowed;  // queue id, mailbox
  std::map<std::pair<std::string, std::string>, MilterDriver> drivers;
  for (std::size_t i = 0; i < cases.size(); ++i) {
    const Case& c = cases[i];
    const auto key = std::make_pair(c.client, c.daemon);
    if (drivers.find(key) == drivers.end()) drivers.emplace(key, greeted(c.client, c.daemon));
    MilterDriver& driver = drivers.at(key);
    const std::string queue_id = format("Q{}", i);
    if (c.login.empty()) {
      driver.macros(wire::kMail, {{"{mail_addr}", c.sender}});
    } else {
      driver.macros(wire::kMail, {{"{auth_type}", "PLAIN"}, {"{auth_authen}", c.login}});
    }
    const Packet answer = driver.deliver(mail_of(c, static_cast<int>(i)), queue_id);
    ASSERT_EQ(answer.command, may_send(c) ? wire::kDiscard : wire::kAccept)
        << c.text() << "\n"
        << rig_->words().substr(rig_->words().rfind(queue_id + ":"));
    if (may_send(c)) allowed[queue_id] = c.mailbox;
  }
  EXPECT_GT(allowed.size(), 100U);
  std::map<std::string, std::string> taken;
  for (const auto& entry : rig_->entries()) {
    EXPECT_TRUE(taken.emplace(entry.queue_id, entry.mailbox).second) << entry.queue_id << " was taken twice";
  }
  EXPECT_EQ(taken, allowed);
  std::cout << cases.size() << " combinations, " << allowed.size() << " of them allowed\n";
}

}  // namespace
}  // namespace graph_milter::test
