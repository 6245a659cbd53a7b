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

std::string be32(std::uint32_t value) {
  std::string out;
  for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(static_cast<unsigned char>(value >> shift));
  return out;
}

std::uint32_t read_be32(std::string_view bytes) {
  std::uint32_t value = 0;
  for (const char c : bytes.substr(0, 4)) value = value << 8U | static_cast<unsigned char>(c);
  return value;
}

std::string zero_ended(std::string_view text) { return std::string(text) + '\0'; }

std::string arguments(std::string_view first, const std::vector<std::string>& more) {
  std::string out = zero_ended(first);
  for (const std::string& next : more) out += zero_ended(next);
  return out;
}

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

void MilterDriver::send(char command, std::string_view data) {
  std::string packet = be32(static_cast<std::uint32_t>(data.size() + 1));
  packet += command;
  packet += data;
  send_raw(packet);
}

void MilterDriver::macros(char command, const Macros& values) {
  std::string data(1, command);
  for (const auto& [name, value] : values) data += zero_ended(name) + zero_ended(value);
  send(wire::kMacro, data);
}

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

Packet MilterDriver::receive() {
  for (;;) {
    const std::uint32_t length = read_be32(read_bytes(4));
    if (length == 0) throw std::runtime_error("the milter sent an empty packet");
    const std::string bytes = read_bytes(length);
    if (bytes[0] != wire::kProgress) return {bytes[0], bytes.substr(1)};
    ++progress_reports_;
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
  send(wire::kNegotiate, be32(version) + be32(actions) + be32(steps));
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
  result.actions = read_be32(data.substr(4));
  result.steps = steps_ = read_be32(data.substr(8));
  for (std::size_t at = 12; at + 5 <= data.size();) {
    const std::uint32_t stage = read_be32(data.substr(at));
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
  const bool six = address.find(':') != std::string_view::npos;
  // Name, family, port 25, address.
  return ask(wire::kConnect, zero_ended(name) + (six ? '6' : '4') + std::string("\x00\x19", 2) + zero_ended(address));
}

Packet MilterDriver::helo(std::string_view name) { return ask(wire::kHelo, zero_ended(name)); }

Packet MilterDriver::mail(std::string_view sender, const std::vector<std::string>& parameters) {
  return ask(wire::kMail, arguments(sender, parameters));
}

Packet MilterDriver::rcpt(std::string_view recipient, const std::vector<std::string>& parameters) {
  return ask(wire::kRcpt, arguments(recipient, parameters));
}

Packet MilterDriver::data() { return ask(wire::kData, {}); }

void MilterDriver::header(std::string_view name, std::string_view value) {
  send(wire::kHeader, zero_ended(name) + zero_ended(value));
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
