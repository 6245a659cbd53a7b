// SPDX-License-Identifier: Apache-2.0
// Ordinary mail in the style of the programs and devices that write it every day: what must always be understood. Few,
// written by hand and the same every time, each with the number of its leaves: for tests that look at one mail closely,
// cut it at every byte, or must do without Python. The rate of false alarms is measured with another set, thousands of
// mails at random from the habits of 32 programs (tests/differential/clients.py).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace graph_milter::test {

struct StyledMail {
  std::string name;   // who writes such mail and what is special: "outlook-alternative-pdf"
  std::string bytes;  // the whole message, CRLF
  std::size_t leaves = 0;
};

// Each with attachments of about `attachment_size` bytes where it has any. The same bytes for the same size.
std::vector<StyledMail> daily_mails(std::size_t attachment_size = 3000);

// `size` bytes that look like a file; the same for the same seed.
std::string make_content(std::size_t size, unsigned seed);

// Base64 in lines of `columns` characters, each with CRLF, the last one too.
std::string base64_lines(std::string_view content, std::size_t columns = 76);

// "\n" becomes CRLF, so that test mail can be written as a raw string.
std::string crlf(std::string_view text);

}  // namespace graph_milter::test
