// SPDX-License-Identifier: Apache-2.0
#include "tests/milter/mails.h"

#include "core/base/base64.h"
#include "core/base/format.h"

namespace graph_milter::test {

namespace {

std::string pdf_like_bytes(std::size_t count, int number) {
  std::string bytes = "%PDF-1.7\n";
  auto state = static_cast<std::uint32_t>(number) * 2654435761U + 1;
  while (bytes.size() < count) {
    state = state * 1664525U + 1013904223U;
    bytes += static_cast<char>(static_cast<unsigned char>(state >> 24U));
  }
  bytes.resize(count);
  return bytes;
}

std::string base64_lines(std::string_view raw) {
  constexpr std::size_t kLine = 57;
  std::string out;
  for (std::size_t at = 0; at < raw.size(); at += kLine) out += base64_encode(raw.substr(at, kLine)) + "\r\n";
  return out;
}

Mail with_headers(int number) {
  Mail mail;
  mail.recipients = {format("<user{}@contoso.com>", number)};
  mail.headers = {{"From", " Scanner <scanner@contoso.com>"},
                  {"To", format(" user{}@contoso.com", number)},
                  {"Subject", format(" Scan {}\n of a long\n\ttitle", number)},
                  {"Date", " Sun, 22 Nov 2026 09:00:00 +0000"},
                  {"Message-ID", format(" <scan-{}@device.contoso.com>", number)},
                  {"MIME-Version", " 1.0"}};
  return mail;
}

}  // namespace

Mail scan_mail(std::size_t pdf_bytes, int number) {
  Mail mail = with_headers(number);
  mail.headers.emplace_back("Content-Type", " multipart/mixed;\n boundary=\"=_scan\"");
  mail.body =
      "--=_scan\r\nContent-Type: text/plain\r\n\r\nYour scan.\r\n"
      "--=_scan\r\nContent-Type: application/pdf; name=\"scan.pdf\"\r\n"
      "Content-Disposition: attachment; filename=\"scan.pdf\"\r\nContent-Transfer-Encoding: base64\r\n\r\n" +
      base64_lines(pdf_like_bytes(pdf_bytes, number)) + "--=_scan--\r\n";
  return mail;
}

Mail text_mail(int number) {
  Mail mail = with_headers(number);
  mail.headers.emplace_back("Content-Type", " text/plain");
  mail.body = "Hello.\r\n";
  return mail;
}

std::string wire_form(const Mail& mail) {
  std::string out;
  for (const auto& [name, value] : mail.headers) {
    out += name + ":";
    for (const char c : value) {
      if (c == '\n') out += '\r';
      out += c;
    }
    out += "\r\n";
  }
  return out + "\r\n" + mail.body;
}

}  // namespace graph_milter::test
