// SPDX-License-Identifier: Apache-2.0
// One message in a mailbox: made as a draft, filled with parts, compared, sent, found again. Each function is one
// question or one effect; what is asked when, and what is written down before, is delivery's.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/graph/client.h"
#include "core/graph/mailbox_gate.h"
#include "core/plan/plan.h"
#include "core/targets/draft_check.h"
#include "core/targets/range_door.h"
#include "core/upload/ports.h"

namespace graph_milter::targets {

// What every target works with. They outlive it.
struct Services {
  graph::Client& graph;
  http::UploadDoor& ranges;
  const Clock& clock;
  graph::MailboxGate* gate = nullptr;  // the one behind which the doors are; null: sends are not counted
};

// Where an unclear send left the message.
enum class Whereabouts {
  Draft,    // not sent, so far
  Sent,     // no draft any more, or found in Sent Items or the Outbox
  Unknown,  // neither found: it may be under way
};

class MessageTarget {
 public:
  // `plan` outlives it. `marker` is what the draft carries in X-Graph-Milter-Id.
  MessageTarget(Services services, const plan::Plan& plan, std::string marker);

  // --- the draft

  // The draft from the skeleton of `message`, or from the plan's JSON and the text of it. Unclear: there may be one
  // now; find_draft() knows.
  Result<std::string> create_draft(ByteSource& message);

  // A draft that carries our marker, if there is one. Others beside it are left over from lost answers and are deleted:
  // nobody has seen them.
  Result<std::optional<std::string>> find_draft();

  // Is the draft in Drafts, where we made it? A young draft may not be visible yet. Permanent if it is no draft any
  // more.
  Result<bool> draft_exists(const std::string& draft);

  // Success also if it was gone before, or deleted by somebody else. What is no draft any more is never deleted: that
  // could stop its delivery.
  Status delete_draft(const std::string& draft);

  // The ids of all attachments of the draft.
  Result<std::vector<std::string>> attachment_ids(const std::string& draft);

  // --- its parts

  // Returns the attachment's id.
  Result<std::string> post_part(const std::string& draft, std::size_t part, ByteSource& content);

  // The attachment that is part `part`, beside the parts `done`; `from_mime` are those that came with the skeleton.
  Result<std::optional<std::string>> find_part(const std::string& draft, std::size_t part,
                                               std::vector<std::size_t> done,
                                               const std::vector<std::string>& from_mime);

  // --- before and after the send

  // Compares the draft with the plan. With `message`, the content of every part is read back and compared as well.
  Result<std::optional<Difference>> compare(const std::string& draft, const std::vector<std::string>& from_mime,
                                            ByteSource* message);

  // May it be sent now, as far as the mailbox's messages a minute and recipients a day go? Books its place among the
  // mailbox's messages and keeps it for this message (MailboxGate::book_send). Throttled, with retry_after: not before
  // then. Asked before the intent to send is written; never blocks, asks nobody.
  Status book_send();

  Result<std::string> send(const std::string& draft);  // Graph's request-id

  // Evidence that it was sent: the draft's id leads to a message that is no draft any more; or one that carries our
  // marker lies in Sent Items or in the Outbox; or one without any marker that has our Message-ID, our recipients, and
  // was sent at `intended`, the time of the last intent to send, or later. That the draft is not found proves nothing.
  Result<Whereabouts> look_for_sent(const std::string& draft, TimePoint intended);

  HttpRangeDoor range_door() const;
  graph::AttachmentItem item(std::size_t part) const;
  const Services& services() const { return services_; }
  const std::string& mailbox() const { return plan_.mailbox; }

 private:
  Result<bool> is_draft(const std::string& draft);
  Result<bool> found_by_message_id(std::string_view folder, TimePoint intended);
  Result<bool> is_evidence(const graph::Message& found, TimePoint intended);
  Result<std::optional<Difference>> compare_content(const std::string& draft, ByteSource& message,
                                                    const std::vector<graph::Attachment>& attachments,
                                                    const std::vector<std::string>& from_mime);

  Services services_;
  const plan::Plan& plan_;
  std::string marker_;
};

// Upload sessions for one part of a draft: the chunking core's SessionPort. `target` outlives it.
class PartSessions final : public upload::SessionPort {
 public:
  PartSessions(MessageTarget& target, std::string draft, std::size_t part, std::vector<std::size_t> done,
               std::vector<std::string> from_mime);

  Result<upload::OpenedSession> open() override;
  Result<std::optional<upload::Finished>> find_finished() override;

 private:
  MessageTarget& target_;
  std::string draft_;
  std::size_t part_;
  std::vector<std::size_t> done_;
  std::vector<std::string> from_mime_;
};

}  // namespace graph_milter::targets
