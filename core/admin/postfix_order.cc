// SPDX-License-Identifier: Apache-2.0
#include "core/admin/postfix_order.h"

#include "core/base/format.h"
#include "core/base/text.h"

namespace graph_milter::admin {

namespace {

bool signs(const mta::PostfixMilter& milter) { return to_lower(milter.endpoint).find("dkim") != std::string::npos; }

std::string join(const std::vector<std::string>& items) {
  std::string out;
  for (const std::string& item : items) out += (out.empty() ? "" : ", ") + item;
  return out;
}

std::string endpoints(const std::vector<const mta::PostfixMilter*>& milters) {
  std::vector<std::string> names;
  names.reserve(milters.size());
  for (const auto* milter : milters) names.push_back(milter->endpoint);
  return join(names);
}

std::string right_order(const PostfixAsker& asker) {
  std::vector<std::string> out;
  for (std::size_t i = 0; i < asker.milters.size(); ++i) {
    if (i != asker.ours && !signs(asker.milters[i])) out.push_back(asker.milters[i].text);
  }
  out.push_back(asker.milters[asker.ours].text);
  for (std::size_t i = 0; i < asker.milters.size(); ++i) {
    if (i != asker.ours && signs(asker.milters[i])) out.push_back(asker.milters[i].text);
  }
  return join(out);
}

}  // namespace

void check_order(const PostfixAsker& asker, PostfixWords& words) {
  std::vector<const mta::PostfixMilter*> early_signers;
  std::vector<const mta::PostfixMilter*> late_others;
  for (std::size_t i = 0; i < asker.milters.size(); ++i) {
    const mta::PostfixMilter& milter = asker.milters[i];
    if (i < asker.ours && signs(milter)) early_signers.push_back(&milter);
    if (i > asker.ours && !signs(milter)) late_others.push_back(&milter);
  }
  const std::string where = words.where(*asker.service, asker.parameter);
  const std::string hint = words.set(*asker.service, asker.parameter, right_order(asker));
  if (!late_others.empty()) {
    words.add(Severity::Warning, where,
              format("{}: {} behind this milter never see the end of mail that it takes, and can't refuse it",
                     asker.parameter, endpoints(late_others)),
              hint);
  }
  if (!early_signers.empty()) {
    words.add(Severity::Warning, where,
              format("{}: {} before this milter sign in vain: their signature is not in what Graph sends",
                     asker.parameter, endpoints(early_signers)),
              hint);
  }
}

}  // namespace graph_milter::admin
