// SPDX-License-Identifier: Apache-2.0
#include "core/policy/pcre_map.h"

#include <algorithm>
#include <map>
#include <utility>

#include "core/base/format.h"
#include "core/base/text.h"

namespace graph_milter::policy {

namespace {

constexpr std::size_t kMostEntries = 10'000;  // each is asked in turn

tl::unexpected<Error> refuse(std::string where, std::string what, std::string hint) {
  return fail(ErrorKind::Usage, std::move(where), std::move(what), std::move(hint));
}

bool may_delimit(char c) {
  const char lower = ascii_lower(c);
  return !(lower >= 'a' && lower <= 'z') && !is_ascii_digit(c) && !is_blank(c) && c != '\\' &&
         static_cast<unsigned char>(c) > ' ' && static_cast<unsigned char>(c) < 0x80;
}

// "/EXPRESSION/FLAGS value" in its pieces, which view into the line.
struct Written {
  std::string_view whole;  // with delimiters and flags
  std::string_view expression;
  std::string_view flags;
  std::string_view value;
  char delimiter = '/';
};

std::optional<Written> split(std::string_view rest) {
  if (rest.empty() || !may_delimit(rest.front())) return std::nullopt;
  Written out;
  out.delimiter = rest.front();
  std::size_t close = 1;
  while (close < rest.size() && rest[close] != out.delimiter) close += rest[close] == '\\' ? 2U : 1U;
  if (close >= rest.size()) return std::nullopt;
  const std::size_t end = std::min(rest.find_first_of(" \t", close), rest.size());
  out.whole = rest.substr(0, end);
  out.expression = rest.substr(1, close - 1);
  out.flags = rest.substr(close + 1, end - close - 1);
  out.value = trim(rest.substr(end));
  return out;
}

// The expression between slashes, whatever delimiter it was written with.
std::string between_slashes(const Written& written) {
  std::string out;
  for (std::size_t i = 0; i < written.expression.size(); ++i) {
    const char c = written.expression[i];
    if (c == '\\' && i + 1 < written.expression.size()) {
      const char next = written.expression[++i];
      const bool was_needed = next == written.delimiter && next != '/';
      out += was_needed && std::string_view("|().*+?[]{}^$").find(next) == std::string_view::npos
                 ? std::string(1, next)
                 : std::string("\\") + next;
    } else {
      out += c == '/' ? "\\/" : std::string(1, c);
    }
  }
  return out;
}

// The form that Pattern reads. Postfix's flags turn round what is usual: i and s are on.
Result<std::string> pattern_of(const Written& written, const std::string& where) {
  // E and X say what is so anyhow: no key ends in a line end, and PCRE2 knows no letter behind a backslash as itself.
  std::map<char, bool> on = {{'i', true},  {'s', true},  {'m', false}, {'x', false},
                             {'A', false}, {'U', false}, {'E', false}, {'X', false}};
  for (const char flag : written.flags) {
    const auto known = on.find(flag);
    if (known == on.end()) {
      return refuse(where,
                    format("\"{}\": the flag {} is not known", escape_for_log(written.whole, 120),
                           escape_for_log(std::string(1, flag), 8)),
                    "the flags are i, m, s, x, A, E, U and X");
    }
    known->second = !known->second;
  }
  std::string out = "/";
  if (on['m']) out += "(?m)";
  if (on['U']) out += "(?U)";
  // The line end closes a comment of the flag x.
  out += on['A'] ? "\\A(?:" + between_slashes(written) + "\n)" : between_slashes(written);
  if (on['A'] && !on['x']) out.erase(out.size() - 2, 1);
  out += "/";
  for (const char flag : {'i', 's', 'x'}) {
    if (on[flag]) out += flag;
  }
  return out;
}

}  // namespace

// --- values ---

Result<ValueTemplate> ValueTemplate::read(std::string_view text, std::size_t most_groups, const std::string& where) {
  ValueTemplate out;
  std::string literal;
  const auto end_literal = [&] {
    if (!literal.empty()) out.pieces_.push_back({std::exchange(literal, {}), 0});
  };
  while (!text.empty()) {
    if (text.front() != '$') {
      literal += text.front();
      text.remove_prefix(1);
      continue;
    }
    if (text.starts_with("$$")) {
      literal += '$';
      text.remove_prefix(2);
      continue;
    }
    std::string_view rest = text.substr(1);
    const char closing = rest.starts_with('{') ? '}' : rest.starts_with('(') ? ')' : '\0';
    if (closing != '\0') rest.remove_prefix(1);
    const std::size_t digits = std::min(rest.find_first_not_of("0123456789"), rest.size());
    const auto group = parse_unsigned(rest.substr(0, digits));
    rest.remove_prefix(digits);
    const bool closed = closing == '\0' || rest.starts_with(closing);
    if (!group || *group == 0 || !closed) {
      return refuse(where, format("\"{}\" is no group", escape_for_log(text.substr(0, 12), 20)),
                    "write $1 or ${1}, and $$ for a dollar");
    }
    if (*group > most_groups) {
      return refuse(
          where,
          format("the value names the group {}, and there {} {}", *group, most_groups == 1 ? "is" : "are", most_groups),
          "put ( and ) round what it shall be");
    }
    end_literal();
    out.pieces_.push_back({{}, static_cast<std::size_t>(*group)});
    text = closing == '\0' ? rest : rest.substr(1);
  }
  end_literal();
  return out;
}

std::string ValueTemplate::fill(const std::vector<std::string>& groups) const {
  std::string out;
  for (const Piece& piece : pieces_) {
    if (piece.group == 0) {
      out += piece.text;
    } else if (piece.group < groups.size()) {
      out += groups[piece.group];
    }
  }
  return out;
}

// --- tables ---

class PcreMap::Reader {
 public:
  Reader(const MapName& name, FirstMatch<Condition>& table) : name_(name), table_(table) {}

  Status take(const MapLine& line) {
    const std::string where = format("{}:{}", name_.path, line.line);
    GM_TRY_ASSIGN(const TableLine parsed, read_table_line(line.text, where));
    if (parsed.kind == TableLine::Kind::EndIf) return close(where);
    const auto written = split(parsed.rest);
    if (!written) {
      return refuse(where, format("\"{}\" is not a pattern", escape_for_log(parsed.rest, 80)),
                    "write /EXPRESSION/ and behind it the value");
    }
    GM_TRY_ASSIGN(const std::string form, pattern_of(*written, where));
    GM_TRY_ASSIGN(Pattern pattern, Pattern::read(form, where));
    if (parsed.kind == TableLine::Kind::If) return open(*written, parsed.negated, std::move(pattern), line.line, where);
    const std::string name = (parsed.negated ? "!" : "") + std::string(written->whole);
    const auto [place, is_new] = seen_[depth_].emplace(name, line.line);
    if (!is_new) {
      return refuse(where, format("{} has a line already", escape_for_log(name, 80)),
                    format("it is line {}, which always decides; keep one of them", place->second));
    }
    const std::size_t groups = parsed.negated ? 0 : pattern.groups();
    GM_TRY_ASSIGN(ValueTemplate value, ValueTemplate::read(written->value, groups, where));
    table_.add({{std::move(pattern), std::move(value)}, parsed.negated, {}, line.line, {}});
    return {};
  }

  Status end() const {
    if (const auto line = table_.open_line()) {
      return refuse(format("{}:{}", name_.path, *line), "if without endif", "add endif behind the lines it is for");
    }
    return {};
  }

 private:
  Status open(const Written& written, bool negated, Pattern pattern, int line, const std::string& where) {
    if (!written.value.empty()) {
      return refuse(where, format("\"{}\" behind the pattern of if", escape_for_log(written.value, 80)),
                    "write the lines that belong to it between if and endif");
    }
    ++depth_;
    table_.open_block({{std::move(pattern), {}}, negated, {}, line, {}});
    return {};
  }

  Status close(const std::string& where) {
    seen_.erase(depth_);
    if (!table_.close_block()) return refuse(where, "endif without if", "remove it, or add the if");
    --depth_;
    return {};
  }

  const MapName& name_;
  FirstMatch<Condition>& table_;
  int depth_ = 0;
  std::map<int, std::map<std::string, int>> seen_;  // by depth: lines of the blocks that are open
};

Result<std::shared_ptr<const Map>> PcreMap::parse(const MapName& name, std::string_view text) {
  GM_TRY_ASSIGN(const std::vector<MapLine> lines, read_map_lines(text, name.path, kMostEntries));
  auto map = std::make_shared<PcreMap>(name);
  Reader reader(name, map->table_);
  for (const MapLine& line : lines) GM_TRY(reader.take(line));
  GM_TRY(reader.end());
  return map;
}

std::optional<MapHit> PcreMap::find(std::string_view key, PatternWork& work) const {
  if (key.empty()) return std::nullopt;
  std::vector<std::string> groups;
  const auto* entry = table_.find([&](const auto& candidate) {
    const PatternResult found = candidate.condition.pattern.search(key, work, &groups);
    // What comes behind a line of which nobody knows whether it matches must not decide.
    if (found == PatternResult::Limit) work.take(work.left() + 1);
    return found != PatternResult::Limit && (found == PatternResult::Yes) != candidate.negated;
  });
  if (entry == nullptr) return std::nullopt;
  return MapHit{entry->condition.value.fill(groups), entry->line, false};
}

}  // namespace graph_milter::policy
