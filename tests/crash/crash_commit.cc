// SPDX-License-Identifier: Apache-2.0
// A small daemon's life with a queue, for a rig that kills it or fails its system calls. What it was told is written to
// a ledger outside the spool; a second run compares the spool with the ledger.
//
//   crash_commit run SPOOL LEDGER       commit three messages, deliver one, defer one, hold one
//   crash_commit threads SPOOL LEDGER   commit from four threads at once
//   crash_commit care SPOOL LEDGER      a client's resend, the administrator's commands, a message that is returned
//   crash_commit open SPOOL             start and end
//   crash_commit verify SPOOL LEDGER    0: everything is as promised
//
// Exit status: 0 done, 1 a promise is broken (verify), 2 refused to start, 3 the queue failed and said so.
//
// Ledger lines: answered ID SHA256 · refused ID (certainly not taken) · unknown ID (nobody knows) · recorded ID STATE ·
// deferred ID · held ID · finished ID · adopted ID · ordering ID COMMAND (it may or may not
// have been done) · ordered ID COMMAND.
#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <mutex>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "core/base/clock.h"
#include "core/base/digest.h"
#include "core/base/file.h"
#include "core/base/format.h"
#include "core/base/id.h"
#include "core/base/text.h"
#include "core/mail/message_file.h"
#include "core/queue/entry_rules.h"
#include "core/queue/queue.h"
#include "core/queue/sql_session.h"

namespace {

using namespace graph_milter;
using queue::Entry;
using queue::EntryState;
using queue::Queue;

enum ExitStatus { kDone = 0, kBroken = 1, kRefused = 2, kFailed = 3 };

class Ledger {
 public:
  explicit Ledger(const std::string& path)
      : fd_(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600)) {}
  void write(const std::string& line) {
    // One write, so that a line is there whole or not at all after a kill.
    const std::string text = line + "\n";
    if (fd_ < 0 || ::write(fd_, text.data(), text.size()) != static_cast<ssize_t>(text.size())) std::_Exit(kRefused);
  }

 private:
  int fd_;
};

Result<std::unique_ptr<Queue>> open_queue(const std::string& spool) {
  queue::QueueSettings settings;
  settings.directory = spool;
  settings.reserve_bytes = 0;
  settings.ballast_bytes = 64 * 1024;
  return Queue::open(settings, std::make_shared<SystemClock>());
}

plan::Plan sample_plan() {
  plan::Plan plan;
  plan.rule = "scanners";
  plan.mailbox = "scanner@contoso.com";
  plan.message_id = "<1@contoso.com>";
  plan.skeleton.add(std::string(3000, 'h'));
  plan.to = {"anna@contoso.com"};
  return plan;
}

mail::Envelope sample_envelope() {
  mail::Envelope envelope;
  envelope.queue_id = "4Zx1Q";
  envelope.sender = mail::make_envelope_path("<scanner@contoso.com>");
  envelope.recipients = {mail::make_envelope_path("<anna@contoso.com>")};
  return envelope;
}

std::string message_text(const std::string& id, std::size_t size) {
  std::string text;
  while (text.size() < size) text += "line of " + id + " at " + std::to_string(text.size()) + "\r\n";
  return text;
}

// What was refused for certain has no file, not even until the next start sweeps.
void check_nothing_is_left(const Queue& queue, const std::string& id) {
  const std::string messages = queue.incoming_directory() + "/../messages/";
  if (queue.failed() || !std::filesystem::exists(messages + id.substr(10, 2) + "/" + id + ".msg")) return;
  std::fprintf(stderr, "BROKEN: %s was refused and has a file\n", id.c_str());
  std::_Exit(kBroken);
}

void commit(Queue& queue, Ledger& ledger, std::size_t size, const std::string& resend_key = {}) {
  const std::string id = make_entry_id(SystemClock().now());
  const std::string text = message_text(id, size);
  queue::Committed kept;
  mail::MessageFile message(queue.incoming_directory(), 16 * 1024);
  Status status = message.append(text);
  if (status) {
    auto committed = queue.commit(id, message, sample_envelope(), sample_plan(), resend_key);
    if (committed) {
      kept = *std::move(committed);
    } else {
      status = fail(committed.error());
    }
  }
  if (status && kept.adopted) {
    ledger.write("adopted " + kept.id);
  } else if (status) {
    ledger.write("answered " + id + " " + sha256_hex(text));
  } else {
    ledger.write((queue.failed() ? "unknown " : "refused ") + id);
    check_nothing_is_left(queue, id);
    std::fprintf(stderr, "refused: %s\n", status.error().text().c_str());
  }
}

std::optional<Entry> lease(Queue& queue) {
  auto entry = queue.lease_next(SystemClock().now(), {});
  return entry ? *std::move(entry) : std::nullopt;
}

bool record(Queue& queue, Ledger& ledger, Entry& entry, EntryState state) {
  const EntryState before = entry.state;
  entry.state = state;
  if (state == EntryState::SendIntent) {
    ++entry.progress.send_epoch;
    entry.progress.send_unresolved = true;
  }
  if (state == EntryState::Sent) entry.outcome = queue::Outcome::Sent;
  if (const Status status = queue.record(entry); !status) {
    std::fprintf(stderr, "not recorded: %s\n", status.error().text().c_str());
    entry.state = before;
    return false;
  }
  ledger.write("recorded " + entry.id + " " + std::string(name_of(state)));
  return true;
}

void deliver_one(Queue& queue, Ledger& ledger) {
  auto entry = lease(queue);
  if (!entry) return;
  for (const EntryState state :
       {EntryState::DraftIntent, EntryState::Draft, EntryState::Verified, EntryState::SendIntent, EntryState::Sent}) {
    if (entry->state < state && !record(queue, ledger, *entry, state)) return;
  }
  if (queue.finish(*entry)) ledger.write("finished " + entry->id);
}

int run(const std::string& spool, const std::string& ledger_path) {
  Ledger ledger(ledger_path);
  auto queue = open_queue(spool);
  if (!queue) {
    std::fprintf(stderr, "%s\n", queue.error().text().c_str());
    return kRefused;
  }
  for (const std::size_t size : {1'000U, 300'000U, 5'000U}) commit(**queue, ledger, size);
  deliver_one(**queue, ledger);
  if (auto entry = lease(**queue)) {
    record(**queue, ledger, *entry, EntryState::DraftIntent);
    const TimePoint later = SystemClock().now() + std::chrono::hours(1);
    if ((*queue)->defer(*entry, later, make_error(ErrorKind::Transient, "graph", "503")))
      ledger.write("deferred " + entry->id);
  }
  if (auto entry = lease(**queue)) {
    if ((*queue)->hold(*entry, make_error(ErrorKind::Configuration, "graph", "403"))) ledger.write("held " + entry->id);
  }
  return (*queue)->failed() ? kFailed : kDone;
}

void order(Queue& queue, Ledger& ledger, const std::string& id, queue::Command command) {
  const std::string what = id + " " + std::string(name_of(command));
  ledger.write("ordering " + what);
  if (const auto done = queue.administer(id, command); done) {
    ledger.write("ordered " + what);
  } else {
    std::fprintf(stderr, "not ordered: %s\n", done.error().text().c_str());
  }
}

// Held, released and deleted by the administrator while nobody works on it.
void order_about(Queue& queue, Ledger& ledger) {
  const auto list = queue.list();
  if (!list || list->empty() || list->back().state != EntryState::Accepted) return;
  const std::string id = list->back().id;  // the youngest
  for (const auto command : {queue::Command::Hold, queue::Command::Release, queue::Command::Delete}) {
    order(queue, ledger, id, command);
  }
}

// Taken out of a courier's hands to be returned, and returned by the next one.
void return_one(Queue& queue, Ledger& ledger) {
  auto entry = lease(queue);
  if (!entry || !record(queue, ledger, *entry, EntryState::DraftIntent)) return;
  order(queue, ledger, entry->id, queue::Command::Return);
  if (!queue.release(*entry)) return;
  entry = lease(queue);
  if (!entry || entry->state != EntryState::GiveUp) return;
  entry->outcome = queue::Outcome::Returned;
  for (const EntryState state : {EntryState::DraftGone, EntryState::Returning, EntryState::Returned}) {
    if (!record(queue, ledger, *entry, state)) return;
  }
  if (queue.finish(*entry)) ledger.write("finished " + entry->id);
}

int run_care(const std::string& spool, const std::string& ledger_path) {
  Ledger ledger(ledger_path);
  auto queue = open_queue(spool);
  if (!queue) {
    std::fprintf(stderr, "%s\n", queue.error().text().c_str());
    return kRefused;
  }
  // Twice the same for the resend key, whatever the bytes.
  for (int time = 0; time < 2; ++time) commit(**queue, ledger, 1'000, "key");
  order_about(**queue, ledger);
  commit(**queue, ledger, 3'000);
  return_one(**queue, ledger);
  if (const Status tidied = (*queue)->tidy(SystemClock().now()); !tidied) {
    std::fprintf(stderr, "not tidied: %s\n", tidied.error().text().c_str());
  }
  return (*queue)->failed() ? kFailed : kDone;
}

int run_threads(const std::string& spool, const std::string& ledger_path) {
  Ledger ledger(ledger_path);
  auto queue = open_queue(spool);
  if (!queue) return kRefused;
  std::vector<std::thread> threads;
  threads.reserve(4);
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 3; ++i) commit(**queue, ledger, 2'000);
    });
  }
  for (std::thread& thread : threads) thread.join();
  return (*queue)->failed() ? kFailed : kDone;
}

struct Promised {
  std::map<std::string, std::string> answered;  // id, SHA-256
  std::map<std::string, EntryState> recorded;
  std::set<std::string> refused, held, finished;
  std::set<std::string> maybe_held, maybe_deleted, deleted;  // by the administrator
  std::set<std::string> adopted;
};

Promised read_ledger(const std::string& path) {
  Promised out;
  std::ifstream in(path);
  for (std::string line; std::getline(in, line);) {
    std::istringstream words(line);
    std::string what, id, more;
    words >> what >> id >> more;
    if (what == "answered") out.answered[id] = more;
    if (what == "recorded") out.recorded[id] = *queue::parse_entry_state(more);
    if (what == "refused") out.refused.insert(id);
    if (what == "held") out.held.insert(id);
    if (what == "finished") out.finished.insert(id);
    if (what == "adopted") out.adopted.insert(id);
    if (what == "ordering" && more == "hold") out.maybe_held.insert(id);
    if (what == "ordering" && more == "delete") out.maybe_deleted.insert(id);
    if (what == "ordered" && more == "delete") out.deleted.insert(id);
  }
  return out;
}

class Verifier {
 public:
  Verifier(std::string spool, Promised promised) : spool_(std::move(spool)), promised_(std::move(promised)) {}

  int verify() {
    check_start();
    const auto before = listed_;
    check_start();  // recovery changes nothing the second time
    if (before != listed_) broken("a second start found something else");
    check_integrity();
    return broken_ ? kBroken : kDone;
  }

 private:
  void broken(const std::string& what) {
    broken_ = true;
    std::printf("BROKEN: %s\n", what.c_str());
  }

  void check_start() {
    auto queue = open_queue(spool_);
    if (!queue) return broken("does not start: " + queue.error().text());
    listed_.clear();
    std::set<std::string> live;
    const auto list = (*queue)->list();
    if (!list) return broken(list.error().text());
    for (const auto& summary : *list) {
      live.insert(summary.id);
      listed_.push_back(summary.id + " " + std::string(name_of(summary.state)) + " " + summary.last_error);
      check_whole(**queue, summary.id);
    }
    for (const auto& [id, sha256] : promised_.answered) {
      if (!live.contains(id)) check_gone(**queue, id);
    }
    for (const std::string& id : promised_.refused) {
      if (live.contains(id)) broken(id + " was refused and is there");
    }
    for (const std::string& id : promised_.adopted) {
      const auto entry = (*queue)->find(id);
      if (!entry || !*entry) broken(id + " stood for another message and is lost");
    }
    check_files(live);
  }

  // Everything that is there is there whole, answered or not, and stands at least where it was recorded.
  void check_whole(Queue& queue, const std::string& id) {
    auto entry = queue.find(id);
    if (!entry || !*entry) return broken(id + " cannot be read");
    auto source = queue.open_message(**entry);
    const auto sha256 = source ? sha256_hex(**source) : Result<std::string>(fail(source.error()));
    if (!sha256) return broken(id + ": " + sha256.error().text());
    if (*sha256 != (*entry)->sha256) broken(id + " has other bytes than its row says");
    const auto answered = promised_.answered.find(id);
    if (answered != promised_.answered.end() && answered->second != *sha256)
      broken(id + " has other bytes than were sent");
    if ((*entry)->envelope != sample_envelope() || (*entry)->plan != sample_plan())
      broken(id + " has another envelope or plan");
    const auto recorded = promised_.recorded.find(id);
    if (recorded != promised_.recorded.end() && (*entry)->state < recorded->second) broken(id + " fell back");
    if (promised_.finished.contains(id)) broken(id + " was finished and is back");
    if (promised_.held.contains(id) && (*entry)->state != EntryState::Held) broken(id + " was held and is not");
    if (promised_.deleted.contains(id)) broken(id + " was deleted and is back");
    if ((*entry)->state != EntryState::Held || (*entry)->last_error == "graph: 403") return;
    const bool ordered = promised_.maybe_held.contains(id) && (*entry)->last_error == "held by the administrator";
    if (!ordered) broken(id + ": " + (*entry)->last_error);
  }

  // An answered message may be gone only if Graph or the MTA had it, or the administrator wanted it so.
  void check_gone(Queue& queue, const std::string& id) {
    const auto entry = queue.find(id);
    if (!entry || !*entry) return broken(id + " was answered and is lost");
    if ((*entry)->state != EntryState::Done) broken(id + " is neither listed nor done");
    const auto recorded = promised_.recorded.find(id);
    const EntryState reached = recorded != promised_.recorded.end() ? recorded->second : EntryState::Accepted;
    const queue::Outcome outcome = (*entry)->outcome;
    const bool fits = outcome == queue::Outcome::Sent       ? reached == EntryState::Sent
                      : outcome == queue::Outcome::Returned ? reached == EntryState::Returned
                                                            : promised_.maybe_deleted.contains(id);
    if (!fits)
      broken(id + " ended as " + std::string(name_of(outcome)) + " and stood in " + std::string(name_of(reached)));
  }

  void check_files(const std::set<std::string>& live) {
    for (const char* folder : {"/messages", "/incoming"}) {
      for (const auto& item : std::filesystem::recursive_directory_iterator(spool_ + folder)) {
        if (!item.is_directory() && !live.contains(item.path().stem().string()))
          broken("orphan " + item.path().string());
      }
    }
  }

  void check_integrity() {
    auto session = queue::open_offline_session(spool_ + "/journal.sqlite");
    if (!session) return broken(session.error().text());
    std::string answer;
    **session << "PRAGMA integrity_check(1)", soci::into(answer);
    if (answer != "ok") broken("integrity_check: " + answer);
  }

  const std::string spool_;
  const Promised promised_;
  std::vector<std::string> listed_;
  bool broken_ = false;
};

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> words(argv + 1, argv + argc);
  if (words.size() == 3 && words[0] == "run") return run(words[1], words[2]);
  if (words.size() == 3 && words[0] == "threads") return run_threads(words[1], words[2]);
  if (words.size() == 3 && words[0] == "care") return run_care(words[1], words[2]);
  if (words.size() == 3 && words[0] == "verify") return Verifier(words[1], read_ledger(words[2])).verify();
  if (words.size() == 2 && words[0] == "open") return open_queue(words[1]) ? kDone : kRefused;
  std::fprintf(stderr, "usage: crash_commit run|threads|care|verify SPOOL LEDGER, crash_commit open SPOOL\n");
  return 64;
}
