// SPDX-License-Identifier: Apache-2.0
#include "core/queue/recovery.h"

#include <algorithm>
#include <exception>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/base/failpoint.h"
#include "core/base/format.h"
#include "core/base/id.h"
#include "core/base/log.h"
#include "core/queue/entry_rules.h"
#include "core/queue/journal_rows.h"
#include "core/queue/sql_session.h"
#include "core/queue/withdrawal.h"

namespace graph_milter::queue {

namespace {

struct Unfit {
  std::string id, queue_id;
  Error why;
};

struct Findings {
  std::vector<std::string> ids;  // ascending
  std::vector<Unfit> unfit;
  std::size_t waiting = 0;
  std::size_t held = 0;
  ByteCount bytes = 0;
};

// What was sent, returned or deleted needs its file no more: a missing one is no reason to trouble anybody.
bool needs_message(const Entry& entry) {
  if (entry.state == EntryState::Sent || entry.state == EntryState::Returned) return false;
  if (!entry.progress.give_up) return true;
  const Disposal disposal = entry.progress.give_up->disposal;
  return disposal != Disposal::Drop && disposal != Disposal::Client;
}

// Why an entry can't go on; nullopt: it can.
Result<std::optional<Error>> examine(const Row& row, const Spool& spool) {
  const auto entry = entry_of(row);
  if (!entry) return entry.error();
  if (!needs_message(*entry)) return std::nullopt;
  const auto size = spool.message_size(entry->id);
  if (!size) {
    if (size.error().kind == ErrorKind::System) return fail(size.error());
    return size.error();
  }
  if (*size == entry->size) return std::nullopt;
  return make_error(ErrorKind::Corrupt, spool.message_path(entry->id),
                    format("the message file has {} bytes, and {} were taken", *size, entry->size));
}

Result<Findings> examine_all(soci::session& session, const Spool& spool) {
  Findings found;
  std::optional<Error> failure;
  for_each_live_row(session, [&](const Row& row) {
    found.ids.push_back(row.id);
    // What is there counts, not what a row says that may be damaged.
    found.bytes += is_entry_id(row.id) ? spool.message_size(row.id).value_or(0) : 0;
    if (parse_entry_state(row.state) == EntryState::Held) {
      ++found.held;
      return;
    }
    auto why = examine(row, spool);
    if (!why) {
      failure = std::move(why).error();
    } else if (*why) {
      found.unfit.push_back(Unfit{row.id, row.queue_id, **why});
    } else {
      ++found.waiting;
    }
  });
  if (failure) return fail(*std::move(failure));
  return found;
}

constexpr std::string_view kAwaited = "\"awaited\":true";  // as progress_to_json writes it

std::vector<Entry> read_unanswered(soci::session& session) {
  std::vector<Entry> out;
  for_each_live_row(session, [&](const Row& row) {
    if (row.progress.find(kAwaited) == std::string::npos) return;
    // What was given up to its client goes on to its end.
    if (auto entry = entry_of(row); entry && outlook_of(*entry).prospect == Prospect::Open) {
      out.push_back(*std::move(entry));
    }
  });
  return out;
}

void log_unanswered(const Entry& entry, const Withdrawal& settled) {
  const bool is_ours = settled.outlook.prospect == Prospect::Taken;
  LogLine line(is_ours ? LogLevel::Warning : LogLevel::Info, entry.envelope.queue_id, is_ours ? "kept" : "withdrawn");
  line.field("entry", entry.id);
  line.field("reason", is_ours ? "its client heard no answer, and its send may have taken effect"
                               : "its client heard no answer, and it was not sent");
  if (is_ours) line.field("possible_duplicate", entry.resend_key.empty() ? "W1" : "none");
}

// How many of them were withdrawn.
std::size_t settle_unanswered(soci::session& session, TimePoint now) {
  const GiveUp why{Disposal::Client, "4.3.2", "graph-milter was stopped while the client waited", now};
  std::size_t withdrawn = 0;
  for (const Entry& entry : read_unanswered(session)) {
    const Withdrawal settled = withdraw(entry, why, now);
    if (!settled.after) continue;
    if (settled.after->state == EntryState::Done) {
      set_tombstone(session, tombstone_row(*settled.after));
    } else {
      set_progress(session, row_of(*settled.after), entry.fence + 1);
    }
    GM_FAILPOINT(C40);
    if (settled.outlook.prospect == Prospect::NotTaken) ++withdrawn;
    log_unanswered(entry, settled);
  }
  return withdrawn;
}

}  // namespace

Result<RecoveryReport> recover(soci::session& session, Spool& spool, TimePoint now, TimePoint latest_attempt) {
  try {
    const std::size_t withdrawn = settle_unanswered(session, now);
    GM_TRY_ASSIGN(const Findings found, examine_all(session, spool));
    for (const Unfit& unfit : found.unfit) {
      set_held(session, unfit.id, unfit.why.text());
      LogLine(LogLevel::Error, unfit.queue_id, "held").field("entry", unfit.id).error(unfit.why);
    }
    shorten_waits(session, to_unix_ms(latest_attempt));
    GM_TRY_ASSIGN(const Spool::Swept swept, spool.sweep([&](const std::string& id) {
      return std::binary_search(found.ids.begin(), found.ids.end(), id);
    }));
    RecoveryReport report;
    report.waiting = found.waiting;
    report.newly_held = found.unfit.size();
    report.held = found.held + found.unfit.size();
    report.withdrawn = withdrawn;
    report.files_removed = swept.removed;
    report.bytes = found.bytes;
    return report;
  } catch (const std::exception& failure) {
    return fail(translate(failure, journal_path(spool.directory()), "recovering the journal").error);
  }
}

}  // namespace graph_milter::queue
