// SPDX-License-Identifier: Apache-2.0
// A message, its envelope and a rule, made ready for make_plan.
#pragma once

#include <gtest/gtest.h>

#include <ostream>
#include <set>
#include <string>

#include "core/base/bytes.h"
#include "core/mail/scanner.h"
#include "core/plan/plan.h"

namespace graph_milter::plan {

inline void PrintTo(const LeaveAlone& refusal, std::ostream* out) { *out << refusal.reason << ": " << refusal.text; }

inline std::string attachment_part(std::string_view name, std::string_view content_base64,
                                   std::string_view type = "application/pdf") {
  return "Content-Type: " + std::string(type) + "; name=\"" + std::string(name) +
         "\"\r\nContent-Transfer-Encoding: base64\r\nContent-Disposition: attachment; filename=\"" + std::string(name) +
         "\"\r\n\r\n" + std::string(content_base64) + "\r\n";
}

inline std::string multipart(std::string_view subtype, std::string_view boundary,
                             const std::vector<std::string>& parts) {
  std::string out =
      "Content-Type: multipart/" + std::string(subtype) + "; boundary=" + std::string(boundary) + "\r\n\r\n";
  for (const std::string& part : parts) out += "--" + std::string(boundary) + "\r\n" + part;
  return out + "--" + std::string(boundary) + "--\r\n";
}

inline std::string text_part(std::string_view text = "see below") {
  return "Content-Type: text/plain\r\n\r\n" + std::string(text) + "\r\n";
}

// `size` base64 characters in lines of 76.
inline std::string base64_body(std::size_t size) {
  std::string out;
  for (; size > 76; size -= 76) out += std::string(76, 'A') + "\r\n";
  return out + std::string(size, 'A');
}

struct PlanCase {
  std::string header =
      "From: Ann <ann@contoso.com>\r\nTo: bob@example.com\r\nMessage-ID: <1@contoso.com>\r\n"
      "Date: Sun, 22 Nov 2026 09:02:05 +0000\r\nMIME-Version: 1.0\r\n";
  std::string body = multipart("mixed", "b", {text_part(), attachment_part("a.pdf", "QUJD")});
  mail::Envelope envelope;
  mail::MessageFacts facts;
  policy::Rule rule;
  ServiceLimits limits;
  std::string instance = "MX1";
  std::string seal;
  std::vector<std::string> tenant_domains = {"contoso.com"};

  PlanCase() {
    envelope.sender = mail::make_envelope_path("<ann@contoso.com>");
    envelope.recipients = {mail::make_envelope_path("<bob@example.com>")};
    rule.name = "scanners";
    rule.part_size = 1;
  }

  std::string message() const { return header + body; }

  void scan() {
    mail::Scanner scanner;
    scanner.feed(message());
    facts = scanner.finish();
  }

  // Of facts made by hand, if there are any; else of the message.
  Outcome run() {
    if (facts.parts.empty()) scan();
    return make_plan({envelope, facts, rule, limits, "0123456789abcdefghijklmnop", instance,
                      from_unix_ms(1795338125000), seal, tenant_domains});
  }

  Plan plan() {
    Outcome outcome = run();
    if (const auto* refusal = std::get_if<LeaveAlone>(&outcome)) {
      ADD_FAILURE() << refusal->reason << ": " << refusal->text;
      return {};
    }
    return std::get<Plan>(outcome);
  }

  LeaveAlone refusal() {
    Outcome outcome = run();
    if (const auto* refusal = std::get_if<LeaveAlone>(&outcome)) return *refusal;
    ADD_FAILURE() << "the message would be relayed";
    return {};
  }

  std::string skeleton() {
    const Plan planned = plan();
    StringSource source(message());
    mail::SpliceSource spliced(source, planned.skeleton);
    return read_all(spliced, 1 << 26).value();
  }
};

inline std::set<std::string> names_of(const std::vector<PlannedPart>& parts) {
  std::set<std::string> names;
  for (const PlannedPart& part : parts) names.insert(part.name);
  return names;
}

}  // namespace graph_milter::plan
