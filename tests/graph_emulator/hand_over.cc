// SPDX-License-Identifier: Apache-2.0
#include "tests/graph_emulator/hand_over.h"

#include <netdb.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <chrono>
#include <cstring>
#include <memory>
#include <optional>

#include "core/base/format.h"
#include "core/base/text.h"

namespace graph_milter::emulator {
namespace {

constexpr Duration kLook = std::chrono::milliseconds(100);
constexpr int kMostTries = 300;

// Lines with CRLF, dots at their beginning doubled, and the final dot.
std::string as_data(const std::string& message) {
  std::string out;
  out.reserve(message.size() + message.size() / 32 + 8);
  bool line_begins = true;
  char last = '\n';
  for (const char c : message) {
    if (line_begins && c == '.') out += '.';
    if (c == '\n' && last != '\r') out += '\r';
    out += c;
    line_begins = c == '\n';
    last = c;
  }
  if (!line_begins) out += "\r\n";
  return out + ".\r\n";
}

class Connection {
 public:
  Connection(const std::string& server, const std::atomic<bool>& stopping) : stopping_(stopping) {
    const auto colon = server.rfind(':');
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    const std::string host = server.substr(0, colon);
    if (colon == std::string::npos || getaddrinfo(host.c_str(), server.c_str() + colon + 1, &hints, &found) != 0)
      return;
    const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> addresses(found, &freeaddrinfo);
    socket_ = ::socket(found->ai_family, found->ai_socktype | SOCK_CLOEXEC, found->ai_protocol);
    const timeval short_wait{1, 0};
    setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &short_wait, sizeof short_wait);
    if (socket_ >= 0 && connect(socket_, found->ai_addr, found->ai_addrlen) != 0) close_now();
  }
  ~Connection() { close_now(); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  bool open() const { return socket_ >= 0; }

  // The whole reply, or nothing if none came.
  std::string reply() {
    std::string all;
    for (;;) {
      const std::string line = read_line();
      all += line;
      if (line.size() < 4 || line[3] != '-') return line.empty() ? std::string() : all;
    }
  }

  std::string ask(const std::string& bytes) {
    for (std::size_t at = 0; at < bytes.size();) {
      const auto sent = ::send(socket_, bytes.data() + at, bytes.size() - at, MSG_NOSIGNAL);
      if (sent <= 0) return {};
      at += static_cast<std::size_t>(sent);
    }
    return reply();
  }

 private:
  std::string read_line() {
    while (pending_.find('\n') == std::string::npos) {
      char piece[4096];
      const auto got = ::recv(socket_, piece, sizeof piece, 0);
      if (got < 0 && (errno == EAGAIN || errno == EINTR) && !stopping_) continue;
      if (got <= 0) return {};
      pending_.append(piece, static_cast<std::size_t>(got));
    }
    const std::size_t end = pending_.find('\n') + 1;
    std::string line = pending_.substr(0, end);
    pending_.erase(0, end);
    return line;
  }

  void close_now() {
    if (socket_ >= 0) ::close(socket_);
    socket_ = -1;
  }

  const std::atomic<bool>& stopping_;
  int socket_ = -1;
  std::string pending_;
};

// The dialogue up to the first reply that is not a good one: that one, or nothing if the message was taken.
std::optional<std::string> refusal_of(Connection& server, const Delivery& delivery, const std::string& data) {
  if (!server.open()) return "421 nobody answers";
  const auto bad = [](const std::string& reply) { return reply.empty() || (reply[0] != '2' && reply[0] != '3'); };
  std::string reply = server.reply();
  if (bad(reply)) return reply;
  const std::string ehlo = server.ask("EHLO graph-emulator.invalid\r\n");
  if (bad(ehlo)) return ehlo;
  std::string mail = format("MAIL FROM:<{}>", delivery.mailbox);
  if (ehlo.find("8BITMIME") != std::string::npos) mail += " BODY=8BITMIME";
  if (!is_ascii(data) && ehlo.find("SMTPUTF8") != std::string::npos) mail += " SMTPUTF8";
  if (reply = server.ask(mail + "\r\n"); bad(reply)) return reply;
  for (const std::string& recipient : delivery.recipients) {
    if (reply = server.ask(format("RCPT TO:<{}>\r\n", recipient)); bad(reply)) return reply;
  }
  if (reply = server.ask("DATA\r\n"); bad(reply)) return reply;
  if (reply = server.ask(data); bad(reply)) return reply;
  server.ask("QUIT\r\n");
  return std::nullopt;
}

}  // namespace

HandOver::HandOver(Model& model) : model_(model), thread_([this] { run(); }) {}

HandOver::~HandOver() {
  stopping_ = true;
  thread_.join();
}

void HandOver::run() {
  int last = 0;  // number of the last delivery that was looked at
  while (!stopping_) {
    const bool more = model_.wait_for_deliveries(static_cast<std::size_t>(last) + 1, kLook);
    if (model_.delivery_count() < static_cast<std::size_t>(last)) last = 0;  // forgotten by a reset
    if (!more) continue;
    const std::vector<Delivery> all = model_.deliveries();
    const std::string server = model_.switches().deliver_to;
    for (std::size_t at = static_cast<std::size_t>(last); at < all.size() && !stopping_; ++at) {
      if (!server.empty()) give(server, all[at]);
      last = all[at].number;
    }
  }
}

void HandOver::give(const std::string& server, const Delivery& delivery) {
  const std::string data = as_data(model_.message_of(delivery));
  std::string refusal;
  for (int tries = 0; tries < kMostTries && !stopping_; ++tries) {
    Connection connection(server, stopping_);
    const auto refused = refusal_of(connection, delivery, data);
    if (!refused) return model_.note_handed_over({});
    refusal = refused->empty() ? "421 no reply" : std::string(trim(*refused));
    if (refusal[0] == '5') break;
    std::this_thread::sleep_for(kLook);
  }
  model_.note_handed_over(refusal);
}

}  // namespace graph_milter::emulator
