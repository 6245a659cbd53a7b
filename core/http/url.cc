// SPDX-License-Identifier: Apache-2.0
#include "core/http/url.h"

#include <curl/curl.h>

#include <algorithm>
#include <memory>
#include <optional>

#include "core/base/format.h"
#include "core/base/text.h"

namespace graph_milter::http {
namespace {

struct UrlDeleter {
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
};
using UrlHandle = std::unique_ptr<CURLU, UrlDeleter>;

std::optional<std::string> part_of(const UrlHandle& url, CURLUPart part, unsigned flags = 0) {
  char* text = nullptr;
  if (curl_url_get(url.get(), part, &text, flags) != CURLUE_OK) return std::nullopt;
  std::string copy(text);
  curl_free(text);
  return copy;
}

Error bad_url(std::string_view what, std::string words) {
  return make_error(ErrorKind::Configuration, std::string(what), std::move(words));
}

// What libcurl would mend before sending must not reach it.
bool is_printable_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c <= '~'; });
}

bool is_ip_literal(std::string_view host) {
  if (host.find_first_of("[:") != std::string_view::npos) return true;
  // Whatever libc might take for an IPv4 address: its last label has no letter, or is a hexadecimal number.
  const auto dot = host.find_last_of('.');
  const std::string_view last = dot == std::string_view::npos ? host : host.substr(dot + 1);
  if (last.starts_with("0x")) return true;
  return std::all_of(last.begin(), last.end(), is_ascii_digit);
}

bool is_host(std::string_view host) {
  if (host.empty() || host.front() == '.' || host.back() == '.') return false;
  if (host.front() == '[')
    return host.back() == ']' && host.find_first_not_of("0123456789abcdef:.", 1) == host.size() - 1;
  return host.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-.") == std::string_view::npos;
}

std::string hint_for_host(const std::string& host, const HttpSettings& settings) {
  std::string list;
  for (const std::string& known : settings.upload_hosts) list += known + ", ";
  return format("if you trust that host, set upload-hosts = {}{}", list, host);
}

}  // namespace

std::string Origin::text() const {
  std::string text = scheme + "://" + host;
  if (port != "443") text += ":" + port;
  return text;
}

Result<Origin> read_origin(std::string_view url, std::string_view what) {
  if (!is_printable_ascii(url)) return fail(bad_url(what, "has blanks, control characters or characters beyond ASCII"));
  const UrlHandle handle(curl_url());
  const std::string copy(url);
  if (!handle || curl_url_set(handle.get(), CURLUPART_URL, copy.c_str(), CURLU_NON_SUPPORT_SCHEME) != CURLUE_OK)
    return fail(bad_url(what, "is no absolute URL"));

  Origin origin;
  origin.scheme = part_of(handle, CURLUPART_SCHEME).value_or("");
  origin.host = to_lower(part_of(handle, CURLUPART_HOST).value_or(""));
  origin.port = part_of(handle, CURLUPART_PORT, CURLU_DEFAULT_PORT).value_or("");
  if (!is_host(origin.host)) return fail(bad_url(what, "has no plain host name"));
  if (origin.scheme != "https") return fail(bad_url(what, format("at {} is not https", origin.host)));
  if (part_of(handle, CURLUPART_USER) || part_of(handle, CURLUPART_PASSWORD))
    return fail(bad_url(what, format("at {} has a user name or password in it", origin.host)));
  return origin;
}

Status check_upload_url(std::string_view url, const HttpSettings& settings) {
  GM_TRY_ASSIGN(const Origin origin, read_origin(url, "upload URL"));
  if (!settings.allow_private_addresses) {
    if (is_ip_literal(origin.host))
      return fail(bad_url("upload URL", format("its host {} is an address, not a name", origin.host)));
    if (origin.port != "443")
      return fail(bad_url("upload URL", format("at {} has port {}, not 443", origin.host, origin.port)));
  }
  const bool known = std::any_of(settings.upload_hosts.begin(), settings.upload_hosts.end(),
                                 [&](const std::string& suffix) { return host_has_suffix(origin.host, suffix); });
  if (!known)
    return fail(bad_url("upload URL", format("its host {} is not one of upload-hosts", origin.host))
                    .with_hint(hint_for_host(origin.host, settings)));
  return {};
}

bool host_has_suffix(std::string_view host, std::string_view suffix) {
  if (suffix.empty() || host.size() < suffix.size()) return false;
  const std::string_view tail = host.substr(host.size() - suffix.size());
  if (!equal_ignoring_case(tail, suffix)) return false;
  // "10.0.0.1" is not a suffix of anything but itself.
  return host.size() == suffix.size() || (host[host.size() - suffix.size() - 1] == '.' && !is_ip_literal(suffix));
}

}  // namespace graph_milter::http
