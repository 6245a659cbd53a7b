// SPDX-License-Identifier: Apache-2.0
#include "core/mail/address.h"

#include <idn2.h>

#include <algorithm>
#include <memory>

#include "core/base/format.h"
#include "core/base/text.h"
#include "core/mail/encoded_word.h"

namespace graph_milter::mail {
namespace {

constexpr std::size_t kLongestDomain = 253;
constexpr std::size_t kLongestLabel = 63;
constexpr std::size_t kLongestLocalPart = 256;  // RFC 5321 says 64, but senders that encode a recipient write more

bool is_letter_or_digit(char c) {
  const char lower = ascii_lower(c);
  return is_ascii_digit(c) || (lower >= 'a' && lower <= 'z');
}

bool is_beyond_ascii(char c) { return static_cast<unsigned char>(c) >= 0x80; }

// atext of RFC 5322 section 3.2.3 with RFC 6532.
bool is_atext(char c) {
  return is_letter_or_digit(c) || is_beyond_ascii(c) ||
         (c != '\0' && std::string_view("!#$%&'*+-/=?^_`{|}~").find(c) != std::string_view::npos);
}

bool is_dot_atom(std::string_view text) {
  if (text.empty() || text.front() == '.' || text.back() == '.') return false;
  if (text.find("..") != std::string_view::npos) return false;
  return std::all_of(text.begin(), text.end(), [](char c) { return c == '.' || is_atext(c); });
}

// The length of the quoted string at the front of `text` with its quotes, or 0.
std::size_t quoted_length(std::string_view text) {
  if (!text.starts_with('"')) return 0;
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (text[i] == '"') return i + 1;
    if (text[i] == '\\') ++i;
  }
  return 0;
}

bool has_control(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < ' ' || byte == 0x7f;
  });
}

bool is_ascii(std::string_view text) { return std::none_of(text.begin(), text.end(), is_beyond_ascii); }

bool is_good_label(std::string_view label) {
  return !label.empty() && label.size() <= kLongestLabel && label.front() != '-' && label.back() != '-' &&
         std::all_of(label.begin(), label.end(), [](char c) { return is_letter_or_digit(c) || c == '-' || c == '_'; });
}

bool is_good_domain(std::string_view domain) {
  if (domain.empty() || domain.size() > kLongestDomain) return false;
  for (;;) {
    const std::size_t dot = domain.find('.');
    if (!is_good_label(domain.substr(0, dot))) return false;
    if (dot == std::string_view::npos) return true;
    domain.remove_prefix(dot + 1);
  }
}

struct Idn2Free {
  void operator()(char* text) const { idn2_free(text); }
};

std::optional<std::string> canonical_domain(std::string_view domain) {
  std::string lower = to_lower(domain);
  if (!is_ascii(lower)) {
    if (lower.size() > kLongestDomain * 4 || !is_valid_utf8(lower)) return std::nullopt;
    char* raw = nullptr;
    const int code = idn2_to_ascii_8z(lower.c_str(), &raw, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
    const std::unique_ptr<char, Idn2Free> owned(raw);
    if (code != IDN2_OK) return std::nullopt;
    lower = owned.get();
  }
  if (!is_good_domain(lower)) return std::nullopt;
  return lower;
}

std::optional<std::string> canonical_local_part(std::string_view local) {
  if (local.empty() || local.size() > kLongestLocalPart || has_control(local)) return std::nullopt;
  const bool quoted = quoted_length(local) == local.size();
  if (!quoted && !is_dot_atom(local)) return std::nullopt;
  if (!is_ascii(local) && !is_valid_utf8(local)) return std::nullopt;
  return to_lower(local);
}

// A run of characters without a blank in an address list, or a quoted string: "John", "Q.", "a@b.example".
struct Word {
  std::string raw;
  std::string shown;  // without quotes
  bool has_at = false;
};

tl::unexpected<Error> refuse(std::string_view what) {
  return fail(ErrorKind::Permanent, "address list", std::string(what));
}

// One pass over the value, no recursion: a group only sets a flag.
class ListReader {
 public:
  explicit ListReader(std::string_view value) : rest_(value) {}

  Result<std::vector<Mailbox>> read() {
    for (;;) {
      skip_blanks_and_commas();
      if (rest_.empty()) break;
      if (rest_.front() == ';') {
        if (!in_group_) return refuse("a ';' outside a group");
        in_group_ = false;
        rest_.remove_prefix(1);
        GM_TRY(expect_separator());
        continue;
      }
      GM_TRY(read_element());
    }
    if (in_group_) return refuse("a group is not closed");
    return std::move(mailboxes_);
  }

  bool found_group() const { return found_group_; }

 private:
  // Empty entries are obsolete, but nobody reads anything else into them.
  void skip_blanks_and_commas() { rest_.remove_prefix(std::min(rest_.find_first_not_of(" \t,"), rest_.size())); }
  void skip_blanks() { rest_.remove_prefix(std::min(rest_.find_first_not_of(" \t"), rest_.size())); }

  Status expect_separator() {
    skip_blanks();
    if (rest_.starts_with('(')) GM_TRY(skip_comment());
    skip_blanks();
    if (rest_.empty() || rest_.front() == ',' || (in_group_ && rest_.front() == ';')) return {};
    return refuse("text behind an address");
  }

  // Words up to '<', ',', ';', ':' or the end, then what they turn out to be.
  Status read_element() {
    std::vector<Word> words;
    std::string comment;
    for (;;) {
      skip_blanks();
      if (rest_.empty() || rest_.front() == ',' || rest_.front() == ';') return end_bare_address(words, comment);
      if (rest_.front() == '<') return read_angle_address(words);
      if (rest_.front() == ':') return begin_group(words);
      if (rest_.front() == '(') {
        GM_TRY_ASSIGN(comment, read_comment());
        continue;
      }
      if (!comment.empty() && words.size() == 1 && words.front().has_at) return refuse("text behind an address");
      GM_TRY_ASSIGN(Word word, read_word());
      words.push_back(std::move(word));
    }
  }

  Result<Word> read_word() {
    Word word;
    const std::size_t begin_size = rest_.size();
    const std::string_view begin = rest_;
    while (!rest_.empty()) {
      const char c = rest_.front();
      if (c == '"') {
        GM_TRY(read_quoted(word));
        continue;
      }
      if (!is_atext(c) && c != '.' && c != '@') break;
      if (c == '@') word.has_at = true;
      word.shown += c;
      rest_.remove_prefix(1);
    }
    word.raw = begin.substr(0, begin_size - rest_.size());
    if (word.raw.empty()) return refuse(format("'{}' where it has no meaning", escape_for_log(rest_.substr(0, 1))));
    // A comment right behind an address belongs to it for some readers and not for others.
    if (rest_.starts_with('(') && word.has_at) return refuse("a comment touches an address");
    return word;
  }

  Status read_quoted(Word& word) {
    const std::size_t length = quoted_length(rest_);
    if (length == 0) return refuse("a quote is not closed");
    for (std::size_t i = 1; i + 1 < length; ++i) {
      if (rest_[i] == '\\') ++i;
      word.shown += rest_[i];
    }
    rest_.remove_prefix(length);
    return {};
  }

  // Only the plain kind that cron and old mailers write: "root@host (Cron Daemon)".
  Result<std::string> read_comment() {
    const std::size_t end = rest_.find_first_of("()<>@,\";:\\", 1);
    if (end == std::string_view::npos || rest_[end] != ')') return refuse("a comment that readers differ about");
    std::string text(rest_.substr(1, end - 1));
    rest_.remove_prefix(end + 1);
    if (!rest_.empty() && !is_blank(rest_.front()) && rest_.front() != ',') return refuse("a comment touches a word");
    return text;
  }
  Status skip_comment() {
    GM_TRY(read_comment());
    return {};
  }

  Status end_bare_address(const std::vector<Word>& words, const std::string& comment) {
    if (words.size() != 1 || !words.front().has_at) return refuse("an entry without an address");
    return add(words.front().raw, comment);
  }

  Status begin_group(const std::vector<Word>& words) {
    const bool has_at = std::any_of(words.begin(), words.end(), [](const Word& word) { return word.has_at; });
    if (in_group_ || words.empty() || has_at) return refuse("a ':' where it has no meaning");
    in_group_ = found_group_ = true;
    rest_.remove_prefix(1);
    return {};
  }

  Status read_angle_address(const std::vector<Word>& words) {
    rest_.remove_prefix(1);
    const std::size_t quoted = quoted_length(rest_);
    const std::size_t end = rest_.find('>', quoted);
    if (end == std::string_view::npos) return refuse("a '<' is not closed");
    const std::string_view address = rest_.substr(0, end);
    if (address.find_first_of("<(, \t", quoted) != std::string_view::npos) {
      return refuse("an address with a route, a blank or a comment");
    }
    GM_TRY(check_display_name(words, address));
    GM_TRY(add(address, join(words)));
    rest_.remove_prefix(end + 1);
    return expect_separator();
  }

  // Some programs write the address as its own name without quotes. Any other address there could be taken for the one.
  static Status check_display_name(const std::vector<Word>& words, std::string_view address) {
    for (const Word& word : words) {
      if (!word.has_at) continue;
      std::string_view name = word.raw;
      if (name.size() > 2 && name.starts_with('\'') && name.ends_with('\'')) name = name.substr(1, name.size() - 2);
      if (words.size() != 1 || !equal_ignoring_case(name, address)) return refuse("two addresses in one entry");
    }
    return {};
  }

  static std::string join(const std::vector<Word>& words) {
    std::string text;
    for (const Word& word : words) {
      if (!text.empty()) text += ' ';
      text += word.shown;
    }
    return text;
  }

  Status add(std::string_view raw, std::string_view display) {
    if (raw.find("=?") != std::string_view::npos) return refuse("an encoded word inside an address");
    const std::size_t quoted = quoted_length(raw);
    const std::string_view inside = quoted > 2 ? raw.substr(1, quoted - 2) : std::string_view();
    if (quoted > 0 &&
        !std::all_of(inside.begin(), inside.end(), [](char c) { return c == '.' || c == ' ' || is_atext(c); })) {
      return refuse("a quoted local part that readers differ about");
    }
    std::optional<std::string> address = canonical_address(raw);
    if (!address) return refuse(format("\"{}\" is not an address", escape_for_log(raw, 80)));
    mailboxes_.push_back({decode_encoded_words(display).value_or(std::string(display)), *std::move(address)});
    return {};
  }

  std::string_view rest_;
  bool in_group_ = false;
  bool found_group_ = false;
  std::vector<Mailbox> mailboxes_;
};

}  // namespace

std::optional<std::string> canonical_address(std::string_view address) {
  const std::size_t quoted = quoted_length(address);
  const std::size_t at = quoted > 0 ? quoted : address.find('@');
  if (at >= address.size() || address[at] != '@') return std::nullopt;
  std::optional<std::string> local = canonical_local_part(address.substr(0, at));
  std::optional<std::string> domain = canonical_domain(address.substr(at + 1));
  if (!local || !domain) return std::nullopt;
  return *local + "@" + *domain;
}

bool same_address(std::string_view a, std::string_view b) {
  const std::optional<std::string> first = canonical_address(a);
  return first && first == canonical_address(b);
}

std::string_view domain_of(std::string_view canonical) { return canonical.substr(canonical.rfind('@') + 1); }

Result<std::vector<Mailbox>> parse_mailbox_list(std::string_view value) {
  if (std::any_of(value.begin(), value.end(), [](char c) { return has_control({&c, 1}) && c != '\t'; })) {
    return refuse("a control character");
  }
  if (!is_valid_utf8(value)) return refuse("bytes that are not UTF-8");
  return ListReader(value).read();
}

bool has_group(std::string_view value) {
  ListReader reader(value);
  return reader.read().has_value() && reader.found_group();
}

}  // namespace graph_milter::mail
