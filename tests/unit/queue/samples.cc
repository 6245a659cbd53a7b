// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/queue/samples.h"

#include <algorithm>
#include <filesystem>
#include <stdexcept>
#include <utility>

#include "core/base/id.h"
#include "core/queue/sql_session.h"

namespace graph_milter::queue::test {

namespace {

template <class T>
T must(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().text());
  return *std::move(result);
}

void must(const Status& status) {
  if (!status) throw std::runtime_error(status.error().text());
}

}  // namespace

Spooler::Spooler(std::string directory, ByteCount reserve) {
  settings.directory = std::move(directory);
  settings.reserve_bytes = reserve;
  settings.ballast_bytes = 0;
}

void Spooler::open() { queue = must(Queue::open(settings, clock)); }

void Spooler::reopen() {
  close();
  open();
}

std::string Spooler::new_id() const { return make_entry_id(clock->now()); }

Status Spooler::try_put(const std::string& id, const std::string& text, const std::string& mailbox) {
  mail::MessageFile message(queue->incoming_directory(), 1024);
  GM_TRY(message.append(text));
  const auto committed = queue->commit(id, message, sample_envelope(), sample_plan(mailbox), "");
  if (!committed) return fail(committed.error());
  return {};
}

std::string Spooler::put(const std::string& text, const std::string& mailbox) {
  clock->advance(Duration(1));
  std::string id = new_id();
  must(try_put(id, text, mailbox));
  return id;
}

Result<Committed> Spooler::commit(const Mail& mail) {
  clock->advance(Duration(1));
  mail::MessageFile message(queue->incoming_directory(), 1024);
  GM_TRY(message.append(mail.text));
  mail::Envelope envelope = sample_envelope();
  envelope.queue_id = mail.queue_id;
  envelope.sender = mail::make_envelope_path("<" + mail.sender + ">");
  plan::Plan plan = sample_plan(mail.mailbox);
  plan.message_id = mail.message_id;
  return queue->commit(new_id(), message, envelope, plan, mail.resend_key);
}

std::string Spooler::send(const Mail& mail) {
  std::string id = must(commit(mail)).id;
  const Entry entry = lease();
  if (entry.id != id) throw std::runtime_error("something else is due");
  must(queue->finish(advance(entry, EntryState::Sent)));
  return id;
}

Entry Spooler::give_up(Entry entry, Disposal disposal, EntryState state) {
  entry.progress.give_up = GiveUp{disposal, "5.7.1", "403 ErrorSendAsDenied", clock->now()};
  for (const EntryState next :
       {EntryState::GiveUp, EntryState::DraftGone, EntryState::Returning, EntryState::Returned}) {
    if (entry.state >= next || next > state) continue;
    entry.state = next;
    if (next == EntryState::Returning) ++entry.progress.return_epoch;
    if (next == EntryState::Returned) {
      entry.outcome = disposal == Disposal::Mta ? Outcome::HandedBack : Outcome::Returned;
    }
    must(queue->record(entry));
  }
  return entry;
}

Entry Spooler::lease() {
  auto entry = try_lease();
  if (!entry) throw std::runtime_error("nothing is due");
  return *std::move(entry);
}

std::optional<Entry> Spooler::try_lease() { return try_lease(clock->now()); }

std::optional<Entry> Spooler::try_lease(TimePoint now) { return must(queue->lease_next(now, {})); }

Entry Spooler::find(const std::string& id) const {
  auto entry = must(queue->find(id));
  if (!entry) throw std::runtime_error("no entry " + id);
  return *std::move(entry);
}

Entry Spooler::advance(Entry entry, EntryState state) {
  constexpr EntryState kWay[] = {EntryState::DraftIntent, EntryState::Draft, EntryState::Verified,
                                 EntryState::SendIntent, EntryState::Sent};
  for (const EntryState next : kWay) {
    if (entry.state >= next || next > state) continue;
    entry.state = next;
    if (next == EntryState::Draft) entry.progress.draft_id = "AAMk=";
    if (next == EntryState::SendIntent) {
      ++entry.progress.send_epoch;
      entry.progress.send_unresolved = true;
    }
    if (next == EntryState::Sent) entry.outcome = Outcome::Sent;
    must(queue->record(entry));
  }
  return entry;
}

mail::Envelope sample_envelope() {
  mail::Envelope envelope;
  envelope.queue_id = "4Zx1Q";
  envelope.client_address = "10.1.20.7";
  envelope.helo = "scanner";
  envelope.sender = mail::make_envelope_path("<scanner@contoso.com>", {"SIZE=20000000"});
  envelope.recipients = {mail::make_envelope_path("<anna@contoso.com>", {"NOTIFY=NEVER"}),
                         mail::make_envelope_path("<bert@example.org>")};
  envelope.received = kStart;
  return envelope;
}

plan::Plan sample_plan(const std::string& mailbox) {
  plan::Plan plan;
  plan.rule = "scanners";
  plan.mailbox = mailbox;
  plan.message_id = "<1@contoso.com>";
  plan.skeleton.add(std::string("X-Graph-Milter-Id: a/b\r\n"));
  plan.skeleton.add(ByteRange{0, 10});
  plan::PlannedPart part;
  part.index = 1;
  part.name = "scan.pdf";
  part.content_type = "application/pdf";
  part.body.range = ByteRange{10, 20};
  part.body.encoding = mail::TransferEncoding::Base64;
  part.body.decoded_size = 7;
  plan.parts = {part};
  plan.to = {"anna@contoso.com"};
  plan.bcc = {"bert@example.org"};
  return plan;
}

std::string message_path(const std::string& directory, const std::string& id) {
  return directory + "/messages/" + id.substr(10, 2) + "/" + id + ".msg";
}

void damage(const std::string& directory, const std::string& sql) {
  const SessionPointer session = must(open_writer_session(directory + "/journal.sqlite"));
  *session << sql;
}

long long ask_number(const std::string& directory, const std::string& sql) {
  const SessionPointer session = must(open_offline_session(directory + "/journal.sqlite"));
  long long answer = -1;
  *session << sql, soci::into(answer);
  return answer;
}

std::vector<std::string> files_in(const std::string& directory) {
  std::vector<std::string> out;
  for (const char* folder : {"/messages", "/incoming"}) {
    for (const auto& item : std::filesystem::recursive_directory_iterator(directory + folder)) {
      if (!item.is_directory()) out.push_back(item.path().filename().string());
    }
  }
  std::sort(out.begin(), out.end());
  return out;
}

}  // namespace graph_milter::queue::test
