// SPDX-License-Identifier: Apache-2.0
#include "core/mta/smtp_client.h"

#include <algorithm>
#include <utility>

#include "core/base/format.h"
#include "core/mta/dot_stuffing.h"
#include "core/mta/smtp_commands.h"
#include "core/mta/smtp_connection.h"

namespace graph_milter::mta {
namespace {

constexpr std::size_t kBlockBytes = 64 * 1024;
constexpr Duration kFarewell = std::chrono::seconds(2);  // what it says to QUIT changes nothing any more

// The conversation about one message.
class Dialogue {
 public:
  Dialogue(const SmtpSettings& settings, const SmtpMail& mail, ByteSource& content, SmtpConnection connection)
      : settings_(settings), mail_(mail), content_(content), connection_(std::move(connection)) {}

  Result<SmtpOutcome> run() {
    auto outcome = talk();
    // In the middle of the content there is no other way to say "never mind" than to hang up.
    if (in_order_) say_farewell();
    return outcome;
  }

 private:
  Result<SmtpOutcome> talk() {
    GM_TRY(greet());
    GM_TRY_ASSIGN(const SmtpCommands commands, make_commands(mail_, offered_, content_.size()));
    GM_TRY(expect(2, "MAIL", commands.mail));
    SmtpOutcome outcome;
    for (const std::string& command : commands.recipients) {
      GM_TRY_ASSIGN(SmtpReply reply, ask("RCPT", command));
      if (reply.code / 100 == 3) return fail(refusal("RCPT", reply));
      outcome.recipients.push_back(std::move(reply));
    }
    outcome.end = last_;
    const bool wanted = std::any_of(outcome.recipients.begin(), outcome.recipients.end(),
                                    [](const SmtpReply& reply) { return reply.ok(); });
    if (!wanted) return outcome;
    GM_TRY(expect(3, "DATA", "DATA"));
    in_order_ = false;
    GM_TRY(send_content());
    GM_TRY_ASSIGN(outcome.end, hear_the_end());
    outcome.taken = outcome.end.ok();
    in_order_ = outcome.end.code != 421;
    return outcome;
  }

  Status greet() {
    const std::string helo = settings_.helo.empty() ? "localhost" : settings_.helo;
    GM_TRY(check_address(helo, "host"));
    GM_TRY_ASSIGN(last_, connection_.read_reply(settings_.reply_timeout));
    if (!last_.ok()) return fail(not_now("greeting", last_));
    in_order_ = true;
    std::string lines;
    GM_TRY_ASSIGN(const SmtpReply reply, ask("EHLO", "EHLO " + helo, &lines));
    if (reply.ok()) {
      offered_ = parse_extensions(lines);
      return {};
    }
    if (!reply.is_final() || needs_extension(mail_)) return fail(not_now("EHLO", reply));
    GM_TRY_ASSIGN(const SmtpReply plain, ask("HELO", "HELO " + helo));
    if (!plain.ok()) return fail(not_now("HELO", plain));
    return {};
  }

  Result<SmtpReply> ask(std::string_view verb, const std::string& command, std::string* lines = nullptr) {
    in_order_ = false;
    if (connection_.has_spoken()) return fail(unasked());
    if (const Status written = connection_.write(command + "\r\n", settings_.reply_timeout); !written)
      return fail(broke(written.error()));
    GM_TRY_ASSIGN(last_, connection_.read_reply(settings_.reply_timeout, lines));
    if (last_.code == 421) return fail(refusal(verb, last_));
    in_order_ = true;
    return last_;
  }

  Status expect(int kind, std::string_view verb, const std::string& command) {
    GM_TRY_ASSIGN(const SmtpReply reply, ask(verb, command));
    if (reply.code / 100 != kind) return fail(refusal(verb, reply));
    return {};
  }

  Status send_content() {
    DotStuffer stuffer;
    std::string block(kBlockBytes, '\0');
    std::string wire;
    for (ByteCount at = 0; at < content_.size();) {
      GM_TRY_ASSIGN(const std::size_t got, content_.read_at(at, writable(block)));
      if (got == 0) return fail(ErrorKind::Corrupt, "", "the message ends too early");
      at += got;
      wire.clear();
      if (!stuffer.feed(std::string_view(block).substr(0, got), wire)) return fail(careless_end());
      if (const Status written = connection_.write(wire, settings_.reply_timeout); !written)
        return fail(broke(written.error()));
    }
    const auto end = stuffer.finish();
    if (!end) return fail(careless_end());
    if (connection_.has_spoken()) return fail(unasked());
    // Short of its last byte nothing has been taken.
    if (const Status written = connection_.write(*end, settings_.reply_timeout); !written)
      return fail(broke(written.error()));
    return {};
  }

  Result<SmtpReply> hear_the_end() {
    auto reply = connection_.read_reply(settings_.reply_timeout * 2);
    if (!reply) {
      return fail(ErrorKind::Unclear, "", format("no answer to the end of the message: {}", reply.error().what),
                  "it may have been taken");
    }
    if (reply->code / 100 == 3) {
      return fail(ErrorKind::Unclear, "", format("the end of the message was answered {}", reply->words()),
                  "it may have been taken");
    }
    return reply;
  }

  void say_farewell() {
    if (connection_.write("QUIT\r\n", kFarewell)) static_cast<void>(connection_.read_reply(kFarewell));
  }

  static Error careless_end() {
    return make_error(ErrorKind::Permanent, "",
                      "the message has a dot alone behind a CR or LF alone, which a server may take for its end");
  }

  // A reply that is not about this message.
  static Error not_now(std::string_view what, const SmtpReply& reply) {
    Error error = refusal(what, reply);
    error.kind = ErrorKind::Transient;
    return error;
  }

  static Error refusal(std::string_view what, const SmtpReply& reply) {
    Error error =
        make_error(reply.is_final() ? ErrorKind::Permanent : ErrorKind::Transient, std::string(what), reply.words());
    error.code = reply.enhanced;
    return error;
  }

  // Usually a server that gives up, and says why before it closes.
  Error unasked() {
    const auto reply = connection_.read_reply(kFarewell);
    return reply ? refusal("before its turn", *reply) : reply.error();
  }

  Error broke(const Error& error) {
    if (error.kind != ErrorKind::Cancelled && connection_.has_spoken()) return unasked();
    return error;
  }

  const SmtpSettings& settings_;
  const SmtpMail& mail_;
  ByteSource& content_;
  SmtpConnection connection_;
  Extensions offered_;
  SmtpReply last_;
  bool in_order_ = false;  // the server has answered everything and waits for a command
};

Error at(const SmtpServer& server, Error error) {
  const std::string where = "SMTP to " + server.text();
  error.where = error.where.empty() ? where : where + ": " + error.where;
  return error;
}

}  // namespace

std::string SmtpServer::text() const {
  if (!path.empty()) return path;
  return host.find(':') == std::string::npos ? format("{}:{}", host, port) : format("[{}]:{}", host, port);
}

std::string SmtpReply::words() const {
  std::string words = std::to_string(code);
  if (!enhanced.empty()) words += ' ' + enhanced;
  if (!text.empty()) words += ' ' + text;
  return words;
}

Result<SmtpOutcome> send_mail(const SmtpSettings& settings, const SmtpMail& mail, ByteSource& content) {
  auto connection = SmtpConnection::open(settings);
  if (!connection) return fail(at(settings.server, std::move(connection).error()));
  auto outcome = Dialogue(settings, mail, content, *std::move(connection)).run();
  if (!outcome) return fail(at(settings.server, std::move(outcome).error()));
  return outcome;
}

}  // namespace graph_milter::mta
