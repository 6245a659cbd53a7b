// SPDX-License-Identifier: Apache-2.0
// What a transfer that did not end well means. Pure.
#pragma once

#include <curl/curl.h>

#include <string>

#include "core/base/error.h"
#include "core/http/http.h"

namespace graph_milter::http {

struct Failure {
  CURLcode code = CURLE_OK;
  std::string words;  // libcurl's, without URL
  Method method = Method::Get;
  bool request_written = false;  // at least one byte of it was handed to the connection
  bool stopped = false;          // HttpSettings::stop ended it
  bool would_repeat = false;     // libcurl was about to send it again by itself
  std::string refused_address;   // not a public one
  int socket_errno = 0;          // socket(2) failed with it
};

// `where`: method and origin. See Door for the kinds.
Error explain(const Failure& failure, const std::string& where);

// Unclear where a request of this method may have had an effect, else Transient.
ErrorKind kind_after_writing(Method method);

}  // namespace graph_milter::http
