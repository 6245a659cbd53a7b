// SPDX-License-Identifier: Apache-2.0
// Result<T>: a value or an Error. Only the subset of std::expected is used, and only this header names the library
// behind it, so that C++23 changes one line.
#pragma once

#include <tl/expected.hpp>
#include <utility>

#include "core/base/error.h"

namespace graph_milter {

template <class T>
using Result = tl::expected<T, Error>;

using Status = Result<void>;

// `return fail(error);` from any function that returns a Result.
inline tl::unexpected<Error> fail(Error error) { return tl::unexpected<Error>(std::move(error)); }

inline tl::unexpected<Error> fail(ErrorKind kind, std::string where, std::string what, std::string hint = {}) {
  return fail(make_error(kind, std::move(where), std::move(what), std::move(hint)));
}

}  // namespace graph_milter

// GM_TRY(status_expression): leaves the function with the error, if there is one.
#define GM_TRY(expression)                                           \
  do {                                                               \
    if (auto gm_try_result = (expression); !gm_try_result)           \
      return ::graph_milter::fail(std::move(gm_try_result).error()); \
  } while (false)

#define GM_TRY_CONCAT_INNER(a, b) a##b
#define GM_TRY_CONCAT(a, b) GM_TRY_CONCAT_INNER(a, b)

// GM_TRY_ASSIGN(auto name, expression): name becomes the value, or the function is left with the error.
#define GM_TRY_ASSIGN(declaration, expression)                                        \
  auto GM_TRY_CONCAT(gm_try_, __LINE__) = (expression);                               \
  if (!GM_TRY_CONCAT(gm_try_, __LINE__))                                              \
    return ::graph_milter::fail(std::move(GM_TRY_CONCAT(gm_try_, __LINE__)).error()); \
  declaration = *std::move(GM_TRY_CONCAT(gm_try_, __LINE__))  // NOLINT(bugprone-macro-parentheses): it's a declaration
