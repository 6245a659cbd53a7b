// SPDX-License-Identifier: Apache-2.0
#include "core/config/option_types.h"

#include <algorithm>
#include <boost/program_options.hpp>

#include "core/base/format.h"
#include "core/base/text.h"
#include "core/config/option_checks.h"
#include "core/config/values.h"

namespace po = boost::program_options;

namespace graph_milter::config {

namespace {

// Leaves Boost.Program_options with our own words.
class BadValue : public po::error {
 public:
  BadValue(std::string what, std::string hint) : po::error(what), problem_{std::move(what), std::move(hint)} {}
  const ValueProblem& problem() const { return problem_; }

 private:
  ValueProblem problem_;
};

// One C++ type per form, so that validate() below is found by its type.
struct Text {
  std::string value;
};
struct Size {
  ByteCount value = 0;
};
struct Count {
  std::size_t value = 0;
};
struct Interval {
  Duration value{};
};
struct YesNo {
  bool value = false;
};
struct Mode {
  unsigned value = 0;
};
struct Date {
  TimePoint value{};
};

[[noreturn]] void refuse(const std::string& token, std::string_view noun, std::string_view form) {
  throw BadValue(format("\"{}\" is not {}", escape_for_log(token, 64), noun), format("write {}", form));
}

template <class T, class Parsed>
void keep(boost::any& out, const std::string& token, const Parsed& parsed, std::string_view noun,
          std::string_view form) {
  if (!parsed) refuse(token, noun, form);
  out = T{*parsed};
}

using Tokens = std::vector<std::string>;

void validate(boost::any& out, const Tokens& tokens, Text*, int) { out = Text{tokens.front()}; }

void validate(boost::any& out, const Tokens& tokens, Size*, int) {
  keep<Size>(out, tokens.front(), parse_size(tokens.front()), "a size", kSizeForm);
}

void validate(boost::any& out, const Tokens& tokens, Count*, int) {
  keep<Count>(out, tokens.front(), parse_unsigned(tokens.front()), "a number", "digits only");
}

void validate(boost::any& out, const Tokens& tokens, Interval*, int) {
  keep<Interval>(out, tokens.front(), parse_duration(tokens.front()), "a time", kDurationForm);
}

void validate(boost::any& out, const Tokens& tokens, YesNo*, int) {
  keep<YesNo>(out, tokens.front(), parse_boolean(tokens.front()), "yes or no", kBooleanForm);
}

void validate(boost::any& out, const Tokens& tokens, Mode*, int) {
  keep<Mode>(out, tokens.front(), parse_mode(tokens.front()), "a file mode", kModeForm);
}

void validate(boost::any& out, const Tokens& tokens, Date*, int) {
  if (tokens.front().empty()) {
    out = Date{};
  } else {
    keep<Date>(out, tokens.front(), parse_date(tokens.front()), "a date", kDateForm);
  }
}

// Hands one value to Boost.Program_options as the only option of a description of its own.
template <class T>
ValueProblem store_one(const std::string& name, const std::string& value, const std::function<void(const T&)>& assign) {
  try {
    po::options_description description;
    description.add_options()(name.c_str(), po::value<T>()->notifier(assign));
    po::parsed_options parsed(&description);
    parsed.options.emplace_back(name, Tokens{value});
    po::variables_map map;
    po::store(parsed, map);
    po::notify(map);
  } catch (const BadValue& bad) {
    return bad.problem();
  } catch (const po::error& error) {
    return {error.what(), {}};
  }
  return {};
}

template <class T, class Member, class Check>
OptionType bounded(std::string form, std::string range, Member member, Check check,
                   std::function<std::string(const Settings&)> get) {
  OptionType type;
  type.form = std::move(form);
  type.range = std::move(range);
  type.get = std::move(get);
  type.set = [member, check](Settings& settings, const std::string& name, const std::string& value) {
    return store_one<T>(name, value, [&](const T& typed) {
      check(typed.value, value);
      settings.*member = typed.value;
    });
  };
  return type;
}

void throw_if_bad(const ValueProblem& problem) {
  if (!problem.what.empty()) throw BadValue(problem.what, problem.hint);
}

// A check that `value` lies within the bounds, whose words name both.
template <class T>
auto within(T least, T most, const std::string& range) {
  return [least, most, range](const T& value, const std::string& written) {
    if (value < least || value > most) throw BadValue(format("{} is out of range", written), "allowed: " + range);
  };
}

}  // namespace

OptionType text_option(std::string form, std::string Settings::*member, TextCheck check) {
  return bounded<Text>(
      std::move(form), {}, member,
      [check](const std::string& value, const std::string&) {
        if (check != nullptr && !value.empty()) throw_if_bad(check(value));
      },
      [member](const Settings& settings) { return settings.*member; });
}

OptionType list_option(std::string form, std::vector<std::string> Settings::*member, TextCheck check_item) {
  OptionType type;
  type.form = std::move(form);
  type.get = [member](const Settings& settings) {
    std::string out;
    for (const std::string& item : settings.*member) out += (out.empty() ? "" : ", ") + item;
    return out;
  };
  type.set = [member, check_item](Settings& settings, const std::string& name, const std::string& value) {
    return store_one<Text>(name, value, [&](const Text& text) {
      std::vector<std::string> items = split_list(text.value);
      for (const std::string& item : items) {
        if (check_item != nullptr) throw_if_bad(check_item(item));
      }
      settings.*member = std::move(items);
    });
  };
  return type;
}

OptionType size_option(ByteCount Settings::*member, ByteCount least, ByteCount most, ByteCount multiple_of) {
  std::string range = format("{} to {}", write_size(least), write_size(most));
  if (multiple_of > 1) range += format(", a multiple of {}", multiple_of);
  const auto in_bounds = within<ByteCount>(least, most, range);
  return bounded<Size>(
      "SIZE", range, member,
      [in_bounds, multiple_of](ByteCount value, const std::string& written) {
        in_bounds(value, written);
        if (value % multiple_of != 0) {
          throw BadValue(format("{} is not a multiple of {}", written, multiple_of),
                         format("the nearest below is {}", value / multiple_of * multiple_of));
        }
      },
      [member](const Settings& settings) { return write_size(settings.*member); });
}

OptionType size_or_map_option(ByteCount Settings::*member, std::string Settings::*map, ByteCount least,
                              ByteCount most) {
  constexpr std::string_view kPrefix = "map:";
  OptionType type = size_option(member, least, most);
  type.form = "SIZE or map:FILE";
  type.get = [map, get = type.get, kPrefix](const Settings& settings) {
    return (settings.*map).empty() ? get(settings) : std::string(kPrefix) + settings.*map;
  };
  type.set = [member, map, set = type.set, kPrefix](Settings& settings, const std::string& name,
                                                    const std::string& value) -> ValueProblem {
    if (value.starts_with(kPrefix)) {
      const std::string path = value.substr(kPrefix.size());
      if (ValueProblem problem = check_absolute_path(path); !problem.what.empty()) return problem;
      settings.*member = Settings().*member;
      settings.*map = path;
      return {};
    }
    ValueProblem problem = set(settings, name, value);
    if (problem.what.empty()) (settings.*map).clear();
    return problem;
  };
  return type;
}

OptionType count_option(std::size_t Settings::*member, std::size_t least, std::size_t most) {
  std::string range = format("{} to {}", least, most);
  return bounded<Count>("NUMBER", range, member, within<std::size_t>(least, most, range),
                        [member](const Settings& settings) { return format("{}", settings.*member); });
}

OptionType duration_option(Duration Settings::*member, Duration least, Duration most) {
  std::string range = format("{} to {}", write_duration(least), write_duration(most));
  return bounded<Interval>("TIME", range, member, within<Duration>(least, most, range),
                           [member](const Settings& settings) { return write_duration(settings.*member); });
}

OptionType boolean_option(bool Settings::*member) {
  return bounded<YesNo>(
      "yes|no", {}, member, [](bool, const std::string&) {},
      [member](const Settings& settings) { return write_boolean(settings.*member); });
}

OptionType mode_option(unsigned Settings::*member) {
  return bounded<Mode>(
      "MODE", {}, member, [](unsigned, const std::string&) {},
      [member](const Settings& settings) { return write_mode(settings.*member); });
}

OptionType date_option(TimePoint Settings::*member) {
  return bounded<Date>(
      "DATE", {}, member, [](TimePoint, const std::string&) {},
      [member](const Settings& settings) {
        return settings.*member == TimePoint{} ? std::string() : write_date(settings.*member);
      });
}

OptionType word_option(std::vector<std::string> words, std::function<std::size_t(const Settings&)> to_index,
                       std::function<void(Settings&, std::size_t)> from_index) {
  OptionType type;
  for (const std::string& word : words) type.form += (type.form.empty() ? "" : "|") + word;
  type.get = [words, to_index = std::move(to_index)](const Settings& settings) { return words[to_index(settings)]; };
  type.set = [words = std::move(words), from_index = std::move(from_index)](Settings& settings, const std::string& name,
                                                                            const std::string& value) {
    return store_one<Text>(name, value, [&](const Text& text) {
      const auto found = std::find(words.begin(), words.end(), text.value);
      if (found == words.end()) {
        std::string choice;
        for (const std::string& word : words) choice += (choice.empty() ? "" : ", ") + word;
        throw BadValue(format("\"{}\" is not a choice", escape_for_log(text.value, 64)), "choose from " + choice);
      }
      from_index(settings, static_cast<std::size_t>(found - words.begin()));
    });
  };
  return type;
}

}  // namespace graph_milter::config
