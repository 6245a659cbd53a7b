// SPDX-License-Identifier: Apache-2.0
#include "core/mta/mime_text.h"

#include <algorithm>

#include "core/base/format.h"
#include "core/base/text.h"
#include "core/mail/skeleton.h"
#include "core/mail/utf8.h"

namespace graph_milter::mta {
namespace {

constexpr std::size_t kColumns = 76;
constexpr std::size_t kLongestLine = 990;
constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD

// UTF-8, with CR and LF alone or together as LF, and no other controls but TAB.
std::string clean_text(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const bool crlf = text.substr(0, 2) == "\r\n";
    const std::string_view before = text;
    const mail::CodePoint next = mail::take_code_point(text);
    if (crlf) text.remove_prefix(1);
    if (!next.valid) {
      out += kReplacement;
    } else if (next.value == '\r' || next.value == '\n') {
      out += '\n';
    } else if ((next.value < 0x20 && next.value != '\t') || next.value == 0x7F) {
      out += ' ';
    } else {
      out += before.substr(0, before.size() - text.size());
    }
  }
  return out;
}

bool has_long_line(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    if (end - at > kLongestLine) return true;
    at = end + 1;
  }
  return false;
}

std::string with_crlf(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\n') out += '\r';
    out += c;
  }
  return out;
}

}  // namespace

std::string one_line(std::string_view text, std::size_t limit) {
  std::string line = clean_text(text);
  std::replace_if(
      line.begin(), line.end(), [](char c) { return c == '\n' || c == '\t'; }, ' ');
  line = std::string(trim(line));
  if (line.size() <= limit) return line;
  line.resize(limit);
  while (!is_valid_utf8(line)) line.pop_back();
  return line + "...";
}

std::string one_ascii_line(std::string_view text, std::size_t limit) {
  const std::string line = one_line(text, limit);
  std::string out;
  for (std::string_view rest = line; !rest.empty();) {
    const mail::CodePoint next = mail::take_code_point(rest);
    out += next.value < 0x80 ? static_cast<char>(next.value) : '?';
  }
  return out;
}

std::string wrap(std::string_view text, std::size_t indent) {
  std::string out;
  std::size_t column = 0;
  for (const std::string& word : split_list(text, " \n")) {
    if (column > 0 && column + 1 + word.size() > kColumns) {
      out += '\n';
      column = 0;
    }
    const std::string lead = column == 0 ? std::string(indent, ' ') : " ";
    out += lead + word;
    column += lead.size() + word.size();
  }
  return out + '\n';
}

std::string quoted_printable(std::string_view text) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out;
  std::size_t column = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const std::string_view rest = text.substr(i + 1);
    if (c == '\r' && rest.substr(0, 1) == "\n") continue;
    if (c == '\n') {
      out += "\r\n";
      column = 0;
      continue;
    }
    const bool at_line_end = rest.empty() || rest.front() == '\n' || rest.substr(0, 2) == "\r\n";
    const bool plain = (c > ' ' && c <= '~' && c != '=') || (is_blank(c) && !at_line_end);
    if (column + (plain ? 1 : 3) > kColumns - 1) {
      out += "=\r\n";
      column = 0;
    }
    if (plain) {
      out += c;
      column += 1;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out += {'=', kHex[byte >> 4], kHex[byte & 15]};
      column += 3;
    }
  }
  return out;
}

std::string text_entity(std::string_view type, std::string_view text) {
  const std::string clean = clean_text(text);
  const bool plain = is_ascii(clean) && !has_long_line(clean);
  return format(
      "Content-Type: {}; charset={}\r\n"
      "Content-Transfer-Encoding: {}\r\n"
      "\r\n"
      "{}",
      type, is_ascii(clean) ? "us-ascii" : "utf-8", plain ? "7bit" : "quoted-printable",
      plain ? with_crlf(clean) : quoted_printable(clean));
}

std::string write_head(const MailHead& head) {
  constexpr std::size_t kSubjectBytes = 200;
  return format(
      "From: Mail Delivery System <MAILER-DAEMON@{0}>\r\n"
      "To: <{1}>\r\n"
      "{2}\r\n"
      "Date: {3}\r\n"
      "Message-ID: <{4}@{0}>\r\n"
      "Auto-Submitted: {5}\r\n"
      "MIME-Version: 1.0\r\n",
      head.hostname, head.to, mail::make_field("Subject", one_line(head.subject, kSubjectBytes)),
      rfc5322_date(head.now), head.message_id, head.auto_submitted);
}

}  // namespace graph_milter::mta
