// SPDX-License-Identifier: Apache-2.0
// The test mail of a probe, and what a copy of it shows of the service. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/base/clock.h"
#include "core/graph/client.h"
#include "core/probe/report.h"

namespace graph_milter::probe {

// One file that is added to the draft. `content` is like no other's, so that it is found again whatever its name.
struct AddedFile {
  graph::AttachmentItem item;
  std::string content;
};

struct ProbeMail {
  std::string id;
  std::string message_id;  // with angle brackets
  std::string date;
  std::string mime;  // of the draft: text, HTML and an inline image
  std::string text, html, image;
  std::vector<AddedFile> named;  // a name with an umlaut, one with characters that Windows forbids
  std::vector<AddedFile> twins;  // two of one name
  AddedFile empty;
  AddedFile by_session;  // inline, a PNG by its type; without content yet
  std::string json;      // another mail, whose draft is JSON
  std::string json_message_id;
};

// What both mails are made of. `id` makes them unlike every other mail.
struct ProbeMailWish {
  std::string id, mailbox, to;
  std::string marker, json_marker;
};

// The Date of the first is a day before `now`.
ProbeMail make_probe_mail(const ProbeMailWish& wish, TimePoint now);

// `size` bytes for the file that goes by session.
std::string session_content(std::string_view id, ByteCount size);

// What was added to the draft in fact.
struct Added {
  bool named = false;
  bool twins = false;
  bool empty = false;
  bool by_session = false;
};

// Judges the sent copy, as MIME: MimeDraft, SessionType, SessionInline, Names, Date, MessageId, EqualNames; Unknown
// where what it takes was not added.
std::vector<Finding> judge_copy(const ProbeMail& mail, const Added& added, const std::string& copy);

// Judges the sent copy of the JSON draft, as MIME: JsonDraft, without a line to set.
Finding judge_json_copy(const ProbeMail& mail, const std::string& copy);

}  // namespace graph_milter::probe
