// SPDX-License-Identifier: Apache-2.0
#include "core/admin/explain.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include "core/base/file.h"
#include "core/base/id.h"
#include "core/intake/fallback.h"
#include "core/intake/loop_guard.h"
#include "core/intake/planning.h"
#include "core/mail/message_file.h"
#include "core/plan/draft_fields.h"

namespace graph_milter::admin {

namespace {

// Gives lines that end in LF the CRLF they would have on the wire; the first line end decides.
class LineEnds {
 public:
  std::string convert(std::string_view bytes) {
    if (!known_) {
      const std::size_t end = bytes.find('\n');
      if (end == std::string_view::npos) return std::string(bytes);
      known_ = true;
      changing_ = end == 0 ? last_ != '\r' : bytes[end - 1] != '\r';
    }
    if (!changing_) return std::string(bytes);
    std::string out;
    out.reserve(bytes.size() + bytes.size() / 32);
    for (const char c : bytes) {
      if (c == '\n' && last_ != '\r') out += '\r';
      out += c;
      last_ = c;
    }
    return out;
  }

  void remember(std::string_view bytes) {
    if (!bytes.empty()) last_ = bytes.back();
  }

  bool changing() const { return changing_; }

 private:
  bool known_ = false;
  bool changing_ = false;
  char last_ = '\0';
};

struct Reading {
  mail::MessageFile message;
  mail::Scanner scanner;
  LineEnds line_ends;

  Status feed(std::string_view bytes) {
    const std::string converted = line_ends.convert(bytes);
    line_ends.remember(bytes);
    scanner.feed(converted);
    return message.append(converted);
  }
};

Status read_all_of(int fd, const std::string& name, Reading& reading) {
  std::string block(64 * 1024, '\0');
  for (;;) {
    const ssize_t length = ::read(fd, block.data(), block.size());
    if (length < 0) {
      if (errno == EINTR) continue;
      return fail(system_error(name, "cannot read", errno));
    }
    if (length == 0) return {};
    GM_TRY(reading.feed(std::string_view(block).substr(0, static_cast<std::size_t>(length))));
  }
}

Status read_file(const std::string& file, Reading& reading) {
  if (file == "-") return read_all_of(STDIN_FILENO, "standard input", reading);
  GM_TRY_ASSIGN(const FileDescriptor fd, open_file(file, O_RDONLY));
  return read_all_of(fd.get(), file, reading);
}

void add_recipients(const std::vector<mail::Mailbox>& mailboxes, mail::Envelope& envelope) {
  for (const mail::Mailbox& mailbox : mailboxes) {
    envelope.add_recipient(mail::make_envelope_path("<" + mailbox.address + ">"));
  }
}

void take_recipients_from(const mail::MessageFacts& facts, mail::Envelope& envelope) {
  add_recipients(facts.to, envelope);
  add_recipients(facts.cc, envelope);
  if (const mail::HeaderField* bcc = facts.find_header("bcc"); bcc != nullptr) {
    if (const auto mailboxes = mail::parse_mailbox_list(bcc->value)) add_recipients(*mailboxes, envelope);
  }
}

mail::Envelope make_envelope(const config::EnvelopeFlags& flags, const mail::MessageFacts& facts, TimePoint now) {
  mail::Envelope envelope;
  envelope.client_address = flags.client.empty() ? "127.0.0.1" : flags.client;
  envelope.daemon_name = flags.daemon;
  envelope.login = flags.login;
  envelope.received = now;
  if (flags.sender) {
    envelope.sender = mail::make_envelope_path("<" + *flags.sender + ">");
  } else if (!facts.from.empty()) {
    envelope.sender = mail::make_envelope_path("<" + facts.from.front().address + ">");
  }
  for (const std::string& address : flags.recipients) envelope.add_recipient(mail::make_envelope_path(address));
  if (flags.recipients.empty()) take_recipients_from(facts, envelope);
  return envelope;
}

// The key is the daemon's; a seal by another one is as long.
std::string sham_seal(const std::string& instance, const std::string& id) {
  return intake::LoopGuard(Secret(std::string(32, '0'))).seal(plan::make_marker(instance, id));
}

// What becomes of it because it can't be relayed.
void explain_fallback(Explanation& out, const intake::IntakeSettings& settings, const policy::Rule& rule,
                      std::string_view reason, std::string_view text) {
  out.otherwise = intake::otherwise_of(settings, rule);
  if (out.otherwise == config::Otherwise::Reject || out.otherwise == config::Otherwise::TempFail) {
    out.reply = intake::refusal_of(reason, text, out.otherwise == config::Otherwise::Reject);
  }
}

// What the rule does besides relaying.
void explain_outcome(Explanation& out, const intake::IntakeSettings& settings, const policy::Decision& decision) {
  const policy::Rule& rule = *decision.rule;
  out.pretends = rule.action != policy::Action::Pass && intake::pretends(settings, rule);
  if (decision.action == policy::Action::Reject || decision.action == policy::Action::TempFail) {
    out.reply = intake::reply_of(rule);
  }
  const bool never_refused = decision.reason == "null-sender";
  if (decision.is_objected() && !never_refused) explain_fallback(out, settings, rule, decision.reason, decision.text);
  if (decision.action == policy::Action::Relay) out.handling = intake::handling_of(settings, rule);
}

}  // namespace

Result<Explanation> explain(const policy::Policy& policy, const intake::IntakeSettings& settings,
                            const config::EnvelopeFlags& flags, const std::string& file, TimePoint now) {
  Reading reading{
      {std::filesystem::temp_directory_path().string(), settings.memory_limit}, mail::Scanner(settings.scan), {}};
  GM_TRY(read_file(file, reading));
  Explanation out;
  out.facts = reading.scanner.finish();
  out.line_ends_changed = reading.line_ends.changing();
  out.envelope = make_envelope(flags, out.facts, now);
  out.rules = policy.explain(out.envelope, out.facts);
  const policy::Decision decision = policy.decide(out.envelope, out.facts);
  out.action = decision.action;
  out.reason = decision.reason;
  out.reason_text = decision.text;
  if (decision.rule != nullptr) out.rule = decision.rule->name;
  if (decision.rule != nullptr) explain_outcome(out, settings, decision);
  if (decision.action != policy::Action::Relay) return out;
  out.facts = intake::read_as(decision, std::move(out.facts));
  const std::string id = make_entry_id(now);
  intake::Planning planning = intake::make_planning({settings, policy, sham_seal(settings.instance, id), now}, decision,
                                                    out.envelope, std::move(out.facts), reading.message, id);
  out.facts = std::move(planning.facts);
  out.outcome = std::move(planning.outcome);
  if (auto copies = intake::objection_of_copies(settings, *decision.rule)) {
    out.outcome = *std::move(copies);
    return out;
  }
  if (const auto* why = std::get_if<plan::LeaveAlone>(&*out.outcome)) {
    explain_fallback(out, settings, *decision.rule, why->reason, why->text);
  }
  if (const auto* plan = std::get_if<plan::Plan>(&*out.outcome)) {
    out.losses = plan::find_losses(out.envelope, out.facts, *plan);
  }
  return out;
}

}  // namespace graph_milter::admin
