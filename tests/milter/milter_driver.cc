// SPDX-License-Identifier: Apache-2.0
#include "tests/milter/milter_driver.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <stdexcept>

namespace graph_milter::test {

namespace {

std::runtime_error trouble(const std::string& what) { return std::runtime_error(what + ": " + std::strerror(errno)); }

template <class Address>
FileDescriptor connected(int family, const Address& address) {
  FileDescriptor fd(socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const void* generic = &address;
  if (!fd.is_open() || connect(fd.get(), static_cast<const sockaddr*>(generic), sizeof address) != 0) {
    throw trouble("connect to the milter");
  }
  return fd;
}

}  // namespace

MilterDriver MilterDriver::connect_unix(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), std::min(path.size(), sizeof address.sun_path - 1));
  return MilterDriver(connected(AF_UNIX, address));
}

MilterDriver MilterDriver::connect_tcp(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  MilterDriver driver(connected(AF_INET, address));
  const int on = 1;
  setsockopt(driver.fd_.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return driver;
}

void MilterDriver::send_raw(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0) throw trouble("send to the milter");
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

void MilterDriver::send(char command, std::string_view data) { send_raw(wire::packet(command, data)); }

void MilterDriver::macros(char command, const Macros& values) { send(wire::kMacro, wire::macros(command, values)); }

std::string MilterDriver::read_bytes(std::size_t count) {
  std::string bytes(count, '\0');
  for (std::size_t have = 0; have < count;) {
    pollfd wait{fd_.get(), POLLIN, 0};
    if (poll(&wait, 1, static_cast<int>(patience_.count())) == 0)
      throw std::runtime_error("the milter does not answer");
    const ssize_t got = recv(fd_.get(), bytes.data() + have, count - have, 0);
    if (got < 0) throw trouble("read from the milter");
    if (got == 0) throw std::runtime_error("the milter closed the connection");
    have += static_cast<std::size_t>(got);
  }
  return bytes;
}

Packet MilterDriver::receive_any() {
  const std::uint32_t length = wire::read_number(read_bytes(4));
  if (length == 0) throw std::runtime_error("the milter sent an empty packet");
  const std::string bytes = read_bytes(length);
  return {bytes[0], bytes.substr(1)};
}

Packet MilterDriver::receive() {
  for (;;) {
    Packet packet = receive_any();
    if (packet.command != wire::kProgress) return packet;
    ++progress_reports_;
  }
}

std::vector<Packet> MilterDriver::finish() {
  shutdown(fd_.get(), SHUT_WR);
  std::vector<Packet> replies;
  for (;;) {
    pollfd wait{fd_.get(), POLLIN, 0};
    if (poll(&wait, 1, static_cast<int>(patience_.count())) == 0)
      throw std::runtime_error("the milter does not close the connection");
    char next = 0;
    if (recv(fd_.get(), &next, 1, MSG_PEEK) <= 0) return replies;
    try {
      replies.push_back(receive_any());
    } catch (const std::runtime_error&) {
      return replies;  // closed in the middle of a reply
    }
  }
}

bool MilterDriver::is_closed() {
  std::array<char, 256> rest;
  for (;;) {
    pollfd wait{fd_.get(), POLLIN, 0};
    if (poll(&wait, 1, static_cast<int>(patience_.count())) == 0) return false;
    const ssize_t got = recv(fd_.get(), rest.data(), rest.size(), 0);
    if (got <= 0) return true;
  }
}

Negotiated MilterDriver::negotiate(std::uint32_t actions, std::uint32_t steps, std::uint32_t version) {
  send(wire::kNegotiate, wire::negotiation(actions, steps, version));
  Negotiated result;
  Packet reply;
  try {
    reply = receive();
  } catch (const std::runtime_error&) {
    return result;
  }
  if (reply.command != wire::kNegotiate || reply.data.size() < 12) return result;
  result.accepted = true;
  const std::string_view data = reply.data;
  result.actions = wire::read_number(data.substr(4));
  result.steps = steps_ = wire::read_number(data.substr(8));
  for (std::size_t at = 12; at + 5 <= data.size();) {
    const std::uint32_t stage = wire::read_number(data.substr(at));
    const std::string_view names = data.substr(at + 4, data.find('\0', at + 4) - at - 4);
    result.macros.emplace_back(stage, std::string(names));
    at += 4 + names.size() + 1;
  }
  return result;
}

Packet MilterDriver::ask(char command, std::string_view data) {
  send(command, data);
  return receive();
}

void MilterDriver::expect_if_answered(std::uint32_t no_reply_step) {
  if ((steps_ & no_reply_step) != 0) return;
  const Packet reply = receive();
  if (reply.command != wire::kContinue) throw std::runtime_error(std::string("unexpected reply ") + reply.command);
}

Packet MilterDriver::connect_from(std::string_view name, std::string_view address) {
  return ask(wire::kConnect, wire::connection(name, address));
}

Packet MilterDriver::helo(std::string_view name) { return ask(wire::kHelo, wire::words(name)); }

Packet MilterDriver::mail(std::string_view sender, const std::vector<std::string>& parameters) {
  return ask(wire::kMail, wire::words(sender, parameters));
}

Packet MilterDriver::rcpt(std::string_view recipient, const std::vector<std::string>& parameters) {
  return ask(wire::kRcpt, wire::words(recipient, parameters));
}

Packet MilterDriver::data() { return ask(wire::kData, {}); }

void MilterDriver::header(std::string_view name, std::string_view value) {
  send(wire::kHeader, wire::words(name, {std::string(value)}));
  expect_if_answered(wire::kNrHeader);
}

void MilterDriver::end_of_headers() {
  send(wire::kEndOfHeaders);
  expect_if_answered(wire::kNrEndOfHeaders);
}

void MilterDriver::body(std::string_view bytes, std::size_t chunk) {
  for (std::size_t at = 0; at < bytes.size(); at += chunk) {
    send(wire::kBody, bytes.substr(at, chunk));
    expect_if_answered(wire::kNrBody);
  }
}

Packet MilterDriver::end_of_message() { return ask(wire::kEndOfBody, {}); }

void MilterDriver::greet(std::string_view address) {
  if (!negotiate().accepted) throw std::runtime_error("the milter did not negotiate");
  macros(wire::kConnect, {{"j", "mta.example"}, {"{client_addr}", std::string(address)}, {"{client_name}", "client"}});
  if (connect_from("client", address).command != wire::kContinue) throw std::runtime_error("connect was refused");
  if (helo("client.example").command != wire::kContinue) throw std::runtime_error("helo was refused");
}

void MilterDriver::begin(const Mail& what, const std::string& queue_id, std::size_t chunk) {
  if (mail(what.sender, what.sender_parameters).command != wire::kContinue)
    throw std::runtime_error("MAIL was refused");
  for (const std::string& recipient : what.recipients) {
    if (rcpt(recipient).command != wire::kContinue) throw std::runtime_error("RCPT was refused");
  }
  macros(wire::kData, {{"i", queue_id}});
  if (data().command != wire::kContinue) throw std::runtime_error("DATA was refused");
  for (const auto& [name, value] : what.headers) header(name, value);
  end_of_headers();
  body(what.body, chunk);
  macros(wire::kEndOfBody, {{"i", queue_id}});
}

Packet MilterDriver::deliver(const Mail& what, const std::string& queue_id, std::size_t chunk) {
  begin(what, queue_id, chunk);
  return end_of_message();
}

void MilterDriver::stop_listening() {
  if (shutdown(fd_.get(), SHUT_RD) != 0) throw trouble("shutdown");
}

void MilterDriver::drop(bool reset) {
  if (reset) {
    const linger at_once{1, 0};
    setsockopt(fd_.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  }
  fd_.close();
}

}  // namespace graph_milter::test
