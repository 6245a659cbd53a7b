// SPDX-License-Identifier: Apache-2.0
#include "core/config/option_checks.h"

#include <algorithm>

#include "core/base/format.h"
#include "core/base/text.h"
#include "core/config/socket_address.h"

namespace graph_milter::config {

namespace {

bool is_letter_or_digit(char c) {
  const char lower = ascii_lower(c);
  return (lower >= 'a' && lower <= 'z') || is_ascii_digit(c);
}

bool is_hex(char c) { return is_ascii_digit(c) || (ascii_lower(c) >= 'a' && ascii_lower(c) <= 'f'); }

bool is_guid(std::string_view text) {
  constexpr std::string_view form = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
  return text.size() == form.size() && std::equal(text.begin(), text.end(), form.begin(),
                                                  [](char c, char f) { return f == 'x' ? is_hex(c) : c == '-'; });
}

bool is_label(std::string_view label) {
  return !label.empty() && label.size() <= 63 && label.front() != '-' && label.back() != '-' &&
         std::all_of(label.begin(), label.end(), [](char c) { return is_letter_or_digit(c) || c == '-'; });
}

bool is_domain(std::string_view text) {
  if (text.empty() || text.size() > 253) return false;
  for (;;) {
    const std::size_t dot = text.find('.');
    if (!is_label(text.substr(0, dot))) return false;
    if (dot == std::string_view::npos) return true;
    text.remove_prefix(dot + 1);
  }
}

ValueProblem problem(const std::string& value, std::string_view what, std::string hint) {
  return {format("\"{}\" {}", escape_for_log(value, 80), what), std::move(hint)};
}

bool has_characters_of_a_url(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < '\x7f' && c != '"' && c != '\\'; });
}

}  // namespace

ValueProblem check_tenant(const std::string& value) {
  for (const std::string_view shared : {"common", "organizations", "consumers"}) {
    if (equal_ignoring_case(value, shared)) {
      return problem(value, "names no tenant, so no application can sign in to it",
                     "write the tenant's domain, such as contoso.onmicrosoft.com, or its id");
    }
  }
  if (is_guid(value) || is_domain(value)) return {};
  return problem(value, "is not a tenant", "write the tenant's domain, such as contoso.onmicrosoft.com, or its id");
}

ValueProblem check_guid(const std::string& value) {
  if (is_guid(value)) return {};
  return problem(value, "is not an application id", "write the GUID that Entra shows as Application (client) ID");
}

ValueProblem check_domain(const std::string& value) {
  if (is_domain(value)) return {};
  return problem(value, "is not a domain", "write it as in contoso.com; an international one in its xn-- form");
}

ValueProblem check_https_url(const std::string& value) {
  constexpr std::string_view scheme = "https://";
  const std::string hint = "write https://HOST or https://HOST:PORT";
  if (!value.starts_with(scheme)) return problem(value, "does not begin with https://", hint);
  const std::string_view rest = std::string_view(value).substr(scheme.size());
  const std::string_view authority = rest.substr(0, rest.find('/'));
  if (authority.empty() || !has_characters_of_a_url(rest)) return problem(value, "is not a URL", hint);
  if (rest.find_first_of("?#@") != std::string_view::npos) {
    return problem(value, "has a user, a query or a fragment, which has no place here", hint);
  }
  return {};
}

ValueProblem check_absolute_path(const std::string& value) {
  if (value.starts_with('/')) return {};
  return problem(value, "is not an absolute path", "begin it with /");
}

ValueProblem check_postfix_config(const std::string& value) {
  return value == "auto" || value == "none" ? ValueProblem{} : check_absolute_path(value);
}

ValueProblem check_unix_socket_path(const std::string& value) {
  if (value.size() > kUnixPathLimit) {
    return {format("the socket path has {} bytes; the system takes {}", value.size(), kUnixPathLimit),
            "choose a shorter path"};
  }
  return check_absolute_path(value);
}

ValueProblem check_socket(const std::string& value) {
  auto address = parse_socket_address(value, {});
  if (address) return {};
  return {address.error().what, address.error().hint};
}

ValueProblem check_smtp_server(const std::string& value) {
  if (value.starts_with("inet") && value.find('@') == std::string::npos) {
    return problem(value, "names no host", "write it as inet:25@127.0.0.1");
  }
  return check_socket(value);
}

ValueProblem check_account_name(const std::string& value) {
  const bool good = std::all_of(value.begin(), value.end(), [](char c) {
    return is_letter_or_digit(c) || c == '_' || c == '-' || c == '.' || c == '$';
  });
  if (good && !value.starts_with('-')) return {};
  return problem(value, "is not the name of a user or group", {});
}

ValueProblem check_address(const std::string& value) {
  const std::size_t at = value.rfind('@');
  const std::string local = value.substr(0, at);
  const bool plain = !local.empty() && std::all_of(local.begin(), local.end(), [](char c) {
    return is_letter_or_digit(c) || std::string_view(".!#$%&'*+-/=?^_`{|}~").find(c) != std::string_view::npos;
  });
  if (value.empty()) return {};
  if (!plain) return problem(value, "is not a mail address", "write it as postmaster@contoso.com, without a name");
  return at == std::string::npos ? ValueProblem{} : check_domain(value.substr(at + 1));
}

ValueProblem check_mailbox(const std::string& value) {
  if (value.empty() || value.find('@') != std::string::npos) return check_address(value);
  return problem(value, "is not a mail address", "write it as ceo@contoso.com, without a name");
}

ValueProblem check_user(const std::string& value) {
  const std::size_t colon = value.find(':');
  const std::string user = value.substr(0, colon);
  const std::string group = colon == std::string::npos ? "-" : value.substr(colon + 1);
  if (user.empty() || group.empty()) return problem(value, "is not a user", "write USER or USER:GROUP");
  if (ValueProblem bad = check_account_name(user); !bad.what.empty()) return bad;
  return colon == std::string::npos ? ValueProblem{} : check_account_name(group);
}

ValueProblem check_instance(const std::string& value) {
  const bool good = value.size() <= 64 && std::all_of(value.begin(), value.end(), [](char c) {
                      return is_letter_or_digit(c) || c == '-' || c == '_' || c == '.';
                    });
  if (good) return {};
  return problem(value, "is not an instance name", "use at most 64 letters, digits, \"-\", \"_\" and \".\"");
}

}  // namespace graph_milter::config
