// SPDX-License-Identifier: Apache-2.0
#include "core/queue/entry_json.h"

#include <array>
#include <span>
#include <utility>

#include "core/base/text.h"
#include "core/json/json.h"

namespace graph_milter::queue {

namespace {

// Our own text may be longer than what a stranger may send us: 500 recipients with parameters, 250 parts with URLs.
constexpr json::Limits kOwnText = {16 * 1024 * 1024, 32, 200'000};

constexpr std::array<std::pair<PartStep, std::string_view>, 4> kSteps = {{
    {PartStep::Waiting, "waiting"},
    {PartStep::PostIntent, "post-intent"},
    {PartStep::Uploading, "uploading"},
    {PartStep::Done, "done"},
}};

constexpr std::array<std::pair<RecipientFate, std::string_view>, 3> kFates = {{
    {RecipientFate::Waiting, "waiting"},
    {RecipientFate::Taken, "taken"},
    {RecipientFate::Refused, "refused"},
}};

template <class Value, std::size_t N>
std::string_view name_in(const std::array<std::pair<Value, std::string_view>, N>& names, Value value) {
  for (const auto& [candidate, name] : names) {
    if (candidate == value) return name;
  }
  return names.front().second;
}

template <class Value, std::size_t N>
std::optional<Value> value_in(const std::array<std::pair<Value, std::string_view>, N>& names, std::string_view word) {
  for (const auto& [value, name] : names) {
    if (name == word) return value;
  }
  return std::nullopt;
}

tl::unexpected<Error> damaged(std::string what) { return fail(ErrorKind::Corrupt, "journal", std::move(what)); }

// JSON has no bytes: what is not UTF-8 is written as {"hex": "..."}.
void write_bytes(json::Writer& out, std::string_view bytes) {
  if (is_valid_utf8(bytes)) {
    out.string(bytes);
    return;
  }
  out.begin_object().key("hex").string(to_hex({reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size()}));
  out.end_object();
}

int hex_digit(char c) {
  if (is_ascii_digit(c)) return c - '0';
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

Result<std::string> read_bytes(const json::Value* value, std::string_view key) {
  if (value != nullptr && value->as_string() != nullptr) return *value->as_string();
  const std::string* hex = value != nullptr ? value->find_string("hex") : nullptr;
  if (hex == nullptr || hex->size() % 2 != 0) return damaged("no usable value for " + std::string(key));
  std::string out;
  for (std::size_t i = 0; i < hex->size(); i += 2) {
    const int high = hex_digit((*hex)[i]);
    const int low = hex_digit((*hex)[i + 1]);
    if (high < 0 || low < 0) return damaged("not hexadecimal: " + std::string(key));
    out += static_cast<char>(high * 16 + low);
  }
  return out;
}

Result<std::string> bytes_member(const json::Value& object, std::string_view key) {
  return read_bytes(object.find(key), key);
}

Result<std::vector<std::string>> list_member(const json::Value& object, std::string_view key) {
  const json::Value* list = object.find(key);
  if (list == nullptr || !list->is_array()) return damaged("no list " + std::string(key));
  std::vector<std::string> out;
  for (const json::Value& item : list->items()) {
    GM_TRY_ASSIGN(std::string text, read_bytes(&item, key));
    out.push_back(std::move(text));
  }
  return out;
}

Result<TimePoint> time_member(const json::Value& object, std::string_view key) {
  const auto milliseconds = object.find_int64(key);
  if (!milliseconds) return damaged("no time " + std::string(key));
  return from_unix_ms(*milliseconds);
}

Result<int> count_member(const json::Value& object, std::string_view key) {
  const auto value = object.find_int(key);
  if (!value || *value < 0) return damaged("no count " + std::string(key));
  return *value;
}

void write_list(json::Writer& out, std::string_view key, const std::vector<std::string>& list) {
  out.key(key).begin_array();
  for (const std::string& text : list) write_bytes(out, text);
  out.end_array();
}

void write_path(json::Writer& out, const mail::EnvelopePath& path) {
  out.begin_object();
  write_bytes(out.key("argument"), path.argument);
  write_bytes(out.key("address"), path.address);
  write_list(out, "parameters", path.parameters);
  out.end_object();
}

Result<mail::EnvelopePath> read_path(const json::Value& value) {
  mail::EnvelopePath path;
  GM_TRY_ASSIGN(path.argument, bytes_member(value, "argument"));
  GM_TRY_ASSIGN(path.address, bytes_member(value, "address"));
  GM_TRY_ASSIGN(path.parameters, list_member(value, "parameters"));
  return path;
}

// The text members of an envelope, in the order in which they are written.
struct TextMember {
  std::string_view key;
  std::string mail::Envelope::*field;
};
constexpr std::array<TextMember, 7> kEnvelopeTexts = {{
    {"queue_id", &mail::Envelope::queue_id},
    {"client_address", &mail::Envelope::client_address},
    {"client_name", &mail::Envelope::client_name},
    {"helo", &mail::Envelope::helo},
    {"daemon_name", &mail::Envelope::daemon_name},
    {"login", &mail::Envelope::login},
    {"auth_type", &mail::Envelope::auth_type},
}};

void write_part(json::Writer& out, const PartProgress& part) {
  upload::UploadState upload = part.upload;
  if (part.step == PartStep::Done) upload.url.reset();
  out.begin_object();
  out.key("step").string(name_in(kSteps, part.step));
  out.key("upload").string(upload::to_json(upload));
  write_bytes(out.key("attachment_id"), part.attachment_id);
  out.end_object();
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

Result<bool> flag_member(const json::Value& object, std::string_view key) {
  const auto flag = object.find_bool(key);
  if (!flag) return damaged("no flag " + std::string(key));
  return *flag;
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

Result<json::Value> parse_object(std::string_view text) {
  GM_TRY_ASSIGN(json::Value value, json::parse(text, kOwnText));
  if (!value.is_object()) return damaged("not a JSON object");
  return value;
}

}  // namespace

std::string envelope_to_json(const mail::Envelope& envelope) {
  json::Writer out;
  out.begin_object();
  for (const auto& [key, field] : kEnvelopeTexts) write_bytes(out.key(key), envelope.*field);
  write_path(out.key("sender"), envelope.sender);
  out.key("recipients").begin_array();
  for (const mail::EnvelopePath& path : envelope.recipients) write_path(out, path);
  out.end_array();
  out.key("received").number(to_unix_ms(envelope.received));
  out.end_object();
  return out.take();
}

Result<mail::Envelope> envelope_from_json(std::string_view text) {
  GM_TRY_ASSIGN(const json::Value value, parse_object(text));
  mail::Envelope envelope;
  for (const auto& [key, field] : kEnvelopeTexts) {
    GM_TRY_ASSIGN(envelope.*field, bytes_member(value, key));
  }
  const json::Value* sender = value.find("sender");
  const json::Value* recipients = value.find("recipients");
  if (sender == nullptr || recipients == nullptr || !recipients->is_array()) {
    return damaged("an envelope without sender or recipients");
  }
  GM_TRY_ASSIGN(envelope.sender, read_path(*sender));
  for (const json::Value& item : recipients->items()) {
    GM_TRY_ASSIGN(mail::EnvelopePath path, read_path(item));
    envelope.recipients.push_back(std::move(path));
  }
  GM_TRY_ASSIGN(envelope.received, time_member(value, "received"));
  return envelope;
}

std::string progress_to_json(const Progress& progress) {
  // Names every member, so that a new one that is forgotten here does not compile.
  const auto& [draft_id, drafts_made, rebuilds, draft_intended, drafted, listed, parts, differed, send_epoch,
               send_intended, send_ended, seen_unsent, send_unresolved, request_id, give_up, return_epoch,
               return_unresolved, fates, refusals, sender_told, delay_warned, success_notified, needs_administrator,
               administrator_wait, attempts_before] = progress;
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
  return progress;
}

std::string texts_to_json(const std::vector<std::string>& texts) {
  json::Writer out;
  out.begin_object();
  write_list(out, "texts", texts);
  out.end_object();
  return out.take();
}

Result<std::vector<std::string>> texts_from_json(std::string_view text) {
  GM_TRY_ASSIGN(const json::Value value, parse_object(text));
  return list_member(value, "texts");
}

}  // namespace graph_milter::queue
