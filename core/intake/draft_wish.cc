// SPDX-License-Identifier: Apache-2.0
#include "core/intake/intake.h"

namespace graph_milter::intake {

plan::DraftWish draft_wish(const IntakeSettings& settings, const policy::Rule& rule) {
  switch (rule.draft.value_or(settings.draft)) {
    case config::DraftWay::Mime:
      return plan::DraftWish::Mime;
    case config::DraftWay::Json:
      return plan::DraftWish::Json;
    case config::DraftWay::Auto:
      break;
  }
  return settings.auto_is_json ? plan::DraftWish::JsonIfPossible : plan::DraftWish::Mime;
}

}  // namespace graph_milter::intake
