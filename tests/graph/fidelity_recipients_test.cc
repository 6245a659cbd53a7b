// SPDX-License-Identifier: Apache-2.0
// To exactly whom the sender named: random envelopes and headers, and a second MIME reader that looks who would be
// mailed.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "core/base/format.h"
#include "core/base/text.h"
#include "core/mail/scanner.h"
#include "core/mail/second_reader.h"
#include "core/plan/plan.h"
#include "tests/graph_emulator/mime_reader.h"
#include "tests/support/temp_folder.h"

namespace graph_milter::plan {
namespace {

using Addresses = std::set<std::string>;

// One mailbox in the ways in which headers and clients write it; the first is how it is compared.
const std::vector<std::vector<std::string>> kMailboxes = {
    {"alice@example.org", "Alice@Example.ORG"},
    {"bob+tag@example.org", "BOB+tag@example.org"},
    {"carol.c@sub.example.org"},
    {"dave@xn--bcher-kva.example", "dave@XN--BCHER-KVA.example"},
    {"\"quoted local\"@example.org"},
    {"erika@example.net", "ERIKA@example.net"},
    {"frank@example.net"},
};

class Random {
 public:
  explicit Random(std::uint64_t seed) : engine_(seed) {}
  std::size_t below(std::size_t count) { return engine_() % count; }
  template <class T>
  const T& one_of(const std::vector<T>& all) {
    return all[below(all.size())];
  }
  std::vector<std::size_t> some_of(std::size_t count, std::size_t in_ten) {
    std::vector<std::size_t> out;
    for (std::size_t i = 0; i < count; ++i) {
      if (below(10) < in_ten) out.push_back(i);
    }
    std::shuffle(out.begin(), out.end(), engine_);
    return out;
  }

 private:
  std::mt19937_64 engine_;
};

std::string entry_of(Random& random, const std::string& address) {
  switch (random.below(6)) {
    case 0:
      return "<" + address + ">";
    case 1:
      return "A Name <" + address + ">";
    case 2:
      return "\"Name, A.\" <" + address + ">";
    case 3:
      return "=?utf-8?Q?=C3=84_N=C3=A4me?= <" + address + ">";
    case 4:
      return address + " (a comment)";
    default:
      return address;
  }
}

// A To or Cc field that names these mailboxes, some of them in a group.
std::string field_of(Random& random, const std::string& name, const std::vector<std::size_t>& mailboxes) {
  if (mailboxes.empty()) return random.below(3) == 0 ? name + ": undisclosed-recipients:;\r\n" : std::string();
  const std::size_t group_end = random.below(4) == 0 ? 1 + random.below(mailboxes.size()) : 0;
  std::string out = name + ": ";
  if (group_end > 0) out += "Team: ";
  for (std::size_t i = 0; i < mailboxes.size(); ++i) {
    if (i > 0 && i != group_end) out += random.below(2) == 0 ? ", " : ",\r\n ";
    out += entry_of(random, random.one_of(kMailboxes[mailboxes[i]]));
    if (i + 1 == group_end) out += i + 1 == mailboxes.size() ? ";" : ";, ";
  }
  return out + "\r\n";
}

Addresses compared(const std::vector<std::size_t>& mailboxes) {
  Addresses out;
  for (const std::size_t index : mailboxes) out.insert(kMailboxes[index].front());
  return out;
}

// Whom the draft would be sent to, as a reader that shares nothing with core/mail sees it.
Addresses mailed_by(const std::string& draft) {
  const emulator::Entity entity = emulator::read_mime(draft);
  Addresses out;
  for (const emulator::Field& field : entity.fields) {
    const std::string name = to_lower(field.name);
    if (name != "to" && name != "cc" && name != "bcc") continue;
    for (const emulator::Address& address : emulator::parse_addresses(field.value)) {
      out.insert(to_lower(address.address));
    }
  }
  return out;
}

struct Tally {
  int relayed = 0;
  std::map<std::string, int> reasons;
};

void try_one(Random& random, Tally& tally) {
  const std::vector<std::size_t> envelope_of = random.some_of(kMailboxes.size(), 6);
  // Mostly what the envelope names, so that some mail is relayed.
  std::vector<std::size_t> to;
  std::vector<std::size_t> cc;
  for (const std::size_t index : random.below(4) == 0 ? random.some_of(kMailboxes.size(), 5) : envelope_of) {
    const std::size_t place = random.below(4);
    if (place == 0) to.push_back(index);
    if (place == 1) cc.push_back(index);
    if (place == 2) {
      to.push_back(index);
      cc.push_back(index);
    }
  }
  const std::string message =
      "From: scanner@contoso.com\r\n" + field_of(random, "To", to) + field_of(random, "Cc", cc) +
      (random.below(3) == 0 ? "Bcc: mallory@example.com\r\n" : "") +
      (random.below(6) == 0 ? "Resent-Bcc: mallory@example.com\r\n" : "") + "Subject: x\r\n\r\ntext\r\n";
  mail::Envelope envelope;
  envelope.sender = mail::make_envelope_path("<scanner@contoso.com>");
  for (const std::size_t index : envelope_of) {
    envelope.recipients.push_back(mail::make_envelope_path("<" + random.one_of(kMailboxes[index]) + ">"));
  }
  mail::Scanner scanner;
  scanner.feed(message);
  StringSource source{message};
  const mail::MessageFacts facts = mail::confirm_with_second_reader(scanner.finish(), source);
  policy::Rule rule;
  rule.name = "r";
  const Outcome outcome = make_plan({.envelope = envelope,
                                     .facts = facts,
                                     .rule = rule,
                                     .limits = {},
                                     .entry_id = "0123456789abcdefghijklmnop",
                                     .instance = "mx1",
                                     .now = from_unix_ms(1'795'000'000'000)});
  if (const auto* left = std::get_if<LeaveAlone>(&outcome)) {
    ++tally.reasons[left->reason];
    return;
  }
  ++tally.relayed;
  const auto& plan = std::get<Plan>(outcome);
  mail::SpliceSource spliced(source, plan.skeleton);
  const auto draft = read_all(spliced, 1 << 20);
  ASSERT_TRUE(draft);
  ASSERT_EQ(mailed_by(*draft), compared(envelope_of)) << message << "\n--- draft ---\n" << *draft;
  Addresses planned;
  for (const auto* list : {&plan.to, &plan.cc, &plan.bcc}) {
    for (const std::string& address : *list)
      ASSERT_TRUE(planned.insert(address).second) << address << " is in two lists";
  }
  ASSERT_EQ(planned, compared(envelope_of));
  ASSERT_EQ(draft->find("mallory"), std::string::npos) << *draft;
}

TEST(FidelityRecipients, AreTheEnvelopesOrTheMailIsLeftAlone) {
  Random random(graph_milter::test::seed());
  Tally tally;
  for (int round = 0; round < 3'000 && !HasFatalFailure(); ++round) try_one(random, tally);
  EXPECT_GT(tally.relayed, 300);
  EXPECT_GT(tally.reasons["recipients-wider"], 100);
  for (const auto& [reason, count] : tally.reasons) {
    EXPECT_TRUE(reason == "recipients-wider" || reason == "recipient-address" || reason == "no-recipients" ||
                reason == "ambiguous:address")
        << reason << ": " << count;
  }
}

}  // namespace
}  // namespace graph_milter::plan
