// SPDX-License-Identifier: Apache-2.0
// What a text must look like to be a tenant, a URL, a path: each refuses with words and a remedy. Pure.
#pragma once

#include <string>

#include "core/config/option_types.h"

namespace graph_milter::config {

ValueProblem check_tenant(const std::string& value);     // a domain or a GUID, not "common"
ValueProblem check_guid(const std::string& value);       // 8-4-4-4-12 hexadecimal digits
ValueProblem check_domain(const std::string& value);     // letters, digits, '-' and dots; IDN as A-label
ValueProblem check_https_url(const std::string& value);  // scheme and host, port and path if need be, nothing else
ValueProblem check_absolute_path(const std::string& value);
ValueProblem check_postfix_config(const std::string& value);  // auto, none, or an absolute path
ValueProblem check_unix_socket_path(const std::string& value);
ValueProblem check_socket(const std::string& value);       // see socket_address.h
ValueProblem check_smtp_server(const std::string& value);  // the same form, for a port that we connect to
ValueProblem check_address(const std::string& value);  // local@domain, or a local part alone for the MTA to complete
ValueProblem check_mailbox(const std::string& value);  // local@domain
ValueProblem check_user(const std::string& value);     // USER or USER:GROUP
ValueProblem check_account_name(const std::string& value);
ValueProblem check_instance(const std::string& value);  // goes into a header field: letters, digits, '-', '.', '_'

}  // namespace graph_milter::config
