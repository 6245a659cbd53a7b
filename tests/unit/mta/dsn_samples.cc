// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/mta/dsn_samples.h"

#include <stdexcept>
#include <utility>

namespace graph_milter::mta::test {
namespace {

std::unique_ptr<DsnSample> named(std::string name) {
  auto sample = plain_sample();
  sample->name = std::move(name);
  return sample;
}

std::unique_ptr<DsnSample> with_parameters() {
  auto sample = named("parameters");
  sample->envelope.sender.parameters = {"RET=HDRS", "ENVID=QQ+2B314159"};
  mail::EnvelopePath& first = sample->content.recipients[0].path;
  first.parameters = {"NOTIFY=FAILURE", "ORCPT=rfc822;Alice+2Bscan@Example.org"};
  return sample;
}

std::unique_ptr<DsnSample> whole() {
  auto sample = named("whole");
  sample->content.original = DsnOriginal::Whole;
  return sample;
}

std::unique_ptr<DsnSample> whole_in_eight_bit() {
  auto sample = named("whole-8bit");
  sample->content.original = DsnOriginal::Whole;
  sample->original += "caf\xC3\xA9\r\n";
  return sample;
}

std::unique_ptr<DsnSample> delayed() {
  auto sample = named("delayed");
  sample->content.action = DsnAction::Delayed;
  sample->content.retry_until = kNow + std::chrono::hours(24 * 5);
  for (DsnRecipient& recipient : sample->content.recipients) {
    recipient.status = "4.4.1";
    recipient.diagnostic = "x-graph; 503 serviceUnavailable";
  }
  return sample;
}

std::unique_ptr<DsnSample> relayed() {
  auto sample = named("relayed");
  sample->content.action = DsnAction::Relayed;
  for (DsnRecipient& recipient : sample->content.recipients) {
    recipient.status.clear();
    recipient.diagnostic.clear();
  }
  return sample;
}

std::unique_ptr<DsnSample> from_the_mta() {
  auto sample = named("from-the-mta");
  sample->content.recipients[0].status = "5.1.1";
  sample->content.recipients[0].diagnostic = "smtp; 550 5.1.1 <alice@example.org>: no such user";
  sample->content.recipients[1].status = "5.2.2";
  sample->content.recipients[1].diagnostic = "smtp; 552 5.2.2 mailbox full";
  for (DsnRecipient& recipient : sample->content.recipients) recipient.remote_mta = "relay.contoso.com";
  return sample;
}

std::unique_ptr<DsnSample> global() {
  auto sample = named("global");
  sample->envelope.sender = mail::make_envelope_path("<j\xC3\xB6rg@contoso.com>", {"SMTPUTF8"});
  sample->content.recipients[1].path = mail::make_envelope_path("<b\xC3\xA4r@example.org>");
  sample->content.recipients[1].path.parameters = {"ORCPT=utf-8;b\\x{E4}r@example.org"};
  sample->original =
      "From: j\xC3\xB6rg@contoso.com\r\n"
      "Subject: Gr\xC3\xBC\xC3\x9F"
      "e\r\n"
      "Message-ID: <1@contoso.com>\r\n"
      "\r\n"
      "x\r\n";
  return sample;
}

std::unique_ptr<DsnSample> encoded_subject() {
  auto sample = named("encoded-subject");
  sample->original =
      "Subject: =?utf-8?Q?Gr=C3=BC=C3=9Fe?= =?utf-8?Q?_aus_M=C3=BCnchen?=\r\n"
      "Message-ID: <2@contoso.com>\r\n"
      "X-Raw: caf\xE9\r\n"
      "\r\n"
      "x\r\n";
  return sample;
}

std::unique_ptr<DsnSample> without_header() {
  auto sample = named("without-header");
  sample->original = "\r\nonly a body\r\n";
  return sample;
}

std::unique_ptr<DsnSample> copy() {
  auto sample = named("copy");
  sample->content.copy_to = "postmaster@contoso.com";
  return sample;
}

}  // namespace

std::string DsnSample::compose() {
  StringSource source(original);
  auto dsn = compose_dsn(content, source);
  if (!dsn) throw std::runtime_error(dsn.error().text());
  return read_all(*dsn->content, 10'000'000).value();
}

std::unique_ptr<DsnSample> plain_sample() {
  auto sample = std::make_unique<DsnSample>();
  sample->name = "plain";
  sample->envelope.sender = mail::make_envelope_path("<scanner@contoso.com>");
  sample->envelope.received = kNow - std::chrono::minutes(10);
  sample->content.hostname = "relay.contoso.com";
  sample->content.entry_id = "01kap5e0000123456789abcdef";
  sample->content.now = kNow;
  for (const char* const address : {"<alice@example.org>", "<bob@example.org>"}) {
    DsnRecipient recipient;
    recipient.path = mail::make_envelope_path(address);
    recipient.status = "5.7.1";
    recipient.diagnostic =
        "x-graph; 403 ErrorSendAsDenied: The user account which was used to submit this request "
        "does not have the right to send mail on behalf of the specified sending account.";
    sample->content.recipients.push_back(recipient);
    sample->envelope.recipients.push_back(recipient.path);
  }
  sample->original =
      "Received: from scanner (scanner.contoso.com [192.0.2.7])\r\n"
      "\tby relay.contoso.com; Sun, 22 Nov 2026 08:52:05 +0000\r\n"
      "From: Scanner <scanner@contoso.com>\r\n"
      "To: alice@example.org, bob@example.org\r\n"
      "Subject: Scan of Tuesday\r\n"
      "Message-ID: <1@scanner.contoso.com>\r\n"
      "Content-Type: text/plain\r\n"
      "\r\n"
      "The scan.\r\n";
  return sample;
}

std::vector<std::unique_ptr<DsnSample>> all_samples() {
  std::vector<std::unique_ptr<DsnSample>> samples;
  samples.push_back(plain_sample());
  samples.push_back(with_parameters());
  samples.push_back(whole());
  samples.push_back(whole_in_eight_bit());
  samples.push_back(delayed());
  samples.push_back(relayed());
  samples.push_back(from_the_mta());
  samples.push_back(global());
  samples.push_back(encoded_subject());
  samples.push_back(without_header());
  samples.push_back(copy());
  return samples;
}

}  // namespace graph_milter::mta::test
