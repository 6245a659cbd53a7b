// SPDX-License-Identifier: Apache-2.0
#include "core/delivery/finding.h"

namespace graph_milter::delivery {
namespace {

constexpr int kStorageFull = 507;  // of this mailbox or drive

Finding misconfigured(const Error& error) {
  if (error.code == "ErrorAccessDenied" || error.code == "MailboxNotEnabledForRESTAPI" ||
      error.code == "ErrorQuotaExceeded") {
    return Finding::MailboxMisconfigured;
  }
  // A refusal that names no known reason may well be of this mailbox alone, and all others need not wait for it.
  const bool unknown_refusal = error.status == 403 && error.code != "Authorization_RequestDenied";
  return unknown_refusal || error.status == 402 || error.status == 404 ? Finding::MailboxMisconfigured
                                                                       : Finding::ServiceMisconfigured;
}

Finding failed(const Error& error) {
  const bool of_everybody = error.status == 0 || (error.status >= 500 && error.status != kStorageFull);
  return of_everybody ? Finding::Fails : Finding::Works;
}

}  // namespace

Finding finding_of(const Error& error) {
  switch (error.kind) {
    case ErrorKind::Transient:
    case ErrorKind::Unclear:
      return failed(error);
    case ErrorKind::Configuration:
    case ErrorKind::Unauthorized:
      return misconfigured(error);
    case ErrorKind::NotFound:
    case ErrorKind::SessionGone:
    case ErrorKind::OutOfStep:
    case ErrorKind::Permanent:
      return error.status == 0 ? Finding::Nothing : Finding::Works;
    case ErrorKind::Throttled:  // who is turned away unread learns nothing
    case ErrorKind::Corrupt:
    case ErrorKind::System:
    case ErrorKind::Usage:
    case ErrorKind::Cancelled:
      break;
  }
  return Finding::Nothing;
}

}  // namespace graph_milter::delivery
