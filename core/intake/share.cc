// SPDX-License-Identifier: Apache-2.0
#include "core/intake/share.h"

#include <algorithm>
#include <utility>

#include "core/mail/address.h"

namespace graph_milter::intake {

namespace {

bool is_among(const mail::EnvelopePath& path, const Addresses& recipients) {
  const auto address = mail::canonical_address(path.address);
  return address && recipients.contains(*address);
}

}  // namespace

Addresses addresses_of(const plan::Plan& plan) {
  Addresses out;
  for (const auto* list : {&plan.to, &plan.cc, &plan.bcc}) out.insert(list->begin(), list->end());
  return out;
}

Addresses addresses_of(const mail::Envelope& envelope) {
  Addresses out;
  for (const mail::EnvelopePath& path : envelope.recipients) {
    if (auto address = mail::canonical_address(path.address)) out.insert(*std::move(address));
  }
  return out;
}

mail::Envelope with_recipients(mail::Envelope envelope, const Addresses& recipients) {
  auto& paths = envelope.recipients;
  paths.erase(
      std::remove_if(paths.begin(), paths.end(), [&](const mail::EnvelopePath& p) { return !is_among(p, recipients); }),
      paths.end());
  return envelope;
}

bool is_wider(const mail::Envelope& envelope, const Addresses& recipients) {
  return std::any_of(envelope.recipients.begin(), envelope.recipients.end(),
                     [&](const mail::EnvelopePath& path) { return !is_among(path, recipients); });
}

std::vector<std::string> forms_of(const mail::Envelope& envelope, const Addresses& recipients) {
  std::vector<std::string> out;
  for (const mail::EnvelopePath& path : envelope.recipients) {
    if (!is_among(path, recipients)) continue;
    std::string form = "<" + path.address + ">";
    if (std::find(out.begin(), out.end(), form) == out.end()) out.push_back(std::move(form));
  }
  return out;
}

}  // namespace graph_milter::intake
