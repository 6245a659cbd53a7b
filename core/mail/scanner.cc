// SPDX-License-Identifier: Apache-2.0
#include "core/mail/scanner.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "core/base/text.h"
#include "core/mail/body_check.h"
#include "core/mail/boundary_set.h"
#include "core/mail/byte_scan.h"
#include "core/mail/content_fields.h"
#include "core/mail/findings.h"
#include "core/mail/header_reader.h"
#include "core/mail/protection.h"

namespace graph_milter::mail {
namespace {

// A delimiter line is at most 2 + 70 + 2 bytes and some blanks; of a longer line no more than this is looked at.
constexpr std::size_t kLongestCandidate = 256;
constexpr ByteCount kLongestPreamble = 4096;  // and epilogue

}  // namespace

class Scanner::Machine {
 public:
  explicit Machine(ScanLimits limits) : limits_(limits), header_(limits_, boundaries_, findings_) {
    facts_.parts.emplace_back();
    header_.start(0, HeaderReader::Keep::All);
  }
  Machine(const Machine&) = delete;
  Machine& operator=(const Machine&) = delete;

  void feed(std::string_view bytes) {
    while (!bytes.empty()) {
      switch (state_) {
        case State::Header:
          feed_header(bytes);
          break;
        case State::Body:
          feed_body(bytes);
          break;
        case State::Stopped:
          advance(bytes, bytes.size());
          break;
      }
    }
  }

  MessageFacts finish() {
    if (state_ == State::Header) finish_header();
    if (state_ == State::Body) finish_last_line();
    if (state_ != State::Stopped) finish_structure();
    facts_.size = offset_;
    facts_.verdict = findings_.verdict();
    facts_.findings = findings_.take();
    count_attachments();
    return std::move(facts_);
  }

 private:
  enum class State { Header, Body, Stopped };
  enum class Region { Leaf, Preamble, Epilogue };
  enum class LineStart { None, Hard, Soft };  // None: inside a line. Soft: behind a CR or LF alone
  enum class Ending { Crlf, Bare, EndOfMessage, TooLong };

  struct Multipart {
    std::size_t part = 0;
    std::string boundary;
    std::size_t child = Part::kNone;  // the part being read
    bool has_parts = false;
    bool closed = false;
    ByteCount epilogue_begin = 0;
  };

  void advance(std::string_view& bytes, std::size_t count) {
    bytes.remove_prefix(count);
    offset_ += count;
  }

  void stop() {
    state_ = State::Stopped;
    stack_ = {};
    boundaries_ = {};
    candidate_ = {};
  }

  // --- headers ---

  void feed_header(std::string_view& bytes) {
    const std::size_t before = bytes.size();
    const HeaderReader::Step step = header_.feed(bytes);
    offset_ += before - bytes.size();
    take_header_step(step);
  }

  void finish_header() { take_header_step(header_.end_of_message()); }

  void take_header_step(HeaderReader::Step step) {
    switch (step) {
      case HeaderReader::Step::More:
        break;
      case HeaderReader::Step::Done:
        take_header(offset_);
        break;
      case HeaderReader::Step::OverLimit:
        if (current_ == 0) {
          facts_.headers = header_.take_fields();
          read_addresses();  // for the log: with this verdict nothing is relayed
        }
        stop();
        break;
      case HeaderReader::Step::Delimiter:
        findings_.ambiguous("delimiter", "a delimiter stands where a header field should be",
                            header_.delimiter_offset());
        take_header(header_.delimiter_offset());
        if (state_ == State::Body) take_line_of_header(header_.delimiter_line(), header_.delimiter_offset());
        break;
    }
  }

  // A line that ended a header was read by the header reader; it is judged as what it is.
  void take_line_of_header(const std::string& line, ByteCount at) {
    line_offset_ = at;
    line_start_kind_ = LineStart::Hard;
    candidate_ = line;
    collecting_ = true;
    end_line(Ending::Crlf);
  }

  void take_header(ByteCount end) {
    Part& part = facts_.parts[current_];
    part.header = {header_.range().begin, end};
    if (current_ == 0) {
      facts_.header = part.header;
      facts_.headers = header_.take_fields();
      read_addresses();
    }
    const std::vector<HeaderField>& fields = current_ == 0 ? facts_.headers : header_.fields();
    ContentFields content = read_content_fields(fields, default_type(), findings_);
    take_content(part, std::move(content));
    state_ = State::Body;
    line_start_ = LineStart::Hard;
    body_begin_ = end;
    open_body(part);
  }

  void read_addresses() {
    read_address_field("from", facts_.from);
    read_address_field("to", facts_.to);
    read_address_field("cc", facts_.cc);
  }

  void read_address_field(std::string_view name, std::vector<Mailbox>& mailboxes) {
    const HeaderField* found = nullptr;
    for (const HeaderField& field : facts_.headers) {
      if (field.name != name) continue;
      if (found != nullptr) {
        findings_.ambiguous("dup-header", "the field " + field.name + " is there twice", field.range.begin);
        return;
      }
      found = &field;
    }
    if (found == nullptr) return;
    Result<std::vector<Mailbox>> list = parse_mailbox_list(found->value);
    if (list) {
      mailboxes = *std::move(list);
    } else {
      findings_.ambiguous("address", found->name + ": " + list.error().what, found->range.begin);
    }
  }

  std::string_view default_type() const {
    const std::size_t parent = facts_.parts[current_].parent;
    if (parent == Part::kNone || facts_.parts[parent].type != "multipart/digest") return "text/plain";
    return "message/rfc822";  // RFC 2046 section 5.1.5
  }

  static void take_content(Part& part, ContentFields content) {
    part.type = std::move(content.type);
    part.parameters = std::move(content.parameters);
    part.disposition = std::move(content.disposition);
    part.name = std::move(content.name);
    part.raw_name = std::move(content.raw_name);
    part.content_id = std::move(content.content_id);
    part.other_fields = std::move(content.other_fields);
    part.body.encoding = content.encoding;
    if (!content.encoding_is_certain) {
      part.inexact = {Verdict::Ambiguous, "cte", "a fold or blanks beside the transfer encoding", part.header.begin};
    }
    if (!content.name_is_certain) {
      part.inexact = {Verdict::Ambiguous, "name", "two readers could see different names", part.header.begin};
    }
  }

  void open_body(Part& part) {
    if (const auto why = why_protected(part)) {
      findings_.add(Verdict::Protected, why->code, std::string(why->detail), part.header.begin);
    }
    region_ = Region::Leaf;
    if (part.type.starts_with("multipart/")) open_multipart(part);
    if (part.type.starts_with("message/")) check_message_encoding(part);
    if (region_ == Region::Leaf) body_.start(part.body.encoding);
    watches_for_pgp_ = region_ == Region::Leaf && part.type.starts_with("text/") && part.disposition != "attachment";
  }

  void check_composite_encoding(const Part& part) {
    if (part.body.encoding == TransferEncoding::Base64 || part.body.encoding == TransferEncoding::QuotedPrintable) {
      findings_.ambiguous("cte", part.type + " must not be encoded (RFC 2045 section 6.4)", part.header.begin);
    }
  }

  void check_message_encoding(const Part& part) {
    if (part.type == "message/rfc822") check_composite_encoding(part);
  }

  void open_multipart(Part& part) {
    check_composite_encoding(part);
    const std::string boundary = part.parameter("boundary");
    if (boundary.empty()) {
      findings_.ambiguous("boundary", "a multipart without a boundary", part.header.begin);
      return;
    }
    if (!boundaries_.add(boundary, stack_.size())) {
      findings_.ambiguous("boundary", "a boundary begins like one that is open", part.header.begin);
      return;
    }
    part.is_multipart = true;
    stack_.push_back({current_, boundary, Part::kNone, false, false, 0});
    region_ = Region::Preamble;
  }

  // --- bodies ---

  void feed_body(std::string_view& bytes) {
    while (!bytes.empty() && state_ == State::Body) {
      if (after_cr_) {
        resolve_cr(bytes);
      } else if (line_start_ != LineStart::None) {
        start_line(bytes);
      } else {
        feed_line(bytes);
      }
    }
  }

  void resolve_cr(std::string_view& bytes) {
    after_cr_ = false;
    const bool crlf = bytes.front() == '\n';
    if (crlf) advance(bytes, 1);
    end_line(crlf ? Ending::Crlf : Ending::Bare);
  }

  void start_line(std::string_view& bytes) {
    if (region_ == Region::Leaf && line_start_ == LineStart::Hard) advance(bytes, body_.take_regular_lines(bytes));
    if (bytes.empty()) return;
    const char first = bytes.front();
    const bool may_be_delimiter = (first == '-' || first == '\0') && (!boundaries_.empty() || watches_for_pgp_);
    collecting_ = may_be_delimiter || region_ != Region::Leaf;
    line_start_kind_ = std::exchange(line_start_, LineStart::None);
    line_offset_ = offset_;
    candidate_has_nul_ = false;
  }

  void feed_line(std::string_view& bytes) {
    const char* const end = bytes.data() + bytes.size();
    const char* const special = find_line_special(bytes.data(), end);
    const auto length = static_cast<std::size_t>(special - bytes.data());
    add_text(bytes.substr(0, length));
    advance(bytes, length);
    if (special == end) return;
    const char what = bytes.front();
    advance(bytes, 1);
    if (what == '\r') {
      after_cr_ = true;
    } else if (what == '\n') {
      end_line(Ending::Bare);
    } else {
      if (region_ == Region::Leaf) body_.nul();
      candidate_has_nul_ = true;
    }
  }

  void add_text(std::string_view piece) {
    if (collecting_) {
      const std::size_t room = kLongestCandidate + 1 - candidate_.size();
      candidate_ += piece.substr(0, room);
      if (candidate_.size() <= kLongestCandidate) return;
      judge_candidate(Ending::TooLong);
      piece.remove_prefix(std::min(room, piece.size()));
    }
    if (region_ == Region::Leaf) body_.text(piece);
  }

  void end_line(Ending ending) {
    line_start_ = ending == Ending::Crlf ? LineStart::Hard : LineStart::Soft;
    if (collecting_ && judge_candidate(ending)) return;
    if (region_ == Region::Leaf) body_.line_end(ending == Ending::Crlf ? LineEnd::Crlf : LineEnd::Bare);
  }

  void finish_last_line() {
    if (after_cr_) end_line(Ending::Bare);
    if (collecting_) judge_candidate(Ending::EndOfMessage);
  }

  // True if the line was a delimiter: then it is no part of any body.
  bool judge_candidate(Ending ending) {
    collecting_ = false;
    std::string line = std::move(candidate_);
    candidate_.clear();
    if (const auto match = boundaries_.match(line)) {
      if (is_delimiter(*match, ending)) {
        const bool closes = match->rest.starts_with("--");
        take_delimiter(match->level, closes);
        return true;
      }
    } else if (region_ != Region::Leaf) {
      judge_text_outside_parts(line);
    } else if (watches_for_pgp_ && line_start_kind_ == LineStart::Hard && is_pgp_armour(line)) {
      findings_.add(Verdict::Protected, "pgp", "text in PGP armour", line_offset_);
    }
    if (region_ == Region::Leaf) body_.text(line);
    return false;
  }

  // RFC 2046 section 5.1.1 to the letter; anything near it is read differently somewhere.
  bool is_delimiter(const BoundarySet::Match& match, Ending ending) {
    std::string_view rest = match.rest;
    if (rest.starts_with("--")) rest.remove_prefix(2);
    const bool only_blanks = rest.find_first_not_of(" \t") == std::string_view::npos;
    if (candidate_has_nul_) {
      findings_.ambiguous("nul", "a NUL byte in what could be a delimiter", line_offset_);
    } else if (ending == Ending::Bare || line_start_kind_ != LineStart::Hard) {
      findings_.ambiguous("bare-eol", "a delimiter beside a CR or LF alone", line_offset_);
    } else if (!only_blanks || ending == Ending::TooLong) {
      findings_.ambiguous("delimiter", "a line begins like a delimiter and goes on", line_offset_);
    } else if (stack_[match.level].closed) {
      findings_.ambiguous("delimiter", "a delimiter behind the closing one", line_offset_);
    } else {
      return true;
    }
    return false;
  }

  void judge_text_outside_parts(std::string_view line) {
    if (starts_with_ignoring_case(line, "content-") || starts_with_ignoring_case(line, "mime-version:")) {
      findings_.ambiguous(region_ == Region::Preamble ? "preamble" : "epilogue",
                          "a line outside all parts looks like a MIME header", line_offset_);
    }
  }

  // --- structure ---

  void take_delimiter(std::size_t level, bool closes) {
    const ByteCount at = line_offset_;
    end_region(at, true);
    while (stack_.size() > level + 1) pop(at, true);
    Multipart& multipart = stack_[level];
    if (multipart.child != Part::kNone) facts_.parts[multipart.child].entity.end = at;
    multipart.child = Part::kNone;
    if (closes) {
      close(multipart);
    } else {
      begin_part(level, at);
    }
  }

  void close(Multipart& multipart) {
    if (!multipart.has_parts) findings_.ambiguous("no-parts", "a multipart without parts", line_offset_);
    multipart.closed = true;
    multipart.epilogue_begin = offset_;
    region_ = Region::Epilogue;
    watches_for_pgp_ = false;
  }

  void begin_part(std::size_t level, ByteCount at) {
    if (facts_.parts.size() >= limits_.parts) return over_limit("parts", "more parts than are read");
    if (level + 1 > limits_.depth) return over_limit("depth", "parts are nested deeper than is read");
    Multipart& multipart = stack_[level];
    multipart.has_parts = true;
    multipart.child = current_ = facts_.parts.size();
    Part& part = facts_.parts.emplace_back();
    part.parent = multipart.part;
    part.depth = level + 1;
    part.entity.begin = at;
    header_.start(offset_, HeaderReader::Keep::Content);
    state_ = State::Header;
  }

  void over_limit(std::string_view code, std::string detail) {
    findings_.add(Verdict::OverLimit, code, std::move(detail), line_offset_);
    stop();
  }

  // What was being read ends at `at`: at a delimiter, whose preceding CRLF belongs to it, or with the message.
  void end_region(ByteCount at, bool at_delimiter) {
    switch (region_) {
      case Region::Leaf:
        end_leaf(at, at_delimiter);
        break;
      case Region::Preamble:
        if (at - body_begin_ > kLongestPreamble) {
          findings_.ambiguous("preamble-size", "more than 4 KiB before the first part", body_begin_);
        }
        break;
      case Region::Epilogue:
        break;  // judged when its multipart is popped
    }
  }

  static ByteCount body_end(ByteCount begin, ByteCount at, bool at_delimiter) {
    if (!at_delimiter) return at;
    return at - begin >= 2 ? at - 2 : begin;
  }

  void end_leaf(ByteCount at, bool at_delimiter) {
    Part& part = facts_.parts[current_];
    part.body.range = {body_begin_, body_end(body_begin_, at, at_delimiter)};
    const BodyCheck::Outcome outcome = body_.finish(part.body.range.size(), at_delimiter && at > body_begin_);
    part.body.decoded_size = outcome.decoded_size;
    if (!outcome.exact) part.raw_name.clear();  // no name makes it exact
    if (!outcome.exact && part.inexact.code.empty()) {
      part.inexact = {Verdict::Ambiguous, outcome.code, outcome.detail, body_begin_};
    }
    if (part.type.starts_with("message/") && part.inexact.code.empty()) {
      part.inexact = make_message_finding(body_begin_);
    }
    part.exact = part.inexact.code.empty();
  }

  void pop(ByteCount at, bool at_delimiter) {
    const Multipart& multipart = stack_.back();
    Part& part = facts_.parts[multipart.part];
    if (!multipart.closed) {
      findings_.ambiguous("unclosed", "a multipart without its closing delimiter", part.header.begin);
    } else if (at - multipart.epilogue_begin > kLongestPreamble) {
      findings_.ambiguous("epilogue-size", "more than 4 KiB behind the last part", multipart.epilogue_begin);
    }
    part.body.range = {part.header.end, body_end(part.header.end, at, at_delimiter)};
    if (multipart.child != Part::kNone) facts_.parts[multipart.child].entity.end = at;
    boundaries_.remove(multipart.boundary);
    stack_.pop_back();
  }

  void finish_structure() {
    end_region(offset_, false);
    while (!stack_.empty()) pop(offset_, false);
    facts_.parts[0].entity = {0, offset_};
  }

  void count_attachments() {
    const std::vector<bool> is_text = body_text_parts(facts_);
    for (std::size_t i = 0; i < facts_.parts.size(); ++i) {
      if (facts_.is_leaf(i) && !is_text[i]) ++facts_.attachment_count;
    }
  }

  ScanLimits limits_;
  FindingList findings_;
  BoundarySet boundaries_;
  HeaderReader header_;
  BodyCheck body_;
  MessageFacts facts_;
  std::vector<Multipart> stack_;

  State state_ = State::Header;
  Region region_ = Region::Leaf;
  std::size_t current_ = 0;  // the part whose header or body is being read
  ByteCount offset_ = 0;     // of the next byte
  ByteCount body_begin_ = 0;

  LineStart line_start_ = LineStart::None;
  LineStart line_start_kind_ = LineStart::None;  // how the current line began
  ByteCount line_offset_ = 0;
  bool after_cr_ = false;
  bool collecting_ = false;  // the line could be a delimiter: its bytes go to candidate_ first
  bool candidate_has_nul_ = false;
  bool watches_for_pgp_ = false;
  std::string candidate_;
};

Scanner::Scanner(ScanLimits limits) : machine_(std::make_unique<Machine>(limits)) {}
Scanner::~Scanner() = default;
Scanner::Scanner(Scanner&&) noexcept = default;
Scanner& Scanner::operator=(Scanner&&) noexcept = default;

void Scanner::feed(std::string_view bytes) { machine_->feed(bytes); }

MessageFacts Scanner::finish() { return machine_->finish(); }

}  // namespace graph_milter::mail
