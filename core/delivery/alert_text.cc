// SPDX-License-Identifier: Apache-2.0
#include "core/delivery/alert_text.h"

#include <algorithm>

#include "core/base/format.h"
#include "core/base/text.h"

namespace graph_milter::delivery {
namespace {

constexpr std::size_t kNamed = 20;
constexpr std::size_t kReasonBytes = 700;

// What others said may hold anything.
std::string one_line(std::string_view text) {
  std::string line(text.substr(0, kReasonBytes));
  std::replace_if(
      line.begin(), line.end(), [](char c) { return static_cast<unsigned char>(c) < ' ' || c == 0x7F; }, ' ');
  return text.size() > kReasonBytes ? line + "..." : line;
}

std::string place(const Trouble& trouble) {
  return trouble.mailbox.empty() ? std::string("all mailboxes") : "the mailbox " + one_line(trouble.mailbox);
}

std::string messages(std::size_t count) { return count == 1 ? std::string("1 message") : format("{} messages", count); }

std::string troubles_text(const AlertContent& content) {
  if (content.troubles.empty()) return {};
  std::string out = "What only you can mend:\n\n";
  const std::size_t named = std::min(kNamed, content.troubles.size());
  for (std::size_t i = 0; i < named; ++i) {
    const Trouble& trouble = content.troubles[i];
    out += format("  {}, since {}:\n    {}\n\n", place(trouble), rfc5322_date(trouble.since), one_line(trouble.why));
  }
  if (named < content.troubles.size()) out += format("  and {} more mailboxes\n\n", content.troubles.size() - named);
  return out +
         "Until then messages wait; none is returned for it, however long it takes.\n"
         "Once it is mended they go out by themselves; to try at once:\n\n"
         "  graph-milterctl queue retry ID\n\n";
}

std::string over_text(const AlertContent& content) {
  if (content.over.empty()) return {};
  std::string out = "Over, or no message waits for it any more:\n\n";
  const std::size_t named = std::min(kNamed, content.over.size());
  for (std::size_t i = 0; i < named; ++i) {
    const Trouble& trouble = content.over[i];
    out += format("  {}, since {}:\n    {}\n\n", place(trouble), rfc5322_date(trouble.since), one_line(trouble.why));
  }
  if (named < content.over.size()) out += format("  and {} more mailboxes\n\n", content.over.size() - named);
  return out;
}

std::string held_text(const AlertContent& content) {
  if (content.totals.held == 0) return {};
  std::string out = format("Held until you decide: {}\n\n", messages(content.totals.held));
  const std::size_t named = std::min(kNamed, content.held.size());
  for (std::size_t i = 0; i < named; ++i) {
    const queue::EntrySummary& entry = content.held[i];
    out += format("  {}  {}  {}\n    {}\n", entry.id, iso8601(entry.accepted), one_line(entry.sender),
                  one_line(entry.last_error));
  }
  if (named < content.totals.held)
    out += format("  and {} more: graph-milterctl queue list\n", content.totals.held - named);
  return out +
         "\n"
         "  graph-milterctl queue show ID      what is known of it\n"
         "  graph-milterctl queue release ID   go on with it\n"
         "  graph-milterctl queue return ID    give it up; its sender is told\n"
         "  graph-milterctl queue delete ID    give it up; nobody is told\n\n";
}

std::string queue_text(const AlertContent& content) {
  const queue::Totals& totals = content.totals;
  std::string out = format("In the queue: {} waiting", messages(totals.waiting));
  if (totals.needs_administrator > 0) out += format(" ({} of them for you)", totals.needs_administrator);
  out += format(", {} held, {}.\n", totals.held, human_size(totals.bytes));
  if (totals.oldest != TimePoint{}) out += format("The oldest came {}.\n", rfc5322_date(totals.oldest));
  return out;
}

std::string in_words(Duration duration) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(duration).count();
  if (seconds >= 7200) return format("{} hours", seconds / 3600);
  if (seconds >= 120) return format("{} minutes", seconds / 60);
  return format("{} seconds", seconds);
}

bool all_is_well(const AlertContent& content) { return content.troubles.empty() && content.totals.held == 0; }

}  // namespace

std::string alert_subject(const AlertContent& content) {
  if (all_is_well(content)) return format("graph-milter on {}: the trouble is over", content.hostname);
  if (content.troubles.empty())
    return format("graph-milter on {}: {} held", content.hostname, messages(content.totals.held));
  const std::string where =
      content.troubles.size() == 1 ? place(content.troubles.front()) : format("{} mailboxes", content.troubles.size());
  return format("graph-milter on {}: can't deliver for {}", content.hostname, where);
}

std::string alert_text(const AlertContent& content) {
  std::string out = troubles_text(content) + held_text(content) + over_text(content) + queue_text(content);
  out += "\nThe state at any time:\n\n  graph-milterctl status\n";
  if (!all_is_well(content)) out += format("\nWhile it lasts you hear of it every {}.\n", in_words(content.interval));
  return out;
}

}  // namespace graph_milter::delivery
