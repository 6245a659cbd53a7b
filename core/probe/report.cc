// SPDX-License-Identifier: Apache-2.0
#include "core/probe/report.h"

#include <algorithm>
#include <array>

#include "core/base/format.h"
#include "core/base/text.h"
#include "core/json/json.h"

namespace graph_milter::probe {
namespace {

constexpr std::uint64_t kVersion = 1;

constexpr std::array<QuestionWords, kQuestions> kWords = {{
    {Question::MimeDraft, "mime-draft",
     "Does a MIME draft keep its header, both texts and the inline image when attachments are added?"},
    {Question::JsonDraft, "json-draft",
     "Does a JSON draft keep Message-ID, threading, sensitivity and X- fields, which are properties there?"},
    {Question::SessionFloor, "session-floor", "Does an upload session take a file of any size?"},
    {Question::AskPosition, "ask-position", "Does an upload URL say how far a file has come (GET)?"},
    {Question::ImmutableId, "immutable-id", "Does the draft's immutable id lead to the sent copy?"},
    {Question::SessionType, "session-type", "Is the content type kept through an upload session?"},
    {Question::SessionInline, "session-inline", "Are isInline and Content-ID kept through an upload session?"},
    {Question::Names, "names", "Are file names kept as they are?"},
    {Question::Date, "date", "Is the Date of the message kept?"},
    {Question::MessageId, "message-id", "Is the Message-ID of the message kept?"},
    {Question::RangesAreCounted, "ranges-are-counted", "Do uploaded ranges count for the mailbox's byte budget?"},
    {Question::EmptyFile, "empty-file", "Is a file of no bytes taken?"},
    {Question::EqualNames, "equal-names", "May two attachments have the same name?"},
}};

tl::unexpected<Error> damaged() {
  return fail(ErrorKind::Corrupt, "probe", "the kept result is not one that this version wrote",
              "run graph-milterctl probe again");
}

std::optional<Answer> parse_answer(std::string_view name) {
  for (const Answer answer : {Answer::Unknown, Answer::No, Answer::Yes})
    if (name == name_of(answer)) return answer;
  return std::nullopt;
}

const QuestionWords& words_of(Question question) { return kWords[static_cast<std::size_t>(question)]; }

std::optional<Finding> read_finding(const json::Value& value) {
  const std::string* id = value.find_string("question");
  const std::string* answer_name = value.find_string("answer");
  const std::string* detail = value.find_string("detail");
  const std::string* conf = value.find_string("conf");
  if (id == nullptr || answer_name == nullptr || detail == nullptr || conf == nullptr) return std::nullopt;
  const auto row =
      std::find_if(kWords.begin(), kWords.end(), [&](const QuestionWords& each) { return each.id == *id; });
  const auto answer = parse_answer(*answer_name);
  if (row == kWords.end() || !answer) return std::nullopt;
  return Finding{row->question, *answer, *detail, *conf};
}

std::optional<Report> read_report(const json::Value& value) {
  const std::string* tenant = value.find_string("tenant");
  const std::string* graph_url = value.find_string("graphUrl");
  const std::string* mailbox = value.find_string("mailbox");
  const auto asked = value.find_int64("asked");
  const json::Value* findings = value.find("findings");
  if (value.find_uint64("version") != kVersion || tenant == nullptr || graph_url == nullptr || mailbox == nullptr ||
      !asked || findings == nullptr || !findings->is_array()) {
    return std::nullopt;
  }
  Report report;
  report.tenant = *tenant;
  report.graph_url = *graph_url;
  report.mailbox = *mailbox;
  report.asked = from_unix_ms(*asked);
  for (const json::Value& item : findings->items()) {
    auto finding = read_finding(item);
    if (!finding) return std::nullopt;
    report.findings.push_back(*std::move(finding));
  }
  report.session_floor = value.find_uint64("sessionFloor");
  if (const json::Value* left = value.find("leftBehind"); left != nullptr) {
    for (const json::Value& item : left->items())
      if (item.as_string() != nullptr) report.left_behind.push_back(*item.as_string());
  }
  return report;
}

}  // namespace

std::string_view name_of(Answer answer) {
  switch (answer) {
    case Answer::Yes:
      return "yes";
    case Answer::No:
      return "no";
    case Answer::Unknown:
      break;
  }
  return "unknown";
}

std::span<const QuestionWords> questions() { return kWords; }

const Finding* Report::find(Question question) const {
  const auto found =
      std::find_if(findings.begin(), findings.end(), [&](const Finding& each) { return each.question == question; });
  return found == findings.end() ? nullptr : &*found;
}

Answer Report::answer(Question question) const {
  const Finding* finding = find(question);
  return finding == nullptr ? Answer::Unknown : finding->answer;
}

std::string to_json(const Report& report) {
  json::Writer out;
  out.begin_object();
  out.key("version").number(kVersion);
  out.key("tenant").string(report.tenant);
  out.key("graphUrl").string(report.graph_url);
  out.key("mailbox").string(report.mailbox);
  out.key("asked").number(to_unix_ms(report.asked));
  if (report.session_floor) out.key("sessionFloor").number(*report.session_floor);
  out.key("findings").begin_array();
  for (const Finding& finding : report.findings) {
    out.begin_object();
    out.key("question").string(words_of(finding.question).id);
    out.key("answer").string(name_of(finding.answer));
    out.key("detail").string(finding.detail);
    out.key("conf").string(finding.conf);
    out.end_object();
  }
  out.end_array();
  out.key("leftBehind").begin_array();
  for (const std::string& left : report.left_behind) out.string(left);
  out.end_array();
  out.end_object();
  return out.take();
}

Result<Report> report_from_json(std::string_view text) {
  const auto value = json::parse(text);
  if (!value || !value->is_object()) return damaged();
  auto report = read_report(*value);
  if (!report) return damaged();
  return *std::move(report);
}

std::string print_report(const Report& report) {
  std::string out = format("Probe of {} at {}\n", report.mailbox, iso8601(report.asked));
  for (const Finding& finding : report.findings) {
    out += format("\n{:<8} {}\n", name_of(finding.answer), words_of(finding.question).words);
    if (!finding.detail.empty()) out += format("         {}\n", finding.detail);
    out += format("         {}\n", finding.conf.empty() ? "nothing to set" : "set " + finding.conf);
  }
  for (const std::string& left : report.left_behind) out += format("\nleft behind: {}\n", left);
  return out;
}

}  // namespace graph_milter::probe
