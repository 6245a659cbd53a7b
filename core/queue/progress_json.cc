// SPDX-License-Identifier: Apache-2.0
#include <utility>

#include "core/base/text.h"
#include "core/queue/entry_json.h"
#include "core/queue/names.h"
#include "core/queue/stored_json.h"

namespace graph_milter::queue {

namespace {

constexpr Names<PartStep, 4> kSteps = {{
    {PartStep::Waiting, "waiting"},
    {PartStep::PostIntent, "post-intent"},
    {PartStep::Uploading, "uploading"},
    {PartStep::Done, "done"},
}};

constexpr Names<RecipientFate, 3> kFates = {{
    {RecipientFate::Waiting, "waiting"},
    {RecipientFate::Taken, "taken"},
    {RecipientFate::Refused, "refused"},
}};

void write_part(json::Writer& out, const PartProgress& part) {
  upload::UploadState upload = part.upload;
  if (part.step == PartStep::Done) upload.url.reset();
  out.begin_object();
  out.key("step").string(name_in(kSteps, part.step));
  out.key("upload").string(upload::to_json(upload));
  write_bytes(out.key("attachment_id"), part.attachment_id);
  out.key("turned_to_session").boolean(part.turned_to_session);
  out.key("turned_to_post").boolean(part.turned_to_post);
  out.end_object();
}

Result<bool> later_flag_member(const json::Value& object, std::string_view key) {
  return object.find(key) == nullptr ? Result<bool>(false) : flag_member(object, key);
}

Result<PartProgress> read_part(const json::Value& value) {
  PartProgress part;
  const std::string* step = value.find_string("step");
  const std::string* upload = value.find_string("upload");
  if (step == nullptr || upload == nullptr) return damaged("a part without step or upload");
  const auto known = value_in(kSteps, *step);
  if (!known) return damaged("unknown step of a part: \"" + escape_for_log(*step, 40) + "\"");
  part.step = *known;
  GM_TRY_ASSIGN(part.upload, upload::upload_state_from_json(*upload));
  GM_TRY_ASSIGN(part.attachment_id, bytes_member(value, "attachment_id"));
  // Journals of 0.1 do not have these two.
  GM_TRY_ASSIGN(part.turned_to_session, later_flag_member(value, "turned_to_session"));
  GM_TRY_ASSIGN(part.turned_to_post, later_flag_member(value, "turned_to_post"));
  return part;
}

void write_give_up(json::Writer& out, const GiveUp& give_up) {
  out.begin_object();
  out.key("disposal").string(name_of(give_up.disposal));
  write_bytes(out.key("status"), give_up.status);
  write_bytes(out.key("diagnostic"), give_up.diagnostic);
  out.key("decided").number(to_unix_ms(give_up.decided));
  out.end_object();
}

Result<GiveUp> read_give_up(const json::Value& value) {
  GiveUp out;
  const std::string* disposal = value.find_string("disposal");
  const auto known = disposal != nullptr ? parse_disposal(*disposal) : std::nullopt;
  if (!known) return damaged("no usable disposal of what was given up");
  out.disposal = *known;
  GM_TRY_ASSIGN(out.status, bytes_member(value, "status"));
  GM_TRY_ASSIGN(out.diagnostic, bytes_member(value, "diagnostic"));
  GM_TRY_ASSIGN(out.decided, time_member(value, "decided"));
  return out;
}

Status read_fates(const json::Value& object, std::vector<RecipientFate>& fates) {
  const json::Value* list = object.find("fates");
  if (list == nullptr || !list->is_array()) return damaged("no list fates");
  for (const json::Value& item : list->items()) {
    const auto fate = item.as_string() != nullptr ? value_in(kFates, *item.as_string()) : std::nullopt;
    if (!fate) return damaged("unknown fate of a recipient");
    fates.push_back(*fate);
  }
  return {};
}

// What came with the journal's version 2. A version 1 does not say whether an intended send is still open, so it is.
Status read_later_members(const json::Value& value, Progress& progress) {
  constexpr std::size_t kMembersOfVersion1 = 12;
  if (value.members().size() == kMembersOfVersion1 && value.find("send_unresolved") == nullptr) {
    progress.send_unresolved = progress.send_epoch > 0;
    return {};
  }
  GM_TRY_ASSIGN(progress.send_unresolved, flag_member(value, "send_unresolved"));
  GM_TRY_ASSIGN(progress.request_id, bytes_member(value, "request_id"));
  if (const json::Value* give_up = value.find("give_up"); give_up != nullptr) {
    GM_TRY_ASSIGN(progress.give_up, read_give_up(*give_up));
  }
  GM_TRY_ASSIGN(progress.return_epoch, count_member(value, "return_epoch"));
  GM_TRY_ASSIGN(progress.return_unresolved, flag_member(value, "return_unresolved"));
  GM_TRY(read_fates(value, progress.fates));
  GM_TRY_ASSIGN(progress.refusals, list_member(value, "refusals"));
  GM_TRY_ASSIGN(progress.sender_told, flag_member(value, "sender_told"));
  GM_TRY_ASSIGN(progress.delay_warned, time_member(value, "delay_warned"));
  GM_TRY_ASSIGN(progress.success_notified, flag_member(value, "success_notified"));
  GM_TRY_ASSIGN(progress.needs_administrator, time_member(value, "needs_administrator"));
  GM_TRY_ASSIGN(const TimePoint administrator_wait, time_member(value, "administrator_wait"));
  progress.administrator_wait = administrator_wait - TimePoint{};
  GM_TRY_ASSIGN(progress.send_ended, time_member(value, "send_ended"));
  return {};
}

}  // namespace

std::string progress_to_json(const Progress& progress) {
  // Names every member, so that a new one that is forgotten here does not compile.
  const auto& [draft_id, drafts_made, rebuilds, draft_intended, drafted, listed, parts, differed, send_epoch,
               send_intended, send_ended, seen_unsent, send_unresolved, request_id, give_up, return_epoch,
               return_unresolved, fates, refusals, sender_told, delay_warned, success_notified, needs_administrator,
               administrator_wait, awaited, attempts_before] = progress;
  json::Writer out;
  out.begin_object();
  write_bytes(out.key("draft_id"), draft_id);
  out.key("drafts_made").number(drafts_made);
  out.key("rebuilds").number(rebuilds);
  out.key("draft_intended").number(to_unix_ms(draft_intended));
  out.key("drafted").number(to_unix_ms(drafted));
  write_list(out, "listed", listed);
  out.key("parts").begin_array();
  for (const PartProgress& part : parts) write_part(out, part);
  out.end_array();
  out.key("differed").number(to_unix_ms(differed));
  out.key("send_epoch").number(send_epoch);
  out.key("send_intended").number(to_unix_ms(send_intended));
  out.key("seen_unsent").number(to_unix_ms(seen_unsent));
  out.key("send_unresolved").boolean(send_unresolved);
  write_bytes(out.key("request_id"), request_id);
  if (give_up) write_give_up(out.key("give_up"), *give_up);
  out.key("return_epoch").number(return_epoch);
  out.key("return_unresolved").boolean(return_unresolved);
  out.key("fates").begin_array();
  for (const RecipientFate fate : fates) out.string(name_in(kFates, fate));
  out.end_array();
  write_list(out, "refusals", refusals);
  out.key("sender_told").boolean(sender_told);
  out.key("delay_warned").number(to_unix_ms(delay_warned));
  out.key("success_notified").boolean(success_notified);
  out.key("needs_administrator").number(to_unix_ms(needs_administrator));
  out.key("administrator_wait").number(administrator_wait.count());
  out.key("send_ended").number(to_unix_ms(send_ended));
  out.key("attempts_before").number(attempts_before);
  if (awaited) out.key("awaited").boolean(awaited);
  out.end_object();
  return out.take();
}

Result<Progress> progress_from_json(std::string_view text) {
  GM_TRY_ASSIGN(const json::Value value, parse_object(text));
  Progress progress;
  GM_TRY_ASSIGN(progress.draft_id, bytes_member(value, "draft_id"));
  GM_TRY_ASSIGN(progress.drafts_made, count_member(value, "drafts_made"));
  GM_TRY_ASSIGN(progress.rebuilds, count_member(value, "rebuilds"));
  GM_TRY_ASSIGN(progress.draft_intended, time_member(value, "draft_intended"));
  GM_TRY_ASSIGN(progress.drafted, time_member(value, "drafted"));
  GM_TRY_ASSIGN(progress.listed, list_member(value, "listed"));
  const json::Value* parts = value.find("parts");
  if (parts == nullptr || !parts->is_array()) return damaged("no list parts");
  for (const json::Value& item : parts->items()) {
    GM_TRY_ASSIGN(PartProgress part, read_part(item));
    progress.parts.push_back(std::move(part));
  }
  GM_TRY_ASSIGN(progress.differed, time_member(value, "differed"));
  GM_TRY_ASSIGN(progress.send_epoch, count_member(value, "send_epoch"));
  GM_TRY_ASSIGN(progress.send_intended, time_member(value, "send_intended"));
  GM_TRY_ASSIGN(progress.seen_unsent, time_member(value, "seen_unsent"));
  GM_TRY_ASSIGN(progress.attempts_before, count_member(value, "attempts_before"));
  GM_TRY(read_later_members(value, progress));
  // Journals of before accept = delivered do not have it.
  GM_TRY_ASSIGN(progress.awaited, later_flag_member(value, "awaited"));
  return progress;
}

}  // namespace graph_milter::queue
