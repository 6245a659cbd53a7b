// SPDX-License-Identifier: Apache-2.0
// One item of a list, without its '!': addresses, networks, a table, a pattern. A new kind of item is a class here and
// a row in list_kinds.cc.
#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/policy/network_set.h"
#include "core/policy/pattern.h"
#include "core/policy/subject.h"

namespace graph_milter::policy {

enum class Match {
  No,
  Wide,     // as one of many: by its domain, its network, a pattern
  Exact,    // by name
  Unknown,  // a pattern came to the end of its work
};

// A value behind a pointer; any thread may ask.
class Matcher {
 public:
  explicit Matcher(std::string text) : text_(std::move(text)) {}
  Matcher(const Matcher&) = delete;
  Matcher& operator=(const Matcher&) = delete;
  virtual ~Matcher() = default;

  // A subject with nothing in it (no login, no address) must not match.
  virtual Match find(const Subject& subject, PatternWork& work) const = 0;

  // Whatever `other` matches, this matches. False where that can't be told.
  virtual bool includes(const Matcher& other) const { return text_ == other.text_; }

  // It matches all clients of IPv4 or of IPv6, or all but a few.
  virtual bool holds_everybody() const { return false; }

  // The networks that it matches, for the same question about several items; nullptr: it
  // matches no networks, or can't list them.
  virtual const NetworkSet* networks() const { return nullptr; }

  // Names of all that it can match (subject.h); nullopt: it can't list them, or may not know (Unknown).
  virtual std::optional<Names> names() const { return std::nullopt; }

  // Domains of the addresses that are written in the conf file itself, not in a file it names; canonical.
  virtual std::vector<std::string> written_domains() const { return {}; }

  // The addresses that it names exactly, canonical, also of a file.
  virtual void add_addresses(std::set<std::string>& /*out*/) const {}

  const std::string& text() const { return text_; }  // as it was written

 private:
  std::string text_;
};

using MatcherPointer = std::shared_ptr<const Matcher>;

}  // namespace graph_milter::policy
