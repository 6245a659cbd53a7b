// SPDX-License-Identifier: Apache-2.0
// Which recipients of a message Graph mails, and in which form the MTA knows them (take = recipients). Pure.
#pragma once

#include <span>
#include <string>
#include <unordered_set>
#include <vector>

#include "core/mail/envelope.h"
#include "core/plan/plan.h"

namespace graph_milter::intake {

// Canonical addresses.
using Addresses = std::unordered_set<std::string>;
Addresses addresses_of(const plan::Plan& plan);
Addresses addresses_of(const mail::Envelope& envelope);

// The same envelope with these recipients alone, each as often as it was given.
mail::Envelope with_recipients(mail::Envelope envelope, const Addresses& recipients);

// Does it name anybody else?
bool is_wider(const mail::Envelope& envelope, const Addresses& recipients);

// What smfi_delrcpt must be given for these recipients: "<local@domain>", letter for letter as the client wrote it, but
// in angle brackets and without a source route. Postfix compares with what it made of RCPT, where the route is gone
// and case is not changed; Sendmail parses it, and takes a bare route for a list. Each form once.
std::vector<std::string> forms_of(const mail::Envelope& envelope, const Addresses& recipients);

}  // namespace graph_milter::intake
