// SPDX-License-Identifier: Apache-2.0
#include "core/mail/text_reader.h"

#include <iconv.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "core/base/format.h"
#include "core/base/text.h"
#include "core/mail/encoded_word.h"
#include "core/mail/part_source.h"

namespace graph_milter::mail {
namespace {

constexpr std::size_t kBlock = 16 * 1024;
constexpr auto kFailed = static_cast<std::size_t>(-1);

struct IconvCloser {
  void operator()(void* handle) const { iconv_close(handle); }
};

Error invalid(std::string_view charset, ByteCount offset) {
  return make_error(ErrorKind::Permanent, "text",
                    format("is not valid {} (at decoded byte {})", escape_for_log(charset, 40), offset));
}

}  // namespace

struct TextReader::State {
  std::unique_ptr<ByteSource> content;
  std::unique_ptr<void, IconvCloser> converter;
  std::string charset;
  ByteCount at = 0;    // of the content: what was read from it
  std::string rest;    // read, and not converted yet
  bool ended = false;  // the converter was told that nothing follows

  Status fill() {
    if (at == content->size()) return {};
    const std::size_t kept = rest.size();
    rest.resize(kept + kBlock);
    GM_TRY_ASSIGN(const std::size_t got, content->read_at(at, writable(rest).subspan(kept)));
    rest.resize(kept + got);
    at += got;
    return {};
  }
};

TextReader::TextReader(std::unique_ptr<State> state) : state_(std::move(state)) {}
TextReader::~TextReader() = default;
TextReader::TextReader(TextReader&&) noexcept = default;
TextReader& TextReader::operator=(TextReader&&) noexcept = default;

Result<TextReader> TextReader::open(ByteSource& message, const EncodedRange& body, std::string_view charset) {
  auto state = std::make_unique<State>();
  state->charset = charset.empty() ? "us-ascii" : to_lower(charset);
  void* converter = open_utf8_converter(state->charset);
  if (converter == nullptr) {
    return fail(ErrorKind::Permanent, "text",
                format("is in the charset \"{}\", which not everybody reads alike", escape_for_log(charset, 40)));
  }
  state->converter.reset(converter);
  state->content = make_part_source(message, body);
  return TextReader(std::move(state));
}

Result<std::size_t> TextReader::read(std::span<char> out) {
  State& state = *state_;
  char* to = out.data();
  std::size_t room = out.size();
  while (!state.ended && room == out.size()) {
    GM_TRY(state.fill());
    char* from = state.rest.data();
    std::size_t left = state.rest.size();
    const bool is_last = state.at == state.content->size();
    if (iconv(state.converter.get(), &from, &left, &to, &room) == kFailed && errno != E2BIG) {
      // EINVAL: a character that goes on in the next block.
      if (errno != EINVAL || is_last) return fail(invalid(state.charset, state.at - left));
    }
    state.rest.erase(0, state.rest.size() - left);
    if (!is_last || !state.rest.empty()) continue;
    if (iconv(state.converter.get(), nullptr, nullptr, &to, &room) != kFailed) state.ended = true;
  }
  return out.size() - room;
}

}  // namespace graph_milter::mail
