// SPDX-License-Identifier: Apache-2.0
// Whether another user of this machine can connect to a unix socket, by the permissions of socket and folders.
#pragma once

#include <optional>
#include <string>

#include "core/base/error.h"

namespace graph_milter::admin {

// What keeps `user` out, and how to let it in; nullopt: nothing, or it can't be known (there is no such user, the
// socket is not there, we may not look).
std::optional<Error> why_closed(const std::string& path, const std::string& user);

// What makes Sendmail refuse a unix socket, whoever runs it ("local socket name ... unsafe"): a folder above it that
// its group or others may write. nullopt: nothing, or we may not look.
std::optional<Error> why_unsafe(const std::string& path);

}  // namespace graph_milter::admin
