// SPDX-License-Identifier: Apache-2.0
#include "core/policy/rule_keys.h"

#include <algorithm>
#include <utility>

#include "core/base/format.h"
#include "core/base/text.h"
#include "core/config/values.h"

namespace graph_milter::policy {

namespace {

using config::ConfLine;

std::vector<Key> join_tables() {
  std::vector<Key> out;
  for (const auto keys : {condition_keys(), outcome_keys(), setting_keys()})
    out.insert(out.end(), keys.begin(), keys.end());
  return out;
}

// "pass, relay or reject"
std::string alternatives(std::span<const std::string_view> words) {
  std::string out;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i > 0) out += i + 1 == words.size() ? " or " : ", ";
    out += words[i];
  }
  return out;
}

}  // namespace

const std::vector<Key>& all_keys() {
  static const std::vector<Key> keys = join_tables();
  return keys;
}

const Key* find_key(std::string_view name) {
  const std::vector<Key>& keys = all_keys();
  const auto found = std::find_if(keys.begin(), keys.end(), [&](const Key& key) { return key.name == name; });
  return found == keys.end() ? nullptr : &*found;
}

tl::unexpected<Error> refuse(std::string where, std::string what, std::string hint) {
  return fail(ErrorKind::Usage, std::move(where), std::move(what), std::move(hint));
}

tl::unexpected<Error> refuse_word(const ConfLine& line, std::span<const std::string_view> words) {
  const std::string_view near = nearest_word(line.value, words);
  return refuse(line.where(), format("{} = {} is not known", line.key, escape_for_log(line.value, 80)),
                near.empty() ? "write " + alternatives(words) : format("did you mean {}?", near));
}

Result<std::size_t> read_word(const ConfLine& line, std::span<const std::string_view> words) {
  const auto word = std::find(words.begin(), words.end(), line.value);
  if (word == words.end()) return refuse_word(line, words);
  return static_cast<std::size_t>(word - words.begin());
}

Result<bool> read_boolean(const ConfLine& line) {
  if (const auto value = config::parse_boolean(line.value)) return *value;
  return refuse(line.where(), format("{} = {} is neither yes nor no", line.key, escape_for_log(line.value, 80)),
                "write yes or no");
}

Result<ByteCount> read_size(const ConfLine& line) {
  if (const auto size = config::parse_size(line.value)) return *size;
  return refuse(line.where(), format("{} = {} is not a size", line.key, escape_for_log(line.value, 80)),
                format("write {}", config::kSizeForm));
}

}  // namespace graph_milter::policy
