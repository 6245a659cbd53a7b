// SPDX-License-Identifier: Apache-2.0
#include "tests/graph_emulator/http_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <exception>
#include <iostream>
#include <stdexcept>

#include "core/base/format.h"
#include "core/base/text.h"
#include "tests/graph_emulator/http_connection.h"

namespace graph_milter::emulator {
namespace {

constexpr int kBacklog = 1024;
constexpr ByteCount kMostDrained = 1024 * 1024 * 1024;

class ConnectionBody final : public BodyReader {
 public:
  ConnectionBody(HttpConnection& connection, ByteCount size) : connection_(connection), size_(size), left_(size) {}
  ByteCount size() const override { return size_; }
  ByteCount left() const { return left_; }
  std::size_t read(std::span<char> out) override {
    const std::size_t wanted = std::min<ByteCount>(out.size(), left_);
    if (wanted == 0) return 0;
    const std::size_t count = connection_.read_body(out.first(wanted));
    left_ -= count;
    return count;
  }

 private:
  HttpConnection& connection_;
  ByteCount size_;
  ByteCount left_;
};

// What the handler left unread; false: the client is gone.
bool drain(ConnectionBody& body) {
  if (body.left() > kMostDrained) return false;
  std::string piece(256 * 1024, '\0');
  while (body.left() > 0) {
    if (body.read(writable(piece)) == 0) return false;
  }
  return true;
}

Reply length_required() {
  Reply reply = empty_reply(411);
  reply.line = Reply::Line::Close;
  return reply;
}

bool serve_one(HttpConnection& connection, Exchange& exchange, const HttpServer::Handler& handler) {
  const auto length = parse_unsigned(exchange.has_header("content-length") ? exchange.header("content-length") : "0");
  if (!length || exchange.has_header("transfer-encoding")) return connection.write_reply(length_required(), true);
  if (equal_ignoring_case(exchange.header("expect"), "100-continue")) {
    if (!connection.write("HTTP/1.1 100 Continue\r\n\r\n")) return false;
  }
  ConnectionBody body(connection, *length);
  const bool last = equal_ignoring_case(exchange.header("connection"), "close");
  const Reply reply = handler(exchange, body);
  const bool dropped = reply.line == Reply::Line::DropUnanswered || reply.line == Reply::Line::Refuse;
  if (dropped || !drain(body)) return false;
  return connection.write_reply(reply, last);
}

}  // namespace

HttpServer::HttpServer(int port, SSL_CTX* context) : context_(context) {
  listener_ = FileDescriptor(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const int on = 1;
  ::setsockopt(listener_.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (::bind(listener_.get(), generic, length) != 0 || ::listen(listener_.get(), kBacklog) != 0 ||
      ::getsockname(listener_.get(), generic, &length) != 0) {
    throw std::runtime_error(system_error(format("127.0.0.1:{}", port), "cannot listen", errno).text());
  }
  port_ = ntohs(address.sin_port);
}

HttpServer::~HttpServer() { stop(); }

void HttpServer::start(Handler handler) {
  handler_ = std::move(handler);
  acceptor_ = std::thread([this] { accept_connections(); });
}

void HttpServer::accept_connections() {
  while (true) {
    const int fd = ::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0 && (errno == EINTR || errno == ECONNABORTED || errno == EMFILE)) continue;
    if (fd < 0) return;
    const int on = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    const std::lock_guard lock(mutex_);
    if (stopping_) {
      ::close(fd);
      return;
    }
    connections_.insert(fd);
    std::thread([this, fd] { serve(fd); }).detach();
  }
}

void HttpServer::serve(int fd) {
  try {
    HttpConnection connection(fd, context_);
    if (connection.handshake()) {
      while (auto exchange = connection.read_head()) {
        if (!serve_one(connection, *exchange, handler_)) break;
      }
    }
  } catch (const std::exception& error) {
    std::cerr << "graph-emulator: " << error.what() << "\n";
  }
  const std::lock_guard lock(mutex_);
  connections_.erase(fd);
  ::close(fd);
  idle_.notify_all();
}

void HttpServer::stop() {
  std::unique_lock lock(mutex_);
  if (!stopping_) {
    stopping_ = true;
    ::shutdown(listener_.get(), SHUT_RDWR);
    for (const int fd : connections_) ::shutdown(fd, SHUT_RDWR);
  }
  idle_.wait(lock, [this] { return connections_.empty(); });
  lock.unlock();
  if (acceptor_.joinable()) acceptor_.join();
}

}  // namespace graph_milter::emulator
