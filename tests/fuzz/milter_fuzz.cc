// SPDX-License-Identifier: Apache-2.0
// An MTA that says anything in any order: packets go to the session as the callbacks pass them on. Mail is taken only
// at end of message, only what a rule allows, and what is kept is what was said.
//
// Input: packets of one letter of the milter protocol, two bytes of length, and data.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/log.h"
#include "core/config/conf_text.h"
#include "core/intake/intake.h"
#include "milter/milter_session.h"
#include "milter/reply.h"
#include "tests/unit/intake/remembering_queue.h"

namespace {

using namespace graph_milter;

void require(bool holds) {
  if (!holds) std::abort();
}

constexpr const char* kRules =
    "[rule scanners]\nclient = 10.1.20.0/24\nfrom = scanner@contoso.com\npart-size = 10\naction = relay\n"
    "[rule people]\nlogin = @contoso.com\nfrom = @contoso.com\nmessage-size = 1\naction = relay\n";

class Mta {
 public:
  Mta() {
    queue_ = std::make_shared<intake::RememberingQueue>(std::filesystem::temp_directory_path().string());
    intake::IntakeSettings settings;
    settings.instance = "fuzz";
    settings.memory_limit = 512;
    settings.scan = {2048, 50, 1024, 5, 20};
    auto policy = policy::Policy::read(*config::read_conf_text(kRules, "fuzz.conf"), {"contoso.com"});
    require(policy.has_value());
    context_ = std::make_shared<intake::IntakeContext>(intake::IntakeContext{
        settings, std::move(*policy), queue_, std::make_shared<ManualClock>(from_unix_ms(1'790'000'000'000)),
        std::make_shared<intake::LoopGuard>(Secret("0123456789abcdef"))});
    host_.context = [this] { return context_; };
    host_.traffic = &traffic_;
  }

  void packet(char what, std::string_view data) {
    switch (what) {
      case 'C':
        session_.client().address = milter::plain_address(data);
        break;
      case 'H':
        session_.client().helo = data;
        break;
      case 'A':
        session_.forget_message();
        break;
      case 'D':
        login_ = data;
        break;
      case 'M':
        begin(data);
        break;
      case 'R':
        if (is_open_) ++recipients_;
        session_.add_recipient(path(data));
        require(session_.recipients() == recipients_ || !is_open_ || is_frozen_);
        break;
      case 'L':
        header(data);
        break;
      case 'N':
        if (intake::Message* message = this->message()) message->end_of_headers();
        break;
      case 'B':
        if (intake::Message* message = this->message()) message->body(data);
        break;
      case 'E':
        end(data);
        break;
      default:
        break;
    }
    if (what == 'A') is_open_ = is_frozen_ = false;
  }

 private:
  intake::Message* message() {
    is_frozen_ = true;
    return session_.message();
  }

  // Strings of the protocol end at their NUL.
  static std::vector<std::string> strings(std::string_view data) {
    std::vector<std::string> out;
    while (!data.empty()) {
      const std::size_t end = std::min(data.find('\0'), data.size());
      out.emplace_back(data.substr(0, end));
      data.remove_prefix(std::min(end + 1, data.size()));
    }
    if (out.empty()) out.emplace_back();
    return out;
  }

  static mail::EnvelopePath path(std::string_view data) {
    std::vector<std::string> words = strings(data);
    std::string argument = std::move(words.front());
    words.erase(words.begin());
    return mail::make_envelope_path(std::move(argument), std::move(words));
  }

  void begin(std::string_view data) {
    const auto refusal = session_.begin_message(path(data), login_, "PLAIN");
    if (refusal) check_answer(*refusal);
    is_open_ = !refusal;
    is_frozen_ = false;
    recipients_ = 0;
  }

  void header(std::string_view data) {
    std::vector<std::string> words = strings(data);
    if (words.size() < 2) words.emplace_back();
    if (intake::Message* message = this->message()) message->header(words[0], words[1]);
  }

  static void check_answer(const intake::Answer& answer) {
    if (answer.kind != intake::AnswerKind::TempFail && answer.kind != intake::AnswerKind::Reject) return;
    const milter::Reply reply = milter::make_reply(answer);
    require(reply.code.size() == 3 && reply.code[0] == (answer.kind == intake::AnswerKind::Reject ? '5' : '4'));
    require(reply.text.find_first_of("\r\n%") == std::string::npos);
  }

  void end(std::string_view data) {
    intake::Message* const message = this->message();
    if (message == nullptr) return;
    const std::size_t before = queue_->committed.size();
    const bool waits = data.find("gone") == data.npos;
    const intake::Answer answer = message->end("4QUEUEID", [waits] { return waits; });
    check_answer(answer);
    const std::size_t taken = queue_->committed.size() - before;
    require(taken <= 1 && (taken == 0 || answer.kind == intake::AnswerKind::Discard));
    require(answer.kind != intake::AnswerKind::Discard || waits);
    if (taken == 1) check_kept(queue_->committed.back());
    session_.forget_message();
    is_open_ = is_frozen_ = false;
  }

  void check_kept(const intake::RememberingQueue::Kept& kept) const {
    require(kept.plan.mailbox.ends_with("@contoso.com"));
    require(kept.envelope.client_address.starts_with("10.1.20.") || kept.envelope.client_address.find("10.1.20.") ||
            !kept.envelope.login.empty());
    require(!kept.envelope.sender.address.empty());
    const std::size_t planned = kept.plan.to.size() + kept.plan.cc.size() + kept.plan.bcc.size();
    require(planned >= 1 && planned <= kept.envelope.recipients.size());
    mail::Scanner scanner(context_->settings.scan);
    scanner.feed(kept.bytes);
    require(scanner.finish().is_clean());
  }

  std::shared_ptr<intake::RememberingQueue> queue_;
  std::shared_ptr<const intake::IntakeContext> context_;
  milter::Traffic traffic_{4};
  milter::SessionHost host_;
  milter::MilterSession session_{host_};
  std::string login_;
  std::size_t recipients_ = 0;
  bool is_open_ = false;
  bool is_frozen_ = false;  // the envelope is complete: what is added later is not part of the message
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  static const bool quiet = open_log({LogTarget::Stderr, LogLevel::Error, "mail", "fuzz"}).has_value();
  require(quiet);
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  Mta mta;
  while (rest.size() >= 3) {
    const char what = rest[0];
    const std::size_t length = static_cast<unsigned char>(rest[1]) * 256U + static_cast<unsigned char>(rest[2]);
    rest.remove_prefix(3);
    mta.packet(what, rest.substr(0, length));
    rest.remove_prefix(std::min(length, rest.size()));
  }
  return 0;
}
