// SPDX-License-Identifier: Apache-2.0
#include "core/delivery/other_way.h"

#include "core/delivery/give_up.h"

namespace graph_milter::delivery {

bool should_go_by_session(const Error& refusal, const queue::PartProgress& progress) {
  return is_refusal(refusal) && says_too_large(refusal) && !progress.turned_to_session;
}

bool should_go_by_post(const Error& refusal, const plan::PlannedPart& part, const queue::PartProgress& progress) {
  const bool too_small = refusal.code == "ErrorAttachmentSizeShouldNotBeLessThanMinimumSize";
  return is_refusal(refusal) && too_small && !progress.turned_to_post &&
         plan::post_body_length(part) <= plan::ServiceLimits{}.request_body;
}

void turn_to_session(queue::PartProgress& progress, ByteCount size) {
  progress.turned_to_session = true;
  progress.step = queue::PartStep::Uploading;
  progress.upload = {};
  progress.upload.size = size;
}

// As after a POST whose answer was lost: the part is looked for before it is sent.
void turn_to_post(queue::PartProgress& progress) {
  progress.turned_to_post = true;
  progress.step = queue::PartStep::PostIntent;
  progress.upload = {};
}

}  // namespace graph_milter::delivery
