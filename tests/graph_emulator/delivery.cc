// SPDX-License-Identifier: Apache-2.0
#include "tests/graph_emulator/delivery.h"

#include <fcntl.h>

#include <algorithm>
#include <array>
#include <set>
#include <stdexcept>

#include "core/base/base64.h"
#include "core/base/digest.h"
#include "core/base/file.h"
#include "core/base/format.h"
#include "core/base/text.h"
#include "tests/graph_emulator/message_view.h"

namespace graph_milter::emulator {
namespace {

// Fields that the service knows as properties, and what describes the body. The rest is lost unless it begins with X-.
bool is_known_field(const std::string& lower_name) {
  static const std::set<std::string, std::less<>> kKnown = {"from",
                                                            "sender",
                                                            "to",
                                                            "cc",
                                                            "reply-to",
                                                            "subject",
                                                            "date",
                                                            "message-id",
                                                            "in-reply-to",
                                                            "references",
                                                            "mime-version",
                                                            "importance",
                                                            "priority",
                                                            "sensitivity",
                                                            "thread-topic",
                                                            "thread-index",
                                                            "accept-language",
                                                            "content-language",
                                                            "disposition-notification-to",
                                                            "return-receipt-to",
                                                            "keywords",
                                                            "comments",
                                                            "list-help",
                                                            "list-subscribe",
                                                            "list-unsubscribe"};
  return kKnown.count(lower_name) != 0 || lower_name.rfind("content-", 0) == 0;
}

bool is_kept(const std::string& name, const Switches& switches) {
  const std::string lower = to_lower(name);
  if (lower == "bcc" || lower == "resent-bcc") return false;
  // The header firewall of Exchange takes its own fields out of what goes to others.
  if (lower.rfind("x-ms-exchange-organization-", 0) == 0 || lower.rfind("x-ms-exchange-forest-", 0) == 0) return false;
  return !switches.drop_other_headers || lower.rfind("x-", 0) == 0 || is_known_field(lower);
}

std::vector<std::string> addresses_of(const Item& item, std::string_view field) {
  std::vector<std::string> out;
  for (const Address& address : recipients_of(item, field)) out.push_back(address.address);
  return out;
}

void add_mime_parts(const Item& item, Delivery& delivery) {
  const std::vector<LeafView> leaves = leaves_of(item.parsed);
  for (std::size_t index = 0; index < leaves.size(); ++index) {
    const LeafView& leaf = leaves[index];
    DeliveredPart part;
    part.type = leaf.entity->type;
    part.origin = "mime";
    part.is_body = leaf.is_body;
    part.content_id = leaf.entity->content_id;
    auto content = std::make_shared<Blob>();
    content->append(decoded_body(item.mime, *leaf.entity));
    part.content = std::move(content);
    if (!leaf.is_body) {
      const auto listed =
          std::find_if(item.attachments.begin(), item.attachments.end(),
                       [index](const Attachment& each) { return each.origin == "mime" && each.leaf == index; });
      if (listed == item.attachments.end()) continue;  // deleted since
      part.name = listed->name;
      part.is_inline = listed->is_inline;
    }
    delivery.parts.push_back(std::move(part));
  }
}

void add_added_parts(const Item& item, Delivery& delivery) {
  for (const Attachment& attachment : item.attachments) {
    if (attachment.origin == "mime") continue;
    delivery.parts.push_back({attachment.name,
                              attachment.type,
                              0,
                              {},
                              attachment.is_inline,
                              attachment.content_id,
                              attachment.origin,
                              false,
                              attachment.content});
  }
}

std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out.push_back('\\');
    out.push_back(c);
  }
  return out + "\"";
}

// filename="..." or, for what is not ASCII, RFC 2231's form.
std::string name_parameter(const char* key, const std::string& name) {
  const bool plain = std::all_of(name.begin(), name.end(), [](char c) { return c >= ' ' && c < 127; });
  return plain ? format("{}={}", key, quoted(name)) : format("{}*=utf-8''{}", key, percent_encode(name));
}

void write_added_part(const DeliveredPart& part, const std::string& boundary,
                      const std::function<void(std::string_view)>& out) {
  out(format("\r\n--{}\r\nContent-Type: {};\r\n {}\r\n", boundary, part.type, name_parameter("name", part.name)));
  out(format("Content-Disposition: {};\r\n {}\r\n", part.is_inline ? "inline" : "attachment",
             name_parameter("filename", part.name)));
  if (!part.content_id.empty()) out(format("Content-ID: <{}>\r\n", part.content_id));
  out("Content-Transfer-Encoding: base64\r\n\r\n");
  constexpr std::size_t kLine = 57;
  std::string piece(kLine * 4096, '\0');
  for (ByteCount at = 0; at < part.content->size();) {
    const std::size_t count = part.content->read_at(at, writable(piece));
    std::string lines;
    for (std::size_t begin = 0; begin < count; begin += kLine) {
      lines += base64_encode(std::string_view(piece).substr(begin, std::min(kLine, count - begin))) + "\r\n";
    }
    out(lines);
    at += count;
  }
}

void write_file(const std::string& path,
                const std::function<void(const std::function<void(std::string_view)>&)>& fill) {
  const std::string unfinished = path + ".tmp";
  auto file = open_file(unfinished, O_WRONLY | O_CREAT | O_TRUNC);
  if (!file) throw std::runtime_error(file.error().text());
  fill([&](std::string_view bytes) {
    if (auto written = write_all(file->get(), bytes, unfinished); !written)
      throw std::runtime_error(written.error().text());
  });
  if (auto renamed = rename_file(unfinished, path); !renamed) throw std::runtime_error(renamed.error().text());
}

}  // namespace

Delivery make_delivery(const Item& item, const std::string& mailbox, TimePoint now, int number) {
  Delivery delivery;
  delivery.number = number;
  delivery.time = now;
  delivery.mailbox = mailbox;
  delivery.to = addresses_of(item, "To");
  delivery.cc = addresses_of(item, "Cc");
  delivery.bcc = addresses_of(item, "Bcc");
  std::set<std::string> all;
  for (const auto* list : {&delivery.to, &delivery.cc, &delivery.bcc}) {
    for (const std::string& address : *list) all.insert(to_lower(address));
  }
  delivery.recipients.assign(all.begin(), all.end());
  delivery.internet_message_id = item.parsed.value("Message-ID");
  delivery.marker = item.parsed.value("X-Graph-Milter-Id");
  delivery.subject = decode_words(item.parsed.value("Subject"));
  delivery.skeleton = std::make_shared<const std::string>(item.mime);
  add_mime_parts(item, delivery);
  add_added_parts(item, delivery);
  return delivery;
}

void seal(Delivery& delivery, const Switches& switches, const std::string& state_folder) {
  for (DeliveredPart& part : delivery.parts) {
    part.size = part.content->size();
    part.sha256 = part.content->sha256();
  }
  if (state_folder.empty()) return;
  const std::string stem = format("{}/deliveries/{:06}", state_folder, delivery.number);
  delivery.file = stem + ".eml";
  delivery.skeleton_file = stem + ".skeleton";
  write_file(delivery.skeleton_file, [&](const auto& out) { out(*delivery.skeleton); });
  write_file(delivery.file, [&](const auto& out) { write_message(delivery, switches, out); });
}

void write_message(const Delivery& delivery, const Switches& switches,
                   const std::function<void(std::string_view)>& out) {
  const std::string_view mime = *delivery.skeleton;
  const Entity entity = read_mime(mime);
  const bool grows = std::any_of(delivery.parts.begin(), delivery.parts.end(),
                                 [](const DeliveredPart& part) { return part.origin != "mime"; });
  std::string body_fields;
  for (const Field& field : entity.fields) {
    if (!is_kept(field.name, switches)) continue;
    const std::string_view bytes = mime.substr(field.begin, field.end - field.begin);
    if (grows && starts_with_ignoring_case(field.name, "content-"))
      body_fields += bytes;
    else if (!grows || !equal_ignoring_case(field.name, "MIME-Version"))
      out(bytes);
  }
  if (!grows) {
    out("\r\n");
    out(mime.substr(entity.body));
    return;
  }
  const std::string boundary = "=_emulator_" + sha256_hex(mime).substr(0, 32);
  out(format("MIME-Version: 1.0\r\nContent-Type: multipart/mixed;\r\n boundary=\"{0}\"\r\n\r\n--{0}\r\n", boundary));
  out(body_fields);
  out("\r\n");
  out(mime.substr(entity.body));
  for (const DeliveredPart& part : delivery.parts) {
    if (part.origin != "mime") write_added_part(part, boundary, out);
  }
  out(format("\r\n--{}--\r\n", boundary));
}

}  // namespace graph_milter::emulator
