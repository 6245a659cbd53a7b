// SPDX-License-Identifier: Apache-2.0
#include "tests/graph_emulator/events.h"

#include "core/base/digest.h"
#include "core/base/format.h"
#include "core/base/text.h"
#include "tests/graph_emulator/bodies.h"
#include "tests/graph_emulator/odata.h"

namespace graph_milter::emulator {
namespace {

const std::vector<std::string>& writable_properties() {
  static const std::vector<std::string> names = {"@odata.type",
                                                 "subject",
                                                 "body",
                                                 "start",
                                                 "end",
                                                 "location",
                                                 "locations",
                                                 "attendees",
                                                 "isAllDay",
                                                 "recurrence",
                                                 "transactionId",
                                                 "allowNewTimeProposals",
                                                 "responseRequested",
                                                 "hideAttendees",
                                                 "importance",
                                                 "sensitivity",
                                                 "showAs",
                                                 "categories",
                                                 "isReminderOn",
                                                 "reminderMinutesBeforeStart",
                                                 "isOnlineMeeting",
                                                 "attachments",
                                                 "iCalUId",
                                                 "singleValueExtendedProperties"};
  return names;
}

Json event_json(const State& state, const Call& call, const Item& item) {
  Json out = Json::object(
      {{"@odata.context",
        format("{}/v1.0/$metadata#users('{}')/events/$entity", state.settings.graph_url, call.mailbox->address)},
       {"id", item.id(call.form)},
       {"createdDateTime", iso8601(item.created)},
       {"lastModifiedDateTime", iso8601(item.modified)},
       {"iCalUId", "040000008200E00074C5B7101A82E008" + sha256_hex(format("u{}", item.number)).substr(0, 48)},
       {"hasAttachments", !item.attachments.empty()},
       {"isOrganizer", true}});
  for (const Json::Member& member : item.properties.members()) out.set(member.first, member.second);
  return out;
}

void take(Item& item, const Json& body) {
  for (const Json::Member& member : body.members()) {
    const bool is_ours = member.first == "attachments" || member.first == "iCalUId" || member.first == "@odata.type";
    if (!is_ours) item.properties.set(member.first, member.second);
  }
}

std::shared_ptr<Item> same_transaction(const Mailbox& mailbox, const std::string& transaction) {
  if (transaction.empty()) return nullptr;
  for (const auto& [number, item] : mailbox.items) {
    if (item->is_event && item->properties["transactionId"].text() == transaction) return item;
  }
  return nullptr;
}

}  // namespace

Reply create_event(State& state, Call& call) {
  Json body;
  if (auto refusal = read_json_body(state, call, body)) return *std::move(refusal);
  if (auto refusal = check_properties(state, call, body, writable_properties())) return *std::move(refusal);
  if (!body["start"].is_object() || !body["end"].is_object()) {
    return refuse(state, call, 400, "ErrorPropertyValidationFailure",
                  "At least one property failed validation: Start, End.");
  }
  if (const auto known = same_transaction(*call.mailbox, body["transactionId"].text())) {
    return json_reply(201, event_json(state, call, *known));
  }
  const std::shared_ptr<Item> item = state.store.add_item(*call.mailbox, "calendar", call.now);
  item->is_event = true;
  item->is_draft = false;
  item->properties = Json::object();
  take(*item, body);
  return json_reply(201, event_json(state, call, *item));
}

Reply get_event(State& state, Call& call) {
  const auto item = call.mailbox->find(call.route.item, call.form, true);
  if (!item || lags(state, call, *item)) return item_not_found(state, call);
  return json_reply(200, event_json(state, call, *item));
}

Reply patch_event(State& state, Call& call) {
  const auto item = call.mailbox->find(call.route.item, call.form, true);
  if (!item) return item_not_found(state, call);
  Json body;
  if (auto refusal = read_json_body(state, call, body)) return *std::move(refusal);
  if (auto refusal = check_properties(state, call, body, writable_properties())) return *std::move(refusal);
  if (body.find("transactionId") != nullptr) {
    return refuse(state, call, 400, "ErrorInvalidPropertySet", "The property 'transactionId' can't be changed.");
  }
  take(*item, body);
  item->modified = call.now;
  return json_reply(200, event_json(state, call, *item));
}

Reply delete_event(State& state, Call& call) {
  const auto item = call.mailbox->find(call.route.item, call.form, true);
  if (!item) return item_not_found(state, call);
  call.mailbox->items.erase(item->number);
  return empty_reply(204);
}

}  // namespace graph_milter::emulator
