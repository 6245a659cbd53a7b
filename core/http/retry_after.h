// SPDX-License-Identifier: Apache-2.0
// The Retry-After header (RFC 9110 section 10.2.3) in the forms that are seen: whole seconds, seconds with a fraction,
// an HTTP date.
#pragma once

#include <optional>

#include "core/base/clock.h"
#include "core/http/http.h"

namespace graph_milter::http {

// At least 1 s (also for what is negative or past), at most 1 h (also for a year). nullopt if the header is missing or
// says nothing that could be obeyed: then the caller's own pauses, which grow, are the more careful ones. A date is
// measured from the response's own Date header where that is there, else from `now`, so that a wrong clock here does no
// harm.
std::optional<Duration> retry_after(const Response& response, TimePoint now);

}  // namespace graph_milter::http
