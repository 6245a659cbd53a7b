// SPDX-License-Identifier: Apache-2.0
#include "core/config/exit_status.h"

#include <sysexits.h>

#include <cerrno>

namespace graph_milter::config {

namespace {

int of_errno(int number) {
  switch (number) {
    case ENOENT:
    case ENOTDIR:
    case EISDIR:
      return EX_NOINPUT;
    case EACCES:
    case EPERM:
      return EX_NOPERM;
    case ENOSPC:
    case EIO:
      return EX_IOERR;
    default:
      return EX_OSERR;
  }
}

}  // namespace

int exit_status(const Error& error) {
  switch (error.kind) {
    case ErrorKind::Usage:
      return EX_USAGE;
    case ErrorKind::Configuration:
      return EX_CONFIG;
    case ErrorKind::System:
      return of_errno(error.status);
    case ErrorKind::Unauthorized:
      return EX_NOPERM;
    case ErrorKind::Permanent:
    case ErrorKind::Corrupt:
      return EX_DATAERR;
    case ErrorKind::NotFound:
      return EX_NOINPUT;
    case ErrorKind::Transient:
    case ErrorKind::Throttled:
    case ErrorKind::SessionGone:
    case ErrorKind::OutOfStep:
    case ErrorKind::Unclear:
    case ErrorKind::Cancelled:
      return EX_TEMPFAIL;
  }
  return EX_SOFTWARE;
}

int exit_status_of_configuration(const std::vector<Error>& errors) {
  if (errors.empty()) return EX_OK;
  return errors.front().kind == ErrorKind::System ? of_errno(errors.front().status) : EX_CONFIG;
}

}  // namespace graph_milter::config
