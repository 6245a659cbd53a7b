// SPDX-License-Identifier: Apache-2.0
#include "core/graph/fault_table.h"

#include <algorithm>
#include <iterator>

namespace graph_milter::graph {
namespace {

using std::chrono::minutes;

constexpr std::string_view kSizeHint =
    "raise the mailbox's MaxSendSize (Set-Mailbox), or lower max-message-size so that such mail passes";
constexpr std::string_view kNoMailboxHint = "does the sender have a mailbox in this tenant?";
constexpr std::string_view kConsentHint =
    "give the application Mail.ReadWrite and Mail.Send (application permissions) with admin consent";

// The first row that fits wins: codes with a meaning of their own, then operations, then statuses.
// clang-format off
constexpr Fault kFaults[] = {
  // Content and size: the same wherever they are said.
  {Operation::Any, 0, 999, "ErrorMessageSizeExceeded", "", ErrorKind::Permanent, minutes(0), kSizeHint},
  {Operation::Any, 400, 499, "ErrorAttachmentSizeShouldNotBeLessThanMinimumSize", "", ErrorKind::Permanent, minutes(0), ""},
  {Operation::Any, 0, 999, "malwareDetected", "", ErrorKind::Permanent, minutes(0), "the service takes an attachment for malware"},
  {Operation::Any, 0, 999, "ErrorCorruptData", "", ErrorKind::Permanent, minutes(0), ""},
  {Operation::Any, 0, 999, "ErrorQuotaExceeded", "", ErrorKind::Configuration, minutes(30), "the mailbox is full: empty it (Deleted Items too) or raise its quota"},

  // send: only a refusal with a reason is an answer; all else may have sent.
  {Operation::Send, 404, 404, "", "", ErrorKind::Unclear, minutes(0), ""},
  {Operation::Send, 408, 408, "", "", ErrorKind::Unclear, minutes(0), ""},
  {Operation::Send, 500, 599, "", "", ErrorKind::Unclear, minutes(0), ""},

  // Creating: a gateway that gave up does not say what became of the request.
  {Operation::Create, 408, 408, "", "", ErrorKind::Unclear, minutes(0), ""},
  {Operation::Create, 500, 500, "", "", ErrorKind::Unclear, minutes(0), ""},
  {Operation::Create, 502, 502, "", "", ErrorKind::Unclear, minutes(0), ""},
  {Operation::Create, 504, 504, "", "", ErrorKind::Unclear, minutes(0), ""},

  // Ranges: whatever is not known better is settled by the server's position or by a new session.
  {Operation::PutRange, 408, 408, "", "", ErrorKind::Unclear, minutes(0), ""},
  {Operation::PutRange, 409, 409, "", "", ErrorKind::OutOfStep, minutes(0), ""},
  {Operation::PutRange, 412, 412, "", "", ErrorKind::OutOfStep, minutes(0), ""},
  {Operation::PutRange, 416, 416, "", "", ErrorKind::OutOfStep, minutes(0), ""},
  {Operation::PutRange, 423, 423, "", "", ErrorKind::Transient, minutes(0), ""},
  {Operation::PutRange, 429, 429, "", "", ErrorKind::Throttled, minutes(0), ""},
  {Operation::PutRange, 507, 507, "", "", ErrorKind::Transient, minutes(30), "the storage is full"},
  {Operation::PutRange, 500, 599, "", "", ErrorKind::Unclear, minutes(0), ""},
  {Operation::PutRange, 400, 499, "", "", ErrorKind::SessionGone, minutes(0), ""},
  {Operation::AskRange, 404, 404, "", "", ErrorKind::NotFound, minutes(0), ""},
  {Operation::AskRange, 410, 410, "", "", ErrorKind::NotFound, minutes(0), ""},
  {Operation::AskRange, 401, 403, "", "", ErrorKind::Permanent, minutes(0), ""},

  // Requests that the service can't read.
  {Operation::Any, 400, 400, "ErrorMimeContentInvalidBase64String", "", ErrorKind::Permanent, minutes(0), ""},
  {Operation::Any, 400, 400, "InvalidInternetMessageHeader", "", ErrorKind::Permanent, minutes(0), ""},
  {Operation::Any, 400, 400, "InvalidInternetMessageHeaderCollection", "", ErrorKind::Permanent, minutes(0), ""},
  {Operation::Any, 400, 400, "ErrorInvalidRecipients", "", ErrorKind::Permanent, minutes(0), "the service takes none of the recipients, or not all"},
  {Operation::Any, 400, 400, "RequestBodyRead", "", ErrorKind::Permanent, minutes(0), ""},
  {Operation::Any, 422, 422, "UnprocessableType", "", ErrorKind::Permanent, minutes(0), ""},
  {Operation::Any, 405, 405, "ErrorAttachmentSessionIsSupportedOnlyForFileAttachments", "", ErrorKind::Permanent, minutes(0), ""},

  // Rights.
  {Operation::Any, 401, 401, "InvalidAudienceForResource", "", ErrorKind::Configuration, minutes(0), "do cloud, login-url and graph-url belong together?"},
  {Operation::Any, 401, 401, "InvalidAuthenticationToken", "", ErrorKind::Unauthorized, minutes(0), ""},
  {Operation::Any, 403, 403, "", "WASCL", ErrorKind::Transient, minutes(0), ""},
  {Operation::Any, 403, 403, "ErrorCannotDeleteObject", "", ErrorKind::NotFound, minutes(0), ""},
  {Operation::Any, 403, 403, "ErrorSendAsDenied", "", ErrorKind::Permanent, minutes(0), "the mailbox may not send with this From"},
  {Operation::Any, 403, 403, "ErrorAccessDenied", "", ErrorKind::Configuration, minutes(0), "the application's access policy or role scope leaves this mailbox out"},
  {Operation::Any, 403, 403, "Authorization_RequestDenied", "", ErrorKind::Configuration, minutes(0), kConsentHint},

  // Mailboxes and items.
  {Operation::Any, 404, 404, "MailboxNotEnabledForRESTAPI", "", ErrorKind::Configuration, minutes(0), "the mailbox needs an Exchange Online licence; a new one takes up to 15 minutes"},
  {Operation::Any, 404, 404, "ErrorInvalidUser", "", ErrorKind::Permanent, minutes(0), kNoMailboxHint},
  {Operation::Any, 404, 404, "ResourceNotFound", "", ErrorKind::Permanent, minutes(0), kNoMailboxHint},
  {Operation::Any, 404, 404, "Request_ResourceNotFound", "", ErrorKind::Permanent, minutes(0), kNoMailboxHint},
  {Operation::Any, 404, 404, "ErrorNonExistentMailbox", "", ErrorKind::Permanent, minutes(0), kNoMailboxHint},
  {Operation::Any, 404, 404, "ErrorItemNotFound", "", ErrorKind::NotFound, minutes(0), ""},
  {Operation::Any, 412, 412, "ErrorIrresolvableConflict", "", ErrorKind::Transient, minutes(0), ""},

  // Known codes that mean what their status means; known, so that they win over an outer one.
  {Operation::Any, 429, 429, "ApplicationThrottled", "", ErrorKind::Throttled, minutes(0), ""},
  {Operation::Any, 429, 429, "TooManyRequests", "", ErrorKind::Throttled, minutes(0), ""},
  {Operation::Any, 500, 500, "ErrorInternalServerTransientError", "", ErrorKind::Transient, minutes(0), ""},
  {Operation::Any, 500, 500, "ErrorInternalServerError", "", ErrorKind::Transient, minutes(0), ""},
  {Operation::Any, 504, 504, "UnknownError", "", ErrorKind::Transient, minutes(0), ""},

  // Statuses.
  {Operation::Any, 300, 399, "", "", ErrorKind::Configuration, minutes(0), "nothing is followed: is graph-url the service itself?"},
  {Operation::Any, 401, 401, "", "", ErrorKind::Unauthorized, minutes(0), ""},
  {Operation::Any, 402, 402, "", "", ErrorKind::Configuration, minutes(0), ""},
  {Operation::Any, 403, 403, "", "", ErrorKind::Configuration, minutes(0), kConsentHint},
  {Operation::Any, 404, 404, "", "", ErrorKind::NotFound, minutes(0), ""},
  {Operation::Any, 408, 409, "", "", ErrorKind::Transient, minutes(0), ""},
  {Operation::Any, 410, 410, "", "", ErrorKind::NotFound, minutes(0), ""},
  {Operation::Any, 412, 412, "", "", ErrorKind::Transient, minutes(0), ""},
  {Operation::Any, 413, 413, "", "", ErrorKind::Permanent, minutes(0), "the request is larger than the service takes"},
  {Operation::Any, 416, 416, "", "", ErrorKind::OutOfStep, minutes(0), ""},
  {Operation::Any, 423, 423, "", "", ErrorKind::Transient, minutes(0), ""},
  {Operation::Any, 429, 429, "", "", ErrorKind::Throttled, minutes(0), ""},
  {Operation::Any, 501, 501, "", "", ErrorKind::Permanent, minutes(0), ""},
  {Operation::Any, 507, 507, "", "", ErrorKind::Transient, minutes(30), "the storage is full"},
  {Operation::Any, 500, 599, "", "", ErrorKind::Transient, minutes(0), ""},
  {Operation::Any, 400, 499, "", "", ErrorKind::Permanent, minutes(0), ""},
  // No status of an error at all: something happened, but not what was asked.
  {Operation::Any, 0, 999, "", "", ErrorKind::Unclear, minutes(0), ""},
};
// clang-format on

bool fits(const Fault& row, Operation operation, int status, std::string_view code, std::string_view message) {
  return (row.operation == Operation::Any || row.operation == operation) && row.first_status <= status &&
         status <= row.last_status && (row.code.empty() || row.code == code) &&
         (row.text.empty() || message.find(row.text) != std::string_view::npos);
}

}  // namespace

std::string_view name_of(Operation operation) {
  switch (operation) {
    case Operation::Any:
      return "any";
    case Operation::Read:
      return "read";
    case Operation::Create:
      return "create";
    case Operation::OpenSession:
      return "open session";
    case Operation::Delete:
      return "delete";
    case Operation::Send:
      return "send";
    case Operation::PutRange:
      return "range";
    case Operation::AskRange:
      return "position";
    case Operation::CancelRange:
      return "cancel session";
  }
  return "any";
}

const Fault& find_fault(Operation operation, int status, std::string_view code, std::string_view message) {
  const auto* row = std::find_if(std::begin(kFaults), std::end(kFaults), [&](const Fault& candidate) {
    return fits(candidate, operation, status, code, message);
  });
  return row != std::end(kFaults) ? *row : *std::prev(std::end(kFaults));
}

bool is_known_code(std::string_view code) {
  return !code.empty() &&
         std::any_of(std::begin(kFaults), std::end(kFaults), [code](const Fault& row) { return row.code == code; });
}

}  // namespace graph_milter::graph
