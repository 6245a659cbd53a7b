// SPDX-License-Identifier: Apache-2.0
#include "core/policy/cidr_map.h"

#include <map>
#include <tuple>
#include <utility>

#include "core/base/format.h"
#include "core/base/text.h"

namespace graph_milter::policy {

namespace {

constexpr std::size_t kMostEntries = 100'000;  // each is asked in turn

tl::unexpected<Error> refuse(std::string where, std::string what, std::string hint) {
  return fail(ErrorKind::Usage, std::move(where), std::move(what), std::move(hint));
}

// "[2001:db8::]/32" and "[2001:db8::/32]" as Postfix takes them.
std::string without_brackets(std::string_view word) {
  const std::size_t close = word.find(']');
  if (!word.starts_with('[') || close == std::string_view::npos) return std::string(word);
  return std::string(word.substr(1, close - 1)) + std::string(word.substr(close + 1));
}

// Reads one file; knows which networks stand in which block already.
class Reader {
 public:
  Reader(const MapName& name, FirstMatch<Network>& table) : name_(name), table_(table) {}

  Status take(const MapLine& line) {
    const std::string where = format("{}:{}", name_.path, line.line);
    GM_TRY_ASSIGN(const TableLine parsed, read_table_line(line.text, where));
    if (parsed.kind == TableLine::Kind::EndIf) {
      seen_.erase(depth_);
      if (table_.close_block()) return --depth_, Status();
      return refuse(where, "endif without if", "remove it, or add the if");
    }
    std::string_view word;
    std::string_view value;
    split_map_line(parsed.rest, word, value);
    GM_TRY_ASSIGN(const Network network, parse_network(without_brackets(word), where));
    FirstMatch<Network>::Entry entry{network, parsed.negated, std::string(value), line.line, {}};
    if (parsed.kind == TableLine::Kind::If) {
      if (!value.empty()) {
        return refuse(where, format("\"{}\" behind the network of if", escape_for_log(value, 80)),
                      "write the lines that belong to it between if and endif");
      }
      ++depth_;
      table_.open_block(std::move(entry));
      return {};
    }
    const auto [place, is_new] = seen_[depth_].emplace(Seen{network.bytes, network.prefix, parsed.negated}, line.line);
    if (!is_new) {
      return refuse(where, format("{} has a line already", escape_for_log(word, 80)),
                    format("it is line {}, which always decides; keep one of them", place->second));
    }
    // What an if encloses is bounded by it.
    everybody_ = everybody_ || (depth_ == 0 && (network.is_everybody || parsed.negated));
    table_.add(std::move(entry));
    return {};
  }

  Status end() const {
    if (const auto line = table_.open_line()) {
      return refuse(format("{}:{}", name_.path, *line), "if without endif", "add endif behind the lines it is for");
    }
    return {};
  }

  bool everybody() const { return everybody_; }

 private:
  using Seen = std::tuple<std::array<unsigned char, 16>, int, bool>;
  const MapName& name_;
  FirstMatch<Network>& table_;
  int depth_ = 0;
  std::map<int, std::map<Seen, int>> seen_;  // by depth: lines of the blocks that are open
  bool everybody_ = false;
};

}  // namespace

Result<std::shared_ptr<const Map>> CidrMap::parse(const MapName& name, std::string_view text) {
  GM_TRY_ASSIGN(const std::vector<MapLine> lines, read_map_lines(text, name.path, kMostEntries));
  auto map = std::make_shared<CidrMap>(name);
  Reader reader(name, map->table_);
  for (const MapLine& line : lines) GM_TRY(reader.take(line));
  GM_TRY(reader.end());
  for (const auto& entry : map->table_.entries()) {
    map->has_negated_ = map->has_negated_ || entry.negated;
    if (!entry.negated && !entry.block_end) map->networks_.add(entry.condition);
  }
  map->holds_everybody_ = reader.everybody();
  return map;
}

std::optional<MapHit> CidrMap::find(std::string_view key, PatternWork& /*work*/) const {
  const auto address = parse_ip(key);
  // Most addresses are in no line, and a long table need not be walked to know that.
  if (!address || (!has_negated_ && !networks_.contains(*address))) return std::nullopt;
  const auto* entry = table_.find([&](const auto& candidate) {
    const Network& network = candidate.condition;
    return network.is_v4() == address->is_v4() && network.contains(*address) != candidate.negated;
  });
  if (entry == nullptr) return std::nullopt;
  return MapHit{entry->value, entry->line, false};
}

}  // namespace graph_milter::policy
