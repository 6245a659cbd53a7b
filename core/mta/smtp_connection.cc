// SPDX-License-Identifier: Apache-2.0
#include "core/mta/smtp_connection.h"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>

#include "core/base/format.h"

namespace graph_milter::mta {
namespace {

using SteadyClock = std::chrono::steady_clock;

// Somebody may ask us to stop at any time, and a flag wakes nobody.
constexpr Duration kLookAtStop{250};

tl::unexpected<Error> broken(std::string what, int errno_value = 0) {
  if (errno_value != 0) what += format(": {}", std::strerror(errno_value));
  return fail(ErrorKind::Transient, "", std::move(what));
}

Status wait_for(int fd, short events, SteadyClock::time_point deadline, const SmtpSettings& settings,
                std::string_view for_what) {
  for (;;) {
    if (settings.stop && *settings.stop) return fail(ErrorKind::Cancelled, "", "shutting down");
    const auto left = std::max(std::chrono::ceil<Duration>(deadline - SteadyClock::now()), Duration(0));
    pollfd waiting{fd, events, 0};
    const int ready = ::poll(&waiting, 1, static_cast<int>(std::min(left, kLookAtStop).count()));
    // Who says nothing more can't answer either, whatever the kernel would still take for him.
    if (ready > 0 && (waiting.revents & POLLRDHUP) != 0) return broken("the server closed the connection");
    if (ready > 0) return {};
    if (ready < 0 && errno != EINTR) return broken("poll", errno);
    if (left == Duration(0)) return broken(format("time-out while waiting for {}", for_what));
  }
}

Result<FileDescriptor> connect_to(const sockaddr* address, socklen_t length, const SmtpSettings& settings) {
  FileDescriptor socket(::socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket.is_open()) return broken("no socket", errno);
  const auto deadline = SteadyClock::now() + settings.connect_timeout;
  int connected = ::connect(socket.get(), address, length);
  // A unix socket whose server is busy: there is nothing that poll(2) could wait for.
  if (connected != 0 && errno == EAGAIN) return broken("the server takes no more connections now");
  if (connected != 0 && errno != EINPROGRESS && errno != EINTR) return broken("no connection", errno);
  if (connected != 0) {
    GM_TRY(wait_for(socket.get(), POLLOUT, deadline, settings, "a connection"));
    int failure = 0;
    socklen_t size = sizeof failure;
    if (::getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &failure, &size) != 0) failure = errno;
    if (failure != 0) return broken("no connection", failure);
  }
  // Else the last, short piece of each mail waits for the server's delayed acknowledgement.
  const int at_once = 1;
  if (address->sa_family != AF_UNIX &&
      ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &at_once, sizeof at_once) != 0)
    return broken("TCP_NODELAY", errno);
  return socket;
}

Result<FileDescriptor> connect_to_path(const SmtpSettings& settings) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string& path = settings.server.path;
  if (path.size() >= sizeof address.sun_path || path.find('\0') != std::string::npos)
    return broken("this is no path of a unix socket");
  std::copy(path.begin(), path.end(), address.sun_path);
  return connect_to(reinterpret_cast<const sockaddr*>(&address), sizeof address, settings);
}

Result<FileDescriptor> connect_to_host(const SmtpSettings& settings) {
  addrinfo wanted{};
  wanted.ai_socktype = SOCK_STREAM;
  wanted.ai_flags = AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int failure =
      ::getaddrinfo(settings.server.host.c_str(), std::to_string(settings.server.port).c_str(), &wanted, &found);
  if (failure != 0)
    return broken(
        format("the host is not known: {}", failure == EAI_SYSTEM ? std::strerror(errno) : gai_strerror(failure)));
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> addresses(found, &freeaddrinfo);
  Result<FileDescriptor> connected = broken("the host has no address");
  for (const addrinfo* address = found; address != nullptr; address = address->ai_next) {
    connected = connect_to(address->ai_addr, address->ai_addrlen, settings);
    if (connected || connected.error().kind == ErrorKind::Cancelled) break;
  }
  return connected;
}

}  // namespace

SmtpConnection::SmtpConnection(const SmtpSettings& settings, FileDescriptor socket)
    : settings_(&settings), socket_(std::move(socket)) {}

Result<SmtpConnection> SmtpConnection::open(const SmtpSettings& settings) {
  auto socket = settings.server.path.empty() ? connect_to_host(settings) : connect_to_path(settings);
  if (!socket) return fail(std::move(socket).error());
  return SmtpConnection(settings, *std::move(socket));
}

Status SmtpConnection::write(std::string_view bytes, Duration timeout) {
  const Deadline deadline = SteadyClock::now() + timeout;
  while (!bytes.empty()) {
    const ssize_t written = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (written >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(written));
      continue;
    }
    if (errno == EINTR) continue;
    if (errno != EAGAIN && errno != EWOULDBLOCK) return broken("the server closed the connection", errno);
    GM_TRY(wait_for(socket_.get(), POLLOUT | POLLRDHUP, deadline, *settings_, "the server to read"));
  }
  return {};
}

Result<std::string> SmtpConnection::read_line(Deadline deadline) {
  for (;;) {
    const std::size_t end = buffer_.find('\n');
    if (end != std::string::npos) {
      std::string line = buffer_.substr(0, end);
      buffer_.erase(0, end + 1);
      if (!line.empty() && line.back() == '\r') line.pop_back();
      return line;
    }
    if (buffer_.size() > ReplyReader::kLineBytes)
      return broken(format("a reply line of more than {} bytes", ReplyReader::kLineBytes));
    GM_TRY(wait_for(socket_.get(), POLLIN, deadline, *settings_, "a reply"));
    char block[ReplyReader::kLineBytes];
    const ssize_t got = ::recv(socket_.get(), block, sizeof block, 0);
    if (got < 0 && (errno == EINTR || errno == EAGAIN || errno == EWOULDBLOCK)) continue;
    if (got < 0) return broken("the connection broke", errno);
    if (got == 0) return broken("the server closed the connection");
    buffer_.append(block, static_cast<std::size_t>(got));
  }
}

bool SmtpConnection::has_spoken() {
  char byte = 0;
  return !buffer_.empty() || ::recv(socket_.get(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0;
}

Result<SmtpReply> SmtpConnection::read_reply(Duration timeout, std::string* lines) {
  const Deadline deadline = SteadyClock::now() + timeout;
  ReplyReader reader;
  for (bool complete = false; !complete;) {
    GM_TRY_ASSIGN(const std::string line, read_line(deadline));
    GM_TRY_ASSIGN(complete, reader.add(line));
  }
  if (lines != nullptr) *lines = reader.lines();
  return reader.reply();
}

}  // namespace graph_milter::mta
