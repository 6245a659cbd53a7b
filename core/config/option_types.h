// SPDX-License-Identifier: Apache-2.0
// The kinds of values an option can have: how one is read into Settings, bounded, and written back.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/config/settings.h"

namespace graph_milter::config {

// What is wrong with a value, and what to write instead; `what` is empty if nothing is.
struct ValueProblem {
  std::string what;
  std::string hint;
};

struct OptionType {
  std::string form;   // for people: "SIZE", "yes|no"
  std::string range;  // "1 to 64"; empty: none
  // Validated by Boost.Program_options; on a problem Settings are as they were.
  std::function<ValueProblem(Settings&, const std::string& name, const std::string& value)> set;
  std::function<std::string(const Settings&)> get;
};

using TextCheck = ValueProblem (*)(const std::string& value);

// Empty text and lists are allowed: they stand for "not set".
OptionType text_option(std::string form, std::string Settings::*member, TextCheck check = nullptr);
OptionType list_option(std::string form, std::vector<std::string> Settings::*member, TextCheck check_item = nullptr);
OptionType size_option(ByteCount Settings::*member, ByteCount least, ByteCount most, ByteCount multiple_of = 1);
// SIZE, or map:FILE for a size per mailbox: then `map` is the path, and `member` is at its default.
OptionType size_or_map_option(ByteCount Settings::*member, std::string Settings::*map, ByteCount least, ByteCount most);
OptionType count_option(std::size_t Settings::*member, std::size_t least, std::size_t most);
OptionType duration_option(Duration Settings::*member, Duration least, Duration most);
OptionType boolean_option(bool Settings::*member);
OptionType mode_option(unsigned Settings::*member);
// YYYY-MM-DD, or empty for 0: not set.
OptionType date_option(TimePoint Settings::*member);

// One of a few words: `to_index` and `from_index` translate the member.
OptionType word_option(std::vector<std::string> words, std::function<std::size_t(const Settings&)> to_index,
                       std::function<void(Settings&, std::size_t)> from_index);

}  // namespace graph_milter::config
