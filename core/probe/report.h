// SPDX-License-Identifier: Apache-2.0
// What a probe has found out about the service, as a value that is kept beside the queue and read back by the daemon.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/bytes.h"
#include "core/base/clock.h"
#include "core/base/result.h"

namespace graph_milter::probe {

enum class Answer { Unknown, No, Yes };
std::string_view name_of(Answer answer);

// What Graph's documentation leaves open and one mailbox can tell, in the order in which it is printed.
enum class Question {
  MimeDraft,         // does a MIME draft survive that attachments are added to it?
  JsonDraft,         // do the header fields survive that a JSON draft has as properties?
  SessionFloor,      // does an upload session take files of any size?
  AskPosition,       // does an upload URL answer GET with its position?
  ImmutableId,       // does the draft's immutable id lead to the sent copy?
  SessionType,       // is the content type of a session kept?
  SessionInline,     // are isInline and Content-ID of a session kept?
  Names,             // are file names kept as they are?
  Date,              // is the Date of a MIME draft kept?
  MessageId,         // is the Message-ID of a MIME draft kept?
  RangesAreCounted,  // do ranges count for the mailbox's upload budget?
  EmptyFile,         // is a file of no bytes taken by POST?
  EqualNames,        // may two attachments have one name?
};
inline constexpr std::size_t kQuestions = 13;

struct QuestionWords {
  Question question;
  std::string_view id;     // stable: "mime-draft"
  std::string_view words;  // for people, with a question mark
};
std::span<const QuestionWords> questions();

struct Finding {
  Question question = Question::MimeDraft;
  Answer answer = Answer::Unknown;
  std::string detail;  // what was seen; one line
  std::string conf;    // the line for graph-milter.conf; empty: nothing to set
  friend bool operator==(const Finding&, const Finding&) = default;
};

struct Report {
  std::string tenant;
  std::string graph_url;
  std::string mailbox;
  TimePoint asked{};
  std::vector<Finding> findings;           // one for each question, in their order
  std::optional<ByteCount> session_floor;  // the smallest file that createUploadSession took
  std::vector<std::string> left_behind;    // what the probe could not clear away, in words

  const Finding* find(Question question) const;
  Answer answer(Question question) const;  // Unknown also where nothing was noted
  friend bool operator==(const Report&, const Report&) = default;
};

std::string to_json(const Report& report);
// Corrupt on damage and on what another version wrote.
Result<Report> report_from_json(std::string_view text);

// For people: each question with its answer, what was seen and what to set.
std::string print_report(const Report& report);

}  // namespace graph_milter::probe
