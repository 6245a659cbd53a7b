// SPDX-License-Identifier: Apache-2.0
#include "core/mail/second_reader.h"

#include <algorithm>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/base/format.h"
#include "core/base/text.h"
#include "core/mail/gmime_stream.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define GM_LEAK_SANITIZER 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__)
#define GM_LEAK_SANITIZER 1
#endif
#ifdef GM_LEAK_SANITIZER
#include <sanitizer/lsan_interface.h>
#endif

namespace graph_milter::mail {
namespace {

void init_gmime() {
#ifdef GM_LEAK_SANITIZER
  // GMime forgets the entry of a type that is registered again: a few bytes, once.
  const __lsan::ScopedDisabler ignored;
#endif
  g_mime_init();
}

}  // namespace

void start_gmime() {
  static std::once_flag once;
  std::call_once(once, [] {
    init_gmime();
    // For us a message within a message is one leaf, whatever it holds; GMime would descend.
    g_mime_object_register_type("message", "rfc822", g_mime_part_get_type());
    g_mime_object_register_type("message", "global", g_mime_part_get_type());
    g_mime_object_register_type("message", "news", g_mime_part_get_type());
  });
}

namespace {

using Difference = std::optional<std::string>;

std::string text_of(const char* text) { return text == nullptr ? std::string() : std::string(text); }

TransferEncoding encoding_of(GMimePart* part) {
  switch (g_mime_part_get_content_encoding(part)) {
    case GMIME_CONTENT_ENCODING_DEFAULT:
    case GMIME_CONTENT_ENCODING_7BIT:
      return TransferEncoding::SevenBit;
    case GMIME_CONTENT_ENCODING_8BIT:
      return TransferEncoding::EightBit;
    case GMIME_CONTENT_ENCODING_BINARY:
      return TransferEncoding::Binary;
    case GMIME_CONTENT_ENCODING_BASE64:
      return TransferEncoding::Base64;
    case GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE:
      return TransferEncoding::QuotedPrintable;
    default:
      return TransferEncoding::Unknown;
  }
}

std::string type_of(GMimeObject* object) {
  GMimeContentType* const type = g_mime_object_get_content_type(object);
  return to_lower(text_of(g_mime_content_type_get_media_type(type)) + "/" +
                  text_of(g_mime_content_type_get_media_subtype(type)));
}

// Where the encoded body lies; empty ranges have no place of their own.
std::optional<ByteRange> range_of(GMimePart* part, ByteCount size) {
  GMimeDataWrapper* const content = g_mime_part_get_content(part);
  if (content == nullptr) return ByteRange{};
  GMimeStream* const stream = g_mime_data_wrapper_get_stream(content);
  if (stream == nullptr || stream->bound_start < 0) return std::nullopt;
  const auto begin = static_cast<ByteCount>(stream->bound_start);
  const ByteCount end = stream->bound_end < 0 ? size : static_cast<ByteCount>(stream->bound_end);
  if (end < begin) return std::nullopt;
  return ByteRange{begin, end};
}

bool same_range(ByteRange a, ByteRange b) { return a == b || (a.empty() && b.empty()); }

Difference compare_leaf(GMimeObject* object, const Part& part, std::size_t number, ByteCount size) {
  const auto differs = [&](std::string_view what, std::string_view theirs, std::string_view ours) {
    return format("leaf {}: {} is \"{}\" for one reader and \"{}\" for the other", number, what,
                  escape_for_log(theirs, 80), escape_for_log(ours, 80));
  };
  if (const std::string type = type_of(object); type != part.type) return differs("type", type, part.type);
  if (!GMIME_IS_PART(object)) return differs("kind", "no leaf", "leaf");
  GMimePart* const leaf = GMIME_PART(object);
  const std::optional<ByteRange> range = range_of(leaf, size);
  if (!range || !same_range(*range, part.body.range)) {
    return differs("range", range ? format("{}-{}", range->begin, range->end) : "unknown",
                   format("{}-{}", part.body.range.begin, part.body.range.end));
  }
  if (const TransferEncoding encoding = encoding_of(leaf); encoding != part.body.encoding) {
    return differs("encoding", name_of(encoding), name_of(part.body.encoding));
  }
  // A name that we could not read for certain is not used, so it need not be the same.
  if (part.inexact.code == "name") return std::nullopt;
  const std::string name = text_of(g_mime_part_get_filename(leaf));
  if (name != part.name) return differs("name", name, part.name);
  return std::nullopt;
}

// Depth-first, in the order of the message, without recursion.
std::vector<GMimeObject*> leaves_of(GMimeObject* root, std::size_t most) {
  std::vector<GMimeObject*> leaves;
  std::vector<GMimeObject*> waiting{root};
  while (!waiting.empty() && leaves.size() <= most) {
    GMimeObject* const object = waiting.back();
    waiting.pop_back();
    if (object == nullptr) continue;
    if (!GMIME_IS_MULTIPART(object)) {
      leaves.push_back(object);
      continue;
    }
    GMimeMultipart* const multipart = GMIME_MULTIPART(object);
    for (int i = g_mime_multipart_get_count(multipart); i-- > 0;) {
      waiting.push_back(g_mime_multipart_get_part(multipart, i));
    }
  }
  return leaves;
}

Difference compare_leaves(GMimeMessage* message, const MessageFacts& facts) {
  std::vector<const Part*> ours;
  for (const Part& part : facts.parts) {
    if (!part.is_multipart) ours.push_back(&part);
  }
  const std::vector<GMimeObject*> theirs = leaves_of(g_mime_message_get_mime_part(message), ours.size());
  if (theirs.size() != ours.size()) {
    return format("one reader sees {} leaves and the other {}", theirs.size(), ours.size());
  }
  for (std::size_t i = 0; i < ours.size(); ++i) {
    if (Difference difference = compare_leaf(theirs[i], *ours[i], i + 1, facts.size)) return difference;
  }
  return std::nullopt;
}

// Members of groups included.
std::vector<std::string> addresses_of(InternetAddressList* list, std::size_t most) {
  std::vector<std::string> addresses;
  std::vector<InternetAddressList*> waiting{list};
  while (!waiting.empty()) {
    InternetAddressList* const current = waiting.back();
    waiting.pop_back();
    const int count = current == nullptr ? 0 : internet_address_list_length(current);
    for (int i = 0; i < count && addresses.size() <= most; ++i) {
      InternetAddress* const address = internet_address_list_get_address(current, i);
      if (INTERNET_ADDRESS_IS_GROUP(address)) {
        waiting.push_back(internet_address_group_get_members(INTERNET_ADDRESS_GROUP(address)));
      } else {
        const std::string raw = text_of(internet_address_mailbox_get_addr(INTERNET_ADDRESS_MAILBOX(address)));
        addresses.push_back(canonical_address(raw).value_or(raw));
      }
    }
  }
  std::sort(addresses.begin(), addresses.end());
  return addresses;
}

Difference compare_addresses(GMimeMessage* message, GMimeAddressType type, std::string_view field,
                             const std::vector<Mailbox>& mailboxes) {
  std::vector<std::string> ours;
  ours.reserve(mailboxes.size());
  for (const Mailbox& mailbox : mailboxes) ours.push_back(mailbox.address);
  std::sort(ours.begin(), ours.end());
  if (addresses_of(g_mime_message_get_addresses(message, type), ours.size()) == ours) return std::nullopt;
  return format("the addresses of {} are not the same for both readers", field);
}

Difference compare(GMimeMessage* message, const MessageFacts& facts) {
  if (auto difference = compare_leaves(message, facts)) return difference;
  if (!facts.new_author) {
    if (auto difference = compare_addresses(message, GMIME_ADDRESS_TYPE_FROM, "From", facts.from)) return difference;
  }
  if (auto difference = compare_addresses(message, GMIME_ADDRESS_TYPE_TO, "To", facts.to)) return difference;
  return compare_addresses(message, GMIME_ADDRESS_TYPE_CC, "Cc", facts.cc);
}

MessageFacts with_verdict(MessageFacts facts, Verdict verdict, std::string detail) {
  facts.verdict = verdict;
  facts.findings.insert(facts.findings.begin(), Finding{verdict, "second-reader", std::move(detail), 0});
  return facts;
}

GRef<GMimeMessage> parse(GmimeSource& source) {
  const GRef<GMimeStream> stream = make_gmime_stream(source);
  const GRef<GMimeParser> parser(g_mime_parser_new_with_stream(stream.get()));
  g_mime_parser_set_format(parser.get(), GMIME_FORMAT_MESSAGE);
  g_mime_parser_set_persist_stream(parser.get(), TRUE);
  const ParserOptions options(g_mime_parser_options_new());
  return GRef<GMimeMessage>(g_mime_parser_construct_message(parser.get(), options.get()));
}

}  // namespace

MessageFacts confirm_with_second_reader(MessageFacts facts, ByteSource& message) {
  if (!facts.is_clean()) return facts;
  start_gmime();
  GmimeSource source{message};
  const GRef<GMimeMessage> theirs = parse(source);
  if (source.failed) return with_verdict(std::move(facts), Verdict::Error, source.error.text());
  if (!theirs) return with_verdict(std::move(facts), Verdict::Ambiguous, "the second reader sees no message");
  if (Difference difference = compare(theirs.get(), facts)) {
    return with_verdict(std::move(facts), Verdict::Ambiguous, *std::move(difference));
  }
  return facts;
}

}  // namespace graph_milter::mail
