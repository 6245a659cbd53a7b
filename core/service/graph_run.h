// SPDX-License-Identifier: Apache-2.0
// The Graph of a configuration for one command of graph-milterctl: its credential, doors and pace.
#pragma once

#include <memory>

#include "core/auth/token_source.h"
#include "core/base/clock.h"
#include "core/config/settings.h"
#include "core/graph/client.h"
#include "core/http/http.h"

namespace graph_milter::service {

struct GraphRun {
  explicit GraphRun(const config::Settings& settings);

  std::shared_ptr<Clock> clock;
  http::Doors doors;
  std::shared_ptr<auth::TokenSource> tokens;
  graph::Client client;
};

}  // namespace graph_milter::service
