// SPDX-License-Identifier: Apache-2.0
// The filters the service answers for messages: comparisons of a few properties joined by "and", and Any over extended
// properties, whose ids are compared with case and whose values are compared without.
#include <stdexcept>

#include "core/base/text.h"
#include "tests/graph_emulator/odata.h"

namespace graph_milter::emulator {
namespace {

struct Token {
  enum class Kind { Word, Text, Symbol, End } kind = Kind::End;
  std::string text;
};

struct Refused : std::runtime_error {
  using std::runtime_error::runtime_error;
};

std::vector<Token> tokens_of(std::string_view text) {
  std::vector<Token> tokens;
  std::size_t at = 0;
  while (at < text.size()) {
    const char c = text[at];
    if (c == ' ') {
      ++at;
    } else if (c == '\'') {
      std::string value;
      for (++at;; ++at) {
        if (at >= text.size()) throw Refused("There is an unterminated string literal in the filter.");
        if (text[at] != '\'')
          value.push_back(text[at]);
        else if (at + 1 < text.size() && text[at + 1] == '\'')
          value.push_back(text[++at]);
        else
          break;
      }
      ++at;
      tokens.push_back({Token::Kind::Text, value});
    } else if (c == '(' || c == ')' || c == ',' || (c == ':' && !tokens.empty() && tokens.back().text == "ep")) {
      tokens.push_back({Token::Kind::Symbol, std::string(1, c)});
      ++at;
    } else {
      std::size_t end = at;
      // A colon belongs to a time, but ends the variable of a lambda.
      while (end < text.size() && std::string_view(" '(),").find(text[end]) == std::string_view::npos &&
             !(text[end] == ':' && text.substr(at, end - at) == "ep")) {
        ++end;
      }
      if (end == at) throw Refused("Syntax error in the filter.");
      tokens.push_back({Token::Kind::Word, std::string(text.substr(at, end - at))});
      at = end;
    }
  }
  tokens.push_back({});
  return tokens;
}

using Test = std::function<bool(const Item&)>;

bool compare(const std::string& op, const std::string& left, const std::string& right) {
  if (op == "eq") return left == right;
  if (op == "ne") return left != right;
  if (op == "ge") return left >= right;
  if (op == "gt") return left > right;
  if (op == "le") return left <= right;
  if (op == "lt") return left < right;
  if (op == "contains") return left.find(right) != std::string::npos;
  if (op == "startswith") return left.rfind(right, 0) == 0;
  throw Refused("Unsupported operator '" + op + "' in the filter.");
}

class Parser {
 public:
  Parser(std::vector<Token> tokens, const Switches& switches, std::vector<std::string>& properties)
      : tokens_(std::move(tokens)), switches_(switches), properties_(properties) {}

  Test parse() {
    std::vector<Test> tests = {term()};
    while (peek().text == "and" && peek().kind == Token::Kind::Word) {
      take();
      tests.push_back(term());
    }
    if (peek().kind != Token::Kind::End) throw Refused("Syntax error in the filter near '" + peek().text + "'.");
    return [tests](const Item& item) {
      for (const Test& test : tests) {
        if (!test(item)) return false;
      }
      return true;
    };
  }

 private:
  const Token& peek() const { return tokens_[at_]; }
  Token take() { return tokens_[at_ + 1 < tokens_.size() ? at_++ : at_]; }
  void expect(std::string_view symbol) {
    if (take().text != symbol) throw Refused("Syntax error in the filter: '" + std::string(symbol) + "' expected.");
  }
  std::string text() {
    if (peek().kind != Token::Kind::Text) throw Refused("Syntax error in the filter: a string expected.");
    return take().text;
  }

  Test term() {
    const std::string name = take().text;
    if (name == "singleValueExtendedProperties/Any" || name == "singleValueExtendedProperties/any") return any();
    if (name == "startswith" || name == "contains") {
      expect("(");
      const std::string property = take().text;
      expect(",");
      Test test = comparison(property, name, text());
      expect(")");
      return test;
    }
    const std::string op = take().text;
    const std::string value = take().text;
    return comparison(name, op, value);
  }

  Test comparison(const std::string& property, const std::string& op, const std::string& value) {
    properties_.push_back(property);
    compare(op, {}, {});
    return [read = reader(property), op, value](const Item& item) { return compare(op, read(item), value); };
  }

  static std::function<std::string(const Item&)> reader(const std::string& property) {
    if (property == "internetMessageId") return [](const Item& item) { return item.parsed.value("Message-ID"); };
    if (property == "conversationId") return [](const Item& item) { return item.conversation; };
    if (property == "subject") return [](const Item& item) { return decode_words(item.parsed.value("Subject")); };
    if (property == "isDraft") return [](const Item& item) { return std::string(item.is_draft ? "true" : "false"); };
    if (property == "createdDateTime") return [](const Item& item) { return iso8601(item.created); };
    if (property == "lastModifiedDateTime") return [](const Item& item) { return iso8601(item.modified); };
    if (property == "receivedDateTime" || property == "sentDateTime") {
      return [](const Item& item) { return iso8601(item.sent.value_or(item.created)); };
    }
    throw Refused("The property '" + property + "' does not support filtering.");
  }

  // Any(ep: ep/id eq 'I' and ep/value eq 'V'), or contains(ep/value, 'V').
  Test any() {
    expect("(");
    if (take().text != "ep") throw Refused("The filter variable must be 'ep'.");
    expect(":");
    if (take().text != "ep/id" || take().text != "eq") throw Refused("The filter must begin with ep/id eq.");
    const std::string id = text();
    if (take().text != "and") throw Refused("The filter must compare ep/value.");
    std::string op = take().text;
    std::string value;
    if (op == "ep/value") {
      op = take().text;
      value = text();
    } else {
      expect("(");
      if (take().text != "ep/value") throw Refused("The filter must compare ep/value.");
      expect(",");
      value = text();
      expect(")");
    }
    expect(")");
    compare(op, {}, {});
    const bool headers_found = switches_.header_property == "found";
    if (is_header(id) && switches_.header_property == "refused") {
      throw Refused("The extended property '" + id + "' can't be used in a filter.");
    }
    return [id, op, folded = to_lower(value), headers_found](const Item& item) {
      for (const ExtendedProperty& property : item.extended) {
        if (property.id == id && compare(op, to_lower(property.value), folded)) return true;
      }
      if (!headers_found || !is_header(id)) return false;
      const Field* field = item.parsed.field(std::string_view(id).substr(kHeaders.size()));
      return field != nullptr && compare(op, to_lower(field->value), folded);
    };
  }

  static constexpr std::string_view kHeaders = "String {00020386-0000-0000-C000-000000000046} Name ";
  // PS_INTERNET_HEADERS; the GUID may be written in either case.
  static bool is_header(const std::string& id) { return starts_with_ignoring_case(id, kHeaders); }

  std::vector<Token> tokens_;
  std::size_t at_ = 0;
  const Switches& switches_;
  std::vector<std::string>& properties_;
};

// Every ordered property must stand in the filter, in the same order, before all others.
bool is_efficient(const std::string& order, const std::vector<std::string>& properties) {
  std::size_t at = 0;
  for (const std::string& each : split_list(order, ",")) {
    const std::string property = each.substr(0, each.find(' '));
    if (at >= properties.size() || properties[at++] != property) return false;
  }
  return true;
}

}  // namespace

FilterResult parse_filter(State& state, const Call& call) {
  FilterResult result;
  if (!call.target.has("$filter")) {
    result.matches = [](const Item&) { return true; };
    return result;
  }
  std::vector<std::string> properties;
  try {
    Parser parser(tokens_of(call.target.option("$filter")), state.switches, properties);
    result.matches = parser.parse();
  } catch (const Refused& refused) {
    const bool own_switch = state.switches.header_property == "refused";
    if (!own_switch) violate(state, call, refused.what());
    result.refusal = refuse(state, call, 400, "ErrorInvalidUrlQueryFilter", refused.what());
    return result;
  }
  if (call.target.has("$orderby") && !is_efficient(call.target.option("$orderby"), properties)) {
    result.refusal = refuse(state, call, 400, "InefficientFilter",
                            "The restriction or sort order is too complex for this operation.");
  }
  return result;
}

}  // namespace graph_milter::emulator
