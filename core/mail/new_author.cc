// SPDX-License-Identifier: Apache-2.0
#include "core/mail/new_author.h"

#include <algorithm>
#include <utility>

namespace graph_milter::mail {
namespace {

// The findings about the old From go; what is left decides the verdict.
void forget_old_from(MessageFacts& facts) {
  const HeaderField* from = facts.find_header("from");
  if (from == nullptr) return;
  const auto about_from = [&](const Finding& finding) {
    return finding.code == "address" && finding.offset == from->range.begin;
  };
  const auto gone = std::remove_if(facts.findings.begin(), facts.findings.end(), about_from);
  if (gone == facts.findings.end()) return;
  facts.findings.erase(gone, facts.findings.end());
  facts.verdict = facts.findings.empty() ? Verdict::Clean : facts.findings.front().verdict;
}

void set_field(MessageFacts& facts, std::string_view lower_name, const std::string& value) {
  const auto named = [&](const HeaderField& field) { return field.name == lower_name; };
  const auto found = std::find_if(facts.headers.begin(), facts.headers.end(), named);
  if (found != facts.headers.end()) {
    found->value = value;
    return;
  }
  const ByteCount end = facts.headers.empty() ? facts.header.begin : facts.headers.back().range.end;
  facts.headers.push_back({std::string(lower_name), value, {end, end}});
}

}  // namespace

MessageFacts with_new_author(MessageFacts facts, NewAuthor author) {
  forget_old_from(facts);
  facts.from = {Mailbox{{}, author.from}};
  set_field(facts, "from", author.from);
  if (!author.reply_to.empty()) set_field(facts, "reply-to", author.reply_to);
  facts.new_author = std::move(author);
  return facts;
}

}  // namespace graph_milter::mail
