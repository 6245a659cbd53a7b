// SPDX-License-Identifier: Apache-2.0
// Reads many messages in one process and prints, one JSON line for each, what both of our readers make of it: verdict,
// findings and leaves with the digests of their decoded content. For tests that compare us with other parsers.
//
//   leaves_of [--tolerant] FILE...   reads each file
//   leaves_of [--tolerant]           reads "NAME LENGTH\n" and LENGTH bytes, again and again, from standard input, and
//                                    answers each message before it reads the next one
//
// --tolerant: as for a rule with mime = tolerant.
#include <charconv>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>
#include <string_view>

#include "core/base/digest.h"
#include "core/base/text.h"
#include "core/json/json.h"
#include "core/mail/part_source.h"
#include "core/mail/scanner.h"
#include "core/mail/second_reader.h"
#include "core/mail/tolerance.h"

namespace graph_milter {
namespace {

using mail::MessageFacts;
using mail::Part;

std::string printable(std::string_view text) {
  return is_valid_utf8(text) ? std::string(text) : escape_for_log(text, 1000);
}

void write_finding(json::Writer& writer, const mail::Finding& finding) {
  writer.begin_object().key("verdict").string(name_of(finding.verdict)).key("code").string(finding.code);
  writer.key("detail").string(printable(finding.detail)).key("offset").number(finding.offset).end_object();
}

// "sha256" is null where the part can't be decoded exactly; "inexact" says why it may not be cut out.
void write_leaf(json::Writer& writer, const Part& part, ByteSource& message) {
  writer.begin_object().key("type").string(part.type).key("name").string(printable(part.name));
  writer.key("disposition").string(printable(part.disposition)).key("encoding").string(name_of(part.body.encoding));
  writer.key("begin").number(part.body.range.begin).key("end").number(part.body.range.end);
  writer.key("exact").boolean(part.exact).key("inexact").string(part.inexact.code);
  const auto source = mail::make_part_source(message, part.body);
  const auto digest = sha256_hex(*source);
  writer.key("sha256");
  if (digest) {
    writer.string(*digest).key("size").number(part.body.decoded_size).end_object();
  } else {
    writer.null().end_object();
  }
}

std::string describe(const std::string& name, std::string bytes, bool tolerant) {
  mail::Scanner scanner;
  scanner.feed(bytes);
  StringSource message(std::move(bytes));
  MessageFacts facts = scanner.finish();
  if (tolerant) facts = mail::tolerate(std::move(facts));
  facts = confirm_with_second_reader(std::move(facts), message);
  json::Writer writer;
  writer.begin_object().key("message").string(printable(name)).key("verdict").string(name_of(facts.verdict));
  writer.key("code").string(facts.findings.empty() ? std::string_view() : facts.findings.front().code);
  writer.key("findings").begin_array();
  for (const mail::Finding& finding : facts.findings) write_finding(writer, finding);
  writer.end_array().key("leaves").begin_array();
  for (const Part& part : facts.parts) {
    if (!part.is_multipart) write_leaf(writer, part, message);
  }
  writer.end_array();
  for (const auto& [key, list] : {std::pair("from", &facts.from), {"to", &facts.to}, {"cc", &facts.cc}}) {
    writer.key(key).begin_array();
    for (const mail::Mailbox& mailbox : *list) writer.string(printable(mailbox.address));
    writer.end_array();
  }
  writer.end_object();
  return writer.take();
}

int read_files(int count, char** names, bool tolerant) {
  for (int i = 0; i < count; ++i) {
    std::ifstream file(names[i], std::ios::binary);
    if (!file) {
      std::cerr << names[i] << ": cannot open\n";
      return 66;
    }
    std::cout << describe(names[i], {std::istreambuf_iterator<char>(file), {}}, tolerant) << "\n";
  }
  return 0;
}

int read_frames(bool tolerant) {
  for (std::string line; std::getline(std::cin, line);) {
    const std::size_t blank = line.rfind(' ');
    std::size_t length = 0;
    const char* const end = line.data() + line.size();
    if (blank == std::string::npos || std::from_chars(line.data() + blank + 1, end, length).ptr != end) {
      std::cerr << "not \"NAME LENGTH\": " << escape_for_log(line, 100) << "\n";
      return 65;
    }
    std::string bytes(length, '\0');
    if (!std::cin.read(bytes.data(), static_cast<std::streamsize>(length))) {
      std::cerr << "the message " << escape_for_log(line, 100) << " is cut short\n";
      return 65;
    }
    std::cout << describe(line.substr(0, blank), std::move(bytes), tolerant) << std::endl;
  }
  return 0;
}

}  // namespace
}  // namespace graph_milter

int main(int argc, char** argv) {
  const bool tolerant = argc > 1 && argv[1] == std::string_view("--tolerant");
  const int first = tolerant ? 2 : 1;
  return argc > first ? graph_milter::read_files(argc - first, argv + first, tolerant)
                      : graph_milter::read_frames(tolerant);
}
