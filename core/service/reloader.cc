// SPDX-License-Identifier: Apache-2.0
#include "core/service/reloader.h"

#include <utility>

#include "core/base/format.h"
#include "core/base/log.h"
#include "core/config/changes.h"
#include "core/config/option_relations.h"
#include "core/config/trusted_files.h"
#include "core/service/service.h"

namespace graph_milter::service {

namespace {

FileStamps stamps_of(const policy::Policy& policy) {
  FileStamps out;
  for (const auto& [name, source] : policy.maps().sources()) out.insert_or_assign(name.path, source.stamp);
  return out;
}

FileStamps stamps_now(const FileStamps& files) {
  FileStamps out;
  for (const auto& [path, ignored] : files) out.emplace(path, stamp_of(path));
  return out;
}

// Options that fit each other in the conf file may not fit those that stay in force until a restart.
std::vector<Error> conflicts_of(const config::Settings& settings, const config::Configuration& fresh) {
  std::vector<Error> errors;
  for (const config::Conflict& conflict : config::find_conflicts(settings)) {
    const auto place = fresh.set_at.find(conflict.option);
    errors.push_back(make_error(ErrorKind::Usage, place == fresh.set_at.end() ? conflict.option : place->second,
                                conflict.what, "together with what needs a restart: restart graph-milter"));
  }
  return errors;
}

}  // namespace

Reloader::Reloader(config::Configuration in_force, const policy::Policy& policy, ConfSource source, Prepare prepare,
                   std::shared_ptr<const Clock> clock)
    : source_(std::move(source)),
      prepare_(std::move(prepare)),
      clock_(std::move(clock)),
      watch_({}, TimePoint{}),
      in_force_(std::move(in_force)) {
  keep(policy);
}

admin::ReloadReport Reloader::reload() {
  const std::lock_guard lock(mutex_);
  config::Reading reading = config::read_configuration(source_.path, source_.overrides);
  if (!reading.ok()) return refuse(std::move(reading.errors));
  if (auto unsafe = config::check_conf_files(reading.configuration); !unsafe.empty()) return refuse(std::move(unsafe));
  return take(reading.configuration);
}

admin::ReloadReport Reloader::reload(const config::Configuration& fresh) {
  const std::lock_guard lock(mutex_);
  return take(fresh);
}

admin::ReloadReport Reloader::refuse(std::vector<Error> errors) {
  admin::ReloadReport report;
  report.conf_file = source_.path;
  report.errors = std::move(errors);
  const std::string words = admin::reload_log_words(report);
  set_trouble(conf_trouble_, words);
  log_text(LogLevel::Error, words);
  return report;
}

admin::ReloadReport Reloader::take(const config::Configuration& fresh) {
  if (closed_) return refuse({make_error(ErrorKind::Cancelled, "reload", "the daemon is stopping")});
  const config::Settings before = settings();
  const config::Settings after = config::with_live_options(before, fresh.settings);
  if (auto conflicts = conflicts_of(after, fresh); !conflicts.empty()) return refuse(std::move(conflicts));
  auto policy = read_policy(fresh);
  if (!policy) return refuse({std::move(policy).error()});
  if (Status done = put(after, *policy); !done) return refuse({std::move(done).error()});

  admin::ReloadReport report;
  report.conf_file = source_.path;
  report.rules = policy->rules().size();
  report.maps = policy->maps().sources().size();
  report.taken = config::find_changes(before, after);
  report.needs_restart = config::find_changes(after, fresh.settings);
  keep(*policy);
  {
    const std::lock_guard lock(facts_mutex_);
    in_force_ = fresh;
    in_force_.settings = after;
  }
  clear_trouble(conf_trouble_);
  clear_trouble(map_trouble_);
  log_text(LogLevel::Info, admin::reload_log_words(report));
  return report;
}

Status Reloader::put(const config::Settings& settings, const policy::Policy& policy) {
  GM_TRY_ASSIGN(const std::function<void()> put_in_force, prepare_(settings, policy));
  put_in_force();
  return {};
}

void Reloader::keep(const policy::Policy& policy) {
  digests_.clear();
  for (const auto& [name, source] : policy.maps().sources()) digests_.insert_or_assign(name.path, source.digest);
  watch_.taken(stamps_of(policy), clock_->now());
}

void Reloader::look_at_maps() {
  const std::lock_guard lock(mutex_);
  if (closed_ || watch_.in_force().empty()) return;
  const FileStamps stamps = stamps_now(watch_.in_force());
  switch (watch_.look(stamps, clock_->now())) {
    case MapWatch::Verdict::Same:
    case MapWatch::Verdict::Wait:
      return;
    case MapWatch::Verdict::Again:
      clear_trouble(map_trouble_);
      return log_text(LogLevel::Info, "the maps are again as they were read");
    case MapWatch::Verdict::Read:
      return read_maps(stamps);
  }
}

void Reloader::read_maps(const FileStamps& stamps) {
  const auto refuse_maps = [&](const Error& error) {
    watch_.refused(stamps);
    const std::string words = "the old maps stay: " + error.text();
    set_trouble(map_trouble_, words);
    log_text(LogLevel::Error, words);
  };
  const auto policy = read_policy(in_force_);
  if (!policy) return refuse_maps(policy.error());
  std::vector<std::string> changed;
  for (const auto& [name, source] : policy->maps().sources()) {
    if (digests_[name.path] == source.digest) continue;
    changed.push_back(format("the map {} was read again: {} entries", name.text(), source.map->size()));
  }
  if (!changed.empty()) {
    if (const Status done = put(in_force_.settings, *policy); !done) return refuse_maps(done.error());
  }
  keep(*policy);
  clear_trouble(map_trouble_);
  for (const std::string& words : changed) log_text(LogLevel::Info, words);
}

config::Settings Reloader::settings() const {
  const std::lock_guard lock(facts_mutex_);
  return in_force_.settings;
}

std::vector<admin::ConfigTrouble> Reloader::troubles() const {
  const std::lock_guard lock(facts_mutex_);
  std::vector<admin::ConfigTrouble> out;
  for (const auto* trouble : {&conf_trouble_, &map_trouble_}) {
    if (*trouble) out.push_back(**trouble);
  }
  return out;
}

void Reloader::set_trouble(std::optional<admin::ConfigTrouble>& which, const std::string& words) {
  const std::lock_guard lock(facts_mutex_);
  which = admin::ConfigTrouble{clock_->now(), words};
}

void Reloader::clear_trouble(std::optional<admin::ConfigTrouble>& which) {
  const std::lock_guard lock(facts_mutex_);
  which.reset();
}

void Reloader::close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
}

}  // namespace graph_milter::service
