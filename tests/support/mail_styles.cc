// SPDX-License-Identifier: Apache-2.0
#include "tests/support/mail_styles.h"

#include <random>

#include "core/base/base64.h"
#include "tests/support/mail_collection.h"

namespace graph_milter::test {

std::vector<StyledMail> daily_mails(std::size_t attachment_size) {
  Collection all(attachment_size);
  add_outlook(all);
  add_thunderbird(all);
  add_apple(all);
  add_webmail(all);
  add_scanners(all);
  add_libraries(all);
  add_unix(all);
  add_applications(all);
  return all.take();
}

std::string make_content(std::size_t size, unsigned seed) {
  std::mt19937_64 random(seed);
  std::string content(size, '\0');
  for (char& c : content) c = static_cast<char>(random() & 0xffU);
  return content;
}

std::string base64_lines(std::string_view content, std::size_t columns) {
  const std::string text = base64_encode(content);
  std::string lines;
  lines.reserve(text.size() + text.size() / columns * 2 + 2);
  for (std::size_t at = 0; at < text.size(); at += columns) {
    lines.append(text, at, columns);
    lines += "\r\n";
  }
  return lines;
}

std::string crlf(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\n') out += '\r';
    out += c;
  }
  return out;
}

}  // namespace graph_milter::test
