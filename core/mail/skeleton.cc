// SPDX-License-Identifier: Apache-2.0
#include "core/mail/skeleton.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "core/base/base64.h"
#include "core/base/text.h"
#include "core/mail/utf8.h"

namespace graph_milter::mail {

namespace {

constexpr std::size_t kFoldColumn = 78;
constexpr std::string_view kEmptyText =
    "Content-Type: text/plain; charset=us-ascii\r\n"
    "Content-Transfer-Encoding: 7bit\r\n";

// Fields that say what the body is, and would say something wrong about an empty text.
constexpr std::array<std::string_view, 10> kBodyFields = {"content-type",        "content-transfer-encoding",
                                                          "content-disposition", "content-id",
                                                          "content-location",    "content-base",
                                                          "content-md5",         "content-length",
                                                          "content-duration",    "content-features"};

template <class List>
bool contains(const List& list, std::string_view item) {
  return std::find(list.begin(), list.end(), item) != list.end();
}

// Which multiparts lose all of their parts.
std::vector<bool> find_emptied(const MessageFacts& facts, const std::vector<std::size_t>& cut) {
  std::vector<bool> emptied(facts.parts.size(), false);
  for (const std::size_t index : cut) {
    if (facts.parts[index].parent != Part::kNone) emptied[facts.parts[index].parent] = true;
  }
  for (std::size_t i = 0; i < facts.parts.size(); ++i) {
    const std::size_t parent = facts.parts[i].parent;
    if (parent != Part::kNone && !std::binary_search(cut.begin(), cut.end(), i)) emptied[parent] = false;
  }
  return emptied;
}

void add_header(Splice& splice, const MessageFacts& facts, const SkeletonRequest& request, bool empty_text) {
  ByteCount fields_end = facts.header.begin;
  for (const HeaderField& field : facts.headers) {
    const bool dropped = contains(request.drop_fields, field.name) || (empty_text && contains(kBodyFields, field.name));
    if (!dropped) splice.add(field.range);
    fields_end = field.range.end;
  }
  std::string added;
  if (empty_text) added += kEmptyText;
  for (const std::string& field : request.add_fields) added += field + "\r\n";
  splice.add(std::move(added));
  const ByteRange empty_line{fields_end, facts.header.end};
  if (empty_line.empty()) {
    splice.add(std::string("\r\n"));
  } else {
    splice.add(empty_line);
  }
}

// The inner multipart between its delimiter line and the next one.
void add_empty_text(Splice& splice, const Part& part) {
  splice.add(ByteRange{part.entity.begin, part.header.begin});
  // The empty line, and the line end that belongs to the delimiter that follows.
  splice.add(std::string(kEmptyText) + "\r\n\r\n");
}

bool is_inside(const MessageFacts& facts, std::size_t index, const std::vector<bool>& marked) {
  for (std::size_t at = facts.parts[index].parent; at != Part::kNone; at = facts.parts[at].parent) {
    if (marked[at]) return true;
  }
  return false;
}

// Takes the next word, with the blanks before it, off the front of `text`.
std::string_view take_word(std::string_view& text) {
  std::size_t end = 0;
  while (end < text.size() && is_blank(text[end])) ++end;
  while (end < text.size() && !is_blank(text[end])) ++end;
  const std::string_view word = text.substr(0, end);
  text.remove_prefix(end);
  return word;
}

// RFC 2047 words of at most 75 characters, cut between characters (section 5, rule 3).
std::string encoded_words(std::string_view text) {
  constexpr std::size_t kRawBytes = 39;  // 52 of base64, 12 around it: 76 columns with a short field name
  std::string out;
  std::string raw;
  const auto flush = [&] {
    out += (out.empty() ? "" : " ") + ("=?utf-8?B?" + base64_encode(raw) + "?=");
    raw.clear();
  };
  while (!text.empty()) {
    const CodePoint next = take_code_point(text);
    const std::string bytes = to_utf8(next.valid ? next.value : U'\uFFFD');
    if (raw.size() + bytes.size() > kRawBytes) flush();
    raw += bytes;
  }
  flush();
  return out;
}

// Words that are not ASCII, and the blanks between two of them, as RFC 2047 words.
std::string to_ascii(std::string_view value) {
  std::string out;
  while (!value.empty()) {
    std::string_view word = take_word(value);
    if (is_ascii(word)) {
      out += word;
      continue;
    }
    const std::size_t blanks = word.find_first_not_of(" \t");
    out += word.substr(0, blanks);
    std::string run(word.substr(blanks));
    for (std::string_view rest = value; !rest.empty();) {
      word = take_word(rest);
      if (is_ascii(word)) break;
      run += word;
      value = rest;
    }
    out += encoded_words(run);
  }
  return out;
}

}  // namespace

Splice make_skeleton(const MessageFacts& facts, const SkeletonRequest& request) {
  const std::vector<bool> emptied = find_emptied(facts, request.cut_parts);
  const bool root_is_cut = emptied[0] || std::binary_search(request.cut_parts.begin(), request.cut_parts.end(), 0U);
  Splice splice;
  add_header(splice, facts, request, root_is_cut);
  if (root_is_cut) return splice;

  ByteCount position = facts.header.end;
  for (std::size_t i = 1; i < facts.parts.size(); ++i) {
    const Part& part = facts.parts[i];
    const bool cut = std::binary_search(request.cut_parts.begin(), request.cut_parts.end(), i);
    if ((!cut && !emptied[i]) || is_inside(facts, i, emptied)) continue;
    splice.add(ByteRange{position, part.entity.begin});
    if (emptied[i]) add_empty_text(splice, part);
    position = part.entity.end;
  }
  splice.add(ByteRange{position, facts.size});
  return splice;
}

std::string make_field(std::string_view name, std::string_view value) {
  std::string clean;
  for (const char c : value) {
    if (c != '\r' && c != '\n' && c != '\0') clean += c;
  }
  clean = to_ascii(clean);
  std::string out = std::string(name) + ":";
  std::size_t column = out.size();
  bool line_has_text = false;  // a line of blanks alone is no fold
  for (std::string_view rest = clean; !rest.empty();) {
    std::string word(take_word(rest));
    if (out.size() == name.size() + 1 && !is_blank(word.front())) word.insert(0, 1, ' ');
    if (line_has_text && column + word.size() > kFoldColumn) {
      out += "\r\n";
      column = 0;
    }
    line_has_text = line_has_text || word.find_first_not_of(" \t") != std::string::npos;
    out += word;
    column += word.size();
  }
  return out;
}

std::string make_phrase(std::string_view name) {
  if (!is_ascii(name)) return encoded_words(name);
  std::string out = "\"";
  for (const char c : name) {
    if (c == '"' || c == '\\') out += '\\';
    if (c >= ' ' && c <= '~') out += c;
  }
  return out + "\"";
}

}  // namespace graph_milter::mail
