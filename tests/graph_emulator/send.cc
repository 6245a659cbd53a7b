// SPDX-License-Identifier: Apache-2.0
#include "tests/graph_emulator/send.h"

#include <algorithm>

#include "core/base/format.h"
#include "core/base/text.h"
#include "tests/graph_emulator/bodies.h"
#include "tests/graph_emulator/delivery.h"
#include "tests/graph_emulator/habits.h"
#include "tests/graph_emulator/message_routes.h"
#include "tests/graph_emulator/message_view.h"

namespace graph_milter::emulator {
namespace {

constexpr std::size_t kMostRecipients = 500;
constexpr std::size_t kMostAttachments = 250;

bool is_address(const std::string& text) {
  const std::size_t at = text.rfind('@');
  return at != std::string::npos && at > 0 && at + 1 < text.size() && text.find(' ') == std::string::npos;
}

bool may_send_as(const Mailbox& mailbox, const std::string& address) {
  if (equal_ignoring_case(address, mailbox.address)) return true;
  return std::any_of(mailbox.send_as.begin(), mailbox.send_as.end(),
                     [&](const std::string& each) { return equal_ignoring_case(each, address); });
}

std::optional<Reply> check_recipients(State& state, const Call& call, const Item& item) {
  std::size_t count = 0;
  for (const char* field : {"To", "Cc", "Bcc"}) {
    for (const Address& address : recipients_of(item, field)) {
      ++count;
      if (!is_address(address.address)) {
        return refuse(state, call, 400, "ErrorInvalidRecipients", "At least one recipient is not valid.");
      }
    }
  }
  if (count == 0) {
    return refuse(state, call, 400, "ErrorInvalidRecipients",
                  "At least one recipient is not valid., A message can't be sent because it contains no recipients.");
  }
  if (count > kMostRecipients) {
    violate(state, call, format("{} recipients", count));
    return refuse(state, call, 400, "ErrorInvalidRecipients", "The message has too many recipients.");
  }
  return std::nullopt;
}

std::optional<Reply> check_item(State& state, const Call& call, const Item& item) {
  for (const char* field : {"From", "Sender"}) {
    for (const Address& address : recipients_of(item, field)) {
      if (may_send_as(*call.mailbox, address.address)) continue;
      return refuse(state, call, 403, "ErrorSendAsDenied",
                    "The user account which was used to submit this request does not have the right to send mail on "
                    "behalf of the specified sending account.");
    }
  }
  if (item.attachments.size() > kMostAttachments) {
    violate(state, call, format("{} attachments", item.attachments.size()));
    return refuse(state, call, 400, "ErrorMessageSizeExceeded", "The message has too many attachments.");
  }
  if (call.mailbox->max_send_size > 0 && item.size() > call.mailbox->max_send_size) {
    return refuse(state, call, 400, "ErrorMessageSizeExceeded", "The message exceeds the maximum supported size.");
  }
  return check_recipients(state, call, item);
}

void accept(State& state, const Call& call, Item& item, bool bounces) {
  item.bounces = bounces;
  item.send_due = call.now + Duration(state.switches.send_delay_ms);
  const std::string& place = state.switches.pending_place;
  if (place == "drafts") return;
  item.folder = place == "outbox" ? "outbox" : "";
  ++item.moves;
  if (!state.switches.immutable_id_survives_send) ++item.immutable_age;
}

std::string report_for(const Item& item, const std::string& mailbox, TimePoint now) {
  return format(
      "From: <postmaster@contoso.com>\r\nTo: <{}>\r\nSubject: Undeliverable: {}\r\nDate: {}\r\n"
      "Message-ID: <report-{}@emulator.contoso.com>\r\nMIME-Version: 1.0\r\n"
      "Content-Type: text/plain\r\n\r\nYour message could not be delivered.\r\n",
      mailbox, item.parsed.value("Subject"), rfc5322_date(now), item.number);
}

struct Due {
  std::shared_ptr<Item> item;
  Mailbox* mailbox = nullptr;
};

// Moves what is due to Sent Items; oldest first.
std::vector<Due> take_due(State& state, TimePoint now) {
  std::vector<Due> due;
  for (auto& [address, mailbox] : state.store.all()) {
    for (const auto& [number, item] : mailbox.items) {
      if (item->send_due && *item->send_due <= now) due.push_back({item, &mailbox});
    }
  }
  std::sort(due.begin(), due.end(), [](const Due& a, const Due& b) { return *a.item->send_due < *b.item->send_due; });
  for (const Due& each : due) {
    Item& item = *each.item;
    const bool moved = item.folder != "drafts";
    item.send_due.reset();
    before_departure(state, item, each.mailbox->address, now);
    item.sent = now;
    item.is_draft = false;
    item.folder = "sentitems";
    ++item.moves;
    if (!moved && !state.switches.immutable_id_survives_send) ++item.immutable_age;
    if (item.bounces)
      state.store.add_message(*each.mailbox, "inbox", report_for(item, each.mailbox->address, now), now)->is_draft =
          false;
  }
  std::erase_if(due, [](const Due& each) { return each.item->bounces; });
  return due;
}

}  // namespace

Reply send(State& state, Call& call, bool bounces) {
  const auto item = call.mailbox->find(call.route.item, call.form, false);
  if (!item || lags(state, call, *item)) return item_not_found(state, call);
  if (!call.body.empty()) violate(state, call, "a send with a body");
  if (!item->is_draft || item->folder != "drafts" || item->send_due) {
    if (state.switches.second_send_delivers) {
      accept(state, call, *item, bounces);
      return empty_reply(202);
    }
    if (state.switches.second_send_status == 202) return empty_reply(202);
    return item_not_found(state, call);
  }
  if (auto refusal = check_item(state, call, *item)) return *std::move(refusal);
  accept(state, call, *item, bounces);
  return empty_reply(202);
}

Reply send_mail(State& state, Call& call, bool bounces) {
  Reply refusal;
  std::shared_ptr<Item> item;
  if (starts_with_ignoring_case(call.exchange.header("content-type"), "text/plain")) {
    item = make_draft(state, call, "drafts", refusal);
  } else {
    Json body;
    if (auto refused = read_json_body(state, call, body)) return *std::move(refused);
    if (auto refused =
            check_properties(state, call, body, {"message", "saveToSentItems", "Message", "SaveToSentItems"})) {
      return *std::move(refused);
    }
    const Json& message = body.find("message") != nullptr ? body["message"] : body["Message"];
    item = make_json_draft(state, call, message, "drafts", refusal);
  }
  if (!item) return refusal;
  if (auto refused = check_item(state, call, *item)) {
    call.mailbox->items.erase(item->number);
    return *std::move(refused);
  }
  accept(state, call, *item, bounces);
  return empty_reply(202);
}

void deliver_due(State& state) {
  const std::lock_guard one(state.delivering);
  std::unique_lock lock(state.mutex);
  const TimePoint now = state.clock->now();
  const std::vector<Due> due = take_due(state, now);
  if (due.empty()) return;
  std::vector<Delivery> made;
  made.reserve(due.size());
  const Switches switches = state.switches;
  const std::uint64_t resets = state.resets;
  int number = static_cast<int>(state.deliveries.size());
  for (const Due& each : due) made.push_back(make_delivery(*each.item, each.mailbox->address, now, ++number));
  lock.unlock();
  for (Delivery& delivery : made) seal(delivery, switches, state.settings.state_folder);
  lock.lock();
  if (state.resets != resets) return;
  for (Delivery& delivery : made) state.deliveries.push_back(std::move(delivery));
  state.changed.notify_all();
}

}  // namespace graph_milter::emulator
