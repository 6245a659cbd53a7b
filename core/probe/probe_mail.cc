// SPDX-License-Identifier: Apache-2.0
#include "core/probe/probe_mail.h"

#include <algorithm>
#include <optional>

#include "core/base/base64.h"
#include "core/base/format.h"
#include "core/base/text.h"
#include "core/json/json.h"
#include "core/mail/address.h"
#include "core/mail/part_source.h"
#include "core/mail/scanner.h"

namespace graph_milter::probe {
namespace {

constexpr std::string_view kProbeField = "X-Graph-Milter-Probe";
constexpr std::string_view kProbeProperty = "X-Graph-Milter-Probe-Property";
constexpr std::string_view kImageId = "image1.probe@graph-milter";
constexpr std::string_view kSessionImageId = "image2.probe@graph-milter";
constexpr ByteCount kMostText = 1024 * 1024;

AddedFile text_file(std::string name, std::string content) {
  AddedFile file;
  file.item.name = std::move(name);
  file.item.content_type = "text/plain";
  file.item.size = content.size();
  file.content = std::move(content);
  return file;
}

std::string parent_of(std::string_view id) { return format("<{}.parent.probe@graph-milter.invalid>", id); }

std::string header_of(const ProbeMail& mail, const ProbeMailWish& wish) {
  return format(
      "From: <{0}>\r\nTo: <{1}>\r\nReply-To: <{0}>\r\nSubject: graph-milter probe {2}\r\nDate: {3}\r\n"
      "Message-ID: {4}\r\nIn-Reply-To: {5}\r\nReferences: {5}\r\n{6}: {2}\r\nX-Graph-Milter-Id: {7}\r\n"
      "MIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary=\"probe-a\"\r\n\r\n",
      wish.mailbox, wish.to, wish.id, mail.date, mail.message_id, parent_of(wish.id), kProbeField, wish.marker);
}

std::string body_of(const ProbeMail& mail) {
  return format(
      "--probe-a\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{}\r\n"
      "--probe-a\r\nContent-Type: multipart/related; boundary=\"probe-r\"\r\n\r\n"
      "--probe-r\r\nContent-Type: text/html; charset=utf-8\r\n\r\n"
      "<html><body><p>{}</p><img src=\"cid:{}\"></body></html>\r\n"
      "--probe-r\r\nContent-Type: image/png; name=\"dot.png\"\r\nContent-Transfer-Encoding: base64\r\n"
      "Content-Disposition: inline; filename=\"dot.png\"\r\nContent-ID: <{}>\r\n\r\n{}\r\n"
      "--probe-r--\r\n--probe-a--\r\n",
      mail.text, mail.html, kImageId, kImageId, base64_encode(mail.image));
}

void write_address(json::Writer& out, std::string_view key, const std::string& address) {
  out.key(key).begin_object().key("emailAddress").begin_object();
  out.key("address").string(address).end_object().end_object();
}

void write_pair(json::Writer& out, std::string_view name_key, std::string_view name, std::string_view value) {
  out.begin_object().key(name_key).string(name).key("value").string(value).end_object();
}

// The properties are those that the plan of a JSON draft uses (MS-OXPROPS): PidTagInReplyToId,
// PidTagInternetReferences, PidTagSensitivity (2 is Private), and a header field as a named property of
// PS_INTERNET_HEADERS.
std::string json_of(const ProbeMail& mail, const ProbeMailWish& wish) {
  json::Writer out;
  out.begin_object().key("subject").string(format("graph-milter probe {} (JSON)", wish.id));
  write_address(out, "from", wish.mailbox);
  out.key("toRecipients").begin_array().begin_object().key("emailAddress").begin_object();
  out.key("address").string(wish.to).end_object().end_object().end_array();
  out.key("internetMessageId").string(mail.json_message_id);
  out.key("internetMessageHeaders").begin_array();
  write_pair(out, "name", "X-Graph-Milter-Id", wish.json_marker);
  write_pair(out, "name", kProbeField, wish.id);
  out.end_array().key("singleValueExtendedProperties").begin_array();
  write_pair(out, "id", "String 0x1042", parent_of(wish.id));
  write_pair(out, "id", "String 0x1039", parent_of(wish.id));
  write_pair(out, "id", "Integer 0x0036", "2");
  write_pair(out, "id", format("String {{00020386-0000-0000-C000-000000000046}} Name {}", kProbeProperty), wish.id);
  out.end_array().key("body").begin_object().key("contentType").string("text").key("content").string(mail.text);
  out.end_object().end_object();
  return out.take();
}

// The copy, as our own reader sees it.
class Copy {
 public:
  explicit Copy(const std::string& mime) : source_(mime) {
    mail::Scanner scanner;
    scanner.feed(mime);
    facts_ = scanner.finish();
  }

  std::string field(std::string_view lower_name) const {
    const mail::HeaderField* field = facts_.find_header(lower_name);
    return field == nullptr ? std::string() : std::string(trim(field->value));
  }

  // The first leaf of this type that holds `words`.
  const mail::Part* find_text(std::string_view type, std::string_view words) {
    return find([&](const mail::Part& part) {
      return part.type == type && part.disposition != "attachment" && content_of(part).find(words) != std::string::npos;
    });
  }

  const mail::Part* find_content(const std::string& content) {
    return find([&](const mail::Part& part) {
      return part.body.decoded_size == content.size() && content_of(part) == content;
    });
  }

  std::size_t count(const std::string& name, const std::vector<AddedFile>& files) {
    std::size_t found = 0;
    for (const AddedFile& file : files) {
      const mail::Part* part = find_content(file.content);
      found += part != nullptr && part->name == name ? 1U : 0U;
    }
    return found;
  }

 private:
  template <class Fits>
  const mail::Part* find(Fits fits) {
    const auto found = std::find_if(facts_.parts.begin(), facts_.parts.end(),
                                    [&](const mail::Part& part) { return !part.is_multipart && fits(part); });
    return found == facts_.parts.end() ? nullptr : &*found;
  }

  std::string content_of(const mail::Part& part) {
    const auto content = mail::make_part_source(source_, part.body);
    auto text = read_all(*content, std::max<ByteCount>(kMostText, part.body.decoded_size));
    return text ? *std::move(text) : std::string();
  }

  StringSource source_;
  mail::MessageFacts facts_;
};

std::string join(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : ", ") + word;
  return out;
}

Finding judge_mime(const ProbeMail& mail, const Added& added, Copy& copy, std::string_view id) {
  Finding finding{Question::MimeDraft, Answer::Unknown, "no attachment could be added", ""};
  if (!added.named && !added.twins && !added.by_session) return finding;
  std::vector<std::string> lost;
  if (copy.field("in-reply-to") != parent_of(id)) lost.emplace_back("In-Reply-To");
  if (copy.field("references") != parent_of(id)) lost.emplace_back("References");
  if (copy.field(to_lower(kProbeField)) != id) lost.emplace_back("X- fields");
  if (copy.find_text("text/plain", mail.text) == nullptr) lost.emplace_back("the plain text");
  if (copy.find_text("text/html", mail.html) == nullptr) lost.emplace_back("the HTML text");
  const mail::Part* image = copy.find_content(mail.image);
  if (image == nullptr || image->content_id != kImageId) lost.emplace_back("the inline image or its Content-ID");
  finding.answer = lost.empty() ? Answer::Yes : Answer::No;
  finding.detail = lost.empty() ? "nothing was lost" : "lost: " + join(lost);
  finding.conf = lost.empty() ? "draft = mime" : "draft = json";
  return finding;
}

Finding judge_field(Question question, const Copy& copy, std::string_view name, const std::string& expected) {
  const std::string there = copy.field(to_lower(name));
  if (there == expected) return {question, Answer::Yes, "", ""};
  return {question, Answer::No, format("{} came back as \"{}\"", name, escape_for_log(there, 100)), ""};
}

Finding judge_names(const ProbeMail& mail, const Added& added, Copy& copy) {
  if (!added.named) return {Question::Names, Answer::Unknown, "the files could not be added", ""};
  std::vector<std::string> changed;
  for (const AddedFile& file : mail.named) {
    const mail::Part* part = copy.find_content(file.content);
    if (part == nullptr) {
      changed.push_back(format("\"{}\" is missing", file.item.name));
    } else if (part->name != file.item.name) {
      changed.push_back(format("\"{}\" became \"{}\"", file.item.name, escape_for_log(part->name, 60)));
    }
  }
  return {Question::Names, changed.empty() ? Answer::Yes : Answer::No, join(changed), ""};
}

Finding judge_twins(const ProbeMail& mail, const Added& added, Copy& copy) {
  if (!added.twins) return {Question::EqualNames, Answer::Unknown, "the files could not be added", ""};
  const std::size_t kept = copy.count(mail.twins.front().item.name, mail.twins);
  if (kept == mail.twins.size()) return {Question::EqualNames, Answer::Yes, "", ""};
  return {Question::EqualNames, Answer::No, format("{} of 2 came back under their name", kept), ""};
}

void judge_session(const ProbeMail& mail, const Added& added, Copy& copy, std::vector<Finding>& out) {
  const mail::Part* part = added.by_session ? copy.find_content(mail.by_session.content) : nullptr;
  if (part == nullptr) {
    const std::string why = added.by_session ? "the file is not in the sent copy" : "no file went by session";
    out.push_back({Question::SessionType, Answer::Unknown, why, ""});
    out.push_back({Question::SessionInline, Answer::Unknown, why, ""});
    return;
  }
  const bool same_type = part->type == mail.by_session.item.content_type;
  out.push_back({Question::SessionType, same_type ? Answer::Yes : Answer::No,
                 same_type ? "" : format("{} became {}", mail.by_session.item.content_type, escape_for_log(part->type)),
                 ""});
  const bool is_inline = part->disposition == "inline" && part->content_id == kSessionImageId;
  out.push_back({Question::SessionInline, is_inline ? Answer::Yes : Answer::No,
                 is_inline ? "" : "the image is an attachment, or has lost its Content-ID", ""});
}

}  // namespace

ProbeMail make_probe_mail(const ProbeMailWish& wish, TimePoint now) {
  ProbeMail mail;
  const std::string& id = wish.id;
  mail.id = id;
  mail.message_id = format("<{}.probe@{}>", id, mail::domain_of(wish.mailbox));
  mail.json_message_id = format("<{}.json.probe@{}>", id, mail::domain_of(wish.mailbox));
  mail.date = rfc5322_date(now - std::chrono::hours(24));
  mail.text = format("This is a test mail of graph-milter ({}, plain).", id);
  mail.html = format("This is a test mail of graph-milter ({}, HTML).", id);
  mail.image = format("\x89PNG\r\n\x1a\n{}", id);
  mail.mime = header_of(mail, wish) + body_of(mail);
  mail.json = json_of(mail, wish);
  mail.named = {text_file("Pr\xc3\xbc"
                          "fung.txt",
                          format("umlaut {}", id)),
                text_file("a: b?.txt", format("forbidden characters {}", id))};
  mail.twins = {text_file("twice.txt", format("first {}", id)), text_file("twice.txt", format("second {}", id))};
  mail.empty = text_file("empty.txt", "");
  mail.by_session.item.name = "picture.png";
  mail.by_session.item.content_type = "image/png";
  mail.by_session.item.is_inline = true;
  mail.by_session.item.content_id = std::string(kSessionImageId);
  return mail;
}

std::string session_content(std::string_view id, ByteCount size) {
  std::string content = format("\x89PNG\r\n\x1a\n{}", id);
  content.resize(static_cast<std::size_t>(size), '\x5a');
  return content;
}

std::vector<Finding> judge_copy(const ProbeMail& mail, const Added& added, const std::string& copy_mime) {
  Copy copy(copy_mime);
  std::vector<Finding> out;
  out.push_back(judge_mime(mail, added, copy, mail.id));
  judge_session(mail, added, copy, out);
  out.push_back(judge_names(mail, added, copy));
  out.push_back(judge_field(Question::Date, copy, "Date", mail.date));
  out.push_back(judge_field(Question::MessageId, copy, "Message-ID", mail.message_id));
  out.push_back(judge_twins(mail, added, copy));
  return out;
}

Finding judge_json_copy(const ProbeMail& mail, const std::string& copy_mime) {
  Copy copy(copy_mime);
  std::vector<std::string> lost;
  const auto expect = [&](std::string_view name, std::string_view value) {
    if (copy.field(to_lower(name)) != value) lost.emplace_back(name);
  };
  expect("Message-ID", mail.json_message_id);
  expect("In-Reply-To", parent_of(mail.id));
  expect("References", parent_of(mail.id));
  if (!equal_ignoring_case(copy.field("sensitivity"), "private")) lost.emplace_back("Sensitivity");
  if (copy.field(to_lower(kProbeField)) != mail.id) lost.emplace_back("X- fields");
  if (copy.field(to_lower(kProbeProperty)) != mail.id) lost.emplace_back("X- fields that are properties");
  if (lost.empty()) return {Question::JsonDraft, Answer::Yes, "nothing was lost", ""};
  return {Question::JsonDraft, Answer::No, "lost: " + join(lost), ""};
}

}  // namespace graph_milter::probe
