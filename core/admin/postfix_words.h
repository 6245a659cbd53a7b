// SPDX-License-Identifier: Apache-2.0
// How findings name Postfix's settings, and the commands that change them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/admin/finding.h"
#include "core/mta/postfix_settings.h"

namespace graph_milter::admin {

class PostfixWords {
 public:
  explicit PostfixWords(std::string command) : command_(std::move(command)) {}

  // "postfix", or "postfix submission/inet" where the service overrides the parameter.
  std::string where(const mta::PostfixService& service, std::string_view parameter) const;

  // "postconf -e 'NAME = VALUE'", or -P where the service overrides it.
  std::string set(std::string_view parameter, std::string_view value) const;
  std::string set(const mta::PostfixService& service, std::string_view parameter, std::string_view value) const;
  const std::string& command() const { return command_; }

  // Adds what is not there yet: services that share a setting share its finding.
  void add(Severity severity, std::string where, std::string what, std::string hint = {});
  std::vector<Finding> take() { return std::move(found_); }

 private:
  std::string command_;
  std::vector<Finding> found_;
};

}  // namespace graph_milter::admin
