// SPDX-License-Identifier: Apache-2.0
// One message from its first header to the answer, over real rules, scanner and plan and a queue that remembers.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/base64.h"
#include "core/config/conf_text.h"
#include "core/intake/intake.h"
#include "tests/support/temp_folder.h"
#include "tests/unit/intake/remembering_queue.h"

namespace graph_milter::intake {

class IntakeTest : public testing::Test {
 protected:
  static constexpr const char* kRules =
      "[rule scanners]\nclient = 10.1.20.0/24\nfrom = scanner@contoso.com\npart-size = 100K\naction = relay\n";
  static constexpr std::size_t kLarge = 300000;
  static constexpr std::size_t kSmall = 1000;

  IntakeTest() {
    settings_.instance = "test-instance";
    use_rules(kRules);
  }

  void use_rules(const std::string& rules) {
    auto text = config::read_conf_text(rules, "test.conf");
    ASSERT_TRUE(text);
    auto policy = policy::Policy::read(*text, {"contoso.com"});
    ASSERT_TRUE(policy) << policy.error().text();
    context_ = std::make_shared<IntakeContext>(
        IntakeContext{settings_, std::move(*policy), queue_, clock_, guard_, service_, quotas_});
  }
  void use_settings() { use_rules(kRules); }

  mail::Envelope envelope() const {
    mail::Envelope out;
    out.client_address = client_;
    out.sender = mail::make_envelope_path("<scanner@contoso.com>");
    out.recipients = {mail::make_envelope_path("<a@contoso.com>")};
    out.received = clock_->now();
    return out;
  }

  static std::string pdf_body(std::size_t bytes) {
    std::string out =
        "--b\r\nContent-Type: text/plain\r\n\r\nhello\r\n--b\r\nContent-Type: application/pdf; name=\"s.pdf\"\r\n"
        "Content-Disposition: attachment; filename=\"s.pdf\"\r\nContent-Transfer-Encoding: base64\r\n\r\n";
    const std::string coded = base64_encode(std::string(bytes, 'p'));
    for (std::size_t at = 0; at < coded.size(); at += 76) out += coded.substr(at, 76) + "\r\n";
    return out + "--b--\r\n";
  }

  void feed(Message& message, std::size_t pdf_bytes, const std::string& from = " scanner@contoso.com") {
    for (const auto& [name, value] : first_fields_) message.header(name, value);
    message.header("From", from);
    message.header("To", " a@contoso.com");
    message.header("Subject", " two\n lines");
    if (!message_id_.empty()) message.header("Message-ID", message_id_);
    if (!date_.empty()) message.header("Date", date_);
    message.header("MIME-Version", " 1.0");
    message.header("Content-Type", " multipart/mixed; boundary=b");
    message.end_of_headers();
    const std::string body = pdf_body(pdf_bytes);
    for (std::size_t at = 0; at < body.size(); at += 65535) message.body(std::string_view(body).substr(at, 65535));
  }

  Answer deliver(std::size_t pdf_bytes, const std::string& from = " scanner@contoso.com") {
    return deliver_from(envelope(), pdf_bytes, from);
  }

  Answer deliver_from(const mail::Envelope& who, std::size_t pdf_bytes,
                      const std::string& from = " scanner@contoso.com") {
    Message message(context_, who);
    feed(message, pdf_bytes, from);
    return message.end("4QUEUEID", [this] {
      queue_->calls.emplace_back("still-there");
      return mta_waits_;
    });
  }

  // What delivery leaves of an entry that it has sent.
  void pretend_sent(const RememberingQueue::Kept& kept, TimePoint when) {
    queue::TraceRecord record;
    record.id = kept.id;
    record.state = queue::EntryState::Done;
    record.outcome = queue::Outcome::Sent;
    record.message_id = kept.plan.message_id;
    record.sender = kept.envelope.sender.address;
    record.accepted = record.finished = when;
    queue_->records.push_back(record);
    queue_->digests[kept.id] = kept.sha256;
  }

  test::TempFolder folder_;
  std::shared_ptr<RememberingQueue> queue_ = std::make_shared<RememberingQueue>(folder_.path());
  std::shared_ptr<ManualClock> clock_ = std::make_shared<ManualClock>(from_unix_ms(1'790'000'000'000));
  std::shared_ptr<LoopGuard> guard_ = std::make_shared<LoopGuard>(Secret("0123456789abcdef"));
  std::shared_ptr<queue::ServiceState> service_ = std::make_shared<queue::ServiceState>();
  std::shared_ptr<pace::Quotas> quotas_;
  IntakeSettings settings_;
  std::shared_ptr<const IntakeContext> context_;
  std::string client_ = "10.1.20.7";
  std::vector<std::pair<std::string, std::string>> first_fields_;
  std::string message_id_ = " <1@contoso.com>";
  std::string date_ = " Sun, 22 Nov 2026 09:00:00 +0000";
  bool mta_waits_ = true;
};

// All lines that go to the log while it lives.
class CapturedLog {
 public:
  CapturedLog() { testing::internal::CaptureStderr(); }
  ~CapturedLog() {
    if (!taken_) testing::internal::GetCapturedStderr();
  }
  CapturedLog(const CapturedLog&) = delete;
  CapturedLog& operator=(const CapturedLog&) = delete;

  std::string take() {
    taken_ = true;
    return testing::internal::GetCapturedStderr();
  }

 private:
  bool taken_ = false;
};

}  // namespace graph_milter::intake
