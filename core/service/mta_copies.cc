// SPDX-License-Identifier: Apache-2.0
#include "core/service/mta_copies.h"

#include "core/admin/our_side.h"
#include "core/admin/postfix_view.h"
#include "core/base/format.h"
#include "core/base/text.h"

namespace graph_milter::service {

namespace {

std::string join(const std::vector<std::string>& items) {
  std::string out;
  for (const std::string& item : items) out += (out.empty() ? "" : ", ") + item;
  return out;
}

}  // namespace

MtaCopies ask_for_copies(const config::Settings& settings, const policy::Policy& policy) {
  const admin::OurSide ours = admin::our_side(settings, policy);
  if (settings.bcc_copies == config::BccCopies::Lose || settings.postfix_config == "none" || !ours.discards) return {};
  const bool usual = settings.postfix_config == "auto";
  const auto postfix = mta::ask_postfix(usual ? std::string() : settings.postfix_config);
  if (!postfix) {
    if (usual && postfix.error().kind == ErrorKind::NotFound) return {};
    return {{}, "whether Postfix makes copies that would be lost is not known: " + postfix.error().text()};
  }
  const auto copies = admin::bcc_settings(*postfix, admin::find_askers(*postfix, ours.socket));
  if (copies.empty()) return {};
  return {format("Postfix makes copies ({}), which would be lost with mail that is taken by DISCARD: until you say "
                 "bcc-copies = lose, such mail is left to Postfix",
                 escape_for_log(join(copies), 500)),
          {}};
}

}  // namespace graph_milter::service
