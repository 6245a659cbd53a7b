// SPDX-License-Identifier: Apache-2.0
// Whatever json::parse reads must be writable and read back as the same value; whatever escape() writes must be JSON.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "core/json/json.h"

namespace {

using graph_milter::json::Value;
using graph_milter::json::Writer;

void require(bool condition) {
  if (!condition) std::abort();
}

// Depth is bounded by json::Limits, so recursion is harmless here. Reals lose nothing that matters to us and are left
// out.
void write(const Value& value, Writer& writer) {
  switch (value.kind()) {
    case Value::Kind::Null:
      writer.null();
      return;
    case Value::Kind::Boolean:
      writer.boolean(*value.as_bool());
      return;
    case Value::Kind::Number:
      if (value.as_uint64())
        writer.number(*value.as_uint64());
      else
        writer.number(value.as_int64().value_or(0));
      return;
    case Value::Kind::String:
      writer.string(*value.as_string());
      return;
    case Value::Kind::Array:
      writer.begin_array();
      for (const Value& item : value.items()) write(item, writer);
      writer.end_array();
      return;
    case Value::Kind::Object:
      writer.begin_object();
      for (const auto& member : value.members()) write(member.value, writer.key(member.key));
      writer.end_object();
      return;
  }
}

std::string text_of(const Value& value) {
  Writer writer;
  write(value, writer);
  return writer.take();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);

  if (const auto value = graph_milter::json::parse(text)) {
    const std::string once = text_of(*value);
    // Escapes can make the text six times as long, so the limits of the first reading don't fit the second.
    const auto again = graph_milter::json::parse(once, {.bytes = once.size()});
    require(again.has_value());
    require(text_of(*again) == once);
  }

  const std::string escaped = graph_milter::json::escape(text);
  require(escaped.size() == graph_milter::json::escaped_length(text));
  require(graph_milter::json::parse("\"" + escaped + "\"", {.bytes = escaped.size() + 2}).has_value());
  return 0;
}
