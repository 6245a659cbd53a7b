// SPDX-License-Identifier: Apache-2.0
#include "tests/graph_emulator/habits.h"

#include <algorithm>

#include "core/base/base64.h"
#include "core/base/format.h"
#include "core/base/id.h"
#include "core/base/text.h"
#include "tests/graph_emulator/message_view.h"

namespace graph_milter::emulator {
namespace {

// The fields that are properties of a message; X- fields stay, threading goes.
bool is_property(const std::string& name) {
  static const std::vector<std::string> kKept = {"From",     "Sender",  "To",   "Cc",         "Bcc",
                                                 "Reply-To", "Subject", "Date", "Message-ID", "MIME-Version"};
  return starts_with_ignoring_case(name, "x-") || std::any_of(kKept.begin(), kKept.end(), [&](const std::string& each) {
           return equal_ignoring_case(each, name);
         });
}

// One text is left, the HTML if there is one; all other leaves are attachments of their own.
std::string rebuilt(const Item& item) {
  std::string out;
  for (const Field& field : item.parsed.fields) {
    if (is_property(field.name)) out += item.mime.substr(field.begin, field.end - field.begin);
  }
  const LeafView* chosen = nullptr;
  const std::vector<LeafView> leaves = leaves_of(item.parsed);
  for (const LeafView& leaf : leaves) {
    if (leaf.is_body && (chosen == nullptr || leaf.entity->type == "text/html")) chosen = &leaf;
  }
  const std::string type = chosen == nullptr ? "text/plain" : chosen->entity->type;
  out += format("Content-Type: {}; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n", type);
  return out + (chosen == nullptr ? "" : base64_encode(decoded_body(item.mime, *chosen->entity))) + "\r\n";
}

void shorten_subject(Item& item, std::int64_t longest) {
  if (longest <= 0 || item.parsed.field("Subject") == nullptr) return;
  const std::string subject = decode_words(item.parsed.value("Subject"));
  std::int64_t characters = 0;
  for (std::size_t at = 0; at < subject.size(); ++at) {
    const bool goes_on = (static_cast<unsigned char>(subject[at]) & 0xC0U) == 0x80U;
    if (goes_on || ++characters <= longest) continue;
    item.mime = with_field(item.mime, "Subject", field_text(subject.substr(0, at)));
    return;
  }
}

// Receipts are requested by yes or no: the address is the sender's.
void turn_receipts(Item& item, const std::string& mailbox) {
  for (const char* name : {"Disposition-Notification-To", "Return-Receipt-To"}) {
    if (item.parsed.field(name) == nullptr) continue;
    item.mime = with_field(item.mime, name, format("<{}>", mailbox));
  }
}

}  // namespace

void after_addition(State& state, Item& item) {
  if (state.switches.mime_after_addition != "rebuilt" || item.is_event) return;
  const auto is_of_mime = [](const Attachment& each) { return each.origin == "mime"; };
  const bool is_whole = std::any_of(item.attachments.begin(), item.attachments.end(), is_of_mime) ||
                        item.parsed.field("In-Reply-To") != nullptr || leaves_of(item.parsed).size() > 1;
  if (!is_whole) return;
  item.mime = rebuilt(item);
  item.parsed = read_mime(item.mime);
  for (Attachment& each : item.attachments) {
    if (is_of_mime(each)) each.origin = "post";
  }
}

std::string own_name(const Switches& switches, const Item& item, const std::string& name) {
  if (switches.equal_names_kept) return name;
  const auto taken = [&](const std::string& wanted) {
    return std::any_of(item.attachments.begin(), item.attachments.end(),
                       [&](const Attachment& each) { return each.name == wanted; });
  };
  std::string own = name;
  for (int number = 1; taken(own); ++number) own = format("{} ({})", name, number);
  return own;
}

void before_departure(State& state, Item& item, const std::string& mailbox, TimePoint now) {
  shorten_subject(item, state.switches.longest_subject);
  if (state.switches.receipts_to_the_sender) turn_receipts(item, mailbox);
  if (!state.switches.date_kept) item.mime = with_field(item.mime, "Date", rfc5322_date(now));
  if (!state.switches.message_id_kept)
    item.mime = with_field(item.mime, "Message-ID", format("<{}@emulator.contoso.com>", make_uuid()));
  item.parsed = read_mime(item.mime);
}

}  // namespace graph_milter::emulator
