// SPDX-License-Identifier: Apache-2.0
#include "core/mail/envelope.h"

#include <string_view>
#include <utility>

namespace graph_milter::mail {

namespace {

// "@a,@b:user@c" is user@c by way of a and b. A colon inside a domain literal ("@[IPv6:::1]:user@c") ends no route.
std::string_view without_route(std::string_view path) {
  if (path.empty() || path.front() != '@') return path;
  bool in_literal = false;
  for (std::size_t i = 0; i < path.size(); ++i) {
    if (path[i] == '[') in_literal = true;
    if (path[i] == ']') in_literal = false;
    if (path[i] == ':' && !in_literal) return path.substr(i + 1);
  }
  return path;
}

}  // namespace

void Envelope::add_recipient(EnvelopePath path) {
  if (recipients.size() < kMostRecipientsKept) {
    recipients.push_back(std::move(path));
  } else {
    ++further_recipients;
  }
}

EnvelopePath make_envelope_path(std::string argument, std::vector<std::string> parameters) {
  std::string_view address = argument;
  if (address.size() >= 2 && address.front() == '<' && address.back() == '>') {
    address = address.substr(1, address.size() - 2);
  }
  std::string bare(without_route(address));
  return {std::move(argument), std::move(bare), std::move(parameters)};
}

}  // namespace graph_milter::mail
