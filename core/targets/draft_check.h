// SPDX-License-Identifier: Apache-2.0
// Is the draft what the plan says? Pure comparison of what the service reports with what was sent; nothing is sent
// while it differs.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/graph/client.h"
#include "core/plan/plan.h"

namespace graph_milter::targets {

// The first thing that differs, in words for the log. `may_be_lag`: something is missing that a list may only not show
// yet, so that a second look is worth while; what is there too much or wrong stays so.
struct Difference {
  std::string what;
  bool may_be_lag = false;
};

// Compares recipients (as a set), and attachments: every part of the plan and every certain attachment of the skeleton
// must be there under its name; a part's reported size is at least what was uploaded and at most 1.1 times that plus
// 64 KiB, because the service adds an overhead to what it reports. Attachments beyond those are allowed as far as the
// skeleton has parts that the service may list or not. REQUIRES: draft.is_draft.
std::optional<Difference> find_difference(const plan::Plan& plan, const graph::Message& draft,
                                          const std::vector<graph::Attachment>& attachments);

// The same recipients as the plan, as a set.
bool same_recipients(const plan::Plan& plan, const graph::Message& message);

// Which attachment is which planned part, one answer for each of `parts` (indexes into plan.parts); none is used twice,
// and none of those in `from_mime`. Empty: that part is not among them. Earlier parts choose first.
std::vector<std::optional<graph::Attachment>> match_parts(const plan::Plan& plan, const std::vector<std::size_t>& parts,
                                                          const std::vector<graph::Attachment>& attachments,
                                                          const std::vector<std::string>& from_mime);

// May this attachment, as reported, be a file of `size` bytes that was uploaded as `name`?
bool may_be(const graph::Attachment& attachment, std::string_view name, ByteCount size);

// A name as services may return it: characters that Windows forbids become "_", controls and the blanks and dots at the
// ends go.
std::string comparable_name(std::string_view name);

}  // namespace graph_milter::targets
