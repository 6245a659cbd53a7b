// SPDX-License-Identifier: Apache-2.0
// Words of somebody else, fit for a log.
#pragma once

#include <string>
#include <string_view>

namespace graph_milter {

// The text with "..." in place of what could be a credential: what follows Bearer, authtoken, access_token,
// refresh_token, client_secret, client_assertion, password or Authorization, and whatever looks like a token
// ("eyJ...").
std::string redact_credentials(std::string_view text);

}  // namespace graph_milter
