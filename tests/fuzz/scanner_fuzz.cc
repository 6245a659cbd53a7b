// SPDX-License-Identifier: Apache-2.0
// The scanner must see the same whatever the pieces, stay inside the message, and never be confirmed wrongly by chance:
// what both readers call clean has ranges that fit into one another.
#include <cstdlib>
#include <string>

#include "core/mail/part_source.h"
#include "core/mail/scanner.h"
#include "core/mail/second_reader.h"

namespace {

using graph_milter::ByteRange;
using graph_milter::mail::MessageFacts;
using graph_milter::mail::Part;

void require(bool holds) {
  if (!holds) std::abort();
}

bool contains(ByteRange outer, ByteRange inner) {
  return inner.begin <= inner.end && outer.begin <= inner.begin && inner.end <= outer.end;
}

MessageFacts scan(std::string_view bytes, std::size_t piece) {
  graph_milter::mail::Scanner scanner({4096, 100, 2048, 5, 40});
  for (std::size_t at = 0; at < bytes.size(); at += piece) scanner.feed(bytes.substr(at, piece));
  return scanner.finish();
}

void check_ranges(const MessageFacts& facts) {
  for (std::size_t i = 0; i < facts.parts.size(); ++i) {
    const Part& part = facts.parts[i];
    require(contains({0, facts.size}, part.entity));
    require(contains(part.entity, part.header));
    require(contains(part.entity, part.body.range));
    require(part.header.end <= part.body.range.begin);
    require(part.body.decoded_size <= part.body.range.size() || part.is_multipart);
    if (i == 0) continue;
    require(part.parent < i && facts.parts[part.parent].is_multipart);
    require(contains(facts.parts[part.parent].body.range, {part.entity.begin, part.body.range.end}));
    require(part.depth == facts.parts[part.parent].depth + 1);
  }
}

// What the scanner calls exact, the decoders decode, to the size that it said.
void check_content(const MessageFacts& facts, graph_milter::ByteSource& message) {
  for (const Part& part : facts.parts) {
    if (part.is_multipart || !part.exact) continue;
    const auto content = graph_milter::read_all(*graph_milter::mail::make_part_source(message, part.body), 1U << 20U);
    require(content && content->size() == part.body.decoded_size);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const MessageFacts whole = scan(bytes, bytes.size() + 1);
  const MessageFacts pieces = scan(bytes, 1 + size % 7);
  require(whole.size == size && whole.verdict == pieces.verdict && whole.findings == pieces.findings);
  require(whole.parts.size() == pieces.parts.size());
  for (std::size_t i = 0; i < whole.parts.size(); ++i) {
    require(whole.parts[i].body == pieces.parts[i].body && whole.parts[i].exact == pieces.parts[i].exact);
  }
  if (!whole.is_clean()) return 0;
  check_ranges(whole);
  graph_milter::StringSource source{std::string(bytes)};
  check_content(whole, source);
  graph_milter::mail::confirm_with_second_reader(whole, source);
  return 0;
}
