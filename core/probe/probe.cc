// SPDX-License-Identifier: Apache-2.0
#include "core/probe/probe.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "core/base/format.h"
#include "core/probe/probe_mail.h"
#include "core/upload/driver.h"

namespace graph_milter::probe {
namespace {

constexpr ByteCount kSurelyEnough = 4 * 1024 * 1024;  // more than any floor that was ever reported
constexpr ByteCount kLeastSessionFile = 1000;         // so that its content is like no other's
constexpr ByteCount kLargestCopy = 32 * 1024 * 1024;

bool names_the_byte_limit(const Error& error) { return error.what.find("IncomingBytes") != std::string::npos; }

// Remembers the state of an upload between two calls of drive(): it lives only as long as the probe.
class Memory final : public upload::StateSink {
 public:
  explicit Memory(upload::UploadState& state) : state_(state) {}
  Status save(const upload::UploadState& state) override {
    state_ = state;
    return {};
  }

 private:
  upload::UploadState& state_;
};

class OneSession final : public upload::SessionPort {
 public:
  OneSession(graph::Client& graph, const std::string& mailbox, const std::string& draft,
             const graph::AttachmentItem& item)
      : graph_(graph), mailbox_(mailbox), draft_(draft), item_(item) {}

  Result<upload::OpenedSession> open() override {
    GM_TRY_ASSIGN(graph::UploadSession session, graph_.open_attachment_session(mailbox_, draft_, item_));
    return upload::OpenedSession{std::move(session.url), session.expires, session.position};
  }
  Result<std::optional<upload::Finished>> find_finished() override {
    GM_TRY_ASSIGN(const auto listed, graph_.list_attachments(mailbox_, draft_));
    for (const graph::Attachment& attachment : listed)
      if (attachment.name == item_.name) return std::optional(upload::Finished{attachment.id});
    return std::optional<upload::Finished>();
  }

 private:
  graph::Client& graph_;
  const std::string& mailbox_;
  const std::string& draft_;
  const graph::AttachmentItem& item_;
};

class Probe {
 public:
  Probe(const ProbeSettings& settings, const ProbePorts& ports)
      : settings_(settings),
        ports_(ports),
        deadline_(ports.clock.now() + settings.patience),
        mail_(make_probe_mail({.id = settings.id,
                               .mailbox = settings.mailbox,
                               .to = settings.to.empty() ? settings.mailbox : settings.to,
                               .marker = settings.marker,
                               .json_marker = settings.json_marker},
                              ports.clock.now())) {
    report_.mailbox = settings.mailbox;
    report_.asked = ports.clock.now();
  }

  Result<Report> run() {
    StringSource mime(mail_.mime);
    auto draft = ports_.graph.create_draft(settings_.mailbox, mime);
    if (!draft) return fail(std::move(draft).error());
    draft_ = draft->id;
    find_floor();
    add_files();
    upload_file();
    send_and_judge();
    clear_away();
    complete();
    return std::move(report_);
  }

 private:
  void note(Question question, Answer answer, std::string detail = {}, std::string conf = {}) {
    if (report_.find(question) == nullptr) {
      report_.findings.push_back({question, answer, std::move(detail), std::move(conf)});
    }
  }
  void note_unknown(Question question, const Error& why) { note(question, Answer::Unknown, why.text()); }

  Status in_time() const {
    if (ports_.clock.now() < deadline_) return {};
    return fail(ErrorKind::Cancelled, "probe",
                format("not answered within {} seconds", settings_.patience.count() / 1000));
  }

  // What the service answers once it is not too busy.
  template <class Ask>
  auto patiently(Ask ask) -> decltype(ask()) {
    for (;;) {
      auto answer = ask();
      const bool later =
          !answer && (answer.error().kind == ErrorKind::Throttled || answer.error().kind == ErrorKind::Transient ||
                      answer.error().kind == ErrorKind::NotFound);
      if (!later || !in_time() || tries_ == 0) return answer;
      --tries_;
      ports_.wait(answer.error().retry_after.value_or(settings_.look_again));
    }
  }

  Result<bool> takes_session_of(ByteCount size) {
    graph::AttachmentItem item = mail_.by_session.item;
    item.size = size;
    auto session = patiently([&] { return ports_.graph.open_attachment_session(settings_.mailbox, draft_, item); });
    if (!session && session.error().code == "ErrorAttachmentSizeShouldNotBeLessThanMinimumSize") return false;
    if (!session) return fail(std::move(session).error());
    ask_position(session->url);
    (void)ports_.ranges.cancel(session->url);  // it would expire by itself
    return true;
  }

  void ask_position(const Secret& url) {
    const auto position = ports_.ranges.ask_position(url);
    if (position) return note(Question::AskPosition, Answer::Yes);
    const int status = position.error().status;
    if (status == 404 || status == 405 || status == 400 || status == 501)
      return note(Question::AskPosition, Answer::No, format("answered {}", status));
    note_unknown(Question::AskPosition, position.error());
  }

  void find_floor() {
    const auto found = search_floor();
    if (!found) return note_unknown(Question::SessionFloor, found.error());
    report_.session_floor = *found;
    if (*found == 1) return note(Question::SessionFloor, Answer::Yes, "one byte is enough");
    note(Question::SessionFloor, Answer::No, format("the smallest file that is taken has {} bytes", *found));
  }

  Result<ByteCount> search_floor() {
    GM_TRY_ASSIGN(const bool any, takes_session_of(1));
    if (any) return ByteCount{1};
    GM_TRY_ASSIGN(const bool enough, takes_session_of(kSurelyEnough));
    if (!enough)
      return fail(ErrorKind::Permanent, "probe", format("not even a file of {} bytes is taken", kSurelyEnough));
    ByteCount refused = 1;
    ByteCount taken = kSurelyEnough;
    while (taken - refused > 1) {
      GM_TRY(in_time());
      const ByteCount middle = refused + (taken - refused) / 2;
      GM_TRY_ASSIGN(const bool takes, takes_session_of(middle));
      (takes ? taken : refused) = middle;
    }
    return taken;
  }

  Status post(const AddedFile& file) {
    const auto posted = patiently([&] {
      StringSource content(file.content);
      return ports_.graph.post_attachment(settings_.mailbox, draft_, file.item, content);
    });
    if (!posted) return fail(posted.error());
    return {};
  }

  Status post_all(const std::vector<AddedFile>& files) {
    for (const AddedFile& file : files) GM_TRY(post(file));
    return {};
  }

  void add_files() {
    const Status named = post_all(mail_.named);
    added_.named = named.has_value();
    if (!named) note_refusal(Question::Names, named.error());
    const Status twins = post_all(mail_.twins);
    added_.twins = twins.has_value();
    if (!twins) note_refusal(Question::EqualNames, twins.error());
    const Status empty = post(mail_.empty);
    if (empty) return note(Question::EmptyFile, Answer::Yes);
    note_refusal(Question::EmptyFile, empty.error());
  }

  // The service's own no, or that there was no answer.
  void note_refusal(Question question, const Error& error) {
    const bool refused = error.kind == ErrorKind::Permanent && error.status != 0;
    note(question, refused ? Answer::No : Answer::Unknown, error.text());
  }

  void upload_file() {
    const ByteCount size = std::max(report_.session_floor.value_or(kSurelyEnough), kLeastSessionFile);
    mail_.by_session.content = session_content(settings_.id, size);
    mail_.by_session.item.size = size;
    const Status uploaded = drive_upload();
    added_.by_session = uploaded.has_value();
    if (counted_) {
      note(Question::RangesAreCounted, Answer::Yes, "a range was refused for the mailbox's IncomingBytes limit",
           "byte-budget-use = always");
    } else {
      note(Question::RangesAreCounted, Answer::Unknown, "no range was throttled: one mail is too little to tell");
    }
    if (uploaded) return;
    note_unknown(Question::SessionType, uploaded.error());
    note_unknown(Question::SessionInline, uploaded.error());
  }

  Status drive_upload() {
    StringSource content(mail_.by_session.content);
    OneSession sessions(ports_.graph, settings_.mailbox, draft_, mail_.by_session.item);
    upload::UploadState state;
    state.size = content.size();
    for (;;) {
      Memory memory(state);
      GM_TRY_ASSIGN(const upload::Outcome outcome, upload::drive(state, settings_.rules, content,
                                                                 {sessions, ports_.ranges, memory, ports_.clock}, {}));
      if (std::holds_alternative<upload::Done>(outcome)) return {};
      if (const auto* gave_up = std::get_if<upload::GiveUp>(&outcome)) return fail(gave_up->error);
      const auto& wait = std::get<upload::Wait>(outcome);
      counted_ = counted_ || names_the_byte_limit(wait.why);
      GM_TRY(in_time());
      ports_.wait(std::max<Duration>(wait.until - ports_.clock.now(), Duration(1)));
    }
  }

  void send_and_judge() {
    const Status mime_sent = send(draft_);
    const Status json_sent = send_as_json();
    const TimePoint end = std::min(deadline_, ports_.clock.now() + settings_.sent_within);
    const auto mime = mime_sent ? read_copy(settings_.marker, end) : fail(mime_sent.error());
    if (mime) ask_immutable_id();
    if (mime) {
      for (Finding& finding : judge_copy(mail_, added_, *mime))
        note(finding.question, finding.answer, std::move(finding.detail), std::move(finding.conf));
    } else {
      no_copy(mime.error());
    }
    if (!json_sent) return note_refusal(Question::JsonDraft, json_sent.error());
    const auto json = read_copy(settings_.json_marker, end);
    if (!json) return note_unknown(Question::JsonDraft, json.error());
    judge_json(*json);
  }

  Status send(const std::string& draft) {
    const auto sent = ports_.graph.send(settings_.mailbox, draft);
    if (!sent && sent.error().kind != ErrorKind::Unclear) return fail(sent.error());
    return {};
  }

  Status send_as_json() {
    StringSource json(mail_.json);
    GM_TRY_ASSIGN(const graph::Message draft, ports_.graph.create_json_draft(settings_.mailbox, json));
    return send(draft.id);
  }

  // The one in Sent Items, as MIME.
  Result<std::string> read_copy(const std::string& marker, TimePoint end) {
    GM_TRY_ASSIGN(const std::string copy, wait_for_copy(marker, end));
    return ports_.graph.message_mime(settings_.mailbox, copy, kLargestCopy);
  }

  // Where neither kind of draft keeps all, the MIME question's line stands.
  void judge_json(const std::string& mime) {
    Finding finding = judge_json_copy(mail_, mime);
    const bool mime_is_better = finding.answer == Answer::No && report_.answer(Question::MimeDraft) != Answer::No;
    note(finding.question, finding.answer, std::move(finding.detail), mime_is_better ? "draft = mime" : "");
  }

  void no_copy(const Error& why) {
    for (const QuestionWords& each : questions()) {
      if (each.question != Question::JsonDraft) note_unknown(each.question, why);
    }
  }

  Result<std::string> wait_for_copy(const std::string& marker, TimePoint end) {
    for (;;) {
      const auto found = ports_.graph.find_by_marker(settings_.mailbox, "sentitems", marker);
      if (found && !found->empty()) return found->front().id;
      if (ports_.clock.now() >= end) {
        if (!found) return fail(found.error());
        return fail(ErrorKind::Transient, "probe",
                    format("the test mail is not in Sent Items {} seconds after it was sent",
                           settings_.sent_within.count() / 1000));
      }
      ports_.wait(settings_.look_again);
    }
  }

  void ask_immutable_id() {
    const auto message = ports_.graph.get_message(settings_.mailbox, draft_);
    if (message && !message->is_draft) return note(Question::ImmutableId, Answer::Yes);
    if (message) return note(Question::ImmutableId, Answer::Unknown, "it leads to something that is still a draft");
    if (message.error().kind == ErrorKind::NotFound)
      return note(Question::ImmutableId, Answer::No, "it leads nowhere after the send");
    note_unknown(Question::ImmutableId, message.error());
  }

  void clear_away() {
    // Whether it was sent or not: what still is a draft goes, and of what was sent every copy of ours.
    ports_.wait(settings_.copy_settles);
    clear_folder("drafts");
    clear_folder("sentitems");
    if (settings_.to.empty() || settings_.to == settings_.mailbox) clear_folder("inbox");
  }

  void clear_folder(const std::string& folder) {
    for (const std::string& marker : {settings_.marker, settings_.json_marker}) clear_folder(folder, marker);
  }

  void clear_folder(const std::string& folder, const std::string& marker) {
    tries_ = kTries;
    const auto found = patiently([&] { return ports_.graph.find_by_marker(settings_.mailbox, folder, marker); });
    if (!found) return leave(folder, found.error());
    for (const graph::Message& message : *found) {
      if (const Status deleted = ports_.graph.delete_message(settings_.mailbox, message.id); !deleted)
        leave(folder, deleted.error());
    }
  }

  void leave(const std::string& folder, const Error& why) {
    report_.left_behind.push_back(
        format("the test mail {} in {} of {}: {}", settings_.id, folder, settings_.mailbox, why.text()));
  }

  // Every question has its answer, in their order.
  void complete() {
    for (const QuestionWords& each : questions()) note(each.question, Answer::Unknown, "not asked");
    std::sort(report_.findings.begin(), report_.findings.end(),
              [](const Finding& a, const Finding& b) { return a.question < b.question; });
  }

  static constexpr int kTries = 30;

  const ProbeSettings& settings_;
  const ProbePorts& ports_;
  TimePoint deadline_;
  ProbeMail mail_;
  Added added_;
  Report report_;
  std::string draft_;
  bool counted_ = false;
  int tries_ = kTries;  // repetitions that are left for all questions together
};

}  // namespace

Result<Report> run_probe(const ProbeSettings& settings, const ProbePorts& ports) {
  return Probe(settings, ports).run();
}

}  // namespace graph_milter::probe
