// SPDX-License-Identifier: Apache-2.0
// The MTA's side of the milter protocol, for tests: says what a real MTA says, and what none would say on demand.
// Throws std::runtime_error when the
// other side does not behave, so a test ends with words.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/file.h"
#include "tests/milter/wire.h"

namespace graph_milter::test {

struct Packet {
  char command = 0;
  std::string data;
};

// What a filter asked for when it was greeted.
struct Negotiated {
  bool accepted = false;  // false: it closed the connection
  std::uint32_t actions = 0;
  std::uint32_t steps = 0;
  std::vector<std::pair<std::uint32_t, std::string>> macros;  // stage (SMFIM_*), names
};

// One mail as an SMTP client hands it to an MTA.
struct Mail {
  std::string sender = "<scanner@contoso.com>";
  std::vector<std::string> sender_parameters;
  std::vector<std::string> recipients = {"<a@contoso.com>"};
  std::vector<std::pair<std::string, std::string>> headers;  // values with their leading blank, folds as LF
  std::string body;
};

class MilterDriver {
 public:
  static MilterDriver connect_unix(const std::string& path);
  static MilterDriver connect_tcp(std::uint16_t port);  // on 127.0.0.1

  // What the MTA offers; by default what Postfix and Sendmail do.
  Negotiated negotiate(std::uint32_t actions = 0x1ff, std::uint32_t steps = 0x1fffff, std::uint32_t version = 6);

  void send(char command, std::string_view data = {});
  void send_raw(std::string_view bytes);
  void macros(char command, const Macros& values);
  // The next reply that is no progress report; those are counted.
  Packet receive();
  bool is_closed();  // waits for the other side to close
  // The next `count` bytes of whatever comes.
  std::string read_bytes(std::size_t count);
  // Says nothing more, and reads all replies until the other side closes.
  std::vector<Packet> finish();

  // One step each, with its reply where the negotiated steps have one.
  Packet connect_from(std::string_view name, std::string_view address);
  Packet helo(std::string_view name);
  Packet mail(std::string_view sender, const std::vector<std::string>& parameters = {});
  Packet rcpt(std::string_view recipient, const std::vector<std::string>& parameters = {});
  Packet data();
  void header(std::string_view name, std::string_view value);
  void end_of_headers();
  void body(std::string_view bytes, std::size_t chunk = 65535);
  Packet end_of_message();
  void abort() { send(wire::kAbort); }
  void quit() { send(wire::kQuit); }

  // Greets as `address`: negotiate, connect, helo.
  void greet(std::string_view address);
  // All of `mail` up to but not including the end of message; a queue id goes with each command.
  void begin(const Mail& mail, const std::string& queue_id, std::size_t chunk = 65535);
  Packet deliver(const Mail& mail, const std::string& queue_id, std::size_t chunk = 65535);

  // Breaks the connection as a killed MTA does (RST on TCP, where `reset`).
  void drop(bool reset = false);
  // A write of the other side fails from here on (UNIX sockets only), as if we had gone; what we say still arrives.
  void stop_listening();
  void set_patience(std::chrono::milliseconds patience) { patience_ = patience; }
  std::size_t progress_reports() const { return progress_reports_; }

 private:
  explicit MilterDriver(FileDescriptor fd) : fd_(std::move(fd)) {}
  Packet receive_any();
  void expect_if_answered(std::uint32_t no_reply_step);
  Packet ask(char command, std::string_view data);

  FileDescriptor fd_;
  std::uint32_t steps_ = 0;
  std::size_t progress_reports_ = 0;
  std::chrono::milliseconds patience_{30000};
};

}  // namespace graph_milter::test
