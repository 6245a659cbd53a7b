// SPDX-License-Identifier: Apache-2.0
#include "core/admin/graph_check.h"

#include <algorithm>

#include "core/base/format.h"

namespace graph_milter::admin {
namespace {

constexpr const char* kScopeHint =
    "let the scope of the application's role assignments hold it, or name another mailbox in the rules; a change takes "
    "up to two hours";
constexpr const char* kNoMailboxHint =
    "correct the address; if it is another address of some mailbox, set mailbox to that mailbox";
constexpr const char* kLimitHint =
    "limit it by RBAC for Applications (New-ManagementScope, New-ManagementRoleAssignment) and remove the consent to "
    "Mail.ReadWrite and Mail.Send in Entra, which holds for every mailbox; a change takes up to two hours";
constexpr const char* kNameOneHint =
    "set outside-mailbox, or give --outside ADDRESS, with a mailbox of the tenant that graph-milter never needs";

bool is_service_away(const Error& error) {
  return error.kind == ErrorKind::Transient || error.kind == ErrorKind::Throttled || error.kind == ErrorKind::Cancelled;
}

std::string answer_words(const Error& error) {
  return error.code.empty() ? format("Graph answered {}", error.status)
                            : format("Graph answered {} {}", error.status, error.code);
}

// Ours, where we know better what to do than for a mail that waits.
Finding finding_of_mailbox(const std::string& mailbox, const Error& error) {
  if (error.status == 403 && error.code == "ErrorAccessDenied") {
    return {Severity::Error, mailbox, format("is outside the application's scope: {}", answer_words(error)),
            kScopeHint};
  }
  if (error.status == 404 && error.kind == ErrorKind::Permanent)
    return {Severity::Error, mailbox, format("there is no such mailbox: {}", answer_words(error)), kNoMailboxHint};
  return {Severity::Error, mailbox, error.text(), {}};
}

Finding finding_of_outside(const std::string& mailbox, const Status& answer) {
  if (answer) {
    return {Severity::Error, mailbox,
            "answers, though it must not: the application may use it, and so probably every mailbox of the tenant",
            kLimitHint};
  }
  const Error& error = answer.error();
  if (error.status == 403) {
    return {Severity::Good,
            mailbox,
            format("is out of the application's reach, as it must be: {}", answer_words(error)),
            {}};
  }
  const std::string unproven = "; so nothing proves that the application is limited to the mailboxes it needs";
  if (error.status == 404) {
    return {Severity::Warning, mailbox, format("there is no such mailbox: {}{}", answer_words(error), unproven),
            kNameOneHint};
  }
  return {Severity::Warning, mailbox, error.text() + unproven, {}};
}

class Check {
 public:
  Check(const GraphQuestion& question, graph::Client& client) : question_(question), client_(client) {}

  std::vector<Finding> run() {
    tell_number();
    for (std::size_t i = 0; i < asked(); ++i) {
      const std::string& mailbox = question_.mailboxes[i];
      if (mailbox == question_.outside) continue;
      const Status answer = ask(mailbox);
      found_.push_back(answer ? Finding{Severity::Good, mailbox, "answers", {}}
                              : finding_of_mailbox(mailbox, answer.error()));
      if (!answer && is_service_away(answer.error())) return std::move(found_);
    }
    ask_outside();
    return std::move(found_);
  }

 private:
  std::size_t asked() const { return std::min(question_.most, question_.mailboxes.size()); }

  Status ask(const std::string& mailbox) {
    GM_TRY(client_.folder_id(mailbox, "drafts"));
    return {};
  }

  void tell_number() {
    const std::size_t named = question_.mailboxes.size();
    if (named == 0) {
      found_.push_back({Severity::Warning, "rules", "name no mailbox by its whole address, so none was asked for",
                        "graph-milterctl probe MAILBOX asks one"});
    } else if (named > question_.most) {
      found_.push_back({Severity::Warning, "rules",
                        format("name {} mailboxes; the first {} were asked for", named, question_.most),
                        "graph-milterctl probe MAILBOX asks another"});
    }
  }

  void ask_outside() {
    const std::string& outside = question_.outside;
    const auto& named = question_.mailboxes;
    if (outside.empty()) {
      found_.push_back({Severity::Warning, "outside-mailbox",
                        "is not set, so nothing proves that the application is limited to the mailboxes it needs",
                        kNameOneHint});
    } else if (std::find(named.begin(), named.end(), outside) != named.end()) {
      found_.push_back(
          {Severity::Error, "outside-mailbox", format("{} is named by a rule too", outside), kNameOneHint});
    } else {
      found_.push_back(finding_of_outside(outside, ask(outside)));
    }
  }

  const GraphQuestion& question_;
  graph::Client& client_;
  std::vector<Finding> found_;
};

}  // namespace

std::vector<Finding> check_graph(const GraphQuestion& question, graph::Client& client, auth::TokenSource& tokens) {
  if (const auto token = tokens.token(); !token) return {finding_of(Severity::Error, token.error())};
  std::vector<Finding> out = {{Severity::Good, question.login, "gives tokens", {}}};
  for (Finding& finding : Check(question, client).run()) out.push_back(std::move(finding));
  return out;
}

}  // namespace graph_milter::admin
