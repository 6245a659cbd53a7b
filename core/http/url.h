// SPDX-License-Identifier: Apache-2.0
// URLs that somebody else gave us: what may be asked of them before they are used. libcurl's own parser reads them, so
// that the check and the request can't understand them differently.
#pragma once

#include <string>
#include <string_view>

#include "core/base/secret.h"
#include "core/http/http.h"

namespace graph_milter::http {

// Scheme, host and port. The host is lower case.
struct Origin {
  std::string scheme;
  std::string host;  // an IPv6 literal in brackets
  std::string port;  // always set
  friend bool operator==(const Origin&, const Origin&) = default;

  // "https://graph.microsoft.com", with the port where it is not the scheme's own.
  std::string text() const;
};

// Configuration for what is not an absolute https URL without user info, in printable ASCII. `what` names the URL in
// the error ("upload URL"); the URL itself is not quoted beyond its host.
Result<Origin> read_origin(std::string_view url, std::string_view what);

// What UploadDoor asks of an upload URL; see there.
Status check_upload_url(std::string_view url, const HttpSettings& settings);

// True if `suffix` is `host` or follows a dot in it, compared without case.
bool host_has_suffix(std::string_view host, std::string_view suffix);

}  // namespace graph_milter::http
