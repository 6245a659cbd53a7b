// SPDX-License-Identifier: Apache-2.0
#include "core/queue/journal_search.h"

#include "core/base/format.h"
#include "core/base/text.h"
#include "core/queue/entry_json.h"
#include "core/queue/journal_rows.h"
#include "core/queue/sql_query.h"

namespace graph_milter::queue {

namespace {

constexpr std::size_t kMostTraced = 1000;

// The WHERE clause of the indexes entry_due and entry_mailbox, word for word, or SQLite reads the whole table.
constexpr std::string_view kWaiting = "state NOT IN ('done', 'held')";

constexpr std::string_view kTraceColumns =
    "id, state, outcome, queue_id, message_id, sender, recipient_list, mailbox, client, rule, size, accepted, finished,"
    " last_error, request_id";

// Reads rows of kTraceColumns.
class TraceQuery {
 public:
  TraceQuery(soci::session& session, const std::string& rest)
      : query_(session, format("SELECT {} FROM entry {}", kTraceColumns, rest)) {
    query_.into(record_.id).into(state_).into(outcome_).into(record_.queue_id).into(record_.message_id);
    query_.into(record_.sender).into(recipients_).into(record_.mailbox).into(record_.client).into(record_.rule);
    query_.into(size_).into(accepted_).into(finished_).into(record_.last_error).into(record_.request_id);
  }

  template <class T>
  TraceQuery& use(const T& value) {
    query_.use(value);
    return *this;
  }

  std::vector<TraceRecord> read() {
    std::vector<TraceRecord> out;
    for (bool more = query_.first(); more; more = query_.next()) out.push_back(current());
    return out;
  }

 private:
  // A damaged column shows as nothing: there is still an answer to give.
  TraceRecord current() const {
    TraceRecord out = record_;
    out.state = parse_entry_state(state_).value_or(EntryState::Held);
    out.outcome = parse_outcome(outcome_).value_or(Outcome::None);
    if (auto list = texts_from_json(recipients_)) out.recipients = *std::move(list);
    out.size = size_ < 0 || size_ > kLargestSize ? 0 : static_cast<ByteCount>(size_);
    out.accepted = from_unix_ms(accepted_);
    out.finished = from_unix_ms(finished_);
    return out;
  }

  TraceRecord record_;
  std::string state_, outcome_, recipients_;
  long long size_ = 0, accepted_ = 0, finished_ = 0;
  Query query_;
};

std::vector<Due> read_all_due(Query& query, Due& due) {
  query.into(due.id).into(due.mailbox).into(due.next_attempt);
  std::vector<Due> out;
  for (bool more = query.first(); more; more = query.next()) out.push_back(due);
  return out;
}

// Each WHERE clause is one of the indexes entry_sent_copy and entry_sent_copy_until, word for word.
void add_sent_copies(soci::session& session, std::string_view which, long long time, std::size_t limit,
                     std::vector<SentCopy>& out) {
  SentCopy copy;
  long long sent = 0;
  Query query(session, format("SELECT id, mailbox, draft_id, finished FROM entry WHERE {} LIMIT {}", which, limit));
  query.into(copy.id).into(copy.mailbox).into(copy.message).into(sent).use(time);
  for (bool more = query.first(); more; more = query.next()) {
    copy.sent = from_unix_ms(sent);
    out.push_back(copy);
  }
}

std::string without_brackets(std::string_view text) {
  if (text.size() >= 2 && text.front() == '<' && text.back() == '>') text = text.substr(1, text.size() - 2);
  return std::string(text);
}

}  // namespace

std::vector<Due> read_due_mailboxes(soci::session& session, long long now) {
  // Hops from mailbox to mailbox along the index entry_mailbox.
  Query query(session, format("WITH RECURSIVE box(name) AS ("
                              " SELECT min(mailbox) FROM entry WHERE {0}"
                              " UNION ALL"
                              " SELECT (SELECT min(mailbox) FROM entry WHERE {0} AND mailbox > box.name) FROM box"
                              " WHERE box.name IS NOT NULL)"
                              " SELECT id, mailbox, next_attempt FROM box JOIN entry ON entry.id ="
                              " (SELECT id FROM entry WHERE {0} AND mailbox = box.name AND next_attempt <= :now"
                              "  ORDER BY next_attempt, id LIMIT 1)",
                              kWaiting));
  Due due;
  query.use(now);
  return read_all_due(query, due);
}

std::vector<Due> read_due(soci::session& session, const std::string& mailbox, long long now, std::size_t limit) {
  Query query(session, format("SELECT id, mailbox, next_attempt FROM entry WHERE {} AND mailbox = :mailbox AND"
                              " next_attempt <= :now ORDER BY next_attempt, id LIMIT {}",
                              kWaiting, limit));
  Due due;
  query.use(mailbox).use(now);
  return read_all_due(query, due);
}

std::optional<Due> read_due_entry(soci::session& session, const std::string& id, long long now) {
  Query query(session, format("SELECT id, mailbox, next_attempt FROM entry WHERE id = :id AND {} AND"
                              " next_attempt <= :now",
                              kWaiting));
  Due due;
  query.use(id).use(now);
  auto all = read_all_due(query, due);
  if (all.empty()) return std::nullopt;
  return std::move(all.front());
}

std::vector<Due> read_waiting(soci::session& session, std::size_t limit) {
  Query query(session, format("SELECT id, mailbox, next_attempt FROM entry WHERE {} ORDER BY next_attempt, id LIMIT {}",
                              kWaiting, limit));
  Due due;
  return read_all_due(query, due);
}

std::optional<std::string> find_by_resend_key(soci::session& session, const std::string& key, long long since) {
  std::string id;
  Query query(session,
              "SELECT id FROM entry WHERE resend_key = :key AND resend_key <> '' AND accepted >= :since AND"
              " outcome IN ('none', 'sent') ORDER BY id DESC LIMIT 1");
  query.into(id).use(key).use(since);
  if (!query.first()) return std::nullopt;
  return id;
}

std::optional<TraceRecord> find_sent(soci::session& session, const std::string& message_id, long long since) {
  // What is being sent may be out already, whatever the journal knows.
  TraceQuery query(session,
                   "WHERE message_id = :message_id AND ((outcome = 'sent' AND finished >= :since) OR state IN"
                   " ('send-intent', 'sent')) ORDER BY id DESC LIMIT 1");
  query.use(message_id).use(since);
  auto found = query.read();
  if (found.empty()) return std::nullopt;
  return std::move(found.front());
}

std::vector<TraceRecord> trace(soci::session& session, const std::string& what) {
  const std::string word(trim(what));
  if (word.empty()) return {};
  const std::string bare = without_brackets(word);
  const std::string bracketed = "<" + bare + ">";
  const std::string address = "\n" + to_lower(bare) + "\n";
  TraceQuery query(session, format("WHERE id = :id OR queue_id = :queue_id OR message_id IN (:bare, :bracketed) OR"
                                   " instr(addresses, :address) > 0 ORDER BY id DESC LIMIT {}",
                                   kMostTraced));
  return query.use(word).use(word).use(bare).use(bracketed).use(address).read();
}

Totals read_totals(soci::session& session) {
  long long waiting = 0, held = 0, needing = 0, bytes = 0, oldest = 0;
  Query query(session, format("SELECT coalesce(sum(state <> 'held'), 0), coalesce(sum(state = 'held'), 0),"
                              " coalesce(sum(state <> 'held' AND needs_administrator <> 0), 0),"
                              " coalesce(sum(CASE WHEN size BETWEEN 0 AND {} THEN size ELSE 0 END), 0),"
                              " coalesce(min(accepted), 0) FROM entry WHERE state <> 'done'",
                              kLargestSize));
  query.into(waiting).into(held).into(needing).into(bytes).into(oldest).first();
  Totals out;
  out.waiting = static_cast<std::size_t>(waiting);
  out.held = static_cast<std::size_t>(held);
  out.needs_administrator = static_cast<std::size_t>(needing);
  out.bytes = static_cast<ByteCount>(bytes);
  out.oldest = from_unix_ms(oldest);
  return out;
}

std::vector<std::string> read_mailboxes(soci::session& session) {
  std::string mailbox;
  Query query(session, "SELECT DISTINCT mailbox FROM entry WHERE mailbox <> '' ORDER BY mailbox");
  query.into(mailbox);
  std::vector<std::string> out;
  for (bool more = query.first(); more; more = query.next()) out.push_back(mailbox);
  return out;
}

std::vector<SentCopy> read_sent_copies(soci::session& session, long long before, long long now, std::size_t limit) {
  std::vector<SentCopy> out;
  add_sent_copies(session, "sent_copy = 1 AND finished <= :time ORDER BY finished, id", before, limit, out);
  add_sent_copies(session, "sent_copy_until > 0 AND sent_copy_until <= :time ORDER BY sent_copy_until, id", now,
                  limit - out.size(), out);
  return out;
}

void forget_sent_copy(soci::session& session, const std::string& id) {
  Query(session, "UPDATE entry SET sent_copy = 0, sent_copy_until = 0 WHERE id = :id").use(id).change();
}

long long remove_tombstones(soci::session& session, long long finished_before, std::size_t limit) {
  return Query(session, format("DELETE FROM entry WHERE id IN (SELECT id FROM entry WHERE state = 'done' AND"
                               " finished < :before ORDER BY finished LIMIT {})",
                               limit))
      .use(finished_before)
      .change();
}

std::string read_note(soci::session& session, const std::string& name) {
  std::string value;
  Query query(session, "SELECT value FROM note WHERE name = :name");
  query.into(value).use(name);
  return query.first() ? value : std::string();
}

void write_note(soci::session& session, const std::string& name, const std::string& value) {
  if (value.empty()) {
    Query(session, "DELETE FROM note WHERE name = :name").use(name).change();
    return;
  }
  Query(session,
        "INSERT INTO note (name, value) VALUES (:name, :value)"
        " ON CONFLICT (name) DO UPDATE SET value = excluded.value")
      .use(name)
      .use(value)
      .change();
}

}  // namespace graph_milter::queue
