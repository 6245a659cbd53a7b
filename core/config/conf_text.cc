// SPDX-License-Identifier: Apache-2.0
#include "core/config/conf_text.h"

#include <algorithm>
#include <filesystem>
#include <optional>

#include "core/base/file.h"
#include "core/base/format.h"
#include "core/base/text.h"
#include "core/config/conf_value.h"

namespace graph_milter::config {

namespace {

constexpr ByteCount kFileLimit = 1024 * 1024;
constexpr ByteCount kTotalLimit = 8 * 1024 * 1024;
constexpr std::size_t kDepthLimit = 16;

bool is_key_character(char c) {
  const char lower = ascii_lower(c);
  return (lower >= 'a' && lower <= 'z') || is_ascii_digit(c) || c == '-' || c == '_' || c == '.';
}

std::size_t key_length(std::string_view text) {
  return static_cast<std::size_t>(std::find_if_not(text.begin(), text.end(), is_key_character) - text.begin());
}

std::size_t skip_blanks(std::string_view text, std::size_t from) {
  while (from < text.size() && is_blank(text[from])) ++from;
  return from;
}

bool looks_like_setting(std::string_view text) {
  const std::size_t length = key_length(text);
  const std::size_t equals = skip_blanks(text, length);
  return length > 0 && equals < text.size() && text[equals] == '=';
}

// One line of a file on its way through the lexer.
struct RawLine {
  std::string_view text;  // without its line end
  int number = 0;
};

class Lexer {
 public:
  Status read_file(const std::string& path, const std::string& where) {
    GM_TRY(enter(path, where));
    auto text = read_small_file(path, kFileLimit);
    if (!text) {
      Error error = std::move(text).error();
      if (!where.empty()) error.where = where + ": " + error.where;
      return fail(std::move(error));
    }
    out_.files.push_back(path);
    GM_TRY(read_text(*text, path));
    open_files_.pop_back();
    return {};
  }

  Status read_text(std::string_view text, const std::string& file) {
    total_ += text.size();
    if (total_ > kTotalLimit) {
      return fail(ErrorKind::Usage, file, format("all conf files together are larger than {} bytes", kTotalLimit));
    }
    const Place before = std::exchange(place_, Place{file, place_.section, std::nullopt});
    for (RawLine line; next_line(text, line);) GM_TRY(read_line(line));
    place_ = before;
    return {};
  }

  ConfText take() { return std::move(out_); }

 private:
  // Where in which file the lexer stands. `setting` is what an indented line would continue.
  struct Place {
    std::string file;
    std::size_t section = 0;
    std::optional<std::size_t> setting;
  };

  ConfSection& section() { return out_.sections[place_.section]; }

  Error at(int line, std::size_t column, std::string what, std::string hint = {}) const {
    return make_error(ErrorKind::Usage, format("{}:{}:{}", place_.file, line, column), std::move(what),
                      std::move(hint));
  }

  Result<ValueText> value_at(int line, std::size_t column, std::string_view text) const {
    ValueText read = read_value(text);
    if (!read.problem.empty()) return fail(at(line, column + read.offset, std::move(read.problem)));
    return read;
  }

  // Takes the next line off `text`; a UTF-8 byte order mark at the start and CR before LF are dropped.
  static bool next_line(std::string_view& text, RawLine& line) {
    if (text.empty()) return false;
    if (line.number == 0 && text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
    const std::size_t end = std::min(text.find('\n'), text.size());
    line.text = text.substr(0, end);
    if (line.text.ends_with('\r')) line.text.remove_suffix(1);
    line.number += 1;
    text.remove_prefix(std::min(end + 1, text.size()));
    return true;
  }

  Status enter(const std::string& path, const std::string& where) {
    std::error_code ignored;
    std::string real = std::filesystem::weakly_canonical(path, ignored).string();
    if (real.empty()) real = path;
    if (std::find(open_files_.begin(), open_files_.end(), real) != open_files_.end()) {
      std::string loop;
      for (const std::string& file : open_files_) loop += file + " -> ";
      return fail(ErrorKind::Usage, where, "include loop: " + loop + real);
    }
    if (open_files_.size() >= kDepthLimit) {
      return fail(ErrorKind::Usage, where, format("more than {} files include each other", kDepthLimit));
    }
    open_files_.push_back(std::move(real));
    return {};
  }

  Status read_line(const RawLine& line) {
    if (const auto nul = line.text.find('\0'); nul != std::string_view::npos) {
      return fail(at(line.number, nul + 1, "a NUL byte; this is not a text file"));
    }
    if (const auto bad = find_invalid_utf8(line.text); bad != std::string_view::npos) {
      return fail(at(line.number, bad + 1, "not UTF-8", "save the file as UTF-8"));
    }
    const std::string_view content = trim(line.text);
    if (content.empty() || content.front() == '#') return {};
    if (is_blank(line.text.front())) return continue_setting(line, content);
    place_.setting.reset();
    return content.front() == '[' ? open_section(line, content) : read_setting(line);
  }

  Status continue_setting(const RawLine& line, std::string_view content) {
    const std::size_t column = skip_blanks(line.text, 0) + 1;
    const std::string_view hint = "remove the blanks at the start of the line";
    if (!place_.setting) {
      return fail(at(line.number, column,
                     "a line that begins with a blank continues a setting, but none stands before it",
                     std::string(hint)));
    }
    ConfLine& setting = section().lines[*place_.setting];
    if (looks_like_setting(content)) {
      return fail(at(line.number, column,
                     format("\"{}\" begins with a blank, so it would continue the value of {} in line {}",
                            escape_for_log(content.substr(0, key_length(content)), 64), setting.key, setting.line),
                     std::string(hint)));
    }
    GM_TRY_ASSIGN(const ValueText more, value_at(line.number, column, content));
    if (!setting.value.empty() && !more.value.empty()) setting.value += ' ';
    setting.value += more.value;
    setting.quoted = false;
    return {};
  }

  Status open_section(const RawLine& line, std::string_view content) {
    const std::size_t end = content.find(']');
    if (end == std::string_view::npos) return fail(at(line.number, 1, "the section has no \"]\""));
    const std::string_view rest = trim(content.substr(end + 1));
    if (!rest.empty() && rest.front() != '#') {
      return fail(at(line.number, end + 2, format("\"{}\" after the section", escape_for_log(rest, 64)),
                     "put it on a line of its own"));
    }
    std::string name;
    for (const std::string& word : split_list(content.substr(1, end - 1), " \t")) {
      name += (name.empty() ? "" : " ") + word;
    }
    if (name.empty()) return fail(at(line.number, 1, "the section has no name"));
    out_.sections.push_back(ConfSection{std::move(name), place_.file, line.number, {}});
    place_.section = out_.sections.size() - 1;
    return {};
  }

  Status read_setting(const RawLine& line) {
    const std::size_t length = key_length(line.text);
    const std::size_t equals = skip_blanks(line.text, length);
    if (length == 0 || equals >= line.text.size() || line.text[equals] != '=') {
      return fail(at(line.number, std::min(equals, line.text.size() - 1) + 1,
                     format("\"{}\" is not a setting", escape_for_log(trim(line.text), 64)),
                     "a setting is written name = value"));
    }
    const std::size_t begin = skip_blanks(line.text, equals + 1);
    GM_TRY_ASSIGN(ValueText read, value_at(line.number, begin + 1, line.text.substr(begin)));

    ConfLine setting;
    setting.file = place_.file;
    setting.line = line.number;
    setting.column = static_cast<int>(begin + 1);
    setting.section = section().name;
    setting.key = line.text.substr(0, length);
    setting.value = std::move(read.value);
    setting.quoted = read.quoted;
    if (setting.key == "include") return include(setting);
    section().lines.push_back(std::move(setting));
    place_.setting = section().lines.size() - 1;
    return {};
  }

  Status include(const ConfLine& line) {
    if (line.value.empty()) return fail(ErrorKind::Usage, line.where_value(), "include names no file");
    const std::filesystem::path target(line.value);
    const auto path = target.is_absolute() ? target : std::filesystem::path(line.file).parent_path() / target;
    return read_file(path.string(), line.where_value());
  }

  ConfText out_{{ConfSection{}}, {}};
  Place place_;
  std::vector<std::string> open_files_;
  ByteCount total_ = 0;
};

}  // namespace

std::string ConfLine::where() const { return format("{}:{}", file, line); }
std::string ConfLine::where_key() const { return format("{}:{}:1", file, line); }
std::string ConfLine::where_value() const { return format("{}:{}:{}", file, line, column); }
std::string ConfSection::where() const { return line == 0 ? file : format("{}:{}", file, line); }

Result<ConfText> read_conf_file(const std::string& path) {
  Lexer lexer;
  GM_TRY(lexer.read_file(path, ""));
  return lexer.take();
}

Result<ConfText> read_conf_text(std::string_view text, const std::string& file_for_errors) {
  Lexer lexer;
  GM_TRY(lexer.read_text(text, file_for_errors));
  return lexer.take();
}

}  // namespace graph_milter::config
