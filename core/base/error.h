// SPDX-License-Identifier: Apache-2.0
// What went wrong, as a value: one kind per reaction, and words for the person who must act.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace graph_milter {

// One kind per reaction. A caller switches on the kind and never reads the words.
enum class ErrorKind {
  Transient,      // the other side or the way to it failed: try again later
  Throttled,      // the other side asks for patience: not before `retry_after`
  Unauthorized,   // the token was refused: get a new one once, then treat as Configuration
  NotFound,       // the thing is gone, or not visible yet (Graph 404)
  SessionGone,    // the upload session is lost: open a new one
  OutOfStep,      // our position and the server's differ: ask for the position
  Unclear,        // the request may have taken effect: ask before repeating it
  Permanent,      // this message can never succeed this way
  Configuration,  // only the administrator can mend it: hold, never return mail
  Corrupt,        // stored data is damaged: hold that entry, go on with the others
  System,         // this machine failed us (disk, memory, descriptors): answer 4xx
  Usage,          // the person who typed it must correct it (options, conf files, arguments)
  Cancelled,      // we are shutting down; nothing happened to the message
};

std::string_view name_of(ErrorKind kind);

// An error for the person who must act: where it happened (file:line, option, operation), what happened (with the
// offending value) and, if we know it, what to do (hint). None of the three ever holds a token, a secret, an upload
// URL's query or message text.
struct Error {
  ErrorKind kind = ErrorKind::Transient;
  std::string where;
  std::string what;
  std::string hint;        // empty: none
  std::string code;        // the other side's own code ("ErrorItemNotFound"), or empty
  int status = 0;          // HTTP status or errno the kind came from; 0: none
  std::string request_id;  // Graph's request-id for support; empty: none
  std::optional<std::chrono::milliseconds> retry_after = {};  // not before this much time has passed

  Error with_hint(std::string text) &&;

  // "where: what (hint)".
  std::string text() const;
};

Error make_error(ErrorKind kind, std::string where, std::string what, std::string hint = {});

// An Error of kind System that carries errno's words: "where: what: No space left on device".
Error system_error(std::string where, std::string what, int errno_value);

}  // namespace graph_milter
