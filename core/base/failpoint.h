// SPDX-License-Identifier: Apache-2.0
// Named places where a test can end the process as kill -9 would. They exist only in builds with GM_FAILPOINTS, which
// is what the test presets make; in what is installed they are nothing.
//
//   GM_FAILPOINT=C14          dies when it first comes to C14
//   GM_FAILPOINT=C14:3        when it comes there for the third time
//   GM_FAILPOINT=C14:3,C20    at whichever of them comes first
//   GM_FAILPOINT=*:7          at the seventh place it comes to, whatever its name
//   GM_FAILPOINT_TRACE=FILE   appends a line with the name each time it comes to one, before it dies there
//
// An order that can't be read ends the process at the first place it comes to, with its words on standard error: a test
// must not believe that it ordered something.
#pragma once

namespace graph_milter {

#ifdef GM_FAILPOINTS
// Any thread.
void failpoint(const char* name);
#define GM_FAILPOINT(name) ::graph_milter::failpoint(#name)
#else
#define GM_FAILPOINT(name) static_cast<void>(0)
#endif

}  // namespace graph_milter
