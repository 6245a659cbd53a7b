// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/http/script_server.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <stdexcept>

#include "core/base/text.h"

namespace graph_milter::test {
namespace {

std::size_t content_length(const std::string& header) {
  const std::string lower = to_lower(header);
  const auto at = lower.find("\r\ncontent-length:");
  if (at == std::string::npos) return 0;
  const auto begin = at + 17;
  const auto end = lower.find("\r\n", begin);
  return static_cast<std::size_t>(parse_unsigned(trim(std::string_view(lower).substr(begin, end - begin))).value_or(0));
}

}  // namespace

// One accepted connection. Never throws: a peer that goes away is part of the test.
class ScriptServer::Peer {
 public:
  Peer(int fd, SSL_CTX* tls) : fd_(fd) {
    if (tls == nullptr) return;
    ssl_ = SSL_new(tls);
    SSL_set_fd(ssl_, fd_);
    ready_ = SSL_accept(ssl_) == 1;
  }
  ~Peer() { SSL_free(ssl_); }
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;

  bool ready() const { return ready_; }

  // At least one more byte into the buffer; false at the end.
  bool fill() {
    std::array<char, 65536> block;
    const auto got = ssl_ != nullptr ? SSL_read(ssl_, block.data(), static_cast<int>(block.size()))
                                     : static_cast<int>(recv(fd_, block.data(), block.size(), 0));
    if (got <= 0) return false;
    buffer_.append(block.data(), static_cast<std::size_t>(got));
    return true;
  }

  // The header of the next request; empty if the peer went away.
  std::string read_header() {
    std::size_t end = 0;
    while ((end = buffer_.find("\r\n\r\n")) == std::string::npos)
      if (!fill()) return "";
    return cut(end + 4);
  }

  std::string read_body(std::size_t length) {
    while (buffer_.size() < length)
      if (!fill()) break;
    return cut(std::min(length, buffer_.size()));
  }

  void write(const std::string& bytes) {
    if (bytes.empty()) return;
    if (ssl_ != nullptr)
      SSL_write(ssl_, bytes.data(), static_cast<int>(bytes.size()));
    else
      send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  }

  void drain() {
    while (fill()) buffer_.clear();
  }

  void say_goodbye() {
    if (ssl_ != nullptr) SSL_shutdown(ssl_);
  }

  void make_close_reset() {
    const linger now{1, 0};
    setsockopt(fd_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  }

 private:
  std::string cut(std::size_t length) {
    std::string front = buffer_.substr(0, length);
    buffer_.erase(0, length);
    return front;
  }

  int fd_;
  SSL* ssl_ = nullptr;
  bool ready_ = true;
  std::string buffer_;
};

ScriptServer::ScriptServer(TlsContext tls, std::vector<Connection> script)
    : tls_(std::move(tls)), script_(std::move(script)) {
  std::signal(SIGPIPE, SIG_IGN);  // OpenSSL writes without MSG_NOSIGNAL
  listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (bind(listener_, generic, length) != 0 || listen(listener_, 64) != 0 ||
      getsockname(listener_, generic, &length) != 0)
    throw std::runtime_error("no test server");
  port_ = ntohs(address.sin_port);
  acceptor_ = std::thread([this] { accept_all(); });
}

ScriptServer::~ScriptServer() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    for (const int fd : open_) shutdown(fd, SHUT_RDWR);
  }
  shutdown(listener_, SHUT_RDWR);
  acceptor_.join();
  for (std::thread& thread : threads_) thread.join();
  close(listener_);
}

void ScriptServer::accept_all() {
  while (true) {
    const int fd = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0) return;
    const std::lock_guard lock(mutex_);
    if (stopping_) {
      close(fd);
      return;
    }
    open_.push_back(fd);
    threads_.emplace_back([this, fd, number = connections_++] { serve(fd, number); });
  }
}

void ScriptServer::serve(int fd, std::size_t number) {
  {
    Peer peer(fd, tls_.get());
    const Connection turns = number < script_.size() ? script_[number] : Connection{};
    bool draining = peer.ready();
    for (const Turn& turn : turns) {
      if (!peer.ready()) break;
      if (turn.reads != Reads::Nothing) {
        Seen seen;
        seen.connection = number;
        seen.header = peer.read_header();
        if (seen.header.empty()) break;
        if (turn.reads == Reads::WholeRequest) seen.body = peer.read_body(content_length(seen.header));
        const std::lock_guard lock(mutex_);
        seen_.push_back(std::move(seen));
      }
      peer.write(turn.answer);
      if (turn.then == Then::Close) peer.say_goodbye();
      if (turn.then == Then::Reset) peer.make_close_reset();
      draining = turn.then == Then::KeepOpen || turn.then == Then::Drain;
      if (turn.then != Then::KeepOpen) break;
    }
    if (draining) peer.drain();
  }
  const std::lock_guard lock(mutex_);
  std::erase(open_, fd);
  close(fd);
}

std::vector<Seen> ScriptServer::seen() const {
  const std::lock_guard lock(mutex_);
  return seen_;
}

std::string answer(int status, const std::string& body, const std::string& more_headers) {
  return "HTTP/1.1 " + std::to_string(status) + " Words\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
         more_headers + "\r\n" + body;
}

}  // namespace graph_milter::test
