// SPDX-License-Identifier: Apache-2.0
#include "tests/graph_emulator/model.h"

#include <algorithm>
#include <cstdlib>
#include <thread>

#include "core/base/format.h"
#include "core/base/id.h"
#include "core/base/text.h"
#include "tests/graph_emulator/bodies.h"
#include "tests/graph_emulator/delivery.h"
#include "tests/graph_emulator/dispatch.h"
#include "tests/graph_emulator/send.h"
#include "tests/graph_emulator/state.h"

namespace graph_milter::emulator {
namespace {

constexpr std::size_t kMostRequestsKept = 200'000;

std::string upload_operation(const std::string& method) {
  if (method == "PUT") return "put-range";
  if (method == "GET") return "ask-position";
  return method == "DELETE" ? "cancel-session" : "";
}

// One request on its way: counted while it runs, recorded when it ends.
class Passage {
 public:
  Passage(State& state, const Exchange& exchange, BodyReader& body)
      : state_(state), body_(body), call_{exchange, parse_target(exchange.target), {}, {}, false, nullptr, {}, {}, {}} {
    call_.request_id = make_uuid();
    call_.form = id_form_of(exchange);
  }

  Reply run() {
    if (auto refusal = enter()) return leave(*std::move(refusal));
    if (fault_) {
      if (auto early = before_effect()) return leave(*std::move(early));
    }
    Reply reply = effect();
    if (fault_) after_effect(reply);
    return leave(std::move(reply));
  }

 private:
  // Under the lock: what is it, whose is it, may it run, what goes wrong with it.
  std::optional<Reply> enter() {
    const std::lock_guard lock(state_.mutex);
    call_.now = state_.clock->now();
    identify();
    ++state_.counts.requests[call_.route.operation];
    if (!call_.target.fault.empty()) violate(state_, call_, call_.target.fault);
    const bool counted = call_.exchange.host == Host::Graph || state_.switches.ranges_are_counted;
    if (!mailbox_.empty() && counted) {
      if (state_.throttle.is_too_early(mailbox_, call_.now)) ++state_.counts.too_early;
      const auto limit = state_.throttle.refusal(state_.switches, mailbox_, body_.size(), call_.now);
      state_.throttle.begin(mailbox_, call_.now);
      running_ = true;
      if (limit) return throttled(*limit);
    }
    fault_ = state_.faults.hit(call_.route.operation, mailbox_, ends_file(call_.exchange));
    return std::nullopt;
  }

  void identify() {
    if (call_.exchange.host == Host::Upload) {
      call_.route.operation = upload_operation(call_.exchange.method);
      const auto session = state_.sessions.find(call_.exchange.target);
      if (session != state_.sessions.end()) call_.mailbox = state_.store.find(session->second->mailbox);
    } else {
      call_.route = find_route(call_.exchange.method, call_.target.segments);
      const bool filtered = call_.route.operation == "list-messages" && call_.target.has("$filter");
      if (filtered) call_.route.operation = "find-messages";
      if (!call_.route.user.empty()) call_.mailbox = state_.store.find(call_.route.user);
    }
    if (call_.mailbox != nullptr) mailbox_ = call_.mailbox->address;
  }

  Reply throttled(const std::string& limit) {
    turned_away_ = true;
    ++state_.counts.throttled;
    Reply reply =
        refuse(state_, call_, 429, "ApplicationThrottled", format("Application is over its {} limit.", limit));
    const std::string value = retry_after_value(state_.switches, call_.now);
    if (!value.empty()) reply.with("Retry-After", value);
    if (!value.empty())
      state_.throttle.ask_for_patience(mailbox_, call_.now + Duration(state_.switches.retry_after_ms));
    return reply;
  }

  std::optional<Reply> before_effect() {
    switch (fault_->action) {
      case Action::Refuse:
        return dropped(Reply::Line::Refuse);
      case Action::DropBefore:
        return dropped(Reply::Line::DropUnanswered);
      case Action::Delay:
        state_.wait(Duration(fault_->delay_ms));
        return std::nullopt;
      case Action::Hold:
        if (!fault_->effect) hold();
        return std::nullopt;
      case Action::DropInBody:
        if (call_.route.operation != "put-range") return dropped(Reply::Line::DropUnanswered);
        return std::nullopt;
      case Action::Status:
        if (fault_->effect) return std::nullopt;
        return scripted_status();
      default:
        return std::nullopt;
    }
  }

  static Reply dropped(Reply::Line line) {
    Reply reply;
    reply.line = line;
    return reply;
  }

  Reply scripted_status() {
    const std::lock_guard lock(state_.mutex);
    const std::string& message = fault_->message.empty() ? fault_->code : fault_->message;
    Reply reply = fault_->body ? empty_reply(fault_->status_code)
                               : refuse(state_, call_, fault_->status_code, fault_->code, message);
    if (fault_->body) {
      reply.body = *fault_->body;
      reply.with("Content-Type", "text/html");
    }
    if (!fault_->location.empty()) reply.with("Location", fault_->location);
    if (!fault_->retry_after.empty()) {
      reply.with("Retry-After", fault_->retry_after);
      // Nobody obeys a year.
      const double seconds = std::min(3600.0, std::strtod(fault_->retry_after.c_str(), nullptr));
      state_.throttle.ask_for_patience(mailbox_, call_.now + Duration(static_cast<std::int64_t>(seconds * 1000)));
    }
    if (fault_->status_code / 100 == 3) reply.with("Location", "https://elsewhere.invalid/");
    if (fault_->close) reply.line = Reply::Line::Close;
    if (call_.route.operation == "ask-position") position_is_unclear();
    return reply;
  }

  // Holding the lock. Who asks for the position does not know it, and who hears no answer doesn't either.
  void position_is_unclear() {
    const auto session = state_.sessions.find(call_.exchange.target);
    if (session != state_.sessions.end()) session->second->unclear = true;
  }

  void hold() {
    std::unique_lock lock(state_.mutex);
    const std::uint64_t begun = state_.releases;
    ++state_.counts.held;
    state_.changed.notify_all();
    state_.changed.wait(lock, [&] { return state_.releases != begun; });
    --state_.counts.held;
  }

  Reply effect() {
    const bool cut = fault_ && fault_->action == Action::DropInBody;
    if (call_.exchange.host == Host::Upload) return upload_effect(cut);
    if (!read_body()) return dropped(Reply::Line::DropUnanswered);  // the client is gone in the middle of it
    const std::shared_ptr<Item> item = begin_write();
    if (conflict_) return *conflict_;
    std::unique_lock lock(state_.mutex);
    const std::int64_t think = state_.switches.think_request_ms;
    if (think > 0) {
      lock.unlock();
      state_.wait(Duration(think));
      lock.lock();
    }
    call_.now = state_.clock->now();
    if (item) --item->writers;
    const bool bounces = fault_ && fault_->action == Action::Ndr;
    return call_.route.operation == "token" ? dispatch_token(state_, call_) : dispatch_graph(state_, call_, bounces);
  }

  Reply upload_effect(bool cut) {
    if (call_.route.operation == "put-range") return put_range(state_, call_, body_, cut);
    if (call_.route.operation == "ask-position") return ask_position(state_, call_);
    if (call_.route.operation == "cancel-session") return cancel_session(state_, call_);
    const std::lock_guard lock(state_.mutex);
    violate(state_, call_, call_.exchange.method + " on an upload URL");
    return refuse(state_, call_, 405, "ErrorMethodNotAllowed", "The OData request is not supported.");
  }

  // False: less came than was announced.
  bool read_body() {
    if (body_.size() > kLargestBody) {
      call_.oversize = true;
      return true;
    }
    call_.body.resize(body_.size());
    std::size_t got = 0;
    while (got < call_.body.size()) {
      const std::size_t count = body_.read(writable(call_.body).subspan(got));
      if (count == 0) break;
      got += count;
    }
    return got == call_.body.size();
  }

  // Two changes of one item at once get in each other's way.
  std::shared_ptr<Item> begin_write() {
    const std::lock_guard lock(state_.mutex);
    if (call_.mailbox == nullptr || !writes_item(call_.route.operation)) return nullptr;
    std::shared_ptr<Item> item = call_.mailbox->find(call_.route.item, call_.form, call_.route.is_event);
    if (!item) return nullptr;
    if (item->writers > 0 && state_.switches.parallel_writes_conflict) {
      conflict_ = conflict_reply(state_, call_);
      return nullptr;
    }
    ++item->writers;
    return item;
  }

  void after_effect(Reply& reply) {
    if (fault_->action == Action::EffectThenDrop) reply.line = Reply::Line::DropUnanswered;
    if (fault_->action == Action::Truncate) reply.line = Reply::Line::Truncate;
    if (fault_->action == Action::Garbage)
      reply.body = "<!DOCTYPE html>\n<html><body>\xff\xfe{\"value\":[</body></html>";
    if (fault_->action == Action::Alter) alter(reply);
    if (fault_->action == Action::Hold && fault_->effect) hold();
    if (fault_->action == Action::Status && fault_->effect) reply = scripted_status();
    const std::lock_guard lock(state_.mutex);
    position_is_unclear();
  }

  void alter(Reply& reply) const {
    if (fault_->status_code != 0) reply.status = fault_->status_code;
    auto body = Json::parse(reply.body);
    if (fault_->upload_url.empty() || !body || body->find("uploadUrl") == nullptr) return;
    body->set("uploadUrl", fault_->upload_url);
    reply.body = body->dump();
  }

  Reply leave(Reply reply) {
    const std::lock_guard lock(state_.mutex);
    const TimePoint now = state_.clock->now();
    reply.with("request-id", call_.request_id);
    if (call_.exchange.has_header("client-request-id")) {
      reply.with("client-request-id", call_.exchange.header("client-request-id"));
    }
    reply.with("Date", http_date(now));
    if (call_.form == IdForm::Immutable) reply.with("Preference-Applied", "IdType=\"ImmutableId\"");
    if (running_) {
      if (!turned_away_) state_.throttle.count_bytes(mailbox_, body_.size(), now);
      state_.throttle.end(mailbox_);
    }
    record(reply, now);
    return reply;
  }

  void record(const Reply& reply, TimePoint ended) {
    const bool answered = reply.line != Reply::Line::DropUnanswered && reply.line != Reply::Line::Refuse;
    RequestRecord entry{call_.now,
                        ended,
                        call_.exchange.method,
                        path_template(call_.exchange.target),
                        call_.route.operation,
                        mailbox_,
                        answered ? reply.status : 0,
                        body_.size(),
                        call_.exchange.header("content-range"),
                        call_.exchange.header("client-request-id"),
                        fault_ ? to_json(*fault_)["action"].text() : std::string()};
    state_.requests.push_back(std::move(entry));
    if (state_.requests.size() > kMostRequestsKept) state_.requests.pop_front();
  }

  State& state_;
  BodyReader& body_;
  Call call_;
  std::string mailbox_;
  bool running_ = false;
  bool turned_away_ = false;
  std::optional<Fault> fault_;
  std::optional<Reply> conflict_;
};

Json item_json(const Item& item) {
  return Json::object({{"id", item.id(IdForm::Immutable)},
                       {"folder", item.folder},
                       {"isDraft", item.is_draft},
                       {"subject", decode_words(item.parsed.value("Subject"))},
                       {"marker", item.parsed.value("X-Graph-Milter-Id")},
                       {"attachments", static_cast<std::int64_t>(item.attachments.size())},
                       {"internetMessageId", item.parsed.value("Message-ID")}});
}

}  // namespace

Model::Model(Settings settings, std::shared_ptr<Clock> clock)
    : state_(std::make_unique<State>(std::move(settings), std::move(clock))) {
  state_->wait = [](Duration time) { std::this_thread::sleep_for(time); };
}

Model::~Model() = default;

Reply Model::handle(const Exchange& exchange, BodyReader& body) {
  settle();
  Reply reply = Passage(*state_, exchange, body).run();
  settle();
  return reply;
}

const Settings& Model::settings() const { return state_->settings; }

std::vector<Violation> Model::violations() const {
  const std::lock_guard lock(state_->mutex);
  return state_->violations;
}

std::vector<RequestRecord> Model::requests() const {
  const std::lock_guard lock(state_->mutex);
  return {state_->requests.begin(), state_->requests.end()};
}

std::vector<Delivery> Model::deliveries() const {
  deliver_due(*state_);
  const std::lock_guard lock(state_->mutex);
  return state_->deliveries;
}

std::size_t Model::delivery_count() const {
  const std::lock_guard lock(state_->mutex);
  return state_->deliveries.size();
}

Counts Model::counts() const {
  const std::lock_guard lock(state_->mutex);
  return state_->counts;
}

std::map<std::string, int> Model::most_at_once() const {
  const std::lock_guard lock(state_->mutex);
  return state_->throttle.most_at_once();
}

std::string Model::message_of(const Delivery& delivery) const {
  std::string out;
  write_message(delivery, switches(), [&out](std::string_view bytes) { out += bytes; });
  return out;
}

Json Model::stats() const {
  const std::lock_guard lock(state_->mutex);
  const Counts& counts = state_->counts;
  Json requests = Json::object();
  for (const auto& [operation, count] : counts.requests) requests.set(operation, count);
  Json most = Json::object();
  for (const auto& [mailbox, count] : state_->throttle.most_at_once()) most.set(mailbox, count);
  int open = 0;
  for (const auto& [target, session] : state_->sessions) open += !session->finished && !session->cancelled ? 1 : 0;
  return Json::object({{"requests", requests},
                       {"ranges", counts.ranges},
                       {"rangeBytes", counts.range_bytes},
                       {"inFlight", state_->throttle.at_once()},
                       {"held", counts.held},
                       {"maxInFlight", most},
                       {"throttled", counts.throttled},
                       {"tooEarly", counts.too_early},
                       {"conflicts", counts.conflicts},
                       {"tokens", counts.tokens},
                       {"sessions", Json::object({{"opened", counts.sessions_opened},
                                                  {"finished", counts.sessions_finished},
                                                  {"cancelled", counts.sessions_cancelled},
                                                  {"open", open}})},
                       {"handedOver", counts.handed_over},
                       {"handOverRefusals", Json::strings(counts.hand_over_refusals)},
                       {"deliveries", static_cast<std::int64_t>(state_->deliveries.size())}});
}

Json Model::mailboxes() const {
  const std::lock_guard lock(state_->mutex);
  Json out = Json::array();
  for (const auto& [address, mailbox] : state_->store.all()) {
    Json messages = Json::array();
    int events = 0;
    for (const auto& [number, item] : mailbox.items) {
      if (item->is_event)
        ++events;
      else
        messages.push(item_json(*item));
    }
    out.push(
        Json::object({{"address", address}, {"state", mailbox.state}, {"messages", messages}, {"events", events}}));
  }
  return out;
}

void Model::note_handed_over(const std::optional<std::string>& refusal) {
  const std::lock_guard lock(state_->mutex);
  if (refusal)
    state_->counts.hand_over_refusals.push_back(*refusal);
  else
    ++state_->counts.handed_over;
}

bool Model::wait_for_deliveries(std::size_t count, Duration longest) const {
  std::unique_lock lock(state_->mutex);
  return state_->changed.wait_for(lock, longest, [&] { return state_->deliveries.size() >= count; });
}

bool Model::wait_for_held(int count, Duration longest) const {
  std::unique_lock lock(state_->mutex);
  return state_->changed.wait_for(lock, longest, [&] { return state_->counts.held >= count; });
}

void Model::add_fault(Fault fault) {
  const std::lock_guard lock(state_->mutex);
  state_->faults.add(std::move(fault));
}

void Model::seed_faults(std::uint64_t seed) {
  const std::lock_guard lock(state_->mutex);
  state_->faults.seed(seed);
}

void Model::clear_faults() {
  const std::lock_guard lock(state_->mutex);
  state_->faults.clear();
}

std::vector<Fault> Model::faults() const {
  const std::lock_guard lock(state_->mutex);
  return state_->faults.all();
}

Switches Model::switches() const {
  const std::lock_guard lock(state_->mutex);
  return state_->switches;
}

Status Model::change_switches(const Json& wanted) {
  const std::lock_guard lock(state_->mutex);
  return change(state_->switches, wanted);
}

void Model::change_switches(const std::function<void(Switches&)>& change) {
  const std::lock_guard lock(state_->mutex);
  change(state_->switches);
}

Status Model::change_mailbox(const Json& wanted) {
  const std::string address = wanted["address"].text();
  if (address.find('@') == std::string::npos) return fail(ErrorKind::Usage, "mailboxes", "an address is needed");
  const std::lock_guard lock(state_->mutex);
  Mailbox& mailbox = state_->store.add(address);
  mailbox.state = wanted["state"].text(mailbox.state);
  const Json& size = wanted["maxSendSize"];
  if (size.is_integer()) mailbox.max_send_size = static_cast<ByteCount>(size.integer());
  if (const Json* list = wanted.find("sendAs"); list != nullptr) {
    mailbox.send_as.clear();
    for (const Json& each : list->items()) mailbox.send_as.push_back(each.text());
  }
  return {};
}

void Model::release_held() {
  const std::lock_guard lock(state_->mutex);
  ++state_->releases;
  state_->changed.notify_all();
}

void Model::revoke_tokens() {
  const std::lock_guard lock(state_->mutex);
  state_->tokens.revoke_all();
}

std::string Model::issue_token() {
  const std::lock_guard lock(state_->mutex);
  return state_->tokens.issue(state_->switches, state_->clock->now());
}

void Model::reset() {
  const std::lock_guard lock(state_->mutex);
  const int held = state_->counts.held;
  state_->switches = state_->settings.switches;
  state_->store.forget_items();
  state_->sessions.clear();
  state_->throttle.forget_history();
  state_->faults.clear();
  state_->violations.clear();
  state_->requests.clear();
  state_->deliveries.clear();
  state_->counts = {};
  state_->counts.held = held;
  ++state_->releases;
  ++state_->resets;
  state_->changed.notify_all();
}

void Model::on_wait(std::function<void(Duration)> wait) {
  const std::lock_guard lock(state_->mutex);
  state_->wait = std::move(wait);
}

void Model::settle() { deliver_due(*state_); }

}  // namespace graph_milter::emulator
