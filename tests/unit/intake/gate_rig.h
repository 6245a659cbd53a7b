// SPDX-License-Identifier: Apache-2.0
// Takes a case of gate_cases.h from its first header to the answer.
#pragma once

#include <string>
#include <string_view>

#include "tests/support/odd_bytes.h"
#include "tests/unit/intake/gate_cases.h"
#include "tests/unit/intake/intake_case.h"

namespace graph_milter::intake {

class GateRig : public IntakeTest {
 protected:
  GateRig() {
    settings_.service.max_part_size = 20'000;
    settings_.service.max_message_size = 1'000'000;
    use_gate("");
  }

  // The rules that want each of the cases, with these settings.
  void use_gate(const std::string& settings) {
    const std::string who = "client = 10.1.20.0/24\nfrom = scanner@contoso.com\naction = relay\n" + settings;
    use_rules("[rule parts]\npart-size = 1\n" + who + "[rule rest]\n" + who);
  }

  // The header as an MTA gives it: field by field, folds as LF and blank.
  static void feed_header(Message& message, std::string_view header) {
    while (!header.empty()) {
      std::size_t end = header.find("\r\n");
      while (end + 2 < header.size() && (header[end + 2] == ' ' || header[end + 2] == '\t')) {
        end = header.find("\r\n", end + 2);
      }
      const std::string_view field = header.substr(0, end);
      const std::size_t colon = field.find(':');
      std::string value(field.substr(colon + 1));
      for (std::size_t at = 0; (at = value.find("\r\n", at)) != std::string::npos;) value.erase(at, 1);
      message.header(field.substr(0, colon), value);
      header.remove_prefix(end + 2);
    }
  }

  Answer answer_to(const GateCase& item) {
    mail::Envelope who = envelope();
    who.sender = mail::make_envelope_path("<" + item.sender + ">");
    who.recipients.clear();
    for (std::size_t i = 0; i < item.recipients; ++i) {
      who.recipients.push_back(mail::make_envelope_path("<user" + std::to_string(i) + "@contoso.com>"));
    }
    const std::string bytes = test::bytes_of(item.text);
    const std::size_t header_end = bytes.find("\r\n\r\n") + 2;
    Message message(context_, who);
    feed_header(message, std::string_view(bytes).substr(0, header_end));
    message.end_of_headers();
    message.body(std::string_view(bytes).substr(header_end + 2));
    return message.end("Q", [] { return true; });
  }
};

}  // namespace graph_milter::intake
