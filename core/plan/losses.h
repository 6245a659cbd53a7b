// SPDX-License-Identifier: Apache-2.0
// What the service will not keep of a message that is relayed: told before it is, by `explain` and in the log. The
// fidelity table in ARCHITECTURE.md has a row for each code, with what is known and from where.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/mail/envelope.h"
#include "core/mail/facts.h"
#include "core/plan/plan.h"

namespace graph_milter::plan {

struct Loss {
  std::string code;  // stable
  std::string text;  // for people: what is lost, and in brackets what comes in its place; printable
  friend bool operator==(const Loss&, const Loss&) = default;
};

// Every code there is, in the order in which find_losses tells them.
std::span<const std::string_view> loss_codes();

// Each code at most once. Of what Graph is reported to do in two ways the worse is told; of what nobody knows, nothing.
// `plan` is the one made of `envelope` and `facts`.
std::vector<Loss> find_losses(const mail::Envelope& envelope, const mail::MessageFacts& facts, const Plan& plan);

// "code,code" for a log line; empty: nothing is lost.
std::string join_codes(const std::vector<Loss>& losses);

// True for a field of the message header, by its name in lower case, that the service keeps: it has a property for it,
// or the name begins with X-.
bool is_kept_field(std::string_view lower_name);

}  // namespace graph_milter::plan
