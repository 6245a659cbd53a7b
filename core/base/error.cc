// SPDX-License-Identifier: Apache-2.0
#include "core/base/error.h"

#include <system_error>
#include <utility>

namespace graph_milter {

std::string_view name_of(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::Transient:
      return "transient";
    case ErrorKind::Throttled:
      return "throttled";
    case ErrorKind::Unauthorized:
      return "unauthorized";
    case ErrorKind::NotFound:
      return "not-found";
    case ErrorKind::SessionGone:
      return "session-gone";
    case ErrorKind::OutOfStep:
      return "out-of-step";
    case ErrorKind::Unclear:
      return "unclear";
    case ErrorKind::Permanent:
      return "permanent";
    case ErrorKind::Configuration:
      return "configuration";
    case ErrorKind::Corrupt:
      return "corrupt";
    case ErrorKind::System:
      return "system";
    case ErrorKind::Usage:
      return "usage";
    case ErrorKind::Cancelled:
      return "cancelled";
  }
  return "unknown";
}

Error Error::with_hint(std::string text) && {
  hint = std::move(text);
  return std::move(*this);
}

std::string Error::text() const {
  std::string out = where;
  if (!out.empty()) out += ": ";
  out += what;
  if (!hint.empty()) out += " (" + hint + ")";
  return out;
}

Error make_error(ErrorKind kind, std::string where, std::string what, std::string hint) {
  Error error;
  error.kind = kind;
  error.where = std::move(where);
  error.what = std::move(what);
  error.hint = std::move(hint);
  return error;
}

Error system_error(std::string where, std::string what, int errno_value) {
  Error error = make_error(ErrorKind::System, std::move(where), std::move(what));
  if (!error.what.empty()) error.what += ": ";
  error.what += std::generic_category().message(errno_value);
  error.status = errno_value;
  return error;
}

}  // namespace graph_milter
