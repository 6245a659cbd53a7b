// SPDX-License-Identifier: Apache-2.0
#include "core/http/failure.h"

#include "core/base/format.h"

namespace graph_milter::http {
namespace {

bool is_certificate_fault(CURLcode code) {
  return code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_ISSUER_ERROR || code == CURLE_SSL_CERTPROBLEM;
}

bool is_setting_fault(CURLcode code) {
  return code == CURLE_SSL_CACERT_BADFILE || code == CURLE_URL_MALFORMAT || code == CURLE_UNSUPPORTED_PROTOCOL ||
         code == CURLE_NOT_BUILT_IN || code == CURLE_UNKNOWN_OPTION || code == CURLE_BAD_FUNCTION_ARGUMENT;
}

}  // namespace

ErrorKind kind_after_writing(Method method) {
  return method == Method::Get ? ErrorKind::Transient : ErrorKind::Unclear;
}

Error explain(const Failure& failure, const std::string& where) {
  if (failure.request_written) {
    if (failure.would_repeat)
      return make_error(kind_after_writing(failure.method), where, "the connection was closed before an answer came");
    if (failure.stopped)
      return make_error(failure.method == Method::Get ? ErrorKind::Cancelled : ErrorKind::Unclear, where,
                        "shutting down while it was under way");
    return make_error(kind_after_writing(failure.method), where, failure.words);
  }
  if (failure.stopped) return make_error(ErrorKind::Cancelled, where, "shutting down");
  if (failure.socket_errno != 0) return system_error(where, "can't make a socket", failure.socket_errno);
  if (!failure.refused_address.empty())
    return make_error(ErrorKind::Configuration, where,
                      format("its address {} is not a public one", failure.refused_address),
                      "if it is meant to be, set allow-private-addresses = yes");
  if (is_certificate_fault(failure.code))
    return make_error(ErrorKind::Configuration, where, failure.words,
                      "if the certificate comes from an authority of your own, name it with ca-file");
  if (is_setting_fault(failure.code)) return make_error(ErrorKind::Configuration, where, failure.words);
  if (failure.code == CURLE_OUT_OF_MEMORY || failure.code == CURLE_FAILED_INIT)
    return make_error(ErrorKind::System, where, failure.words);
  return make_error(ErrorKind::Transient, where, failure.words);
}

}  // namespace graph_milter::http
