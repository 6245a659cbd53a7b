// SPDX-License-Identifier: Apache-2.0
#include "core/targets/message_target.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "core/base/format.h"
#include "core/base/text.h"
#include "core/mail/part_source.h"
#include "core/targets/json_draft_body.h"

namespace graph_milter::targets {
namespace {

constexpr Duration kClocksDiffer = std::chrono::hours(72);

Error no_draft_any_more() {
  return make_error(ErrorKind::Permanent, "draft", "somebody else has sent or filed the draft",
                    "look at the mailbox before anything is sent again");
}

}  // namespace

MessageTarget::MessageTarget(Services services, const plan::Plan& plan, std::string marker)
    : services_(services), plan_(plan), marker_(std::move(marker)) {}

Result<std::string> MessageTarget::create_draft(ByteSource& message) {
  if (plan_.json) {
    JsonDraftBody body(message, *plan_.json);
    GM_TRY_ASSIGN(graph::Message draft, services_.graph.create_json_draft(mailbox(), body));
    return std::move(draft.id);
  }
  mail::SpliceSource skeleton(message, plan_.skeleton);
  GM_TRY_ASSIGN(graph::Message draft, services_.graph.create_draft(mailbox(), skeleton));
  return std::move(draft.id);
}

Result<std::optional<std::string>> MessageTarget::find_draft() {
  GM_TRY_ASSIGN(const std::vector<graph::Message> found, services_.graph.find_by_marker(mailbox(), "drafts", marker_));
  if (found.empty()) return std::optional<std::string>();
  for (std::size_t i = 1; i < found.size(); ++i) GM_TRY(services_.graph.delete_message(mailbox(), found[i].id));
  return std::optional<std::string>(found.front().id);
}

Result<bool> MessageTarget::is_draft(const std::string& draft) {
  const auto message = services_.graph.get_message(mailbox(), draft);
  if (!message && message.error().kind == ErrorKind::NotFound) return false;
  if (!message) return fail(message.error());
  if (!message->is_draft) return fail(no_draft_any_more());
  return true;
}

Result<bool> MessageTarget::draft_exists(const std::string& draft) {
  GM_TRY_ASSIGN(const bool somewhere, is_draft(draft));
  if (!somewhere) return false;
  // What was deleted is in Deleted Items, and its id still leads there.
  GM_TRY_ASSIGN(const auto in_drafts, services_.graph.find_by_marker(mailbox(), "drafts", marker_));
  return std::any_of(in_drafts.begin(), in_drafts.end(), [&](const auto& found) { return found.id == draft; });
}

Status MessageTarget::delete_draft(const std::string& draft) {
  GM_TRY_ASSIGN(const bool there, is_draft(draft));
  return there ? services_.graph.delete_message(mailbox(), draft) : Status();
}

Result<std::vector<std::string>> MessageTarget::attachment_ids(const std::string& draft) {
  GM_TRY_ASSIGN(const std::vector<graph::Attachment> attachments, services_.graph.list_attachments(mailbox(), draft));
  std::vector<std::string> ids;
  ids.reserve(attachments.size());
  for (const graph::Attachment& attachment : attachments) ids.push_back(attachment.id);
  return ids;
}

graph::AttachmentItem MessageTarget::item(std::size_t part) const {
  const plan::PlannedPart& planned = plan_.parts[part];
  graph::AttachmentItem item;
  item.name = planned.name;
  item.content_type = planned.content_type;
  item.size = planned.body.decoded_size;
  item.is_inline = planned.is_inline;
  item.content_id = planned.content_id;
  return item;
}

Result<std::string> MessageTarget::post_part(const std::string& draft, std::size_t part, ByteSource& content) {
  GM_TRY_ASSIGN(graph::Attachment made, services_.graph.post_attachment(mailbox(), draft, item(part), content));
  return std::move(made.id);
}

Result<std::optional<std::string>> MessageTarget::find_part(const std::string& draft, std::size_t part,
                                                            std::vector<std::size_t> done,
                                                            const std::vector<std::string>& from_mime) {
  GM_TRY_ASSIGN(const std::vector<graph::Attachment> attachments, services_.graph.list_attachments(mailbox(), draft));
  done.push_back(part);  // last: an attachment that may be a part that is done counts as that
  const auto found = match_parts(plan_, done, attachments, from_mime).back();
  return found ? std::optional(found->id) : std::nullopt;
}

Result<std::optional<Difference>> MessageTarget::compare(const std::string& draft,
                                                         const std::vector<std::string>& from_mime,
                                                         ByteSource* message) {
  GM_TRY_ASSIGN(const graph::Message there, services_.graph.get_message(mailbox(), draft));
  if (!there.is_draft) return fail(no_draft_any_more());
  GM_TRY_ASSIGN(const std::vector<graph::Attachment> attachments, services_.graph.list_attachments(mailbox(), draft));
  auto difference = find_difference(plan_, there, attachments);
  if (difference || message == nullptr) return difference;
  return compare_content(draft, *message, attachments, from_mime);
}

Result<std::optional<Difference>> MessageTarget::compare_content(const std::string& draft, ByteSource& message,
                                                                 const std::vector<graph::Attachment>& attachments,
                                                                 const std::vector<std::string>& from_mime) {
  std::vector<std::size_t> all(plan_.parts.size());
  std::iota(all.begin(), all.end(), std::size_t{0});
  const auto matched = match_parts(plan_, all, attachments, from_mime);
  for (const std::size_t part : all) {
    const std::string name = escape_for_log(plan_.parts[part].name, 120);
    if (!matched[part]) {
      return std::optional(Difference{format("attachment \"{}\" came with the skeleton", name), false});
    }
    const auto content = mail::make_part_source(message, plan_.parts[part].body);
    GM_TRY_ASSIGN(const bool equal, services_.graph.attachment_equals(mailbox(), draft, matched[part]->id, *content));
    if (!equal) return std::optional(Difference{format("the content of attachment \"{}\" differs", name), false});
  }
  return std::optional<Difference>();
}

Result<std::string> MessageTarget::send(const std::string& draft) { return services_.graph.send(mailbox(), draft); }

Status MessageTarget::book_send() {
  if (services_.gate == nullptr) return {};
  return services_.gate->book_send(mailbox(), marker_, plan_.to.size() + plan_.cc.size() + plan_.bcc.size());
}

Result<Whereabouts> MessageTarget::look_for_sent(const std::string& draft, TimePoint intended) {
  const auto message = services_.graph.get_message(mailbox(), draft);
  if (message) return message->is_draft ? Whereabouts::Draft : Whereabouts::Sent;
  if (message.error().kind != ErrorKind::NotFound) return fail(message.error());
  // The id does not always survive the send, so we look where a sent message may be: by Message-ID, which the service
  // finds at once, and by our marker, for which its newest messages are read.
  for (const std::string_view folder : {"sentitems", "outbox"}) {
    GM_TRY_ASSIGN(const bool by_message_id, found_by_message_id(folder, intended));
    if (by_message_id) return Whereabouts::Sent;
  }
  for (const std::string_view folder : {"sentitems", "outbox"}) {
    GM_TRY_ASSIGN(const auto found, services_.graph.find_by_marker(mailbox(), folder, marker_));
    if (!found.empty()) return Whereabouts::Sent;
  }
  return Whereabouts::Unknown;
}

Result<bool> MessageTarget::found_by_message_id(std::string_view folder, TimePoint intended) {
  const auto found = services_.graph.find_by_message_id(mailbox(), folder, plan_.message_id);
  if (!found && found.error().status == 400) return false;  // one that the service can't look for
  if (!found) return fail(found.error());
  for (const graph::Message& message : *found) {
    GM_TRY_ASSIGN(const bool evidence, is_evidence(message, intended));
    if (evidence) return true;
  }
  return false;
}

// Devices repeat their Message-IDs, so the id alone proves nothing.
Result<bool> MessageTarget::is_evidence(const graph::Message& found, TimePoint intended) {
  // What is older was sent before we meant to, whoever's clock is wrong.
  if (found.sent != TimePoint{} && found.sent + kClocksDiffer < intended) return false;
  auto markers = services_.graph.markers_of(mailbox(), found.id);
  if (!markers && markers.error().kind == ErrorKind::NotFound) return false;
  if (!markers) return fail(std::move(markers).error());
  if (!markers->empty()) return std::find(markers->begin(), markers->end(), marker_) != markers->end();
  // Sent by something else, unless all else is equal. The service says times to the second.
  const TimePoint earliest = std::chrono::floor<std::chrono::seconds>(intended);
  return found.sent >= earliest && same_recipients(plan_, found);
}

HttpRangeDoor MessageTarget::range_door() const { return {services_.ranges, services_.clock, mailbox()}; }

PartSessions::PartSessions(MessageTarget& target, std::string draft, std::size_t part, std::vector<std::size_t> done,
                           std::vector<std::string> from_mime)
    : target_(target),
      draft_(std::move(draft)),
      part_(part),
      done_(std::move(done)),
      from_mime_(std::move(from_mime)) {}

Result<upload::OpenedSession> PartSessions::open() {
  GM_TRY_ASSIGN(graph::UploadSession session,
                target_.services().graph.open_attachment_session(target_.mailbox(), draft_, target_.item(part_)));
  return upload::OpenedSession{std::move(session.url), session.expires, session.position};
}

Result<std::optional<upload::Finished>> PartSessions::find_finished() {
  GM_TRY_ASSIGN(auto id, target_.find_part(draft_, part_, done_, from_mime_));
  if (!id) return std::optional<upload::Finished>();
  return std::optional(upload::Finished{*std::move(id)});
}

}  // namespace graph_milter::targets
