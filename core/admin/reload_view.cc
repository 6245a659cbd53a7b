// SPDX-License-Identifier: Apache-2.0
#include "core/admin/reload_view.h"

#include "core/base/format.h"
#include "core/base/text.h"
#include "core/json/json.h"

namespace graph_milter::admin {

namespace {

std::string counted(std::size_t count, std::string_view what) {
  return format("{} {}{}", count, what, count == 1 ? "" : "s");
}

std::string shown(const std::string& value) { return value.empty() ? "(nothing)" : escape_for_log(value, 200); }

std::string taken_words(const config::OptionChange& change) {
  return format("{} = {} (was {})", change.name, shown(change.after), shown(change.before));
}

std::string restart_words(const config::OptionChange& change) {
  return format("{} = {} needs a restart ({} is in force)", change.name, shown(change.after), shown(change.before));
}

std::string sum_words(const ReloadReport& report) {
  return format("{} was read again: {}, {}", report.conf_file, counted(report.rules, "rule"),
                counted(report.maps, "map"));
}

std::string words(const ReloadReport& report) {
  std::string out;
  if (!report.ok()) {
    out = "nothing was taken, the old configuration stays:\n";
    for (const Error& error : report.errors) out += error.text() + "\n";
    return out;
  }
  out = sum_words(report) + "\n";
  for (const auto& change : report.taken) out += taken_words(change) + "\n";
  for (const auto& change : report.needs_restart) out += restart_words(change) + "\n";
  return out;
}

void write_changes(json::Writer& writer, std::string_view key, const std::vector<config::OptionChange>& changes) {
  writer.key(key).begin_array();
  for (const auto& change : changes) {
    writer.begin_object().key("option").string(change.name);
    writer.key("before").string(change.before).key("after").string(change.after).end_object();
  }
  writer.end_array();
}

std::string json(const ReloadReport& report) {
  json::Writer writer;
  writer.begin_object().key("conf_file").string(report.conf_file).key("done").boolean(report.ok());
  writer.key("rules").number(report.rules).key("maps").number(report.maps);
  write_changes(writer, "taken", report.taken);
  write_changes(writer, "needs_restart", report.needs_restart);
  writer.key("errors").begin_array();
  for (const Error& error : report.errors) {
    writer.begin_object().key("where").string(error.where).key("what").string(error.what);
    writer.key("hint").string(error.hint).end_object();
  }
  writer.end_array().end_object();
  return writer.take() + "\n";
}

}  // namespace

std::string print_reload(const ReloadReport& report, Form form) {
  return form == Form::Json ? json(report) : words(report);
}

std::string reload_log_words(const ReloadReport& report) {
  if (!report.ok()) {
    std::string out = "the old configuration stays: " + report.errors.front().text();
    if (report.errors.size() > 1) out += format(" (and {})", counted(report.errors.size() - 1, "more error"));
    return out;
  }
  std::string out = sum_words(report);
  for (const auto& change : report.taken) out += "; " + taken_words(change);
  for (const auto& change : report.needs_restart) out += "; " + restart_words(change);
  return out;
}

}  // namespace graph_milter::admin
