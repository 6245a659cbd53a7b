// SPDX-License-Identifier: Apache-2.0
// Our strict reader: fed while the message arrives, one pass, iterative, linear in time, bounded in memory.
#pragma once

#include <memory>
#include <string_view>

#include "core/mail/facts.h"

namespace graph_milter::mail {

struct ScanLimits {
  ByteCount header_bytes = 256 * 1024;  // of one header block
  std::size_t header_fields = 1000;
  ByteCount field_bytes = 64 * 1024;
  std::size_t depth = 20;
  std::size_t parts = 500;
};

// Feed the whole message (header, empty line, body) in pieces of any size, then finish() once. After a limit is passed
// nothing more is stored, and feeding costs next to nothing. Bytes are not kept: ranges refer to the order of feeding.
class Scanner {
 public:
  explicit Scanner(ScanLimits limits = {});
  ~Scanner();
  Scanner(Scanner&&) noexcept;
  Scanner& operator=(Scanner&&) noexcept;

  void feed(std::string_view bytes);
  MessageFacts finish();

 private:
  class Machine;
  std::unique_ptr<Machine> machine_;
};

}  // namespace graph_milter::mail
