// SPDX-License-Identifier: Apache-2.0
// What one connection of the MTA knows: the client, and the message under way. Knows nothing of libmilter. Its calls
// come from any thread, never two at once.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "core/intake/intake.h"
#include "milter/traffic.h"

struct sockaddr;

namespace graph_milter::milter {

// What all connections share. Any thread.
struct SessionHost {
  std::function<std::shared_ptr<const intake::IntakeContext>()> context;  // the one in force
  Traffic* traffic = nullptr;
};

struct Client {
  std::string name;
  std::string address;  // without "IPv6:"
  std::string helo;
  std::string daemon_name;
};

class MilterSession {
 public:
  explicit MilterSession(const SessionHost& host) : host_(host) {}

  Client& client() { return client_; }

  // MAIL. Forgets whatever an earlier message left, whether or not it was aborted: after a later filter's refusal
  // nobody tells us. An answer: no message can be taken now.
  std::optional<intake::Answer> begin_message(mail::EnvelopePath sender, std::string login, std::string auth_type);
  void add_recipient(mail::EnvelopePath recipient);

  // The message that header and body go to; null outside a message. Made when first asked for: the envelope is
  // complete.
  intake::Message* message();

  // The answer "taken" goes to the MTA; and the MTA says something again, so it has that answer.
  void answered_taken() { answer_is_out_ = true; }
  void hear_next();

  std::size_t recipients() const { return envelope_.recipient_count(); }

  // RSET, a client that went, or the end. Does nothing if there is no message.
  void forget_message();

 private:
  std::optional<intake::Answer> make_room();

  const SessionHost& host_;
  Client client_;
  std::optional<Traffic::Ticket> ticket_;  // set while a message is under way
  std::shared_ptr<const intake::IntakeContext> context_;
  mail::Envelope envelope_;
  std::optional<intake::Message> message_;
  bool answer_is_out_ = false;
};

// To MAIL or end of message when nothing more can be begun: 421 makes the MTA close the session, so that its client
// comes back on a fresh one.
intake::Answer busy_answer(const Traffic& traffic);

// The numeric address of `address`, or empty if it has none (a UNIX socket, null).
std::string numeric_address(const sockaddr* address);

// {client_addr} as MTAs write it, as an address: without the "IPv6:" of RFC 5321 section 4.1.3.
std::string plain_address(std::string_view macro);

// {nrcpts} counts the recipients that the MTA is going to serve. Another number than what we heard means that somebody
// after us refused one, and nobody says which. Empty (Postfix): nothing is known.
bool recipients_differ(std::string_view nrcpts, std::size_t heard);

}  // namespace graph_milter::milter
