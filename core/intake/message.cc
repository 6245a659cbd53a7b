// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <exception>
#include <optional>
#include <utility>

#include "core/intake/answers.h"
#include "core/intake/fallback.h"
#include "core/intake/header_bytes.h"
#include "core/intake/intake.h"
#include "core/intake/planning.h"
#include "core/intake/taking.h"
#include "core/mail/message_file.h"

namespace graph_milter::intake {

namespace {

struct Reason {
  std::string code;
  std::string text;
};

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

  LogLevel level_of(const policy::Decision& decision) const;
  Answer decide(const std::function<bool()>& mta_still_there);
  Answer act(const policy::Decision& decision, mail::MessageFacts facts, const Answers& answers,
             const std::function<bool()>& mta_still_there);

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

// A pattern that comes to its limit is a fault of the policy, and would flood the log of who sends such mail often.
LogLevel Message::State::level_of(const policy::Decision& decision) const {
  const bool is_fault = decision.reason == "pattern-limit" && decision.rule != nullptr;
  return is_fault && context->limits_hit->first(decision.rule->name) ? LogLevel::Warning : LogLevel::Info;
}

Answer Message::State::decide(const std::function<bool()>& mta_still_there) {
  const Answers answers(*context, envelope, size);
  if (failure) return answers.refuse(try_later(), nullptr, *failure);
  if (envelope.has_null_sender()) {
    return answers.pass(LogLevel::Info, nullptr, "", "null-sender", "mail from the null sender <> is never relayed");
  }
  if (!interesting) {
    return answers.pass(LogLevel::Debug, nullptr, "", "no-rule", "no rule relays mail of this client or login");
  }
  if (size < *interesting) {
    return answers.pass(LogLevel::Info, nullptr, "", "small",
                        "smaller than what the rules for this client or login ask for");
  }
  mail::MessageFacts facts = finish_scan();
  if (failure) return answers.refuse(try_later(), nullptr, *failure);
  const policy::Decision decision = context->policy.decide(envelope, facts);
  const std::string_view rule = decision.rule != nullptr ? std::string_view(decision.rule->name) : std::string_view();
  const bool is_passed =
      decision.action == policy::Action::Pass &&
      (!decision.is_objected() || otherwise_of(context->settings, *decision.rule) == config::Otherwise::Pass);
  if (is_passed) {
    return answers.pass(level_of(decision), &facts, rule, decision.reason, decision.text);
  }
  return act(decision, std::move(facts), answers, mta_still_there);
}

Answer Message::State::act(const policy::Decision& decision, mail::MessageFacts facts, const Answers& answers,
                           const std::function<bool()>& mta_still_there) {
  facts = read_as(decision, std::move(facts));
  Taking taking(*context, envelope, *file, decision, answers);
  if (!storage_error) {
    if (!mta_still_there()) return answers.mta_gone(facts);
    if (auto known = taking.recognise(facts, mta_still_there)) return *std::move(known);
  }
  if (decision.action != policy::Action::Relay && !decision.is_objected()) return taking.refuse(facts);
  if (forbidden) return taking.fall_back_unheld(facts, {forbidden->code, forbidden->text});
  // Nothing is taken, and so nothing is refused or held, before the administrator has said what becomes of the copies.
  if (const auto copies = objection_of_copies(context->settings, *decision.rule)) {
    return answers.pass(LogLevel::Info, &facts, decision.rule->name, copies->reason, copies->text);
  }
  if (storage_error) return taking.not_stored(facts, *storage_error);
  if (decision.is_objected()) {
    return taking.fall_back(facts, {decision.reason, decision.text}, level_of(decision), mta_still_there);
  }
  return taking.take(std::move(facts), mta_still_there);
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

void Message::set_message_id(std::string message_id) { state_->envelope.message_id = std::move(message_id); }

Answer Message::end(const std::string& queue_id, const std::function<bool()>& mta_still_there) try {
  end_of_headers();
  if (!queue_id.empty()) state_->envelope.queue_id = queue_id;
  return state_->decide(mta_still_there);
} catch (const std::exception& exception) {
  const Answers answers(*state_->context, state_->envelope, state_->size);
  return answers.refuse(try_later(), nullptr, foreign_error("end of message", exception));
}

}  // namespace graph_milter::intake
