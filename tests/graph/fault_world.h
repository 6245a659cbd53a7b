// SPDX-License-Identifier: Apache-2.0
// The world in which faults are tried: as in delivery_world.h, with a token service that is asked like any other,
// upload URLs that are looked at as the real door does, and an MTA that takes what comes back. Three ledgers say who
// has the message: the emulator's deliveries, the MTA's mails, and what is held.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "core/delivery/housekeeping.h"
#include "core/graph/mailbox_gate.h"
#include "core/graph/paced_door.h"
#include "core/http/url.h"
#include "tests/graph/delivery_world.h"
#include "tests/support/smtp_server.h"

namespace graph_milter::delivery::test {

// Asks of an upload URL what the door over libcurl asks of it.
class CarefulUploadDoor final : public http::UploadDoor {
 public:
  explicit CarefulUploadDoor(std::shared_ptr<http::UploadDoor> door) : door_(std::move(door)) {
    settings_.upload_hosts = {"outlook.office.com"};
  }
  Result<http::Response> send(const http::Request& request) override {
    GM_TRY(http::check_upload_url(request.url.reveal(), settings_));
    return door_->send(request);
  }

 private:
  std::shared_ptr<http::UploadDoor> door_;
  http::HttpSettings settings_;
};

// One file that stays in the skeleton, one that is posted, one that goes in three ranges.
inline std::vector<TestFile> whole_mail() {
  return {{"note.txt", content_of('a', 20), plan::Way::Post, true},
          {"small.pdf", content_of('b', 700), plan::Way::Post},
          {"large.pdf", content_of('c', 2'500), plan::Way::Session}};
}

// Who has the messages that were put.
struct Holders {
  int delivered = 0;
  int returned = 0;  // the sender was told
  int held = 0;
  int waiting = 0;
  std::string words;  // of the entries that are left
  int all() const { return delivered + returned + held + waiting; }
  std::string text() const {
    return format("{} delivered, {} returned, {} held, {} waiting: {}", delivered, returned, held, waiting, words);
  }
};

class FaultWorld : public World {
 public:
  targets::Services services() override {
    targets::Services services = World::services();
    services.gate = gate_.get();
    return services;
  }

  FaultWorld() {
    mta();  // it listens
    change_tokens_ = true;
    secret_file_ = folder().write("client-secret", service().accepted_secret() + "\n");
    open();
  }

  Holders holders() {
    Holders holders;
    holders.delivered = static_cast<int>(model().deliveries().size());
    holders.returned = static_cast<int>(mta().mails().size());
    const auto left = queue().list();
    EXPECT_TRUE(left);
    for (const queue::EntrySummary& entry : *left) {
      ++(entry.state == queue::EntryState::Held ? holders.held : holders.waiting);
      holders.words += format("[{} {}: {}] ", entry.id, queue::name_of(entry.state), entry.last_error);
    }
    return holders;
  }

  // Whatever was delivered is `files`, to all recipients.
  void expect_whole(const std::vector<TestFile>& files) {
    for (const emulator::Delivery& delivery : model().deliveries()) {
      EXPECT_THAT(delivery.recipients,
                  testing::ElementsAre("alice@example.org", "bob@example.org", "hidden@example.net"));
      EXPECT_EQ(arrived(delivery), sent(files)) << delivery.marker;
    }
  }

  // No message was delivered twice, or delivered and returned.
  void expect_nothing_twice() {
    std::set<std::string> seen;
    for (const emulator::Delivery& delivery : model().deliveries()) {
      const std::string id = delivery.marker.substr(delivery.marker.find('/') + 1);
      EXPECT_TRUE(seen.insert(id).second) << id << " was delivered twice";
    }
    for (const graph_milter::test::TakenMail& mail : mta().mails()) {
      const std::size_t at = mail.content.find("@device>");  // the Message-ID of World::put()
      ASSERT_NE(at, std::string::npos) << mail.content;
      const std::string id = mail.content.substr(mail.content.rfind('<', at) + 1, at - mail.content.rfind('<', at) - 1);
      EXPECT_TRUE(seen.insert(id).second) << id << " was returned twice, or delivered as well";
    }
  }

  // A day later the sweeper comes.
  void sweep() {
    HousekeepingSettings settings;
    settings.instance = "mx1";
    clock().advance(settings.abandoned_after + std::chrono::hours(1));
    AlertSettings nobody;
    nobody.to.clear();
    Alerts alerts(nobody, queue(), service_state(), clock());
    Housekeeping(settings, queue(), services(), alerts).sweep({});
  }

  int open_sessions() {
    const emulator::Counts counts = model().counts();
    return counts.sessions_opened - counts.sessions_finished - counts.sessions_cancelled;
  }

 protected:
  // Both doors behind one gate, as the service has it; nobody sleeps in it.
  std::shared_ptr<http::ApiDoor> make_api_door() override {
    graph::GateSettings settings;
    settings.patience = Duration{0};
    gate_ = std::make_shared<graph::MailboxGate>(shared_clock(), settings);
    const auto careful = std::make_shared<CarefulUploadDoor>(service().upload());
    http::Doors doors = graph::pace_doors({service().api(), careful}, gate_, shared_clock());
    upload_door_ = doors.upload;
    return doors.api;
  }
  std::shared_ptr<http::UploadDoor> make_upload_door() override {
    return upload_door_ ? upload_door_ : World::make_upload_door();
  }

  std::shared_ptr<auth::TokenSource> make_tokens() override {
    if (!change_tokens_) return World::make_tokens();
    const emulator::Settings& tenant = service().settings();
    auth::TokenSettings settings;
    settings.login_url = tenant.login_url;
    settings.tenant = tenant.tenant;
    settings.client_id = tenant.client_id;
    settings.client_secret_file = secret_file_;
    settings.scope = tenant.graph_url + "/.default";
    return auth::make_token_source(std::move(settings), api(), shared_clock());
  }

 private:
  std::shared_ptr<graph::MailboxGate> gate_;
  std::shared_ptr<http::UploadDoor> upload_door_;
  bool change_tokens_ = false;
  std::string secret_file_;
};

}  // namespace graph_milter::delivery::test
