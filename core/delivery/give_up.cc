// SPDX-License-Identifier: Apache-2.0
#include "core/delivery/give_up.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace graph_milter::delivery {
namespace {

struct StatusRow {
  int http_status = 0;    // 0: any
  std::string_view code;  // empty: any
  std::string_view text;  // the words must hold it; empty: any
  std::string_view status;
};

constexpr std::string_view kTooLarge = "5.3.4";

// The first row that fits.
constexpr std::array<StatusRow, 24> kStatuses = {{
    // X.7.1: delivery not authorized.
    {0, "ErrorSendAsDenied", "", "5.7.1"},
    {0, "ErrorAccessDenied", "", "5.7.1"},
    {0, "Authorization_RequestDenied", "", "5.7.1"},
    // X.1.1: bad destination mailbox address.
    {0, "ErrorInvalidRecipients", "", "5.1.1"},
    // X.3.4: message too big for system.
    {0, "ErrorMessageSizeExceeded", "", kTooLarge},
    {0, "ErrorAttachmentSizeLimitExceeded", "", kTooLarge},
    {413, "", "", kTooLarge},
    {400, "", "maximum request length", kTooLarge},
    // X.6.0: the content.
    {0, "malwareDetected", "", "5.6.0"},
    {0, "ErrorCorruptData", "", "5.6.0"},
    {0, "ErrorMimeContentInvalidBase64String", "", "5.6.0"},
    {0, "InvalidInternetMessageHeader", "", "5.6.0"},
    {0, "InvalidInternetMessageHeaderCollection", "", "5.6.0"},
    {0, "RequestBodyRead", "", "5.6.0"},
    {0, "UnprocessableType", "", "5.6.0"},
    {0, "ErrorAttachmentSessionIsSupportedOnlyForFileAttachments", "", "5.6.0"},
    // X.2.x: the mailbox: full, not in use, or another trouble.
    {0, "ErrorQuotaExceeded", "", "5.2.2"},
    {0, "MailboxNotEnabledForRESTAPI", "", "5.2.1"},
    {0, "ErrorInvalidUser", "", "5.2.0"},
    {0, "ErrorNonExistentMailbox", "", "5.2.0"},
    {0, "ResourceNotFound", "", "5.2.0"},
    {0, "Request_ResourceNotFound", "", "5.2.0"},
    // Statuses without a code that we know.
    {401, "", "", "5.7.1"},
    {403, "", "", "5.7.1"},
}};

bool fits(const StatusRow& row, const Error& why) {
  return (row.http_status == 0 || row.http_status == why.status) && (row.code.empty() || row.code == why.code) &&
         (row.text.empty() || why.what.find(row.text) != std::string::npos);
}

}  // namespace

Duration age_of(const queue::Entry& entry, TimePoint now) {
  const queue::Progress& progress = entry.progress;
  Duration waited = progress.administrator_wait;
  if (progress.needs_administrator != TimePoint{}) {
    waited += std::max(Duration{0}, now - progress.needs_administrator);
  }
  return now - entry.accepted - waited;
}

bool may_be_given_up(const queue::Entry& entry) {
  return entry.state <= queue::EntryState::SendIntent && !entry.progress.send_unresolved;
}

bool is_refusal(const Error& error) { return error.kind == ErrorKind::Permanent && error.status != 0; }

bool says_no_mailbox(const Error& error) {
  constexpr std::array<std::string_view, 4> kCodes = {"ErrorInvalidUser", "ErrorNonExistentMailbox", "ResourceNotFound",
                                                      "Request_ResourceNotFound"};
  return std::find(kCodes.begin(), kCodes.end(), error.code) != kCodes.end();
}

bool says_too_large(const Error& error) { return dsn_status(error, false) == kTooLarge; }

std::string dsn_status(const Error& why, bool expired) {
  if (expired) return "4.4.7";
  const auto* row = std::find_if(kStatuses.begin(), kStatuses.end(),
                                 [&](const StatusRow& candidate) { return fits(candidate, why); });
  return row == kStatuses.end() ? "5.0.0" : std::string(row->status);
}

std::string dsn_diagnostic(const Error& why) {
  constexpr std::size_t kLongest = 400;
  constexpr std::string_view kAnswered = "answered ";
  std::string_view words = why.what;
  if (words.starts_with(kAnswered)) words.remove_prefix(kAnswered.size());
  std::string line(words.substr(0, kLongest));
  std::replace_if(
      line.begin(), line.end(), [](char c) { return c < ' ' || c > '~'; }, ' ');
  return line;
}

}  // namespace graph_milter::delivery
