// SPDX-License-Identifier: Apache-2.0
#include "milter/milter_callbacks.h"

#include <libmilter/mfapi.h>

#include <chrono>
#include <exception>
#include <memory>
#include <thread>

#include "core/base/failpoint.h"
#include "core/base/format.h"
#include "core/base/log.h"
#include "milter/negotiation.h"
#include "milter/reply.h"

namespace graph_milter::milter {

namespace {

const CallbackHost* the_host = nullptr;

std::string macro(SMFICTX* ctx, const char* name) {
  const char* value = smfi_getsymval(ctx, for_libmilter(name));
  return value != nullptr ? std::string(value) : std::string();
}

MilterSession* find_session(SMFICTX* ctx) { return static_cast<MilterSession*>(smfi_getpriv(ctx)); }

// Any of connect, helo and mail may come first.
MilterSession& session_of(SMFICTX* ctx) {
  MilterSession* session = find_session(ctx);
  if (session != nullptr) return *session;
  auto fresh = std::make_unique<MilterSession>(the_host->sessions);
  if (smfi_setpriv(ctx, fresh.get()) != MI_SUCCESS) throw std::runtime_error("smfi_setpriv failed");
  return *fresh.release();
}

// There are C frames above every callback.
template <class Body>
sfsistat guarded(const char* stage, sfsistat on_exception, Body body) noexcept {
  try {
    return body();
  } catch (const std::exception& exception) {
    try {
      LogLine(LogLevel::Error, "", "internal-error").field("stage", stage).field("reason", exception.what());
    } catch (const std::exception&) {
      return on_exception;
    }
    return on_exception;
  }
}

sfsistat reply_with(SMFICTX* ctx, const intake::Answer& answer) {
  Reply reply = make_reply(answer);
  if (smfi_setreply(ctx, reply.code.data(), reply.enhanced.data(), reply.text.data()) != MI_SUCCESS) {
    log_text(LogLevel::Warning, format("libmilter refused the reply {} {}", reply.code, reply.enhanced));
  }
  return answer.kind == intake::AnswerKind::Reject ? SMFIS_REJECT : SMFIS_TEMPFAIL;
}

// argv of MAIL and RCPT: the address, then ESMTP parameters.
mail::EnvelopePath make_path(char** argv) {
  std::vector<std::string> parameters;
  for (char** next = argv + 1; *next != nullptr; ++next) parameters.emplace_back(*next);
  return mail::make_envelope_path(argv[0], std::move(parameters));
}

// Tells an MTA that has given up from one that waits. A UNIX socket answers the first question; on TCP the first is
// lost on the way and only one some time later fails.
class MtaProbe {
 public:
  explicit MtaProbe(SMFICTX* ctx) : ctx_(ctx) {}

  bool still_there() {
    using std::chrono::steady_clock;
    constexpr auto kResetTravels = std::chrono::milliseconds(50);
    if (++questions_ == 2 && the_host->tcp) std::this_thread::sleep_until(last_ + kResetTravels);
    last_ = steady_clock::now();
    return smfi_progress(ctx_) == MI_SUCCESS;
  }

 private:
  SMFICTX* ctx_;
  int questions_ = 0;
  std::chrono::steady_clock::time_point last_;
};

sfsistat on_negotiate(SMFICTX* ctx, unsigned long actions, unsigned long steps, unsigned long, unsigned long,
                      unsigned long* our_actions, unsigned long* our_steps, unsigned long* reserved2,
                      unsigned long* reserved3) {
  return guarded("negotiate", SMFIS_REJECT, [&]() -> sfsistat {
    if ((steps & kStepsTheMtaMustKnow) != kStepsTheMtaMustKnow) {
      log_text(LogLevel::Error,
               format("the MTA does not offer header values with leading blanks (protocol steps {:#x}); Postfix 2.6 or "
                      "Sendmail 8.14 can",
                      steps));
      return SMFIS_REJECT;
    }
    *our_actions = ask_for_macros(ctx, actions);
    *our_steps = kSteps;
    *reserved2 = 0;
    *reserved3 = 0;
    return SMFIS_CONTINUE;
  });
}

sfsistat on_connect(SMFICTX* ctx, char* name, _SOCK_ADDR* address) {
  return guarded("connect", SMFIS_TEMPFAIL, [&]() -> sfsistat {
    Client& client = session_of(ctx).client();
    client.address = plain_address(macro(ctx, "{client_addr}"));
    if (client.address.empty()) client.address = numeric_address(address);
    client.name = macro(ctx, "{client_name}");
    if (client.name.empty() && name != nullptr) client.name = name;
    client.daemon_name = macro(ctx, "{daemon_name}");
    return SMFIS_CONTINUE;
  });
}

sfsistat on_helo(SMFICTX* ctx, char* name) {
  return guarded("helo", SMFIS_TEMPFAIL, [&]() -> sfsistat {
    session_of(ctx).client().helo = name != nullptr ? name : "";
    return SMFIS_CONTINUE;
  });
}

sfsistat on_mail(SMFICTX* ctx, char** argv) {
  return guarded("mail", SMFIS_TEMPFAIL, [&]() -> sfsistat {
    MilterSession& session = session_of(ctx);
    session.hear_next();
    const auto refusal = session.begin_message(make_path(argv), macro(ctx, "{auth_authen}"), macro(ctx, "{auth_type}"));
    return refusal ? reply_with(ctx, *refusal) : SMFIS_CONTINUE;
  });
}

sfsistat on_rcpt(SMFICTX* ctx, char** argv) {
  return guarded("rcpt", SMFIS_TEMPFAIL, [&]() -> sfsistat {
    session_of(ctx).add_recipient(make_path(argv));
    return SMFIS_CONTINUE;
  });
}

// Registered and answered although there is nothing to do: without a reply here each message over TCP waits 40 ms for a
// delayed ACK.
sfsistat on_data(SMFICTX*) { return SMFIS_CONTINUE; }

sfsistat on_header(SMFICTX* ctx, char* name, char* value) {
  return guarded("header", SMFIS_NOREPLY, [&]() -> sfsistat {
    if (intake::Message* message = session_of(ctx).message()) message->header(name, value);
    return SMFIS_NOREPLY;
  });
}

sfsistat on_end_of_headers(SMFICTX* ctx) {
  return guarded("end of headers", SMFIS_NOREPLY, [&]() -> sfsistat {
    if (intake::Message* message = session_of(ctx).message()) message->end_of_headers();
    return SMFIS_NOREPLY;
  });
}

sfsistat on_body(SMFICTX* ctx, unsigned char* bytes, size_t size) {
  return guarded("body", SMFIS_NOREPLY, [&]() -> sfsistat {
    const void* generic = bytes;
    if (intake::Message* message = session_of(ctx).message()) {
      message->body({static_cast<const char*>(generic), size});
    }
    return SMFIS_NOREPLY;
  });
}

// What can't be written went to an MTA that is gone: it keeps nothing of this message, whatever it deleted before, and
// its client sends all of it again, which the queue knows then.
sfsistat delete_recipients(SMFICTX* ctx, const intake::Answer& answer) {
  for (const std::string& recipient : answer.taken) {
    if (smfi_delrcpt(ctx, for_libmilter(recipient.c_str())) == MI_SUCCESS) continue;
    log_text(LogLevel::Warning,
             format("{}: the MTA could not be told which recipients Graph takes; it keeps the message "
                    "with its client",
                    macro(ctx, "i")));
    return SMFIS_TEMPFAIL;
  }
  return SMFIS_ACCEPT;
}

sfsistat answer_end(SMFICTX* ctx, MilterSession& session) {
  const auto working = the_host->sessions.traffic->begin_end_of_message();
  if (!working) return reply_with(ctx, busy_answer(*the_host->sessions.traffic));
  intake::Message* message = session.message();
  if (message == nullptr) {
    return reply_with(ctx, {intake::AnswerKind::TempFail, "451", "4.3.0", "The mail could not be processed now"});
  }
  if (recipients_differ(macro(ctx, "{nrcpts}"), session.recipients())) {
    message->leave_alone("recipients-changed", "the MTA serves other recipients than it told us");
  }
  message->set_message_id(macro(ctx, "{msg_id}"));
  MtaProbe probe(ctx);
  const intake::Answer answer = message->end(macro(ctx, "i"), [&probe] { return probe.still_there(); });
  session.forget_message();
  switch (answer.kind) {
    case intake::AnswerKind::Accept:
      return SMFIS_ACCEPT;
    case intake::AnswerKind::Discard:
    case intake::AnswerKind::Share:
      session.answered_taken();
      GM_FAILPOINT(C10);
      return answer.kind == intake::AnswerKind::Discard ? SMFIS_DISCARD : delete_recipients(ctx, answer);
    case intake::AnswerKind::TempFail:
    case intake::AnswerKind::Reject:
      break;
  }
  return reply_with(ctx, answer);
}

sfsistat on_end_of_message(SMFICTX* ctx) {
  return guarded("end of message", SMFIS_TEMPFAIL, [&]() -> sfsistat {
    MilterSession& session = session_of(ctx);
    const sfsistat verdict = answer_end(ctx, session);
    session.forget_message();
    if (the_host->sessions.context()->queue->failed()) the_host->on_damage();
    return verdict;
  });
}

// RSET, or a client that went. After end of message there is nothing left to forget.
sfsistat on_abort(SMFICTX* ctx) {
  return guarded("abort", SMFIS_CONTINUE, [&]() -> sfsistat {
    if (MilterSession* session = find_session(ctx)) {
      session->hear_next();
      session->forget_message();
    }
    return SMFIS_CONTINUE;
  });
}

// May come without abort in mid-message, and under libmilter's pool lock: frees, never waits.
sfsistat on_close(SMFICTX* ctx) {
  return guarded("close", SMFIS_CONTINUE, [&]() -> sfsistat {
    const std::unique_ptr<MilterSession> session(find_session(ctx));
    smfi_setpriv(ctx, nullptr);
    if (session) session->hear_next();
    return SMFIS_CONTINUE;
  });
}

}  // namespace

Status register_callbacks(const CallbackHost& host) {
  the_host = &host;
  smfiDesc description{};
  static char name[] = "graph-milter";
  description.xxfi_name = name;
  description.xxfi_version = SMFI_VERSION;
  description.xxfi_flags = kActions;
  description.xxfi_connect = on_connect;
  description.xxfi_helo = on_helo;
  description.xxfi_envfrom = on_mail;
  description.xxfi_envrcpt = on_rcpt;
  description.xxfi_header = on_header;
  description.xxfi_eoh = on_end_of_headers;
  description.xxfi_body = on_body;
  description.xxfi_eom = on_end_of_message;
  description.xxfi_abort = on_abort;
  description.xxfi_close = on_close;
  description.xxfi_data = on_data;
  description.xxfi_negotiate = on_negotiate;
  if (smfi_register(description) != MI_SUCCESS) {
    return fail(ErrorKind::System, "libmilter", "smfi_register failed", "see the system log");
  }
  return {};
}

bool open_milter_socket(const std::string& address) {
  return smfi_setconn(for_libmilter(address.c_str())) == MI_SUCCESS && smfi_opensocket(false) == MI_SUCCESS;
}

Status run_callbacks() {
  if (smfi_main() == MI_SUCCESS) return {};
  return fail(ErrorKind::System, "libmilter", "smfi_main failed", "see the system log");
}

void stop_callbacks() { smfi_stop(); }

}  // namespace graph_milter::milter
