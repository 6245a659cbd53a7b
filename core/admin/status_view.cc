// SPDX-License-Identifier: Apache-2.0
#include "core/admin/status_view.h"

#include <algorithm>
#include <map>

#include "core/base/format.h"
#include "core/base/text.h"
#include "core/delivery/expiry.h"

namespace graph_milter::admin {

namespace {

constexpr std::size_t kMostErrors = 5;

struct ErrorCount {
  std::string text;
  std::size_t messages = 0;
};

// The most frequent first, at most kMostErrors.
std::vector<ErrorCount> frequent_errors(const std::vector<queue::EntrySummary>& entries) {
  std::map<std::string_view, std::size_t> counts;
  for (const queue::EntrySummary& entry : entries) {
    if (!entry.last_error.empty()) ++counts[entry.last_error];
  }
  std::vector<ErrorCount> out;
  out.reserve(counts.size());
  for (const auto& [text, messages] : counts) out.push_back({std::string(text), messages});
  std::stable_sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.messages > b.messages; });
  if (out.size() > kMostErrors) out.resize(kMostErrors);
  return out;
}

std::size_t count_retried(const std::vector<queue::EntrySummary>& entries) {
  return static_cast<std::size_t>(std::count_if(entries.begin(), entries.end(), [](const auto& entry) {
    return entry.state != queue::EntryState::Held && entry.attempts > 0;
  }));
}

bool misconfigured(const queue::ServiceReport& report) { return report.condition == queue::Condition::Misconfigured; }

std::string report_words(const queue::ServiceReport& report) {
  const std::string where = report.mailbox.empty() ? "all mailboxes" : escape_for_log(report.mailbox);
  return format("{} for {} since {}: {}", name_of(report.condition), where, local_time(report.since),
                escape_for_log(report.why, kErrorLimit));
}

std::string queue_words(const StatusFacts& facts) {
  const queue::Totals& totals = facts.totals;
  std::string out =
      format("queue: {} waiting, {} being retried, {} held; {} in the spool\n", messages_words(totals.waiting),
             count_retried(facts.entries), totals.held, human_size(totals.bytes));
  if (!is_set(totals.oldest)) return out;
  return out + format("oldest: {} ({} ago)\n", local_time(totals.oldest), span_words(facts.daemon.now - totals.oldest));
}

bool is_unusable(const StatusFacts& facts) {
  if (!facts.credential) return false;
  const bool ended = is_set(facts.credential->end) && facts.credential->end <= facts.daemon.now;
  return ended || !facts.credential->problem.empty();
}

std::string credential_words(const StatusFacts& facts) {
  if (!facts.credential) return {};
  const CredentialFacts& credential = *facts.credential;
  std::string out;
  if (!credential.problem.empty()) out += format("credential: {}\n", escape_for_log(credential.problem, kErrorLimit));
  if (!is_set(credential.end)) return out;
  return out + format("credential: {} {}\n", escape_for_log(credential.name),
                      delivery::expiry_words(credential.end, facts.daemon.now));
}

void write_credential(json::Writer& writer, const StatusFacts& facts) {
  writer.key("credential");
  if (!facts.credential) {
    writer.null();
    return;
  }
  const CredentialFacts& credential = *facts.credential;
  writer.begin_object().key("name").string(credential.name);
  add_time(writer, "ends", credential.end);
  writer.key("days_left");
  if (is_set(credential.end)) {
    writer.number(std::chrono::floor<std::chrono::hours>(credential.end - facts.daemon.now).count() / 24);
  } else {
    writer.null();
  }
  writer.key("problem").string(credential.problem).end_object();
}

// What to do about it.
std::string to_do_words(const StatusFacts& facts) {
  const queue::Totals& totals = facts.totals;
  std::string out;
  if (std::any_of(facts.troubles.begin(), facts.troubles.end(), misconfigured)) {
    out += "to do: mend what Graph complains of; mail goes on by itself then\n";
  }
  const auto end = facts.credential ? facts.credential->end : TimePoint{};
  if (is_unusable(facts) || (is_set(end) && delivery::expiry_stage(end, facts.daemon.now))) {
    out += "to do: put a new credential into its file; it is used without restart\n";
  }
  if (!facts.daemon.config_troubles.empty()) {
    out += "to do: mend the configuration: graph-milterctl config check; then graph-milterctl reload\n";
  }
  if (totals.needs_administrator > 0) {
    out += format(
        "to do: {} for a configuration to be mended: graph-milterctl queue list\n",
        totals.needs_administrator == 1 ? "1 message waits" : format("{} messages wait", totals.needs_administrator));
  }
  if (totals.held > 0) {
    out += format("to do: {} held: graph-milterctl queue list says why; then queue release, return or delete\n",
                  totals.held == 1 ? "1 message is" : format("{} messages are", totals.held));
  }
  return out;
}

std::string status_words(const StatusFacts& facts) {
  const DaemonFacts& daemon = facts.daemon;
  std::string out = format("graph-milter {} ({}), up since {} ({})\n", GM_VERSION, escape_for_log(daemon.instance),
                           local_time(daemon.started), span_words(daemon.now - daemon.started));
  out += queue_words(facts);
  for (const std::string& fault : daemon.faults) out += format("configuration: {}\n", fault);
  if (facts.troubles.empty()) out += "Graph: no trouble known\n";
  for (const queue::ServiceReport& report : facts.troubles) out += format("Graph: {}\n", report_words(report));
  out += credential_words(facts);
  for (const ConfigTrouble& trouble : daemon.config_troubles) {
    out +=
        format("configuration: since {} {}\n", local_time(trouble.since), escape_for_log(trouble.words, kErrorLimit));
  }
  for (const ErrorCount& error : frequent_errors(facts.entries)) {
    out += format("error of {}: {}\n", messages_words(error.messages), escape_for_log(error.text, kErrorLimit));
  }
  return out + to_do_words(facts);
}

void write_troubles(json::Writer& writer, const std::vector<queue::ServiceReport>& troubles) {
  writer.key("graph").begin_array();
  for (const queue::ServiceReport& report : troubles) {
    writer.begin_object().key("condition").string(name_of(report.condition)).key("mailbox").string(report.mailbox);
    add_time(writer, "since", report.since);
    writer.key("why").string(report.why).end_object();
  }
  writer.end_array();
}

std::string status_json(const StatusFacts& facts) {
  json::Writer writer;
  writer.begin_object();
  writer.key("version").string(GM_VERSION).key("instance").string(facts.daemon.instance);
  add_time(writer, "started", facts.daemon.started);
  const auto uptime = std::chrono::duration_cast<std::chrono::seconds>(facts.daemon.now - facts.daemon.started);
  writer.key("uptime").number(std::max<std::int64_t>(0, uptime.count()));
  writer.key("waiting").number(facts.totals.waiting).key("retrying").number(count_retried(facts.entries));
  writer.key("held").number(facts.totals.held);
  writer.key("needs_administrator").number(facts.totals.needs_administrator);
  writer.key("bytes").number(facts.totals.bytes);
  add_time(writer, "oldest", facts.totals.oldest);
  write_troubles(writer, facts.troubles);
  write_credential(writer, facts);
  writer.key("faults").begin_array();
  for (const std::string& fault : facts.daemon.faults) writer.string(fault);
  writer.end_array().key("errors").begin_array();
  for (const ErrorCount& error : frequent_errors(facts.entries)) {
    writer.begin_object().key("text").string(error.text).key("messages").number(error.messages).end_object();
  }
  writer.end_array().key("configuration").begin_array();
  for (const ConfigTrouble& trouble : facts.daemon.config_troubles) {
    writer.begin_object();
    add_time(writer, "since", trouble.since);
    writer.key("what").string(trouble.words).end_object();
  }
  writer.end_array().key("needs_a_person").boolean(needs_a_person(facts)).end_object();
  return writer.take() + "\n";
}

}  // namespace

bool needs_a_person(const StatusFacts& facts) {
  return !facts.daemon.faults.empty() || !facts.daemon.config_troubles.empty() || is_unusable(facts) ||
         facts.totals.held > 0 || facts.totals.needs_administrator > 0 ||
         std::any_of(facts.troubles.begin(), facts.troubles.end(), misconfigured);
}

std::string print_status(const StatusFacts& facts, Form form) {
  return form == Form::Json ? status_json(facts) : status_words(facts);
}

}  // namespace graph_milter::admin
