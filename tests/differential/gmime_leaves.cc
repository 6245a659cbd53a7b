// SPDX-License-Identifier: Apache-2.0
// What GMime makes of mail when it is left alone with it: its own parser with its defaults, its own decoders, its own
// names. Nothing of core/ is linked, so that no mistake can be shared.
//
// Reads "NAME LENGTH\n" and LENGTH bytes, again and again, from standard input, and answers each message with one line
// of JSON before it reads the next one.
#include <gmime/gmime.h>

#include <array>
#include <cstdio>
#include <iostream>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace {

struct Unref {
  void operator()(void* object) const { g_object_unref(object); }
};
template <class T>
using Ref = std::unique_ptr<T, Unref>;

struct Leaf {
  std::string type;
  std::string name;
  std::string sha256;  // empty: none, a message within the message has no content of its own here
};

std::string text_of(const char* text) { return text == nullptr ? std::string() : std::string(text); }

std::string lower(std::string text) {
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return text;
}

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      std::array<char, 8> escape{};
      std::snprintf(escape.data(), escape.size(), "\\u%04x", static_cast<unsigned>(c));
      out += escape.data();
    } else {
      out += c;
    }
  }
  return out + "\"";
}

std::string sha256_of_content(GMimePart* part) {
  GMimeDataWrapper* const content = g_mime_part_get_content(part);
  const Ref<GMimeStream> memory(g_mime_stream_mem_new());
  if (content != nullptr) g_mime_data_wrapper_write_to_stream(content, memory.get());
  const GByteArray* const bytes = g_mime_stream_mem_get_byte_array(GMIME_STREAM_MEM(memory.get()));
  const std::unique_ptr<char, decltype(&g_free)> digest(
      g_compute_checksum_for_data(G_CHECKSUM_SHA256, bytes->data, bytes->len), &g_free);
  return digest.get();
}

Leaf describe(GMimeObject* object) {
  GMimeContentType* const type = g_mime_object_get_content_type(object);
  Leaf leaf;
  leaf.type = lower(text_of(g_mime_content_type_get_media_type(type)) + "/" +
                    text_of(g_mime_content_type_get_media_subtype(type)));
  const char* name = g_mime_object_get_content_disposition_parameter(object, "filename");
  if (name == nullptr) name = g_mime_object_get_content_type_parameter(object, "name");
  leaf.name = text_of(name);
  if (GMIME_IS_PART(object)) {
    leaf.name = text_of(g_mime_part_get_filename(GMIME_PART(object)));
    leaf.sha256 = sha256_of_content(GMIME_PART(object));
  }
  return leaf;
}

// Depth first, in the order of the message. A message within the message is one leaf.
std::vector<Leaf> leaves_of(GMimeObject* root) {
  std::vector<Leaf> leaves;
  std::vector<GMimeObject*> waiting{root};
  while (!waiting.empty()) {
    GMimeObject* const object = waiting.back();
    waiting.pop_back();
    if (object == nullptr) continue;
    if (!GMIME_IS_MULTIPART(object)) {
      leaves.push_back(describe(object));
      continue;
    }
    GMimeMultipart* const multipart = GMIME_MULTIPART(object);
    for (int i = g_mime_multipart_get_count(multipart); i-- > 0;) {
      waiting.push_back(g_mime_multipart_get_part(multipart, i));
    }
  }
  return leaves;
}

std::string read(const std::string& bytes) {
  const Ref<GMimeStream> stream(g_mime_stream_mem_new_with_buffer(bytes.data(), bytes.size()));
  const Ref<GMimeParser> parser(g_mime_parser_new_with_stream(stream.get()));
  const Ref<GMimeMessage> message(g_mime_parser_construct_message(parser.get(), nullptr));
  std::string out = "{\"leaves\":[";
  if (message) {
    for (const Leaf& leaf : leaves_of(g_mime_message_get_mime_part(message.get()))) {
      if (out.back() != '[') out += ',';
      out += "{\"type\":" + quoted(leaf.type) + ",\"name\":" + quoted(leaf.name) +
             ",\"sha256\":" + (leaf.sha256.empty() ? "null" : quoted(leaf.sha256)) + "}";
    }
  }
  return out + "]}";
}

}  // namespace

int main() {
  g_mime_init();
  for (std::string line; std::getline(std::cin, line);) {
    const std::size_t length = std::stoul(line.substr(line.rfind(' ') + 1));
    std::string bytes(length, '\0');
    if (!std::cin.read(bytes.data(), static_cast<std::streamsize>(length))) {
      std::cerr << "the message " << line << " is cut short\n";
      return 65;
    }
    std::cout << read(bytes) << std::endl;
  }
  return 0;
}
