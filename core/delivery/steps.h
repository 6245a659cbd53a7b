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
  SettleSend,    // a send may have been effected: find out before anything else
  TellRelayed,   // it is sent, and the sender asked to be told so
  RemoveDraft,   // it will not be sent: no draft of ours may be left
  FindLeftover,  // as RemoveDraft, of a draft that may have been made by a request whose answer was lost
  GiveToMta,     // the sender is told, or the MTA gets the original
  Keep,          // for the administrator
  Finish,        // it has ended: let the spool file go
  Nothing,
};

struct DueStep {
  Task task = Task::Nothing;
  std::size_t part = 0;  // of PostPart, FindPart, UploadPart
  friend bool operator==(const DueStep&, const DueStep&) = default;
};

DueStep due_step(const queue::Entry& entry);

// A send was intended: the message may be out, so the draft must neither be changed nor made anew.
inline bool may_be_sent(const queue::Entry& entry) { return entry.progress.send_epoch > 0; }

// What is due is between us and Graph. After that it is between us and the MTA, or nobody's.
inline bool is_for_graph(const queue::Entry& entry) {
  return entry.state < queue::EntryState::Sent || entry.state == queue::EntryState::GiveUp;
}

}  // namespace graph_milter::delivery
