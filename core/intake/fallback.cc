// SPDX-License-Identifier: Apache-2.0
#include "core/intake/fallback.h"

#include <algorithm>
#include <array>

#include "core/base/format.h"

namespace graph_milter::intake {

namespace {

// A reason, or what it begins with where it ends in ':', and the subject and detail of its enhanced code.
struct Row {
  std::string_view reason;
  std::string_view code;
};

constexpr std::array kRows = {
    Row{"too-large", "3.4"},
    Row{"part-too-large", "3.4"},
    Row{"skeleton-too-large", "3.4"},
    Row{"json:too-large", "3.4"},
    Row{"too-many-recipients", "5.3"},
    Row{"recipient-address", "1.3"},
    Row{"no-recipients", "5.1"},
    Row{"esmtp-parameter", "5.4"},
    Row{"smtputf8", "6.7"},  // RFC 6531 section 3.5: non-ASCII addresses not permitted
    Row{"too-many-attachments", "6.0"},
    Row{"too-deep", "6.0"},
    Row{"no-way", "6.0"},
    Row{"not-utf8", "6.0"},
    Row{"ambiguous:", "6.0"},
    Row{"protected:", "6.0"},
    Row{"overlimit:", "6.0"},
    Row{"inexact:", "6.0"},
    Row{"json:", "6.0"},
    // Who may send what: the rest.
    Row{"", "7.1"},
};

bool fits(std::string_view row, std::string_view reason) {
  return row.empty() || row.ends_with(':') ? reason.starts_with(row) : row == reason;
}

std::string_view code_of(std::string_view reason) {
  return std::find_if(kRows.begin(), kRows.end(), [&](const Row& row) { return fits(row.reason, reason); })->code;
}

// As Answer wants it.
std::string one_line(std::string_view text) {
  constexpr std::size_t kLongest = 400;
  std::string out(text.substr(0, kLongest));
  std::replace_if(
      out.begin(), out.end(), [](char c) { return c < ' ' || c > '~' || c == '%'; }, ' ');
  return out;
}

Answer make_answer(bool permanent, std::string_view subject_and_detail, std::string text) {
  const bool is_size = subject_and_detail == "3.4";
  std::string code = permanent ? "550" : "451";
  if (is_size) code = permanent ? "552" : "452";
  return {permanent ? AnswerKind::Reject : AnswerKind::TempFail, std::move(code),
          format("{}.{}", permanent ? 5 : 4, subject_and_detail), std::move(text)};
}

}  // namespace

config::Otherwise otherwise_of(const IntakeSettings& settings, const policy::Rule& rule) {
  return rule.otherwise.value_or(settings.otherwise);
}

bool pretends(const IntakeSettings& settings, const policy::Rule& rule) {
  return rule.pretend.value_or(settings.pretend);
}

Answer reply_of(const policy::Rule& rule) {
  const bool permanent = rule.action == policy::Action::Reject;
  const policy::Reply& reply = rule.reply;
  std::string text = reply.text;
  if (text.empty()) {
    text = permanent ? format("Mail refused by rule {}", rule.name)
                     : format("Mail refused for now by rule {}; try again later", rule.name);
  }
  const std::string_view code =
      reply.enhanced.empty() ? std::string_view("7.1") : std::string_view(reply.enhanced).substr(2);
  return make_answer(permanent, code, std::move(text));
}

Answer refusal_of(std::string_view reason, std::string_view text, bool permanent) {
  return make_answer(permanent, code_of(reason), one_line(format("Microsoft 365 can't send this mail: {}", text)));
}

}  // namespace graph_milter::intake
