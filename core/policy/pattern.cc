// SPDX-License-Identifier: Apache-2.0
#include "core/policy/pattern.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "core/base/format.h"
#include "core/base/text.h"

namespace graph_milter::policy {

namespace {

template <auto Free>
struct Freed {
  template <class Thing>
  void operator()(Thing* thing) const {
    Free(thing);
  }
};
using Code = std::unique_ptr<pcre2_code, Freed<pcre2_code_free>>;
using CompileContext = std::unique_ptr<pcre2_compile_context, Freed<pcre2_compile_context_free>>;
using MatchContext = std::unique_ptr<pcre2_match_context, Freed<pcre2_match_context_free>>;
using MatchData = std::unique_ptr<pcre2_match_data, Freed<pcre2_match_data_free>>;

// PCRE2 counts anew at each place of the text where a match could begin; what bounds the whole is the count of callouts
// below. These bound memory.
constexpr std::uint32_t kMatchLimit = 2'000'000;
constexpr std::uint32_t kDepthLimit = 20'000;
constexpr std::uint32_t kHeapKiB = 8 * 1024;

// A step in a long text may itself look at much of it (a back reference, for one).
constexpr std::size_t kTextPerStep = 256;

struct Meter {
  PatternWork* work = nullptr;
  std::uint64_t step = 1;
};

// Called before each item of the pattern is tried. Negative: the search ends with it.
int count_step(pcre2_callout_block* /*block*/, void* data) {
  auto* meter = static_cast<Meter*>(data);
  return meter->work->take(meter->step) ? 0 : PCRE2_ERROR_CALLOUT;
}

std::string words_of(int code) {
  std::array<unsigned char, 256> text{};
  const int length = pcre2_get_error_message(code, text.data(), text.size());
  return length < 0 ? std::string("unknown error") : std::string(text.begin(), text.begin() + length);
}

// As a log shows it, but with backslashes as they are: patterns are full of them.
std::string shown_pattern(std::string_view written) {
  std::string out;
  while (!written.empty()) {
    const std::size_t end = std::min(written.find('\\'), written.size());
    out += escape_for_log(written.substr(0, end), 120);
    if (end == written.size()) break;
    out += '\\';
    written.remove_prefix(end + 1);
  }
  return out;
}

tl::unexpected<Error> refuse(std::string_view where, std::string what, std::string hint) {
  return fail(ErrorKind::Usage, std::string(where), std::move(what), std::move(hint));
}

// Where the slash stands that ends the expression; npos: nowhere.
std::size_t closing_slash(std::string_view written) {
  for (std::size_t i = 1; i < written.size(); ++i) {
    if (written[i] == '\\') {
      ++i;
    } else if (written[i] == '/') {
      return i;
    }
  }
  return std::string_view::npos;
}

std::optional<std::uint32_t> options_of(std::string_view flags) {
  std::uint32_t options = 0;
  for (const char flag : flags) {
    switch (flag) {
      case 'i':
        options |= PCRE2_CASELESS;
        break;
      case 'x':
        options |= PCRE2_EXTENDED;
        break;
      case 's':
        options |= PCRE2_DOTALL;
        break;
      default:
        return std::nullopt;
    }
  }
  return options;
}

// The option letters beside which every pattern is compiled. AUTO_CALLOUT is what lets us count.
constexpr std::uint32_t kAlways =
    PCRE2_UTF | PCRE2_UCP | PCRE2_MATCH_INVALID_UTF | PCRE2_AUTO_CALLOUT | PCRE2_NEVER_BACKSLASH_C;

}  // namespace

namespace {

std::vector<std::string> texts_of(pcre2_match_data& data, std::string_view text, std::size_t count) {
  const PCRE2_SIZE* places = pcre2_get_ovector_pointer(&data);
  std::vector<std::string> out(count);
  for (std::size_t i = 0; i < count; ++i) {
    const PCRE2_SIZE begin = places[2 * i];
    const PCRE2_SIZE end = places[2 * i + 1];
    if (begin != PCRE2_UNSET && begin <= end && end <= text.size()) out[i] = text.substr(begin, end - begin);
  }
  return out;
}

}  // namespace

struct Pattern::Compiled {
  Code code;
};

Result<Pattern> Pattern::read(std::string_view written, std::string_view where) {
  const std::string shown = shown_pattern(written.substr(0, 120));
  const std::size_t close = written.starts_with('/') ? closing_slash(written) : std::string_view::npos;
  if (close == std::string_view::npos) {
    return refuse(where, format("\"{}\" is not a pattern", shown), "write /EXPRESSION/ or /EXPRESSION/i");
  }
  const auto options = options_of(written.substr(close + 1));
  if (!options) {
    return refuse(where, format("\"{}\" ends in flags that are not known", shown),
                  "the flags are i (upper and lower case alike), x (blanks mean nothing) and s (. matches line ends)");
  }
  const std::string_view expression = written.substr(1, close - 1);
  if (expression.empty()) return refuse(where, format("\"{}\" has no expression", shown), "write /EXPRESSION/");
  const CompileContext context(pcre2_compile_context_create(nullptr));
  pcre2_set_max_pattern_length(context.get(), kLongestPattern);
  int error = 0;
  std::size_t offset = 0;
  Code code(pcre2_compile(reinterpret_cast<const unsigned char*>(expression.data()), expression.size(),
                          kAlways | *options, &error, &offset, context.get()));
  if (code == nullptr) {
    return refuse(where, format("\"{}\": {}", shown, words_of(error)),
                  format("look at byte {} of the expression", offset + 1));
  }
  Pattern out;
  out.text_ = written;
  out.compiled_ = std::make_shared<const Compiled>(Compiled{std::move(code)});
  return out;
}

std::size_t Pattern::groups() const {
  std::uint32_t count = 0;
  pcre2_pattern_info(compiled_->code.get(), PCRE2_INFO_CAPTURECOUNT, &count);
  return count;
}

PatternResult Pattern::search(std::string_view text, PatternWork& work, std::vector<std::string>* groups) const {
  if (text.size() > kLongestText) return PatternResult::Limit;
  Meter meter{&work, 1 + text.size() / kTextPerStep};
  const MatchContext context(pcre2_match_context_create(nullptr));
  const std::size_t wanted = groups == nullptr ? 1 : this->groups() + 1;
  const MatchData data(pcre2_match_data_create(static_cast<std::uint32_t>(wanted), nullptr));
  if (context == nullptr || data == nullptr || work.left() == 0) return PatternResult::Limit;
  pcre2_set_match_limit(context.get(), kMatchLimit);
  pcre2_set_depth_limit(context.get(), kDepthLimit);
  pcre2_set_heap_limit(context.get(), kHeapKiB);
  pcre2_set_callout(context.get(), count_step, &meter);
  // An empty view may have no address, which PCRE2 refuses.
  const char* begin = text.empty() ? "" : text.data();
  const int found = pcre2_match(compiled_->code.get(), reinterpret_cast<const unsigned char*>(begin), text.size(), 0, 0,
                                data.get(), context.get());
  if (found >= 0) {
    if (groups != nullptr) *groups = texts_of(*data, text, wanted);
    return PatternResult::Yes;
  }
  // Whatever else ended the search, nobody knows what it would have found.
  return found == PCRE2_ERROR_NOMATCH ? PatternResult::No : PatternResult::Limit;
}

}  // namespace graph_milter::policy
