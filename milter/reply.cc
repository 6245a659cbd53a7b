// SPDX-License-Identifier: Apache-2.0
#include "milter/reply.h"

#include "core/base/text.h"

namespace graph_milter::milter {

namespace {

bool is_code(std::string_view text, char first) {
  return text.size() == 3 && text[0] == first && is_ascii_digit(text[1]) && is_ascii_digit(text[2]);
}

// class "." 1*3DIGIT "." 1*3DIGIT (RFC 3463 section 2).
bool is_enhanced_code(std::string_view text, char first) {
  const std::size_t dot = text.find('.', 2);
  if (text.size() < 5 || text[0] != first || text[1] != '.' || dot == std::string_view::npos) return false;
  const std::string_view subject = text.substr(2, dot - 2);
  const std::string_view detail = text.substr(dot + 1);
  return subject.size() <= 3 && detail.size() <= 3 && parse_unsigned(subject) && parse_unsigned(detail);
}

std::string clean_text(std::string_view text) {
  constexpr std::size_t kLongest = 900;  // libmilter: 980 with codes
  std::string out;
  for (const char c : text) {
    if (out.size() + 2 > kLongest) break;
    if (c == '%') {
      out += "%%";
    } else {
      out += c >= ' ' && c <= '~' ? c : ' ';
    }
  }
  return out;
}

}  // namespace

Reply make_reply(const intake::Answer& answer) {
  const bool permanent = answer.kind == intake::AnswerKind::Reject;
  const char first = permanent ? '5' : '4';
  Reply reply{permanent ? "550" : "451", permanent ? "5.7.1" : "4.3.0", clean_text(answer.text)};
  if (is_code(answer.code, first) && is_enhanced_code(answer.enhanced, first)) {
    reply.code = answer.code;
    reply.enhanced = answer.enhanced;
  }
  if (trim(reply.text).empty()) reply.text = permanent ? "Mail refused" : "Try again later";
  return reply;
}

}  // namespace graph_milter::milter
