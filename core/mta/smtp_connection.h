// SPDX-License-Identifier: Apache-2.0
// A stream to an SMTP server: lines in, bytes out, each with a deadline. What it fails with is Transient or Cancelled;
// who knows what was said before decides what that means.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "core/base/file.h"
#include "core/base/result.h"
#include "core/mta/smtp_client.h"
#include "core/mta/smtp_reply.h"

namespace graph_milter::mta {

class SmtpConnection {
 public:
  // `settings` outlives it. Tries every address of a host, each until the connect timeout.
  static Result<SmtpConnection> open(const SmtpSettings& settings);

  // All bytes are in the kernel's hands when it returns. A server that closed is an error, never a signal.
  Status write(std::string_view bytes, Duration timeout);

  // One reply; `timeout` is for the whole of it. `lines` gets its raw text (see ReplyReader::lines).
  Result<SmtpReply> read_reply(Duration timeout, std::string* lines = nullptr);

  // There is something to read before anything was asked: taken for the answer to the next command, it would tell lies.
  bool has_spoken();

 private:
  using Deadline = std::chrono::steady_clock::time_point;

  SmtpConnection(const SmtpSettings& settings, FileDescriptor socket);
  Result<std::string> read_line(Deadline deadline);

  const SmtpSettings* settings_;
  FileDescriptor socket_;
  std::string buffer_;
};

}  // namespace graph_milter::mta
