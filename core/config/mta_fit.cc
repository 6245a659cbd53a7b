// SPDX-License-Identifier: Apache-2.0
#include "core/config/mta_fit.h"

#include "core/base/format.h"

namespace graph_milter::config {

namespace {

// One that is lost on a busy machine shall not matter.
constexpr Duration kLeastBetweenProgress = 3 * kProgressInterval;

long long seconds_of(Duration duration) { return std::chrono::duration_cast<std::chrono::seconds>(duration).count(); }

}  // namespace

std::vector<PatienceTrouble> find_impatience(Duration accept_deadline, const std::vector<MtaPatience>& mta) {
  std::vector<PatienceTrouble> out;
  for (const MtaPatience& item : mta) {
    const Duration must_be = item.restarts_on_progress ? kLeastBetweenProgress : accept_deadline + kEndOfMessageMargin;
    if (item.patience >= must_be) continue;
    PatienceTrouble trouble{item.option, item.patience, must_be, {}};
    if (item.restarts_on_progress) {
      trouble.text =
          format("{} is {} s, and graph-milter says only every {} s that it is at work: set it to {} s or more",
                 item.option, seconds_of(item.patience), seconds_of(kProgressInterval), seconds_of(must_be));
    } else {
      trouble.text = format(
          "{} is {} s, so the MTA gives up before accept-deadline ({} s) is over: set it to {} s or more, or "
          "accept-deadline to less",
          item.option, seconds_of(item.patience), seconds_of(accept_deadline), seconds_of(must_be));
    }
    out.push_back(std::move(trouble));
  }
  return out;
}

std::vector<MtaPatience> patience_of_postfix(Duration ipc_timeout) { return {{"ipc_timeout", ipc_timeout, false}}; }

std::vector<MtaPatience> patience_of_sendmail(Duration r, Duration e) {
  return {{"R: of the filter's T=", r, true}, {"E: of the filter's T=", e, false}};
}

}  // namespace graph_milter::config
