// SPDX-License-Identifier: Apache-2.0
// Owners for what GMime hands out. Only core/mail includes this.
#pragma once

#include <gmime/gmime.h>

#include <memory>

namespace graph_milter::mail {

struct GObjectUnref {
  void operator()(void* object) const { g_object_unref(object); }
};
// One reference to a GObject.
template <class T>
using GRef = std::unique_ptr<T, GObjectUnref>;

struct ParserOptionsFree {
  void operator()(GMimeParserOptions* options) const { g_mime_parser_options_free(options); }
};
using ParserOptions = std::unique_ptr<GMimeParserOptions, ParserOptionsFree>;

// Once for the process, before any other use of GMime; any thread, any number of times.
void start_gmime();

}  // namespace graph_milter::mail
