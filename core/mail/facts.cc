// SPDX-License-Identifier: Apache-2.0
#include "core/mail/facts.h"

#include <algorithm>
#include <array>

#include "core/base/text.h"

namespace graph_milter::mail {
namespace {

struct EncodingName {
  TransferEncoding encoding;
  std::string_view name;
};
constexpr std::array<EncodingName, 5> kEncodings = {{{TransferEncoding::SevenBit, "7bit"},
                                                     {TransferEncoding::EightBit, "8bit"},
                                                     {TransferEncoding::Binary, "binary"},
                                                     {TransferEncoding::QuotedPrintable, "quoted-printable"},
                                                     {TransferEncoding::Base64, "base64"}}};

// A text leaf that no mail program lists as an attachment. The text of a mail may carry a name only where it is the
// whole mail.
bool can_be_body_text(const Part& part) {
  return !part.is_multipart && part.type.starts_with("text/") && part.disposition != "attachment" &&
         (part.name.empty() || part.parent == Part::kNone);
}

std::size_t first_body_text(const MessageFacts& facts) {
  const auto found = std::find_if(facts.parts.begin(), facts.parts.end(), can_be_body_text);
  return found == facts.parts.end() ? Part::kNone : static_cast<std::size_t>(found - facts.parts.begin());
}

// The outermost multipart/alternative around a part, or kNone.
std::size_t outermost_alternative(const MessageFacts& facts, std::size_t index) {
  std::size_t found = Part::kNone;
  for (std::size_t at = facts.parts[index].parent; at != Part::kNone; at = facts.parts[at].parent) {
    if (facts.parts[at].type == "multipart/alternative") found = at;
  }
  return found;
}

}  // namespace

std::string_view name_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::Clean:
      return "clean";
    case Verdict::Ambiguous:
      return "ambiguous";
    case Verdict::Protected:
      return "protected";
    case Verdict::OverLimit:
      return "over-limit";
    case Verdict::Error:
      return "error";
  }
  return "unknown";
}

std::string_view name_of(TransferEncoding encoding) {
  for (const EncodingName& entry : kEncodings) {
    if (entry.encoding == encoding) return entry.name;
  }
  return "unknown";
}

std::optional<TransferEncoding> parse_transfer_encoding(std::string_view token) {
  for (const EncodingName& entry : kEncodings) {
    if (equal_ignoring_case(entry.name, token)) return entry.encoding;
  }
  return std::nullopt;
}

Finding make_message_finding(ByteCount offset) {
  return {Verdict::Protected, "message", "a message within the message stays whole", offset};
}

std::string Part::parameter(std::string_view lower_name) const {
  for (const auto& [key, value] : parameters) {
    if (key == lower_name) return value;
  }
  return {};
}

const HeaderField* MessageFacts::find_header(std::string_view lower_name) const {
  const auto found =
      std::find_if(headers.begin(), headers.end(), [&](const HeaderField& field) { return field.name == lower_name; });
  return found == headers.end() ? nullptr : &*found;
}

ByteCount MessageFacts::largest_part() const {
  const std::vector<bool> is_text = body_text_parts(*this);
  ByteCount largest = 0;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (is_leaf(i) && !is_text[i]) largest = std::max(largest, parts[i].body.decoded_size);
  }
  return largest;
}

std::vector<bool> body_text_parts(const MessageFacts& facts) {
  std::vector<bool> is_text(facts.parts.size(), false);
  const std::size_t first = first_body_text(facts);
  if (first == Part::kNone) return is_text;
  is_text[first] = true;
  const std::size_t alternative = outermost_alternative(facts, first);
  if (alternative == Part::kNone) return is_text;
  std::vector<bool> is_inside(facts.parts.size(), false);
  is_inside[alternative] = true;
  for (std::size_t i = alternative + 1; i < facts.parts.size(); ++i) {
    const Part& part = facts.parts[i];
    is_inside[i] = part.parent != Part::kNone && is_inside[part.parent];
    if (is_inside[i] && can_be_body_text(part)) is_text[i] = true;
  }
  return is_text;
}

bool is_body_text(const MessageFacts& facts, std::size_t index) { return body_text_parts(facts)[index]; }

}  // namespace graph_milter::mail
