// SPDX-License-Identifier: Apache-2.0
// Tokens from the in-process emulator's own token endpoint.
#pragma once

#include <memory>
#include <utility>

#include "core/auth/token_source.h"
#include "core/base/clock.h"
#include "tests/graph_emulator/in_process.h"
#include "tests/support/temp_folder.h"

namespace graph_milter::emulator {

// `folder` gets the secret's file and outlives the source.
inline std::shared_ptr<auth::TokenSource> token_source(InProcessGraph& service, test::TempFolder& folder,
                                                       std::shared_ptr<Clock> clock) {
  auth::TokenSettings settings;
  settings.tenant = service.settings().tenant;
  settings.client_id = service.settings().client_id;
  settings.client_secret_file = folder.write("secret", service.accepted_secret() + "\n");
  settings.scope = service.settings().graph_url + "/.default";
  return auth::make_token_source(settings, service.api(), std::move(clock));
}

}  // namespace graph_milter::emulator
