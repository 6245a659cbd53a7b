// SPDX-License-Identifier: Apache-2.0
// What is due for an entry, from its journal alone. Pure.
#pragma once

#include "core/queue/entry.h"

namespace graph_milter::delivery {

enum class Task {
  MakeDraft,  // no draft can exist
  FindDraft,  // a draft may exist: look for our marker first
  PostPart,
  FindPart,  // a POST may have been effected: look for the attachment first
  UploadPart,
  Compare,  // the draft with the plan
  Send,
  SettleSend,  // a send may have been effected: find out before anything else
  Finish,      // it is sent: let the spool file go
  Nothing,
};

struct DueStep {
  Task task = Task::Nothing;
  std::size_t part = 0;  // of PostPart, FindPart, UploadPart
  friend bool operator==(const DueStep&, const DueStep&) = default;
};

DueStep due_step(const queue::Entry& entry);

// A send was intended: the message may be out, so the draft must neither be changed nor deleted.
inline bool may_be_sent(const queue::Entry& entry) { return entry.progress.send_epoch > 0; }

}  // namespace graph_milter::delivery
