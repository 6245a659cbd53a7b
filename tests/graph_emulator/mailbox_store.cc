// SPDX-License-Identifier: Apache-2.0
#include "tests/graph_emulator/mailbox_store.h"

#include <algorithm>

#include "core/base/base64.h"
#include "core/base/digest.h"
#include "core/base/format.h"
#include "core/base/text.h"

namespace graph_milter::emulator {
namespace {

// Ids look like the service's: long, case-sensitive, with characters that must be escaped in a path.
std::string make_id(std::string_view prefix, std::string_view seed) {
  std::string digest = sha256_hex(seed);
  std::string text = base64_encode(digest);
  text.resize(64);
  return format("{}{}/{}+{}AAA=", prefix, text.substr(0, 24), text.substr(24, 20), text.substr(44, 20));
}

// A number in the form of a GUID that is the same in every run.
std::string make_guid(std::string_view seed) {
  const std::string hex = sha256_hex(seed);
  return format("{}-{}-4{}-8{}-{}", hex.substr(0, 8), hex.substr(8, 4), hex.substr(13, 3), hex.substr(17, 3),
                hex.substr(20, 12));
}

void collect_leaves(const Entity& entity, std::vector<const Entity*>& out) {
  if (!entity.is_multipart()) {
    out.push_back(&entity);
    return;
  }
  for (const Entity& child : entity.children) collect_leaves(child, out);
}

bool is_text_body(const Entity& leaf) {
  return (leaf.type == "text/plain" || leaf.type == "text/html") && leaf.disposition != "attachment" &&
         leaf.file_name().empty();
}

std::string suffix_for(const std::string& type) {
  if (type == "text/html") return ".htm";
  if (type.rfind("text/", 0) == 0) return ".txt";
  if (type == "image/png") return ".png";
  if (type == "image/jpeg") return ".jpg";
  if (type == "image/gif") return ".gif";
  if (type == "application/pdf") return ".pdf";
  return ".dat";
}

std::string name_of_attached_message(std::string_view text) { return decode_words(read_mime(text).value("Subject")); }

}  // namespace

const std::vector<std::string>& well_known_folders() {
  static const std::vector<std::string> names = {
      "inbox", "drafts", "sentitems", "deleteditems", "outbox", "recoverableitemsdeletions", "junkemail", "archive"};
  return names;
}

std::vector<LeafView> leaves_of(const Entity& root) {
  std::vector<const Entity*> leaves;
  collect_leaves(root, leaves);
  std::vector<LeafView> views;
  bool has_plain = false;
  bool has_html = false;
  int made_up = 0;
  for (const Entity* leaf : leaves) {
    LeafView view{leaf, false, leaf->file_name()};
    bool& seen = leaf->type == "text/html" ? has_html : has_plain;
    if (is_text_body(*leaf) && !seen) {
      view.is_body = true;
      seen = true;
    } else if (view.name.empty() && leaf->type != "message/rfc822") {
      view.name = format("ATT{:05}{}", ++made_up, suffix_for(leaf->type));
    }
    views.push_back(std::move(view));
  }
  return views;
}

std::string Item::id(IdForm form) const {
  if (form == IdForm::Immutable)
    return make_id("AAkALgAAAAAAHYQDEapmEc2byACqAC-E", format("i{}.{}", number, immutable_age));
  return make_id("AAMkADYwNTQxMDQ0LTc2ZTMtNDQ", format("o{}.{}", number, moves));
}

std::string Item::attachment_id(const Attachment& attachment, IdForm form) const {
  const bool immutable = form == IdForm::Immutable;
  const std::string seed = format("a{}.{}.{}", attachment.number, immutable ? immutable_age : moves, immutable);
  return make_id(immutable ? "AAkALgAAAAAAHYQDEapmEc2byACqAC-EARIAE" : "AAMkADYwNTQxMDQ0LTc2ZTMtNDQAARIAE", seed);
}

Attachment* Item::find_attachment(std::string_view wanted, IdForm form) {
  for (Attachment& attachment : attachments) {
    if (attachment_id(attachment, form) == wanted) return &attachment;
  }
  return nullptr;
}

ByteCount Item::size() const {
  ByteCount total = mime.size();
  for (const Attachment& attachment : attachments) {
    if (attachment.origin != "mime") total += attachment.content->size();
  }
  return total;
}

std::shared_ptr<Item> Mailbox::find(std::string_view wanted, IdForm form, bool event) const {
  for (const auto& [number, item] : items) {
    if (item->is_event == event && !(item->folder.empty() && !event) && item->id(form) == wanted) return item;
  }
  return nullptr;
}

std::string Mailbox::folder_id(std::string_view folder, IdForm form) const {
  return make_id(form == IdForm::Immutable ? "AAkALgAAAAAAHYQDEapmEc2byACqAC-EL" : "AAMkADYwNTQxMDQ0LTc2ZTMtNDQAL",
                 format("f{}.{}", address, folder));
}

std::optional<std::string> Mailbox::folder_of(std::string_view segment, IdForm form) const {
  for (const std::string& name : well_known_folders()) {
    if (equal_ignoring_case(name, segment) || folder_id(name, form) == segment) return name;
  }
  return std::nullopt;
}

MailboxStore::MailboxStore(const Settings& settings) : settings_(settings) {
  for (const std::string& address : settings.mailboxes) add(address);
}

Mailbox& MailboxStore::add(std::string_view address) {
  const std::string key = to_lower(address);
  const auto [place, fresh] = mailboxes_.try_emplace(key);
  if (fresh) {
    place->second.address = key;
    place->second.guid = make_guid(key);
    place->second.max_send_size = settings_.max_send_size;
  }
  return place->second;
}

Mailbox* MailboxStore::find(std::string_view address_or_guid) {
  const std::string key = to_lower(address_or_guid);
  if (const auto found = mailboxes_.find(key); found != mailboxes_.end()) return &found->second;
  for (auto& [address, mailbox] : mailboxes_) {
    if (mailbox.guid == key) return &mailbox;
  }
  return nullptr;
}

void MailboxStore::forget_items() {
  for (auto& [address, mailbox] : mailboxes_) mailbox.items.clear();
}

std::shared_ptr<Item> MailboxStore::add_item(Mailbox& mailbox, std::string folder, TimePoint now) {
  auto item = std::make_shared<Item>();
  item->number = next_number_++;
  item->folder = std::move(folder);
  item->created = item->modified = now;
  item->conversation = make_id("AAQkADYwNTQxMDQ0LTc2ZTMtNDQ", format("c{}", item->number));
  mailbox.items.emplace(item->number, item);
  return item;
}

std::shared_ptr<Item> MailboxStore::add_message(Mailbox& mailbox, std::string folder, std::string mime, TimePoint now) {
  std::shared_ptr<Item> item = add_item(mailbox, std::move(folder), now);
  item->mime = std::move(mime);
  item->parsed = read_mime(item->mime);
  list_mime_attachments(*item, now);
  return item;
}

void MailboxStore::list_mime_attachments(Item& item, TimePoint now) {
  const std::vector<LeafView> leaves = leaves_of(item.parsed);
  for (std::size_t index = 0; index < leaves.size(); ++index) {
    const LeafView& leaf = leaves[index];
    if (leaf.is_body) continue;
    const std::string bytes = decoded_body(item.mime, *leaf.entity);
    Attachment attachment;
    attachment.type = leaf.entity->type;
    attachment.name = leaf.name;
    if (leaf.entity->type == "message/rfc822") {
      attachment.kind = "#microsoft.graph.itemAttachment";
      if (attachment.name.empty()) attachment.name = name_of_attached_message(bytes);
    }
    attachment.content_id = leaf.entity->content_id;
    attachment.is_inline = !attachment.content_id.empty() && leaf.entity->disposition != "attachment";
    attachment.origin = "mime";
    attachment.leaf = index;
    attachment.content = std::make_shared<Blob>();
    attachment.content->append(bytes);
    add_attachment(item, std::move(attachment), now);
  }
}

Attachment& MailboxStore::add_attachment(Item& item, Attachment attachment, TimePoint now) {
  attachment.number = next_number_++;
  attachment.modified = now;
  item.modified = now;
  ++item.changes;
  item.attachments.push_back(std::move(attachment));
  return item.attachments.back();
}

std::shared_ptr<Blob> MailboxStore::make_blob() {
  if (settings_.state_folder.empty()) return std::make_shared<Blob>();
  return std::make_shared<Blob>(format("{}/blobs/{:06}", settings_.state_folder, next_number_++));
}

}  // namespace graph_milter::emulator
