// SPDX-License-Identifier: Apache-2.0
#include "core/mail/header_reader.h"

#include <algorithm>
#include <array>

#include "core/base/text.h"

namespace graph_milter::mail {
namespace {

constexpr std::array<std::string_view, 6> kDeciding = {
    "content-type", "content-transfer-encoding", "content-disposition", "from", "to", "cc"};

bool is_field_name(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) { return c > ' ' && c < 0x7f; });
}

}  // namespace

bool decides_structure(std::string_view lower_name) {
  return std::find(kDeciding.begin(), kDeciding.end(), lower_name) != kDeciding.end();
}

void HeaderReader::start(ByteCount offset, Keep keep) {
  keep_ = keep;
  begin_ = offset_ = line_begin_ = offset;
  line_.clear();
  count_ = 0;
  in_field_ = false;
  has_blank_line_ = false;
  fields_.clear();
}

HeaderReader::Step HeaderReader::feed(std::string_view& bytes) {
  while (!bytes.empty()) {
    const std::size_t lf = bytes.find('\n');
    const std::string_view piece = bytes.substr(0, lf == std::string_view::npos ? bytes.size() : lf + 1);
    // The same limit must be met whatever the pieces are: the one with less room left.
    const ByteCount line_room = limits_.field_bytes - std::min(limits_.field_bytes, offset_ - line_begin_);
    const ByteCount block_room = limits_.header_bytes - std::min(limits_.header_bytes, offset_ - begin_);
    if (piece.size() > std::min(line_room, block_room)) {
      return over_limit(line_room < block_room ? "a header field is too long" : "a header is too long");
    }
    bytes.remove_prefix(piece.size());
    offset_ += piece.size();
    if (lf == std::string_view::npos) {
      line_ += piece;
      return Step::More;
    }
    const Step step = finish_line(piece);
    if (step != Step::More) return step;
  }
  return Step::More;
}

HeaderReader::Step HeaderReader::finish_line(std::string_view last_piece) {
  Step step = Step::More;
  if (line_.empty()) {
    step = take_line(last_piece);
  } else {
    line_ += last_piece;
    step = take_line(line_);
    line_.clear();
  }
  if (step == Step::More) line_begin_ = offset_;
  return step;
}

HeaderReader::Step HeaderReader::end_of_message() {
  if (!line_.empty()) {
    line_ += "\r\n";  // whoever stores mail in files often loses the last line end
    const Step step = finish_line({});
    if (step != Step::More) return step;
  }
  end_field();
  return Step::Done;
}

HeaderReader::Step HeaderReader::over_limit(std::string_view what) {
  findings_.add(Verdict::OverLimit, "header-size", std::string(what), begin_);
  return Step::OverLimit;
}

HeaderReader::Step HeaderReader::take_line(std::string_view line) {
  line = without_line_end(line);
  check_bytes(line);
  if (line.empty()) {
    end_field();
    return Step::Done;
  }
  if (is_blank(line.front())) return continue_field(line);
  return begin_field(line);
}

std::string_view HeaderReader::without_line_end(std::string_view line) {
  line.remove_suffix(1);
  if (line.ends_with('\r')) {
    line.remove_suffix(1);
  } else {
    findings_.ambiguous("bare-eol", "a header line ends in LF alone", line_begin_);
  }
  return line;
}

void HeaderReader::check_bytes(std::string_view line) {
  if (line.find('\r') != std::string_view::npos) {
    findings_.ambiguous("bare-eol", "a header line holds a CR alone", line_begin_);
  }
  if (line.find('\0') != std::string_view::npos) {
    findings_.ambiguous("nul", "a header line holds a NUL byte", line_begin_);
  }
}

HeaderReader::Step HeaderReader::continue_field(std::string_view line) {
  if (!in_field_) {
    findings_.ambiguous("header-line", "the header begins with a folded line", line_begin_);
    return Step::More;
  }
  if (offset_ - field_.range.begin > limits_.field_bytes) return over_limit("a header field is too long");
  field_.range.end = offset_;
  field_.is_plain = false;
  if (is_kept()) field_.value += line;
  if (line.find_first_not_of(" \t") != std::string_view::npos) return Step::More;
  // Some readers end the header here: then nothing that decides may stand in or behind this field.
  has_blank_line_ = true;
  refuse_deciding_field_behind_blank_line();
  return Step::More;
}

HeaderReader::Step HeaderReader::begin_field(std::string_view line) {
  end_field();
  if (boundaries_.match(line)) {
    delimiter_line_ = line;
    return Step::Delimiter;
  }
  if (++count_ > limits_.header_fields) {
    findings_.add(Verdict::OverLimit, "header-fields", "a header has too many fields", begin_);
    return Step::OverLimit;
  }
  const std::string_view name = line.substr(0, line.find(':'));
  field_.name = to_lower(trim(name));
  if (name.size() == line.size() || !is_field_name(name)) judge_odd_name(name.size() < line.size());
  field_.value = name.size() == line.size() ? std::string_view() : line.substr(name.size() + 1);
  field_.range = {line_begin_, offset_};
  in_field_ = true;
  if (!is_kept()) field_.value.clear();
  refuse_deciding_field_behind_blank_line();
  return Step::More;
}

// Some readers end the header at such a line. Where only blanks stand before the colon, most do not.
void HeaderReader::judge_odd_name(bool has_colon) {
  if (has_colon && is_field_name(field_.name) && !decides_structure(field_.name)) {
    findings_.ambiguous("header-blank", "blanks before the colon of a header field", line_begin_);
  } else {
    findings_.ambiguous("header-line", "a header line is not of the form name: value", line_begin_);
  }
}

void HeaderReader::refuse_deciding_field_behind_blank_line() {
  if (!has_blank_line_ || !decides_structure(field_.name)) return;
  findings_.ambiguous("fold", "the field " + field_.name + " is folded with, or behind, a line of blanks", line_begin_);
}

bool HeaderReader::is_kept() const { return keep_ == Keep::All || field_.name.starts_with("content-"); }

void HeaderReader::end_field() {
  if (in_field_ && is_kept()) {
    if (!field_.value.empty() && is_blank(field_.value.back())) field_.is_plain = false;
    field_.value = std::string(trim(field_.value));
    fields_.push_back(std::move(field_));
  }
  field_ = {};
  in_field_ = false;
}

}  // namespace graph_milter::mail
