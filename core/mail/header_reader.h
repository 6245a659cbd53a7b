// SPDX-License-Identifier: Apache-2.0
// Reads one header block in pieces: lines to unfolded fields (RFC 5322 section 2.2), within limits.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/mail/boundary_set.h"
#include "core/mail/facts.h"
#include "core/mail/findings.h"
#include "core/mail/scanner.h"

namespace graph_milter::mail {

class HeaderReader {
 public:
  enum class Keep { All, Content };  // which fields are kept; all are checked
  enum class Step {
    More,       // all bytes are used up
    Done,       // the empty line is read
    Delimiter,  // a line that begins with an open boundary stands where a field should be: delimiter_line()
    OverLimit,  // a limit is passed; the finding is added
  };

  HeaderReader(const ScanLimits& limits, const BoundarySet& boundaries, FindingList& findings)
      : limits_(limits), boundaries_(boundaries), findings_(findings) {}

  void start(ByteCount offset, Keep keep);

  // Takes bytes from the front of `bytes`, up to the end of the block at most.
  Step feed(std::string_view& bytes);

  // The message ends within the block. Done unless the last line turns out to be a Delimiter.
  Step end_of_message();

  const std::vector<HeaderField>& fields() const { return fields_; }
  std::vector<HeaderField> take_fields() { return std::move(fields_); }
  ByteRange range() const { return {begin_, offset_}; }
  const std::string& delimiter_line() const { return delimiter_line_; }
  ByteCount delimiter_offset() const { return line_begin_; }

 private:
  Step over_limit(std::string_view what);
  Step finish_line(std::string_view last_piece);
  Step take_line(std::string_view line);
  std::string_view without_line_end(std::string_view line);
  void check_bytes(std::string_view line);
  Step continue_field(std::string_view line);
  Step begin_field(std::string_view line);
  void judge_odd_name(bool has_colon);
  void refuse_deciding_field_behind_blank_line();
  bool is_kept() const;
  void end_field();

  const ScanLimits& limits_;
  const BoundarySet& boundaries_;
  FindingList& findings_;

  Keep keep_ = Keep::All;
  ByteCount begin_ = 0;
  ByteCount offset_ = 0;      // of the next byte
  ByteCount line_begin_ = 0;  // of the line being collected
  std::string line_;          // its first bytes, where it came in pieces
  std::size_t count_ = 0;
  HeaderField field_;  // being read
  bool in_field_ = false;
  bool has_blank_line_ = false;  // a line of nothing but blanks: some readers end the header there
  std::vector<HeaderField> fields_;
  std::string delimiter_line_;
};

// True for the fields of which two readers must understand the same: Content-Type, -Transfer-Encoding, -Disposition,
// From, To, Cc.
bool decides_structure(std::string_view lower_name);

}  // namespace graph_milter::mail
