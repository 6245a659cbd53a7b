// SPDX-License-Identifier: Apache-2.0
// How the ordinary mails are written down: text with placeholders for attachments. One function per kind of writer.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/base64.h"
#include "tests/support/mail_styles.h"

namespace graph_milter::test {

class Collection {
 public:
  explicit Collection(std::size_t size) : size_(size) {}

  void add(std::string name, std::size_t leaves, std::string_view text) {
    mails_.push_back({std::move(name), crlf(replace(text)), leaves});
  }
  std::vector<StyledMail> take() { return std::move(mails_); }

 private:
  // @B76@ stands for a base64 body in lines of 76, @B60@ and @B72@ for other widths, @B1@ for one of a single line.
  std::string replace(std::string_view text) {
    std::string out;
    for (std::size_t at = text.find("@B"); at != std::string_view::npos; at = text.find("@B")) {
      out += text.substr(0, at);
      const std::size_t end = text.find('@', at + 2);
      const auto columns = static_cast<std::size_t>(std::stoul(std::string(text.substr(at + 2, end - at - 2))));
      ++seed_;
      const std::string body = columns == 1 ? base64_encode(make_content(40, seed_)) + "\r\n"
                                            : base64_lines(make_content(size_ + seed_, seed_), columns);
      std::string lf;
      for (const char c : body) {
        if (c != '\r') lf += c;
      }
      lf.pop_back();  // the text goes on with its own line end
      out += lf;
      text.remove_prefix(end + 1);
    }
    out += text;
    return out;
  }

  std::size_t size_;
  unsigned seed_ = 0;
  std::vector<StyledMail> mails_;
};

void add_outlook(Collection& all);
void add_thunderbird(Collection& all);
void add_apple(Collection& all);
void add_webmail(Collection& all);
void add_scanners(Collection& all);
void add_libraries(Collection& all);
void add_unix(Collection& all);
void add_applications(Collection& all);

}  // namespace graph_milter::test
