// SPDX-License-Identifier: Apache-2.0
#include "core/service/probe_run.h"

#include <cerrno>
#include <memory>
#include <thread>
#include <utility>

#include "core/base/file.h"
#include "core/base/id.h"
#include "core/base/text.h"
#include "core/delivery/delivery.h"
#include "core/plan/draft_fields.h"
#include "core/probe/probe.h"
#include "core/service/graph_run.h"
#include "core/service/instance.h"
#include "core/service/kept_file.h"
#include "core/service/part_settings.h"
#include "core/targets/range_door.h"

namespace graph_milter::service {
namespace {

std::string report_file(const config::Settings& settings) { return settings.spool_directory + "/probe.json"; }

// With the daemon's own name in the marker, its sweeper finds what a probe that was killed has left. Without one, the
// name is nobody's: find_instance() would make a file that belongs to whoever runs us.
std::string name_in_marker(const config::Settings& settings) {
  constexpr ByteCount kLimit = 256;
  if (!settings.instance.empty()) return settings.instance;
  const auto kept = read_small_file(settings.spool_directory + "/instance", kLimit);
  const std::string name = kept ? std::string(trim(*kept)) : std::string();
  return is_instance_name(name) ? name : std::string("probe");
}

}  // namespace

Result<probe::Report> probe_mailbox(const config::Settings& settings, const std::string& mailbox,
                                    const std::string& to) {
  GraphRun graph(settings);
  targets::HttpRangeDoor ranges(*graph.doors.upload, *graph.clock, mailbox);
  probe::ProbeSettings question;
  question.mailbox = mailbox;
  question.to = to;
  question.id = make_entry_id(graph.clock->now());
  question.marker = plan::make_marker(name_in_marker(settings), question.id);
  question.json_marker = plan::make_marker(name_in_marker(settings), make_entry_id(graph.clock->now()));
  question.rules = delivery::delivery_settings(settings, "").courier.rules;
  GM_TRY_ASSIGN(probe::Report report,
                probe::run_probe(question, {graph.client, ranges, *graph.clock,
                                            [](Duration time) { std::this_thread::sleep_for(time); }}));
  report.tenant = settings.tenant;
  report.graph_url = settings.graph_url;
  return report;
}

Status keep_report(const config::Settings& settings, const probe::Report& report) {
  constexpr mode_t kForTheDaemon = 0644;
  return keep_file(report_file(settings), probe::to_json(report) + "\n", kForTheDaemon);
}

Result<std::optional<probe::Report>> kept_report(const config::Settings& settings) {
  constexpr ByteCount kLimit = 256 * 1024;
  const std::string path = report_file(settings);
  const auto text = read_small_file(path, kLimit);
  if (!text && text.error().status == ENOENT) return std::optional<probe::Report>();
  if (!text) return fail(text.error());
  auto report = probe::report_from_json(*text);
  if (!report) {
    report.error().where = path;
    return fail(std::move(report).error());
  }
  if (report->tenant != settings.tenant || report->graph_url != settings.graph_url) {
    return std::optional<probe::Report>();
  }
  return std::optional(*std::move(report));
}

Learned learned(const config::Settings& settings) {
  constexpr std::string_view kMeansMime = "draft = auto means MIME: ";
  constexpr std::string_view kHint = "; run graph-milterctl probe MAILBOX, or set draft";
  Learned out;
  const auto report = kept_report(settings);
  if (report && *report) {
    out.auto_is_json = (*report)->answer(probe::Question::MimeDraft) == probe::Answer::No;
    out.session_floor = (*report)->session_floor.value_or(0);
  }
  const bool is_answered = report && *report && (*report)->answer(probe::Question::MimeDraft) != probe::Answer::Unknown;
  if (settings.draft != config::DraftWay::Auto || is_answered) return out;
  const std::string why = !report   ? report.error().text()
                          : *report ? std::string("the kept probe did not find out whether MIME drafts stay whole")
                                    : std::string("nobody has asked this Graph whether MIME drafts stay whole");
  out.warning = std::string(kMeansMime) + why + std::string(kHint);
  return out;
}

void apply(const Learned& learned, intake::IntakeSettings& intake) {
  intake.auto_is_json = learned.auto_is_json;
  intake.service.session_floor = learned.session_floor;
}

}  // namespace graph_milter::service
