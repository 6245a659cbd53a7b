// SPDX-License-Identifier: Apache-2.0
// The configuration in force, and how another one takes its place while mail goes on: the conf files by order, the maps
// when their files change. All or nothing: what is wrong is reported, and the old one stays.
#pragma once

#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "core/admin/reload_view.h"
#include "core/admin/status_view.h"
#include "core/base/clock.h"
#include "core/config/configuration.h"
#include "core/policy/policy.h"
#include "core/service/map_watch.h"

namespace graph_milter::service {

// Where a configuration was read from, to read it again.
struct ConfSource {
  std::string path;  // absolute
  std::vector<config::Override> overrides;
};

// All functions: any thread.
class Reloader {
 public:
  // Does all that can fail for these settings and rules, and returns what puts them in force.
  using Prepare = std::function<Result<std::function<void()>>(const config::Settings&, policy::Policy)>;

  // `in_force` and its `policy` are.
  Reloader(config::Configuration in_force, const policy::Policy& policy, ConfSource source, Prepare prepare,
           std::shared_ptr<const Clock> clock);

  // Reads the conf files and maps again. Options that need a restart stay as they are, and are named. Writes one line
  // to the log.
  admin::ReloadReport reload();
  admin::ReloadReport reload(const config::Configuration& fresh);

  // Whether the files of maps have changed, and if so, reads them with the rules in force. Meant for once a second.
  // What became of it goes to the log, once for each change.
  void look_at_maps();

  config::Settings settings() const;                   // in force
  std::vector<admin::ConfigTrouble> troubles() const;  // why something older is in force than what is on disk

  // From now on nothing is taken.
  void close();

 private:
  admin::ReloadReport refuse(std::vector<Error> errors);
  admin::ReloadReport take(const config::Configuration& fresh);
  void read_maps(const FileStamps& stamps);
  Status put(const config::Settings& settings, const policy::Policy& policy);
  void keep(const policy::Policy& policy);
  void set_trouble(std::optional<admin::ConfigTrouble>& which, const std::string& words);
  void clear_trouble(std::optional<admin::ConfigTrouble>& which);

  const ConfSource source_;
  const Prepare prepare_;
  const std::shared_ptr<const Clock> clock_;

  std::mutex mutex_;  // one at a time
  bool closed_ = false;
  std::map<std::string, std::string> digests_;  // of the maps in force, by path
  MapWatch watch_;

  mutable std::mutex facts_mutex_;  // of what is below; never held while files are read
  config::Configuration in_force_;
  std::optional<admin::ConfigTrouble> conf_trouble_;
  std::optional<admin::ConfigTrouble> map_trouble_;
};

}  // namespace graph_milter::service
