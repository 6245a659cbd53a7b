// SPDX-License-Identifier: Apache-2.0
// Carries one entry from where its journal stands as far as it can: draft, parts, comparison, send. Whatever the other
// side can see is written down before and after, so that any courier can go on from any point, in another process too.
#pragma once

#include <memory>
#include <optional>
#include <stop_token>

#include "core/delivery/ending.h"
#include "core/delivery/events.h"
#include "core/delivery/steps.h"
#include "core/queue/queue.h"
#include "core/targets/message_target.h"
#include "core/upload/range_rules.h"

namespace graph_milter::delivery {

struct CourierSettings {
  std::string instance;  // the marker is <instance>/<entry id>
  bool verify_content = false;
  upload::RangeRules rules = upload::outlook_rules();
  Duration send_recheck = std::chrono::seconds(30);   // between two questions whether an unclear send took place
  Duration draft_settles = std::chrono::seconds(10);  // so long a new draft may not be found by its marker
  Duration draft_is_young = std::chrono::minutes(2);  // so long a 404 on a draft means: not visible yet
  Duration look_again = std::chrono::seconds(5);      // before an attachment that is missing counts as missing
  Duration send_settles = std::chrono::hours(24);     // so long an unclear send is asked about
};

class Courier {
 public:
  // The entry is leased; `queue` and `services` outlive the courier.
  Courier(const CourierSettings& settings, queue::Queue& queue, targets::Services services, queue::Entry entry);

  // Runs until the entry is delivered, must wait, or can't go on; never sleeps. When `stop` is requested it ends the
  // request it is in and returns Stopped.
  Ending carry(std::stop_token stop);

  // As last recorded, with what the ending adds.
  const queue::Entry& entry() const { return entry_; }

 private:
  using Halt = std::optional<Ending>;  // nullopt: go on
  class PartSink;

  Halt step(const std::stop_token& stop);
  Halt make_draft();
  Halt find_draft();
  Halt drafted(std::string id, bool adopted);
  Halt list_skeleton();
  Halt post_part(std::size_t part);
  Halt find_part(std::size_t part);
  Halt part_posted(std::size_t part, std::string attachment_id);
  Halt upload_part(std::size_t part, const std::stop_token& stop);
  Halt upload_failed(std::size_t part, const Error& error);
  Halt compare();
  Halt rebuild(const targets::Difference& difference);
  Halt send();
  Halt send_refused(const Error& error);
  Halt settle_send();
  Halt settle_unsent();
  Halt settle_unknown();
  Halt sent(const SendProof& proof);
  Halt finish();

  Halt failed(const Error& error);
  Halt draft_missing(const Error& error);
  Halt start_over();
  Halt give_up(const Error& error);
  Halt record(queue::EntryState state);

  void clean_up();
  void cancel_sessions();
  void forget_draft();
  std::vector<std::size_t> parts_done() const;
  TimePoint now() const { return services_.clock.now(); }

  const CourierSettings& settings_;
  queue::Queue& queue_;
  targets::Services services_;
  queue::Entry entry_;
  targets::MessageTarget target_;
  std::unique_ptr<ByteSource> message_;
};

}  // namespace graph_milter::delivery
