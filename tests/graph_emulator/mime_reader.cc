// SPDX-License-Identifier: Apache-2.0
#include "tests/graph_emulator/mime_reader.h"

#include <array>

#include "core/base/text.h"
#include "tests/graph_emulator/mime_values.h"

namespace graph_milter::emulator {
namespace {

struct Line {
  std::size_t begin = 0;
  std::size_t end = 0;   // before the line end
  std::size_t next = 0;  // after it
};

Line line_at(std::string_view text, std::size_t begin, std::size_t limit) {
  std::size_t end = text.find('\n', begin);
  if (end == std::string_view::npos || end >= limit) return {begin, limit, limit};
  const std::size_t next = end + 1;
  if (end > begin && text[end - 1] == '\r') --end;
  return {begin, end, next};
}

bool is_field_start(std::string_view line) {
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos || colon == 0) return false;
  for (const char c : trim(line.substr(0, colon))) {
    if (c <= ' ' || c == 127) return false;
  }
  return true;
}

// Fills fields and body; [at, limit) is the entity.
void read_header(std::string_view text, std::size_t at, std::size_t limit, Entity& entity) {
  entity.begin = at;
  while (at < limit) {
    const Line line = line_at(text, at, limit);
    const std::string_view bytes = text.substr(line.begin, line.end - line.begin);
    if (bytes.empty()) {
      at = line.next;
      break;
    }
    if (is_blank(bytes.front()) && !entity.fields.empty()) {
      Field& field = entity.fields.back();
      field.value.append(1, ' ').append(trim(bytes));
      field.end = line.next;
    } else if (is_field_start(bytes)) {
      const std::size_t colon = bytes.find(':');
      entity.fields.push_back({std::string(trim(bytes.substr(0, colon))), std::string(trim(bytes.substr(colon + 1))),
                               line.begin, line.next});
    } else {
      break;  // not a header line: the body begins here
    }
    at = line.next;
  }
  entity.body = at;
  entity.end = limit;
}

void read_content_fields(Entity& entity) {
  if (const Field* field = entity.field("Content-Type"); field != nullptr) {
    ParameterizedValue parsed = parse_parameterized(field->value);
    if (parsed.word.find('/') != std::string::npos) entity.type = parsed.word;
    entity.type_parameters = std::move(parsed.parameters);
  }
  if (const Field* field = entity.field("Content-Disposition"); field != nullptr) {
    ParameterizedValue parsed = parse_parameterized(field->value);
    entity.disposition = parsed.word;
    entity.disposition_parameters = std::move(parsed.parameters);
  }
  if (const Field* field = entity.field("Content-Transfer-Encoding"); field != nullptr) {
    entity.encoding = parse_parameterized(field->value).word;
  }
  std::string id(trim(entity.value("Content-ID")));
  if (id.size() > 2 && id.front() == '<' && id.back() == '>') id = id.substr(1, id.size() - 2);
  entity.content_id = id;
}

enum class Delimiter { None, Next, Last };

Delimiter delimiter_of(std::string_view line, const std::string& boundary) {
  if (line.substr(0, 2) != "--" || line.substr(2, boundary.size()) != boundary) return Delimiter::None;
  std::string_view rest = line.substr(2 + boundary.size());
  const bool last = rest.substr(0, 2) == "--";
  if (last) rest.remove_prefix(2);
  if (!trim(rest).empty()) return Delimiter::None;
  return last ? Delimiter::Last : Delimiter::Next;
}

constexpr int kDeepest = 100;

Entity read_entity(std::string_view text, std::size_t begin, std::size_t limit, int depth);

void read_parts(std::string_view text, Entity& entity, const std::string& boundary, int depth) {
  std::size_t part_begin = std::string_view::npos;
  std::size_t previous_end = entity.body;  // of the line before, without its line end
  for (std::size_t at = entity.body; at < entity.end;) {
    const Line line = line_at(text, at, entity.end);
    const Delimiter found = delimiter_of(text.substr(line.begin, line.end - line.begin), boundary);
    if (found != Delimiter::None) {
      if (part_begin != std::string_view::npos) {
        entity.children.push_back(read_entity(text, part_begin, std::max(part_begin, previous_end), depth + 1));
      }
      part_begin = line.next;
      if (found == Delimiter::Last) return;
    }
    previous_end = line.end;
    at = line.next;
  }
  if (part_begin != std::string_view::npos && part_begin < entity.end) {
    entity.children.push_back(read_entity(text, part_begin, entity.end, depth + 1));
  }
}

Entity read_entity(std::string_view text, std::size_t begin, std::size_t limit, int depth) {
  Entity entity;
  read_header(text, begin, limit, entity);
  read_content_fields(entity);
  const auto boundary = entity.type_parameters.find("boundary");
  if (entity.type.rfind("multipart/", 0) == 0 && boundary != entity.type_parameters.end() && depth < kDeepest) {
    read_parts(text, entity, boundary->second, depth);
  }
  return entity;
}

// Bytes of a charset that nobody names; the service can only guess, and its JSON is UTF-8 whatever they are.
std::string without_raw_bytes(std::string text) {
  if (is_valid_utf8(text)) return text;
  std::string out;
  for (const char c : text) out += static_cast<unsigned char>(c) < 0x80 ? std::string(1, c) : "\xEF\xBF\xBD";
  return out;
}

}  // namespace

const Field* Entity::field(std::string_view name) const {
  for (const Field& candidate : fields) {
    if (equal_ignoring_case(candidate.name, name)) return &candidate;
  }
  return nullptr;
}

std::string Entity::value(std::string_view name) const {
  const Field* found = field(name);
  return found != nullptr ? found->value : std::string();
}

std::string Entity::file_name() const {
  if (const auto found = disposition_parameters.find("filename"); found != disposition_parameters.end()) {
    return without_raw_bytes(decode_words(found->second));
  }
  if (const auto found = type_parameters.find("name"); found != type_parameters.end()) {
    return without_raw_bytes(decode_words(found->second));
  }
  return {};
}

Entity read_mime(std::string_view text) { return read_entity(text, 0, text.size(), 0); }

std::string decoded_body(std::string_view text, const Entity& leaf) {
  const std::string_view body = text.substr(leaf.body, leaf.end - leaf.body);
  if (leaf.encoding == "base64") return decode_base64_leniently(body);
  if (leaf.encoding == "quoted-printable") return decode_quoted_printable(body);
  return std::string(body);
}

}  // namespace graph_milter::emulator
