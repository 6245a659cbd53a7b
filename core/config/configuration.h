// SPDX-License-Identifier: Apache-2.0
// A conf file, read and checked: settings for the daemon, text for the rules.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/config/conf_text.h"
#include "core/config/settings.h"

namespace graph_milter::config {

// A value from the command line; it beats the file, or (weak) only the default.
struct Override {
  std::string name;
  std::string value;
  std::string where;  // for errors: "-p"
  bool weak = false;
};

struct Configuration {
  Settings settings;                                       // complete: endpoints of the cloud are filled in
  ConfText text;                                           // the [rule NAME] sections are for policy::Policy::read
  std::map<std::string, std::string, std::less<>> set_at;  // option name -> where; defaults are absent
};

// All that is wrong with it at once, each in the order of the text; `configuration` is whole only if nothing is.
struct Reading {
  Configuration configuration;
  std::vector<Error> errors;

  bool ok() const { return errors.empty(); }
};

// Errors are of kind Usage and name file, line and column, or of kind System for a file that can't be read. Nothing but
// the conf files is opened: whether the secret is there and the socket's group exists is check_surroundings's. Of a
// file that can't be read the text has no sections, and settings are those of `overrides`.
Reading read_configuration(const std::string& path, const std::vector<Override>& overrides = {});
Reading read_configuration(ConfText text, const std::string& file, const std::vector<Override>& overrides = {});

// The same, with the first error only.
Result<Configuration> load_configuration(const std::string& path, const std::vector<Override>& overrides = {});

// graph_url, login_url and upload_hosts that are not set become those of settings.cloud.
void fill_in_cloud(Settings& settings);

// What a configuration needs from the machine: the secret file and its permissions, the CA file, the owner and the
// groups of the sockets, and whether we may give the sockets to them. Changes nothing.
std::vector<Error> check_surroundings(const Configuration& configuration);

}  // namespace graph_milter::config
