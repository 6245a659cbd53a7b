// SPDX-License-Identifier: Apache-2.0
#include "tests/support/smtp_server.h"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <stdexcept>
#include <utility>

#include "core/base/text.h"

namespace graph_milter::test {
namespace {

std::runtime_error broken(const std::string& what) {
  return std::runtime_error("SMTP server for tests: " + what + ": " + std::strerror(errno));
}

// "MAIL FROM:<a@b> SIZE=1" -> {"a@b", {"SIZE=1"}}.
TakenRecipient parse_path(std::string_view command) {
  TakenRecipient path;
  const std::size_t open = command.find('<');
  const std::size_t close = command.rfind('>');
  if (open == std::string_view::npos || close == std::string_view::npos || close < open) return path;
  path.address = command.substr(open + 1, close - open - 1);
  path.parameters = split_list(command.substr(close + 1), " ");
  return path;
}

}  // namespace

// One client, in a thread of its own.
class SmtpServer::Connection {
 public:
  Connection(SmtpServer& server, FileDescriptor socket) : server_(server), socket_(std::move(socket)) {
    thread_ = std::thread([this] { talk(); });
  }
  ~Connection() {
    {
      const std::lock_guard lock(closing_);
      if (socket_.is_open()) ::shutdown(socket_.get(), SHUT_RDWR);
    }
    thread_.join();
  }

 private:
  void talk() {
    if (reply("CONNECT")) {
      while (auto line = read_line()) {
        if (!command(*line)) break;
      }
    }
    const std::lock_guard lock(closing_);
    socket_.close();
  }

  // False: the connection ends.
  bool command(const std::string& line) {
    {
      const std::lock_guard lock(server_.mutex_);
      server_.commands_.push_back(line);
    }
    std::string verb = to_lower(line.substr(0, line.find(' ')));
    for (char& c : verb) c = static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
    if (verb == "EHLO" || verb == "HELO") return hello(verb, line);
    if (verb == "MAIL") return mail(line);
    if (verb == "RCPT") return recipient(line);
    if (verb == "DATA") return data();
    if (verb == "RSET") mail_ = TakenMail{};
    if (verb == "RSET" || verb == "NOOP") return reply(verb);
    if (verb == "QUIT") {
      reply(verb);
      return false;
    }
    return send("500 5.5.2 what?\r\n");
  }

  bool hello(const std::string& verb, const std::string& line) {
    mail_ = TakenMail{};
    helo_ = line.size() > 5 ? line.substr(5) : "";
    return reply(verb);
  }

  bool mail(const std::string& line) {
    const TakenRecipient path = parse_path(line);
    const bool going_on = reply("MAIL");
    if (last_code_ / 100 == 2) {
      mail_ = TakenMail{};
      mail_.helo = helo_;
      mail_.sender = path.address;
      mail_.parameters = path.parameters;
    }
    return going_on;
  }

  bool recipient(const std::string& line) {
    TakenRecipient path = parse_path(line);
    const bool going_on = reply("RCPT", path.address);
    if (last_code_ / 100 == 2) mail_.recipients.push_back(std::move(path));
    return going_on;
  }

  bool data() {
    if (!reply("DATA")) return false;
    if (last_code_ != 354) return true;
    if (!read_content()) return false;
    const Answer answer = server_.answer_for("DOT", "");
    if (!server_.wait_if_told(answer)) return false;
    if (answer.effect == Effect::Taken || (!answer.text.empty() && answer.text.front() == '2')) {
      const std::lock_guard lock(server_.mutex_);
      server_.mails_.push_back(mail_);
      server_.changed_.notify_all();
    }
    mail_ = TakenMail{};
    return say(answer);
  }

  bool read_content() {
    std::size_t bytes = 0;
    while (auto line = read_line()) {
      if (*line == ".") return true;
      bytes += line->size() + 2;
      {
        const std::lock_guard lock(server_.mutex_);
        if (server_.drop_after_ && bytes > *server_.drop_after_) {
          server_.drop_after_.reset();
          return false;
        }
      }
      mail_.content += (line->substr(0, 1) == "." ? line->substr(1) : *line) + "\r\n";
    }
    return false;
  }

  bool reply(const std::string& verb, const std::string& address = "") {
    const Answer answer = server_.answer_for(verb, address);
    return server_.wait_if_told(answer) && say(answer);
  }

  bool say(const Answer& answer) {
    last_code_ = answer.text.size() < 3 ? 0 : std::atoi(answer.text.substr(0, 3).c_str());
    std::string text;
    if (answer.raw) {
      text = answer.text;
    } else {
      for (const std::string& line : split_list(answer.text, "\n")) text += line + "\r\n";
    }
    return send(text) && !answer.drop;
  }

  bool send(std::string_view text) {
    while (!text.empty()) {
      const ssize_t sent = ::send(socket_.get(), text.data(), text.size(), MSG_NOSIGNAL);
      if (sent < 0 && errno == EINTR) continue;
      if (sent <= 0) return false;
      text.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }

  // Without its CRLF; a CR or LF alone is part of the line.
  std::optional<std::string> read_line() {
    for (;;) {
      const std::size_t end = buffer_.find("\r\n", used_);
      if (end != std::string::npos) {
        std::string line = buffer_.substr(used_, end - used_);
        used_ = end + 2;
        return line;
      }
      buffer_.erase(0, used_);
      used_ = 0;
      char block[65536];
      const ssize_t got = ::recv(socket_.get(), block, sizeof block, 0);
      if (got < 0 && errno == EINTR) continue;
      if (got <= 0) return std::nullopt;
      buffer_.append(block, static_cast<std::size_t>(got));
    }
  }

  SmtpServer& server_;
  std::mutex closing_;
  FileDescriptor socket_;
  std::string buffer_;
  std::size_t used_ = 0;
  std::string helo_;
  TakenMail mail_;
  int last_code_ = 0;
  std::thread thread_;
};

SmtpServer::SmtpServer() : SmtpServer(AF_INET) { listen(); }

SmtpServer::SmtpServer(const std::string& path) : SmtpServer(AF_UNIX) {
  path_ = path;
  listen();
}

std::unique_ptr<SmtpServer> SmtpServer::on_inet6() {
  std::unique_ptr<SmtpServer> server(new SmtpServer(AF_INET6));
  server->listen();
  return server;
}

SmtpServer::SmtpServer(int family)
    : family_(family), extensions_{"PIPELINING", "SIZE 104857600", "8BITMIME",
                                   "DSN",        "SMTPUTF8",       "ENHANCEDSTATUSCODES"} {}

SmtpServer::~SmtpServer() { stop_listening(); }

void SmtpServer::listen() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = false;
  }
  open_listener();
  acceptor_ = std::thread([this] { accept_connections(); });
}

void SmtpServer::open_listener() {
  listener_ = FileDescriptor(::socket(family_, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!listener_.is_open()) throw broken("socket");
  sockaddr_storage storage{};
  socklen_t length = 0;
  if (family_ == AF_UNIX) {
    auto* address = reinterpret_cast<sockaddr_un*>(&storage);
    address->sun_family = AF_UNIX;
    if (path_.size() >= sizeof address->sun_path) throw std::runtime_error("path of a unix socket too long: " + path_);
    std::memcpy(address->sun_path, path_.c_str(), path_.size() + 1);
    ::unlink(path_.c_str());
    length = sizeof *address;
  } else if (family_ == AF_INET6) {
    auto* address = reinterpret_cast<sockaddr_in6*>(&storage);
    address->sin6_family = AF_INET6;
    address->sin6_addr = in6addr_loopback;
    address->sin6_port = htons(port_);
    length = sizeof *address;
  } else {
    auto* address = reinterpret_cast<sockaddr_in*>(&storage);
    address->sin_family = AF_INET;
    address->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address->sin_port = htons(port_);
    length = sizeof *address;
  }
  const int on = 1;
  ::setsockopt(listener_.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  auto* address = reinterpret_cast<sockaddr*>(&storage);
  if (::bind(listener_.get(), address, length) != 0) throw broken("bind");
  if (::listen(listener_.get(), 64) != 0) throw broken("listen");
  if (::getsockname(listener_.get(), address, &length) != 0) throw broken("getsockname");
  if (family_ == AF_INET) port_ = ntohs(reinterpret_cast<sockaddr_in*>(&storage)->sin_port);
  if (family_ == AF_INET6) port_ = ntohs(reinterpret_cast<sockaddr_in6*>(&storage)->sin6_port);
}

void SmtpServer::accept_connections() {
  for (;;) {
    FileDescriptor socket(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    const std::lock_guard lock(mutex_);
    if (ending_) return;
    if (!socket.is_open()) continue;
    ++connections_;
    open_.push_back(std::make_unique<Connection>(*this, std::move(socket)));
  }
}

void SmtpServer::stop_listening() {
  {
    const std::lock_guard lock(mutex_);
    if (!acceptor_.joinable()) return;
    ending_ = true;
    changed_.notify_all();
  }
  ::shutdown(listener_.get(), SHUT_RDWR);
  acceptor_.join();
  listener_.close();
  open_.clear();
}

SmtpServer::Answer SmtpServer::answer_for(const std::string& verb, const std::string& address) {
  const std::lock_guard lock(mutex_);
  if (auto& next = next_[verb]; !next.empty()) {
    Answer answer = std::move(next.front());
    next.pop_front();
    return answer;
  }
  if (const auto found = recipients_.find(address); verb == "RCPT" && found != recipients_.end())
    return Answer{found->second};
  if (const auto found = always_.find(verb); found != always_.end()) return found->second;
  if (verb == "CONNECT") return Answer{"220 mta.test ESMTP"};
  if (verb == "EHLO") {
    std::string text = extensions_.empty() ? "250 mta.test" : "250-mta.test";
    for (std::size_t i = 0; i < extensions_.size(); ++i)
      text += (i + 1 == extensions_.size() ? "\n250 " : "\n250-") + extensions_[i];
    return Answer{text};
  }
  if (verb == "HELO") return Answer{"250 mta.test"};
  if (verb == "RCPT") return Answer{"250 2.1.5 Ok"};
  if (verb == "DATA") return Answer{"354 End data with <CR><LF>.<CR><LF>"};
  if (verb == "DOT") return Answer{"250 2.0.0 Ok: queued"};
  if (verb == "QUIT") return Answer{"221 2.0.0 Bye"};
  return Answer{"250 2.1.0 Ok"};
}

bool SmtpServer::wait_if_told(const Answer& answer) {
  if (!answer.wait) return true;
  std::unique_lock lock(mutex_);
  const std::size_t ticket = waiting_++;
  changed_.notify_all();
  changed_.wait(lock, [&] { return ending_ || let_go_ > ticket; });
  return !ending_;
}

void SmtpServer::wait_until_waiting() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return waiting_ > let_go_; });
}

void SmtpServer::go_on() {
  const std::lock_guard lock(mutex_);
  ++let_go_;
  changed_.notify_all();
}

void SmtpServer::offer(std::vector<std::string> extensions) {
  const std::lock_guard lock(mutex_);
  extensions_ = std::move(extensions);
}

void SmtpServer::then(const std::string& verb, Answer answer) {
  const std::lock_guard lock(mutex_);
  next_[verb].push_back(std::move(answer));
}

void SmtpServer::always(const std::string& verb, std::optional<Answer> answer) {
  const std::lock_guard lock(mutex_);
  always_.erase(verb);
  if (answer) always_.emplace(verb, *std::move(answer));
}

void SmtpServer::recipient(const std::string& address, std::string text) {
  const std::lock_guard lock(mutex_);
  recipients_.erase(address);
  if (!text.empty()) recipients_.emplace(address, std::move(text));
}

void SmtpServer::drop_in_content_after(std::size_t bytes) {
  const std::lock_guard lock(mutex_);
  drop_after_ = bytes;
}

std::vector<TakenMail> SmtpServer::mails() const {
  const std::lock_guard lock(mutex_);
  return mails_;
}

std::vector<TakenMail> SmtpServer::wait_for_mails(std::size_t count) const {
  std::unique_lock lock(mutex_);
  if (!changed_.wait_for(lock, std::chrono::minutes(1), [&] { return mails_.size() >= count; }))
    ADD_FAILURE() << "the SMTP server has " << mails_.size() << " mails after a minute, not " << count;
  return mails_;
}

std::vector<std::string> SmtpServer::commands() const {
  const std::lock_guard lock(mutex_);
  return commands_;
}

std::size_t SmtpServer::connections() const {
  const std::lock_guard lock(mutex_);
  return connections_;
}

}  // namespace graph_milter::test
