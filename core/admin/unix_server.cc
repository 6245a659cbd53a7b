// SPDX-License-Identifier: Apache-2.0
#include "core/admin/unix_server.h"

#include <poll.h>
#include <pwd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <vector>

namespace graph_milter::admin {

namespace {

constexpr int kBacklog = 128;
constexpr std::size_t kLongestRequest = 64 * 1024;

using SteadyTime = std::chrono::steady_clock::time_point;

// A connection with two deadlines: for the whole request, and from its first byte for the whole answer.
class TimedStream final : public httplib::Stream {
 public:
  TimedStream(int socket, Duration patience)
      : socket_(socket), patience_(patience), deadline_(std::chrono::steady_clock::now() + patience) {}

  bool is_readable() const override { return begin_ < end_ || wait(POLLIN); }
  bool is_writable() const override { return wait(POLLOUT); }

  ssize_t read(char* out, size_t size) override {
    if (begin_ == end_) {
      const ssize_t got = fill();
      if (got <= 0) return got;
    }
    const std::size_t count = std::min(size, end_ - begin_);
    std::copy_n(buffer_.data() + begin_, count, out);
    begin_ += count;
    return static_cast<ssize_t>(count);
  }

  ssize_t write(const char* bytes, size_t size) override {
    if (!answering_) {
      answering_ = true;
      deadline_ = std::chrono::steady_clock::now() + patience_;
    }
    for (;;) {
      const ssize_t sent = ::send(socket_, bytes, size, MSG_DONTWAIT | MSG_NOSIGNAL);
      if (sent >= 0) return sent;
      if (errno == EINTR) continue;
      if ((errno != EAGAIN && errno != EWOULDBLOCK) || !wait(POLLOUT)) return -1;
    }
  }

  void get_remote_ip_and_port(std::string& ip, int& port) const override { no_address(ip, port); }
  void get_local_ip_and_port(std::string& ip, int& port) const override { no_address(ip, port); }
  socket_t socket() const override { return socket_; }

 private:
  static void no_address(std::string& ip, int& port) {
    ip.clear();
    port = 0;
  }

  ssize_t fill() {
    if (taken_ >= kLongestRequest) return -1;
    for (;;) {
      const ssize_t got = ::recv(socket_, buffer_.data(), buffer_.size(), MSG_DONTWAIT);
      if (got >= 0) {
        begin_ = 0;
        end_ = static_cast<std::size_t>(got);
        taken_ += end_;
        return got;
      }
      if (errno == EINTR) continue;
      if ((errno != EAGAIN && errno != EWOULDBLOCK) || !wait(POLLIN)) return -1;
    }
  }

  bool wait(short events) const {
    for (;;) {
      const auto left =
          std::chrono::duration_cast<std::chrono::milliseconds>(deadline_ - std::chrono::steady_clock::now()).count();
      if (left <= 0) return false;
      pollfd entry{socket_, events, 0};
      const int ready = ::poll(&entry, 1, static_cast<int>(left));
      if (ready > 0) return (entry.revents & (events | POLLHUP)) != 0;
      if (ready == 0 || errno != EINTR) return false;
    }
  }

  const int socket_;
  const Duration patience_;
  SteadyTime deadline_;
  bool answering_ = false;
  std::array<char, 4096> buffer_{};
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::size_t taken_ = 0;
};

std::string user_name(uid_t uid) {
  std::vector<char> buffer(16 * 1024);
  passwd entry{};
  passwd* found = nullptr;
  if (::getpwuid_r(uid, &entry, buffer.data(), buffer.size(), &found) != 0 || found == nullptr) return {};
  return found->pw_name;
}

Asker asker_at(int socket) {
  ucred credentials{};
  socklen_t size = sizeof credentials;
  if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0) return {};
  return {user_name(credentials.uid), credentials.uid};
}

}  // namespace

UnixServer::UnixServer(Duration patience) : patience_(patience) {}

void UnixServer::widen_backlog() { ::listen(svr_sock_, kBacklog); }

// A UNIX socket has no address: the two fields of the request that would hold it carry the user.
Asker UnixServer::asker_of(const httplib::Request& request) {
  return {request.remote_addr, static_cast<uid_t>(request.remote_port)};
}

bool UnixServer::enter(int socket) {
  const std::lock_guard lock(mutex_);
  if (ending_) return false;
  open_.insert(socket);
  return true;
}

// Closed under the lock, so that nobody shuts a descriptor that is somebody else's by now.
void UnixServer::leave(int socket) {
  const std::lock_guard lock(mutex_);
  open_.erase(socket);
  ::shutdown(socket, SHUT_RDWR);
  ::close(socket);
  left_.notify_all();
}

bool UnixServer::process_and_close_socket(socket_t socket) {
  bool done = false;
  if (enter(socket)) {
    TimedStream stream(socket, patience_);
    const Asker asker = asker_at(socket);
    bool closed = false;
    done = process_request(stream, true, closed, [&asker](httplib::Request& request) {
      request.remote_addr = asker.user;
      request.remote_port = static_cast<int>(asker.uid);
      // Without either field a request has no body (RFC 9112 section 6.3); httplib would wait for one.
      if (!request.has_header("Content-Length") && !request.has_header("Transfer-Encoding")) {
        request.set_header("Content-Length", "0");
      }
    });
  }
  leave(socket);
  return done;
}

void UnixServer::shut_all(int how) {
  for (const int socket : open_) ::shutdown(socket, how);
}

void UnixServer::end_connections(Duration grace) {
  std::unique_lock lock(mutex_);
  ending_ = true;
  shut_all(SHUT_RD);
  left_.wait_for(lock, grace, [this] { return open_.empty(); });
  shut_all(SHUT_RDWR);
}

}  // namespace graph_milter::admin
