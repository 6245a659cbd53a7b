// SPDX-License-Identifier: Apache-2.0
#include "core/mail/parameter_list.h"

#include <algorithm>
#include <optional>

#include "core/base/text.h"
#include "core/mail/encoded_word.h"
#include "core/mail/name_certainty.h"

namespace graph_milter::mail {
namespace {

constexpr std::size_t kMostParameters = 32;
constexpr std::size_t kMostSections = 32;
constexpr std::size_t kLongestName = 1024;
constexpr std::size_t kLongestBoundary = 70;

struct RawParameter {
  bool quoted = false;
  bool apart = false;  // blanks between name and '=': with them some readers don't see the RFC 2231 form
  std::string base;    // lower case, without "*", "*N", "*N*"
  int section = -1;    // -1: none
  bool extended = false;
  bool odd_escape = false;  // a backslash before what needs none: some readers keep it
  bool odd_form = false;    // where the value ends is not the same for all
  std::string value;
};

bool is_file_name(std::string_view base) { return base == "name" || base == "filename"; }

bool is_boundary_char(char c) {
  return is_ascii_digit(c) || (ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z') ||
         std::string_view("'()+_,-./:=? ").find(c) != std::string_view::npos;
}

bool is_printable(char c) { return c >= ' ' && c <= '~'; }

// No reader can take anything else for it. One that looks like an RFC 2047 word is decoded by some.
bool is_certain_boundary(std::string_view value) {
  return !value.empty() && value.size() <= kLongestBoundary && value.back() != ' ' &&
         std::all_of(value.begin(), value.end(), is_printable) && value.find("=?") == std::string_view::npos;
}

// RFC 2046 section 5.1.1.
bool is_legal_boundary(std::string_view value) { return std::all_of(value.begin(), value.end(), is_boundary_char); }

// The length of the comment at the front of `text`, or 0 if it is not closed, or holds what some readers take for
// another comment, a quote or an escape.
std::size_t plain_comment_length(std::string_view text) {
  const std::size_t end = text.find_first_of("()\\\"", 1);
  return end != std::string_view::npos && text[end] == ')' ? end + 1 : 0;
}

// One parameter after the other; a problem ends the reading.
class Reader {
 public:
  explicit Reader(std::string_view rest) : rest_(rest) {}

  ParameterList read() {
    read_head();
    while (list_.code.empty() && next_parameter()) {
    }
    if (list_.code.empty()) assemble();
    return std::move(list_);
  }

 private:
  void problem(std::string_view code, std::string detail) {
    if (!list_.code.empty()) return;
    list_.code = code;
    list_.detail = std::move(detail);
  }

  void odd(std::string_view code, std::string_view detail) {
    const bool known = std::any_of(list_.oddities.begin(), list_.oddities.end(),
                                   [&](const ParameterList::Oddity& oddity) { return oddity.code == code; });
    if (!known) list_.oddities.push_back({code, detail});
  }

  // False if a comment stands there that readers differ about.
  bool skip_blanks() {
    for (;;) {
      rest_.remove_prefix(std::min(rest_.find_first_not_of(" \t"), rest_.size()));
      if (!rest_.starts_with('(')) return true;
      const std::size_t length = plain_comment_length(rest_);
      if (length == 0) {
        problem("comment-odd", "a comment that is not closed, or holds more than plain text");
        return false;
      }
      odd("comment", "a comment where some readers know none");
      rest_.remove_prefix(length);
    }
  }

  void read_head() {
    if (!skip_blanks()) return;
    const std::size_t end = std::min(rest_.find_first_of(";("), rest_.size());
    list_.head = to_lower(trim(rest_.substr(0, end)));
    rest_.remove_prefix(end);
    if (!skip_blanks() || rest_.empty() || rest_.starts_with(';')) return;
    problem("comment-odd", "a comment in the middle of a value");
  }

  // False at the end, also behind a trailing ';'.
  bool next_parameter() {
    if (rest_.empty()) return false;
    rest_.remove_prefix(1);  // the ';'
    if (!skip_blanks() || rest_.empty()) return false;
    if (rest_.starts_with(';')) {
      odd("param-form", "an empty parameter");
      return true;
    }
    if (raw_.size() >= kMostParameters) problem("param", "more than 32 parameters");
    RawParameter parameter;
    if (!list_.code.empty() || !read_name(parameter)) return false;
    if (rest_.empty() || rest_.starts_with(';')) return take_parameter_without_value(std::move(parameter));
    if (!read_value(parameter)) return false;
    raw_.push_back(std::move(parameter));
    return true;
  }

  bool take_parameter_without_value(RawParameter parameter) {
    if (parameter.base == "boundary") {
      problem("boundary", "a boundary without a value");
      return false;
    }
    odd("param-form", "a parameter without a value");
    parameter.odd_form = true;
    raw_.push_back(std::move(parameter));
    return true;
  }

  bool read_name(RawParameter& parameter) {
    const auto* const end = std::find_if_not(rest_.begin(), rest_.end(), is_token_char);
    const std::string_view name = rest_.substr(0, static_cast<std::size_t>(end - rest_.begin()));
    rest_.remove_prefix(name.size());
    parameter.apart = !rest_.empty() && (is_blank(rest_.front()) || rest_.front() == '(');
    if (!skip_blanks()) return false;
    const bool has_value = rest_.starts_with('=');
    if (name.empty() || (!has_value && !rest_.empty() && !rest_.starts_with(';'))) {
      problem("param", "a parameter is not of the form name=value");
      return false;
    }
    if (has_value) rest_.remove_prefix(1);
    return skip_blanks() && split_name(to_lower(name), parameter);
  }

  // "name", "name*", "name*N", "name*N*" (RFC 2231 sections 3 and 4).
  bool split_name(const std::string& name, RawParameter& parameter) {
    const std::size_t star = name.find('*');
    parameter.base = name.substr(0, star);
    if (star == std::string::npos) return true;
    std::string_view tail = std::string_view(name).substr(star + 1);
    if (tail.empty()) {
      parameter.extended = true;
    } else {
      if (tail.ends_with('*')) {
        parameter.extended = true;
        tail.remove_suffix(1);
      }
      const std::optional<std::uint64_t> section = parse_unsigned(tail);
      const bool canonical = section && (tail.size() == 1 || tail.front() != '0');
      if (!canonical || *section >= kMostSections) {
        problem("param", "a parameter section with an odd number");
        return false;
      }
      parameter.section = static_cast<int>(*section);
    }
    if (parameter.base == "boundary") problem("boundary", "a boundary in RFC 2231 form");
    return list_.code.empty();
  }

  bool read_value(RawParameter& parameter) {
    if (!(rest_.starts_with('"') ? read_quoted(parameter) : read_unquoted(parameter))) return false;
    if (!skip_blanks()) return false;
    if (rest_.empty() || rest_.starts_with(';')) return true;
    return skip_text_behind_value(parameter);
  }

  // Some readers end the value at the blank or the quote, others at the ';'.
  bool skip_text_behind_value(RawParameter& parameter) {
    const std::size_t end = std::min(rest_.find(';'), rest_.size());
    const bool plain = rest_.substr(0, end).find_first_of("\"(") == std::string_view::npos;
    if (!plain || parameter.base == "boundary" || parameter.section >= 0) {
      problem("param", "text behind the value of a parameter");
      return false;
    }
    odd("param-form", "text behind the value of a parameter");
    parameter.odd_form = true;
    rest_.remove_prefix(end);
    return true;
  }

  bool read_quoted(RawParameter& parameter) {
    for (std::size_t i = 1; i < rest_.size(); ++i) {
      if (rest_[i] == '"') {
        rest_.remove_prefix(i + 1);
        parameter.quoted = true;
        return true;
      }
      if (rest_[i] == '\\') {
        if (++i == rest_.size()) break;
        if (rest_[i] != '"' && rest_[i] != '\\') parameter.odd_escape = true;
      }
      parameter.value += rest_[i];
    }
    problem("param", "a quote is not closed");
    return false;
  }

  // A token, or what is none but can't be taken for anything else: "scan[1].pdf".
  bool read_unquoted(RawParameter& parameter) {
    const auto belongs = [](char c) {
      const auto byte = static_cast<unsigned char>(c);
      return byte > ' ' && byte != 0x7f && std::string_view("\"\\();,<>").find(c) == std::string_view::npos;
    };
    const auto* const end = std::find_if_not(rest_.begin(), rest_.end(), belongs);
    parameter.value = rest_.substr(0, static_cast<std::size_t>(end - rest_.begin()));
    rest_.remove_prefix(parameter.value.size());
    const bool is_boundary = parameter.base == "boundary";
    if (is_boundary && !is_certain_unquoted_name(parameter.value)) {
      odd("boundary-form", "the boundary needs quotes and has none");
    }
    if (parameter.value.empty()) problem(is_boundary ? "boundary" : "param", "a parameter without a value");
    return !parameter.value.empty();
  }

  void assemble() {
    for (std::size_t i = 0; i < raw_.size() && list_.code.empty(); ++i) {
      RawParameter& raw = raw_[i];
      if (is_first_of_its_name(i)) {
        if (is_file_name(raw.base)) {
          assemble_name(raw.base);
        } else {
          assemble_plain(raw);
        }
      }
    }
  }

  bool is_first_of_its_name(std::size_t index) const {
    const auto end = raw_.begin() + static_cast<std::ptrdiff_t>(index);
    return std::none_of(raw_.begin(), end, [&](const RawParameter& other) { return other.base == raw_[index].base; });
  }

  void assemble_plain(RawParameter& raw) {
    const auto same_name = [&](const RawParameter& other) { return other.base == raw.base; };
    const bool plain = raw.section < 0 && !raw.extended;
    if (std::count_if(raw_.begin(), raw_.end(), same_name) > 1 && plain) {
      problem(raw.base == "boundary" ? "boundary" : "param", "the parameter \"" + raw.base + "\" is given twice");
      return;
    }
    if (raw.base == "boundary" && (raw.odd_escape || !is_certain_boundary(raw.value))) {
      problem("boundary", "the boundary is not 1 to 70 characters that all readers take alike");
      return;
    }
    if (raw.base == "boundary" && !is_legal_boundary(raw.value)) {
      odd("boundary-form", "a boundary with characters that RFC 2046 does not know");
    }
    if (plain) list_.parameters.emplace_back(raw.base, std::move(raw.value));
  }

  // The plain form, the RFC 2231 form, or both (RFC 6266 appendix D writes both, for old readers).
  void assemble_name(const std::string& base) {
    std::optional<std::string> plain;
    std::optional<std::string> extended;
    bool seen_plain = false;
    bool seen_extended = false;
    bool is_odd = false;
    std::string bytes;
    std::vector<const RawParameter*> sections;
    for (const RawParameter& raw : raw_) {
      if (raw.base != base) continue;
      is_odd = is_odd || raw.odd_escape || raw.odd_form;
      if (raw.section >= 0) {
        sections.push_back(&raw);
        continue;
      }
      bool& seen = raw.extended ? seen_extended : seen_plain;
      if (seen) return problem("param", "the parameter \"" + base + "\" is given twice");
      seen = true;
      bytes = raw.value;
      (raw.extended ? extended : plain) = raw.extended ? decode_extended(raw.value) : decode_encoded_words(raw.value);
    }
    if (!sections.empty()) {
      if (seen_extended) return problem("param", "the parameter \"" + base + "\" is given in two RFC 2231 forms");
      extended = join_sections(sections);
      seen_extended = true;
    }
    if (!list_.code.empty()) return;
    const bool same = !seen_plain || !seen_extended || plain == extended;
    const bool decoded = (!seen_plain || plain) && (!seen_extended || extended) && has_certain_forms(base);
    const std::string value = extended ? *extended : plain.value_or("");
    const bool certain = same && decoded && is_certain_name(value) && !is_odd && value.size() <= kLongestName;
    list_.name_is_certain = list_.name_is_certain && certain;
    list_.parameters.emplace_back(base, certain ? value : std::string());
    if (!certain && !seen_extended && !is_odd && is_raw_name(bytes)) list_.raw_name = bytes;
  }

  // What no words nor UTF-8 can explain: the bytes of some charset that nobody names.
  static bool is_raw_name(std::string_view bytes) {
    const bool has_control = std::any_of(bytes.begin(), bytes.end(),
                                         [](char c) { return static_cast<unsigned char>(c) < ' ' || c == 0x7f; });
    return bytes.size() <= kLongestName && !has_control && !is_valid_utf8(bytes) &&
           bytes.find("=?") == std::string_view::npos;
  }

  bool has_certain_forms(std::string_view base) const {
    return std::all_of(raw_.begin(), raw_.end(),
                       [&](const RawParameter& raw) { return raw.base != base || has_certain_form(raw); });
  }

  static bool has_certain_form(const RawParameter& raw) {
    if (raw.apart) return false;
    if (!raw.extended) return raw.quoted || is_certain_unquoted_name(raw.value);
    if (raw.section > 0) return is_certain_extended_text(raw.value);
    const std::optional<ExtendedValue> value = split_extended(raw.value);
    return value && is_certain_extended_text(value->text);
  }

  struct ExtendedValue {
    std::string_view charset;
    std::string_view text;
  };

  // charset'language'%HH... (RFC 2231 section 4).
  static std::optional<ExtendedValue> split_extended(std::string_view value) {
    const std::size_t charset_end = value.find('\'');
    if (charset_end == std::string_view::npos) return std::nullopt;
    const std::size_t language_end = value.find('\'', charset_end + 1);
    if (language_end == std::string_view::npos) return std::nullopt;
    return ExtendedValue{value.substr(0, charset_end), value.substr(language_end + 1)};
  }

  static std::optional<std::string> decode_extended(std::string_view value) {
    const std::optional<ExtendedValue> parts = split_extended(value);
    const std::optional<std::string> bytes = parts ? decode_percent(parts->text) : std::nullopt;
    return bytes && !bytes->empty() ? to_utf8(*bytes, parts->charset) : std::nullopt;
  }

  // Sections 0, 1, ... in this order. Only the first extended one names the charset (RFC 2231 section 4.1), and some
  // readers decode a section that is not extended too.
  std::optional<std::string> join_sections(const std::vector<const RawParameter*>& sections) {
    std::string bytes;
    std::string_view charset = "utf-8";
    const bool extended = sections.front()->extended;
    bool certain = true;
    for (std::size_t i = 0; i < sections.size(); ++i) {
      const RawParameter& section = *sections[i];
      if (section.section != static_cast<int>(i)) {
        problem("param", "the sections of a parameter are not complete and in order");
        return std::nullopt;
      }
      std::string_view value = section.value;
      if (i == 0 && extended) {
        const std::optional<ExtendedValue> first = split_extended(value);
        if (!first) return std::nullopt;
        charset = first->charset;
        value = first->text;
      }
      const std::optional<std::string> decoded = section.extended ? decode_percent(value) : std::string(value);
      if (!decoded || !may_follow(section, extended, charset, *decoded)) certain = false;
      bytes += decoded.value_or("");
    }
    return certain ? to_utf8(bytes, charset) : std::nullopt;
  }

  static bool may_follow(const RawParameter& section, bool is_extended, std::string_view charset,
                         const std::string& decoded) {
    if (section.extended && !is_extended) return false;
    if (!section.extended && is_extended && decoded.find('%') != std::string::npos) return false;
    return !needs_whole_text(to_lower(charset)) || (section.extended && to_utf8(decoded, charset));
  }

  std::string_view rest_;
  std::vector<RawParameter> raw_;
  ParameterList list_;
};

}  // namespace

const std::string* ParameterList::find(std::string_view lower_name) const {
  for (const auto& [name, value] : parameters) {
    if (name == lower_name) return &value;
  }
  return nullptr;
}

ParameterList read_parameter_list(std::string_view value) { return Reader(value).read(); }

bool is_token_char(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte > ' ' && byte < 0x7f && std::string_view("()<>@,;:\\\"/[]?=").find(c) == std::string_view::npos;
}

bool is_token(std::string_view text) { return !text.empty() && std::all_of(text.begin(), text.end(), is_token_char); }

}  // namespace graph_milter::mail
