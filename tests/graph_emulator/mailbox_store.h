// SPDX-License-Identifier: Apache-2.0
// Mailboxes, their items and the items' attachments, with the two id spaces. Not locked: the model's lock guards it.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/clock.h"
#include "tests/graph_emulator/blob.h"
#include "tests/graph_emulator/json.h"
#include "tests/graph_emulator/mime_reader.h"
#include "tests/graph_emulator/settings.h"

namespace graph_milter::emulator {

enum class IdForm { Ordinary, Immutable };

struct Attachment {
  std::uint64_t number = 0;
  std::string name;
  std::string type;
  bool is_inline = false;
  std::string content_id;
  std::string kind = "#microsoft.graph.fileAttachment";
  std::string origin;    // "mime", "post", "session"
  std::size_t leaf = 0;  // of the MIME, where the origin is "mime": index in leaves_of()
  std::shared_ptr<Blob> content;
  TimePoint modified{};
};

struct ExtendedProperty {
  std::string id;
  std::string value;
};

struct Item {
  std::uint64_t number = 0;
  bool is_event = false;
  std::string folder;  // "drafts", "sentitems", ...; empty: nowhere, between two folders
  bool is_draft = true;
  std::string mime;  // as created; of a message
  Entity parsed;     // of mime
  Json properties;   // of an event
  std::vector<ExtendedProperty> extended;
  std::vector<Attachment> attachments;
  TimePoint created{};
  TimePoint modified{};
  std::optional<TimePoint> sent;
  std::optional<TimePoint> send_due;  // accepted, not delivered yet
  bool bounces = false;               // will end in a report instead of a delivery
  std::string conversation;
  int changes = 1;
  int moves = 0;                                    // each gives a new ordinary id
  int immutable_age = 0;                            // a change gives a new immutable id
  int writers = 0;                                  // requests that are changing it right now
  std::map<std::string, std::int64_t> lag_answers;  // per operation

  std::string id(IdForm form) const;
  std::string attachment_id(const Attachment& attachment, IdForm form) const;
  Attachment* find_attachment(std::string_view id, IdForm form);
  ByteCount size() const;  // MIME and what was added to it, raw
};

struct Mailbox {
  std::string address;  // lower case
  std::string guid;
  std::string state = "enabled";  // enabled, no-licence, out-of-scope, no-consent, full
  ByteCount max_send_size = 0;    // 0: no limit
  std::vector<std::string> send_as;
  std::map<std::uint64_t, std::shared_ptr<Item>> items;

  std::shared_ptr<Item> find(std::string_view id, IdForm form, bool event) const;
  std::string folder_id(std::string_view folder, IdForm form) const;
  std::optional<std::string> folder_of(std::string_view segment, IdForm form) const;  // a name or an id
};

class MailboxStore {
 public:
  explicit MailboxStore(const Settings& settings);

  Mailbox& add(std::string_view address);
  Mailbox* find(std::string_view address_or_guid);
  std::map<std::string, Mailbox>& all() { return mailboxes_; }
  void forget_items();

  // Numbers are never used twice, also not after forget_items().
  std::shared_ptr<Item> add_item(Mailbox& mailbox, std::string folder, TimePoint now);
  std::shared_ptr<Item> add_message(Mailbox& mailbox, std::string folder, std::string mime, TimePoint now);
  Attachment& add_attachment(Item& item, Attachment attachment, TimePoint now);
  std::shared_ptr<Blob> make_blob();  // where received bytes go

 private:
  void list_mime_attachments(Item& item, TimePoint now);

  const Settings& settings_;
  std::map<std::string, Mailbox> mailboxes_;
  std::uint64_t next_number_ = 1;
};

const std::vector<std::string>& well_known_folders();

// The leaf as it is seen by a recipient: body text, or something with a name.
struct LeafView {
  const Entity* entity = nullptr;
  bool is_body = false;
  std::string name;  // given or made up
};
std::vector<LeafView> leaves_of(const Entity& root);

}  // namespace graph_milter::emulator
