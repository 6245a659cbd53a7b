// SPDX-License-Identifier: Apache-2.0
// An SMTP server in this process that answers as a test tells it and remembers every mail it took.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "core/base/file.h"

namespace graph_milter::test {

struct TakenRecipient {
  std::string address;                  // without angle brackets
  std::vector<std::string> parameters;  // as they came
};

// A mail of which the server has heard the final dot and which it has taken, whether or not the client heard so.
struct TakenMail {
  std::string helo;
  std::string sender;  // empty: <>
  std::vector<std::string> parameters;
  std::vector<TakenRecipient> recipients;  // those that were accepted
  std::string content;                     // without the stuffed dots and the final one
};

// Listens on 127.0.0.1, on ::1, or on a unix socket, from the constructor to the destructor. One thread per connection.
// All functions: any thread.
//
// What can be answered for is a verb (EHLO, HELO, MAIL, RCPT, DATA, RSET, NOOP, QUIT), CONNECT (the greeting) and DOT
// (the end of data). Without a word it answers as a server that takes everything.
class SmtpServer {
 public:
  enum class Effect {
    AsTheCodeSays,  // the mail is taken on a DOT of 2xx, nothing on another code
    Taken,          // the mail of a DOT is taken whatever the answer, also without one
  };

  struct Answer {
    std::string text;   // "550 5.1.1 no such user": CRLF is put behind it. Several lines: parted by LF
    bool raw = false;   // `text` goes out as it is, without CRLF
    bool drop = false;  // the connection is closed after `text` (empty: without a word)
    bool wait = false;  // only after go_on(); see wait_until_waiting()
    Effect effect = Effect::AsTheCodeSays;
  };

  SmtpServer();                                   // 127.0.0.1, a free port
  explicit SmtpServer(const std::string& path);   // a unix socket
  static std::unique_ptr<SmtpServer> on_inet6();  // ::1, a free port
  ~SmtpServer();
  SmtpServer(const SmtpServer&) = delete;
  SmtpServer& operator=(const SmtpServer&) = delete;

  std::uint16_t port() const { return port_; }

  // What EHLO offers, a line each. At first: PIPELINING, SIZE 104857600, 8BITMIME, DSN, SMTPUTF8, ENHANCEDSTATUSCODES.
  void offer(std::vector<std::string> extensions);

  // Answers the next `verb` so; several in a row one after the other, before what always() says.
  void then(const std::string& verb, Answer answer);
  void then(const std::string& verb, std::string text) { then(verb, Answer{std::move(text)}); }
  // Answers every `verb` so, or with nullopt as at first.
  void always(const std::string& verb, std::optional<Answer> answer);
  void always(const std::string& verb, std::string text) { always(verb, Answer{std::move(text)}); }
  // Answers every RCPT of this address so (before always()), or with an empty text as at first.
  void recipient(const std::string& address, std::string text);

  // The connection is closed without a word: after so many bytes of the next mail's content; at the final dot, with
  // the mail taken, or not.
  void drop_in_content_after(std::size_t bytes);
  void drop_at_dot(bool taken) {
    then("DOT", Answer{"", false, true, false, taken ? Effect::Taken : Effect::AsTheCodeSays});
  }

  // Blocks until a connection has come to an answer with `wait`; go_on() lets it answer.
  void wait_until_waiting();
  void go_on();

  // Nobody listens: connections are refused, until listen() on the same address. Ends all connections.
  void stop_listening();
  void listen();

  std::vector<TakenMail> mails() const;
  // Blocks until so many mails are taken; fails the test after a minute.
  std::vector<TakenMail> wait_for_mails(std::size_t count) const;
  std::vector<std::string> commands() const;  // every line that was no content, over all connections
  std::size_t connections() const;

 private:
  class Connection;
  explicit SmtpServer(int family);

  void open_listener();
  void accept_connections();
  Answer answer_for(const std::string& verb, const std::string& address);
  bool wait_if_told(const Answer& answer);

  const int family_;
  std::string path_;
  std::uint16_t port_ = 0;
  FileDescriptor listener_;
  std::thread acceptor_;
  std::deque<std::unique_ptr<Connection>> open_;

  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  std::vector<std::string> extensions_;
  std::map<std::string, std::deque<Answer>> next_;
  std::map<std::string, Answer> always_;
  std::map<std::string, std::string> recipients_;
  std::optional<std::size_t> drop_after_;
  std::size_t waiting_ = 0;
  std::size_t let_go_ = 0;
  bool ending_ = false;
  std::vector<TakenMail> mails_;
  std::vector<std::string> commands_;
  std::size_t connections_ = 0;
};

}  // namespace graph_milter::test
