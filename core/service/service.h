// SPDX-License-Identifier: Apache-2.0
// The composition root: from a configuration everything between the MTA's answer and Graph, built once.
#pragma once

#include <memory>
#include <vector>

#include "core/base/clock.h"
#include "core/config/configuration.h"
#include "core/intake/intake.h"
#include "core/service/part_settings.h"
#include "core/service/reloader.h"

namespace graph_milter::service {

// The rules of a configuration as the arriving half uses them. Usage errors name file and line.
Result<policy::Policy> read_policy(const config::Configuration& configuration);

// What can be read of them, but can't do what somebody meant: rules that no message can match, and the like.
std::vector<Error> rule_warnings(const config::Settings& settings, const policy::Policy& policy);

class Service {
 public:
  // Opens the spool and its journal, starts delivery and the control socket. Errors say what the administrator must
  // mend; nothing runs then. Starts threads: call it after the last fork and after giving up root.
  // `source` is where it came from, for reload().
  static Result<std::unique_ptr<Service>> start(const config::Configuration& configuration, ConfSource source = {});
  ~Service();

  // What a new message is judged by. Any thread.
  std::shared_ptr<const intake::IntakeContext> intake() const;

  // Reads the conf files and maps again and puts rules, maps, and the options that need no restart in force, for
  // messages that begin from now on and for what delivery begins; all or nothing. Any thread.
  admin::ReloadReport reload();
  admin::ReloadReport reload(const config::Configuration& configuration);

  // Takes maps whose files have changed. Meant for once a second; any thread.
  void look_at_maps();

  config::Settings settings() const;  // in force

  // The queue reported a failure of fsync or COMMIT: only a fresh start knows what is on disk. Any thread.
  bool failed() const;

  // Takes no further work and lets requests under way end, for at most `patience`; what is not done goes on at the next
  // start. Once.
  void stop(Duration patience);

 private:
  struct Machinery;
  explicit Service(std::unique_ptr<Machinery> machinery);
  std::unique_ptr<Machinery> machinery_;
};

}  // namespace graph_milter::service
