// SPDX-License-Identifier: Apache-2.0
#include "core/mta/dsn_text.h"

#include <array>
#include <utility>
#include <vector>

#include "core/base/format.h"
#include "core/base/text.h"
#include "core/mta/mime_text.h"

namespace graph_milter::mta {
namespace {

constexpr std::size_t kSubjectBytes = 200;
constexpr std::size_t kAddressBytes = 320;  // RFC 5321 allows 64 + 1 + 255
constexpr std::size_t kReasonBytes = 700;

struct Advice {
  std::string_view status;  // RFC 3463, without its class; "7.": all of that subject
  std::string_view words;
};

// The first that fits.
constexpr std::array<Advice, 9> kAdvice = {{
    {"2.3", "Send a smaller message: fewer or smaller attachments, or a link to the files."},
    {"3.4", "Send a smaller message: fewer or smaller attachments, or a link to the files."},
    {"4.7",
     "It was tried again and again until it was too old. Send it again later, or by another way if it is urgent."},
    {"1.", "Check the address, and send the message again to the right one."},
    {"2.", "There is something wrong with a mailbox. Ask its owner or your postmaster, then send the message again."},
    {"5.", "Send the message again. If it comes back again, show this notification to your postmaster."},
    {"6.", "Send the message in another form, for instance with its attachments in a zip file."},
    {"7.",
     "You, or the account that sends for you, may not send this. Ask your postmaster for the permission, then send "
     "the message again."},
    {"", "Send the message again later. If it comes back again, show this notification to your postmaster."},
}};

std::string_view advice_for(std::string_view status) {
  const std::string_view rest = status.size() > 2 ? status.substr(2) : std::string_view{};
  for (const Advice& advice : kAdvice) {
    const bool whole_subject = advice.status.empty() || advice.status.back() == '.';
    const bool fits = whole_subject ? rest.substr(0, advice.status.size()) == advice.status : rest == advice.status;
    if (fits) return advice.words;
  }
  return {};
}

std::string what_happened(const DsnContent& content) {
  switch (content.action) {
    case DsnAction::Failed:
      return "Your message could not be delivered to the recipients named below. They do not have it, and it will not "
             "be tried again.";
    case DsnAction::Delayed:
      return "Your message has not been delivered to the recipients named below yet. You need not do anything, and "
             "need not send it again: " +
             (content.retry_until
                  ? format("it is tried until {}, and you will hear if that fails.", rfc5322_date(*content.retry_until))
                  : std::string("it is tried again, and you will hear if that fails."));
    case DsnAction::Relayed:
      return "As you asked, we tell you that Microsoft 365 has taken your message for the recipients named below. What "
             "becomes of it from there on is not reported by us.";
  }
  return {};
}

std::string about_the_message(const DsnContent& content, std::string_view subject) {
  std::string out;
  if (!subject.empty()) out += format("    Subject:  {}\n", one_line(subject, kSubjectBytes));
  if (content.envelope.received != TimePoint{})
    out += format("    Received: {}\n", rfc5322_date(content.envelope.received));
  return out.empty() ? out : out + '\n';
}

// Without its type: "smtp; 550 no" -> "550 no".
std::string_view reason_of(const DsnRecipient& recipient) {
  const std::string_view diagnostic = recipient.diagnostic;
  const std::size_t semicolon = diagnostic.find(';');
  return trim(semicolon == std::string_view::npos ? diagnostic : diagnostic.substr(semicolon + 1));
}

// Recipients with the same story, told once.
struct Group {
  const DsnRecipient* story = nullptr;
  std::string addresses;
};

std::vector<Group> groups_of(const std::vector<DsnRecipient>& recipients) {
  std::vector<Group> groups;
  for (const DsnRecipient& recipient : recipients) {
    Group* mine = nullptr;
    for (Group& group : groups) {
      if (group.story->status == recipient.status && group.story->diagnostic == recipient.diagnostic) mine = &group;
    }
    if (mine == nullptr) mine = &groups.emplace_back(Group{&recipient, ""});
    mine->addresses += format("    {}\n", one_line(recipient.path.address, kAddressBytes));
  }
  return groups;
}

}  // namespace

std::string dsn_text(const DsnContent& content, std::string_view subject) {
  std::string out = wrap(format("This is the mail system on {}.", content.hostname));
  out += '\n' + wrap(what_happened(content)) + '\n' + about_the_message(content, subject);
  for (const Group& group : groups_of(content.recipients)) {
    out += group.addresses;
    const std::string reason = one_line(reason_of(*group.story), kReasonBytes);
    if (!reason.empty()) out += "      The reason:\n" + wrap(reason, 8);
    if (content.action == DsnAction::Failed)
      out += "      What you can do:\n" + wrap(advice_for(group.story->status), 8);
    out += '\n';
  }
  return out + wrap(format("Your postmaster finds this message under the number {}.", content.entry_id));
}

std::string dsn_subject(DsnAction action, std::string_view subject) {
  std::string out;
  if (action == DsnAction::Failed) out = "Undelivered";
  if (action == DsnAction::Delayed) out = "Delayed";
  if (action == DsnAction::Relayed) out = "Passed on";
  return subject.empty() ? out + " mail" : out + ": " + one_line(subject, kSubjectBytes);
}

}  // namespace graph_milter::mta
