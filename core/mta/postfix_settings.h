// SPDX-License-Identifier: Apache-2.0
// Postfix's settings as Postfix itself reads them: main.cf and master.cf by way of postconf(1). What they mean for us
// is core/admin's to say.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"

namespace graph_milter::mta {

// One line of master.cf.
struct PostfixService {
  std::string name;                                           // "smtp", "127.0.0.1:10026"
  std::string type;                                           // "inet", "unix", "pass", "fifo"
  bool chroot = false;                                        // in queue_directory
  std::string command;                                        // "smtpd"
  std::map<std::string, std::string, std::less<>> overrides;  // of main.cf, by -o

  std::string label() const { return name + "/" + type; }  // as postconf -P and -F name it
};

class PostfixSettings {
 public:
  // `parameters`: of postconf -x, name = value a line; `services`: of postconf -M; `overrides`: of postconf -Px. Lines
  // that are nothing of the kind are left out.
  static PostfixSettings parse(std::string_view parameters, std::string_view services, std::string_view overrides);

  // The value in effect; empty if it is, or if this Postfix does not know the parameter.
  const std::string& get(std::string_view parameter) const;
  const std::string& get(const PostfixService& service, std::string_view parameter) const;

  const std::vector<PostfixService>& services() const { return services_; }
  const PostfixService* find(std::string_view name, std::string_view type) const;  // null: there is none

 private:
  std::map<std::string, std::string, std::less<>> parameters_;
  std::vector<PostfixService> services_;
};

// Runs postconf. `config_directory`: as for its -c; empty: Postfix's own. NotFound if there is no postconf on this
// machine, System if it can't be run, Configuration if Postfix can't read its own files (its words are quoted).
Result<PostfixSettings> ask_postfix(const std::string& config_directory);

// One item of smtpd_milters: "unix:/run/x.sock", or in braces with settings of its own (MILTER_README).
struct PostfixMilter {
  std::string endpoint;
  std::map<std::string, std::string, std::less<>> settings;  // "default_action", "content_timeout", ...
  std::string text;                                          // as it was written
};
std::vector<PostfixMilter> parse_milters(std::string_view list);

}  // namespace graph_milter::mta
