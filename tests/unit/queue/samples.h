// SPDX-License-Identifier: Apache-2.0
// Entries to put into a queue.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/clock.h"
#include "core/mail/envelope.h"
#include "core/plan/plan.h"
#include "core/queue/queue.h"

namespace graph_milter::queue::test {

inline const TimePoint kStart = from_unix_ms(1'795'338'000'000);

// A spool with its clock. open() may be called again and again: each time is a new start of the daemon.
class Spooler {
 public:
  explicit Spooler(std::string directory, ByteCount reserve = 0);

  void open();  // throws what the queue's error says
  void close() { queue.reset(); }
  void reopen();

  // A message of this text, committed under a fresh id; the id.
  std::string put(const std::string& text, const std::string& mailbox = "scanner@contoso.com");
  Status try_put(const std::string& id, const std::string& text, const std::string& mailbox = "scanner@contoso.com");
  std::string new_id() const;
  // As put(), with what a test needs to be different, and the whole answer. Time goes on by a millisecond.
  struct Mail {
    std::string text = "text";
    std::string mailbox = "scanner@contoso.com";
    std::string message_id = "<1@contoso.com>";
    std::string resend_key;
    std::string sender = "scanner@contoso.com";
    std::string queue_id = "4Zx1Q";
  };
  Result<Committed> commit(const Mail& mail);

  Entry lease();                     // throws if nothing is due
  std::optional<Entry> try_lease();  // what is due now
  std::optional<Entry> try_lease(TimePoint now);
  Entry find(const std::string& id) const;
  // Takes a leased entry on to `state` through every state before it.
  Entry advance(Entry entry, EntryState state);
  // Takes a leased entry, given up with this disposal, on to `state`.
  Entry give_up(Entry entry, Disposal disposal, EntryState state);
  // A message that was put, sent and finished; its id.
  std::string send(const Mail& mail);

  QueueSettings settings;
  std::shared_ptr<ManualClock> clock = std::make_shared<ManualClock>(kStart);
  std::unique_ptr<Queue> queue;
};

mail::Envelope sample_envelope();
plan::Plan sample_plan(const std::string& mailbox = "scanner@contoso.com");
std::string message_path(const std::string& directory, const std::string& id);

// Changes the journal behind the queue's back; the queue must be closed.
void damage(const std::string& directory, const std::string& sql);
long long ask_number(const std::string& directory, const std::string& sql);

// Names below `directory`/messages and in `directory`/incoming, sorted.
std::vector<std::string> files_in(const std::string& directory);

}  // namespace graph_milter::queue::test
