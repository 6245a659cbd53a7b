// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cerrno>
#include <exception>
#include <optional>
#include <utility>

#include "core/base/id.h"
#include "core/intake/events.h"
#include "core/intake/header_bytes.h"
#include "core/intake/intake.h"
#include "core/mail/message_file.h"
#include "core/mail/second_reader.h"

namespace graph_milter::intake {

namespace {

struct Reason {
  std::string code;
  std::string text;
};

Answer try_later() {
  return {AnswerKind::TempFail, "451", "4.3.0", "The mail could not be processed now; try again later"};
}

Answer no_room() { return {AnswerKind::TempFail, "452", "4.3.1", "No room to store the mail now; try again later"}; }

Error foreign_error(std::string where, const std::exception& exception) {
  return make_error(ErrorKind::System, std::move(where), exception.what());
}

}  // namespace

// Small mail is only collected; the scanner is made and fed once the message is large enough for some rule, or leaves
// memory, whichever comes first.
struct Message::State {
  State(std::shared_ptr<const IntakeContext> shared, mail::Envelope with)
      : context(std::move(shared)),
        envelope(std::move(with)),
        interesting(context->policy.smallest_interesting_size(envelope)) {
    if (!interesting) return;
    unscanned = std::min(context->settings.memory_limit, *interesting);
    file.emplace(context->queue->incoming_directory(), context->settings.memory_limit);
  }

  void add(std::string_view bytes);
  void start_scanner();
  mail::MessageFacts finish_scan();

  Answer decide(const std::function<bool()>& mta_still_there);
  Answer relay(const policy::Decision& decision, mail::MessageFacts facts,
               const std::function<bool()>& mta_still_there);
  Answer commit(const std::string& id, const plan::Plan& plan, const mail::MessageFacts& facts,
                const std::function<bool()>& mta_still_there);

  EventSubject subject(const mail::MessageFacts* facts) const {
    return {envelope, facts, size, context->settings.log_recipients, context->clock->now()};
  }
  Answer pass(LogLevel level, const mail::MessageFacts* facts, std::string_view rule, std::string_view reason,
              std::string_view text) const {
    log_passed(level, subject(facts), rule, reason, text);
    return {};
  }
  Answer refuse(Answer answer, const mail::MessageFacts* facts, const Error& why) const {
    log_refused(subject(facts), answer, why);
    return answer;
  }
  Answer storage_failed(const mail::MessageFacts& facts, std::string_view rule, const Error& why) const;
  Answer mta_gone(const mail::MessageFacts& facts) const {
    return refuse(try_later(), &facts,
                  make_error(ErrorKind::Cancelled, "end of message", "the MTA has gone; the message was not taken"));
  }

  std::shared_ptr<const IntakeContext> context;
  mail::Envelope envelope;
  std::optional<ByteCount> interesting;  // the smallest message that any rule could want; nullopt: none
  ByteCount unscanned = 0;               // so much is only collected; never more than fits in memory
  ByteCount size = 0;
  bool headers_ended = false;
  std::string field;  // room for one header field, kept between calls
  std::optional<mail::MessageFile> file;
  std::optional<mail::Scanner> scanner;
  std::optional<Error> storage_error;  // the bytes are not all there
  std::optional<Error> failure;        // nothing about this message can be trusted
  std::optional<Reason> forbidden;
};

void Message::State::start_scanner() {
  scanner.emplace(context->settings.scan);
  std::array<char, 16384> block;
  for (ByteCount at = 0; at < size;) {
    auto got = file->read_at(at, block);
    if (!got || *got == 0) {
      failure = got ? make_error(ErrorKind::System, "message file", "ends too early") : std::move(got).error();
      return;
    }
    scanner->feed({block.data(), *got});
    at += *got;
  }
}

void Message::State::add(std::string_view bytes) {
  // Before the append: what was collected is still in memory, so reading it back can't fail for want of disk.
  if (interesting && !scanner && size + bytes.size() > unscanned) start_scanner();
  size += bytes.size();
  if (!interesting) return;
  if (scanner) scanner->feed(bytes);
  if (storage_error) return;
  if (Status appended = file->append(bytes); !appended) storage_error = std::move(appended).error();
}

mail::MessageFacts Message::State::finish_scan() {
  if (!scanner) start_scanner();
  return scanner->finish();
}

Answer Message::State::storage_failed(const mail::MessageFacts& facts, std::string_view rule, const Error& why) const {
  if (why.status != ENOSPC && why.status != EDQUOT) return refuse(try_later(), &facts, why);
  // After a failed journal nobody knows what is on disk: passing could deliver the message twice.
  if (context->settings.when_full == WhenFull::Pass && !context->queue->failed()) {
    return pass(LogLevel::Warning, &facts, rule, "spool-full", why.text());
  }
  return refuse(no_room(), &facts, why);
}

Answer Message::State::decide(const std::function<bool()>& mta_still_there) {
  if (failure) return refuse(try_later(), nullptr, *failure);
  if (envelope.has_null_sender()) {
    return pass(LogLevel::Info, nullptr, "", "null-sender", "mail from the null sender <> is never relayed");
  }
  if (!interesting) return pass(LogLevel::Debug, nullptr, "", "no-rule", "no rule relays mail of this client or login");
  if (size < *interesting) {
    return pass(LogLevel::Info, nullptr, "", "small", "smaller than what the rules for this client or login ask for");
  }
  mail::MessageFacts facts = finish_scan();
  if (failure) return refuse(try_later(), nullptr, *failure);
  const policy::Decision decision = context->policy.decide(envelope, facts);
  const std::string_view rule = decision.rule != nullptr ? std::string_view(decision.rule->name) : std::string_view();
  if (decision.action != policy::Action::Relay) {
    return pass(LogLevel::Info, &facts, rule, decision.reason, decision.text);
  }
  if (forbidden) return pass(LogLevel::Warning, &facts, rule, forbidden->code, forbidden->text);
  return relay(decision, std::move(facts), mta_still_there);
}

Answer Message::State::relay(const policy::Decision& decision, mail::MessageFacts facts,
                             const std::function<bool()>& mta_still_there) {
  if (storage_error) return storage_failed(facts, decision.rule->name, *storage_error);
  if (!mta_still_there()) return mta_gone(facts);
  if (facts.is_clean()) facts = mail::confirm_with_second_reader(std::move(facts), *file);
  if (facts.verdict == mail::Verdict::Error) {
    const std::string detail = facts.findings.empty() ? std::string("unreadable") : facts.findings.front().detail;
    return refuse(try_later(), &facts, make_error(ErrorKind::System, "reading the message", detail));
  }
  const TimePoint now = context->clock->now();
  const std::string id = make_entry_id(now);
  const IntakeSettings& settings = context->settings;
  const plan::Outcome outcome =
      plan::make_plan({envelope, facts, *decision.rule, settings.service, id, settings.instance, now});
  if (const auto* why = std::get_if<plan::LeaveAlone>(&outcome)) {
    return pass(LogLevel::Warning, &facts, decision.rule->name, why->reason, why->text);
  }
  return commit(id, std::get<plan::Plan>(outcome), facts, mta_still_there);
}

Answer Message::State::commit(const std::string& id, const plan::Plan& plan, const mail::MessageFacts& facts,
                              const std::function<bool()>& mta_still_there) {
  if (const Status room = context->queue->check_room(file->size()); !room) {
    return storage_failed(facts, plan.rule, room.error());
  }
  if (!mta_still_there()) return mta_gone(facts);
  if (const Status kept = context->queue->commit(id, *file, envelope, plan); !kept) {
    return storage_failed(facts, plan.rule, kept.error());
  }
  try {
    log_received(subject(&facts), id, plan);
    log_planned(subject(&facts), id, plan);
  } catch (const std::exception&) {
    // The queue has the message: no trouble with a log line may make the MTA keep it too.
  }
  return {AnswerKind::Discard, "", "", ""};
}

Message::Message(std::shared_ptr<const IntakeContext> context, mail::Envelope envelope)
    : state_(std::make_unique<State>(std::move(context), std::move(envelope))) {}
Message::~Message() = default;
Message::Message(Message&&) noexcept = default;

// header() and body() can't answer the MTA, so whatever they throw is kept for end().
void Message::header(std::string_view name, std::string_view value) try {
  state_->field.clear();
  append_field(state_->field, name, value);
  state_->add(state_->field);
} catch (const std::exception& exception) {
  state_->failure = foreign_error("header", exception);
}

void Message::end_of_headers() try {
  if (std::exchange(state_->headers_ended, true)) return;
  state_->add("\r\n");
} catch (const std::exception& exception) {
  state_->failure = foreign_error("end of header", exception);
}

void Message::body(std::string_view bytes) try {
  end_of_headers();
  state_->add(bytes);
} catch (const std::exception& exception) {
  state_->failure = foreign_error("body", exception);
}

void Message::leave_alone(std::string reason, std::string text) {
  state_->forbidden = Reason{std::move(reason), std::move(text)};
}

Answer Message::end(const std::string& queue_id, const std::function<bool()>& mta_still_there) try {
  end_of_headers();
  if (!queue_id.empty()) state_->envelope.queue_id = queue_id;
  return state_->decide(mta_still_there);
} catch (const std::exception& exception) {
  return state_->refuse(try_later(), nullptr, foreign_error("end of message", exception));
}

}  // namespace graph_milter::intake
