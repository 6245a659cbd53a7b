// SPDX-License-Identifier: Apache-2.0
#include "tests/milter/transcript.h"

#include <algorithm>

namespace graph_milter::test {

namespace {

class Writer {
 public:
  void ask(char command, std::string_view data = {}) { add(command, data, true); }
  void say(char command, std::string_view data = {}) { add(command, data, false); }
  void macros(char command, const Macros& values) { say(wire::kMacro, wire::macros(command, values)); }

  std::vector<Saying> take() { return std::move(out_); }

 private:
  void add(char command, std::string_view data, bool answered) {
    out_.push_back({command, wire::packet(command, data), answered});
  }
  std::vector<Saying> out_;
};

}  // namespace

std::vector<Saying> transcript_of(const Mail& mail, const std::string& queue_id) {
  constexpr std::size_t kChunk = 65535;
  Writer writer;
  writer.ask(wire::kNegotiate, wire::negotiation());
  writer.macros(wire::kConnect, {{"j", "mta.example"}, {"{client_addr}", "10.1.20.5"}});
  writer.ask(wire::kConnect, wire::connection("client", "10.1.20.5"));
  writer.ask(wire::kHelo, wire::words("client.example"));
  writer.ask(wire::kMail, wire::words(mail.sender, mail.sender_parameters));
  for (const std::string& recipient : mail.recipients) writer.ask(wire::kRcpt, wire::words(recipient));
  writer.macros(wire::kData, {{"i", queue_id}});
  writer.ask(wire::kData);
  for (const auto& [name, value] : mail.headers) writer.say(wire::kHeader, wire::words(name, {value}));
  writer.say(wire::kEndOfHeaders);
  for (std::size_t at = 0; at < mail.body.size(); at += kChunk) {
    writer.say(wire::kBody, std::string_view(mail.body).substr(at, kChunk));
  }
  writer.macros(wire::kEndOfBody, {{"i", queue_id}});
  writer.ask(wire::kEndOfBody);
  writer.say(wire::kQuit);
  return writer.take();
}

std::size_t length_of(const std::vector<Saying>& transcript) {
  std::size_t length = 0;
  for (const Saying& saying : transcript) length += saying.bytes.size();
  return length;
}

char say_bytes(MilterDriver& driver, const std::vector<Saying>& transcript, std::size_t end) {
  char verdict = 0;
  for (const Saying& saying : transcript) {
    const std::size_t part = std::min(end, saying.bytes.size());
    if (part == 0) break;
    driver.send_raw(std::string_view(saying.bytes).substr(0, part));
    end -= part;
    if (part < saying.bytes.size() || !saying.answered) continue;
    const Packet reply = driver.receive();
    if (saying.command == wire::kEndOfBody) verdict = reply.command;
  }
  return verdict;
}

}  // namespace graph_milter::test
