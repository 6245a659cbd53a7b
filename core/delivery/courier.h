// SPDX-License-Identifier: Apache-2.0
// Carries one entry from where its journal stands as far as it can: draft, parts, comparison, send; or, where that
// can't be, draft gone and message returned. Whatever the other side can see is written down before and after, so that
// any courier can go on from any point, in another process too.
#pragma once

#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "core/delivery/ending.h"
#include "core/delivery/events.h"
#include "core/delivery/finding.h"
#include "core/delivery/returning.h"
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
  Duration lifetime = std::chrono::hours(5 * 24);     // then it is given up (age_of)
  queue::Disposal disposal = queue::Disposal::Dsn;    // of what is given up, where nothing was decided with it
  Duration delay_warning{0};                          // then the sender is told that it takes longer; 0: never
};

class Courier {
 public:
  // The entry is leased; all others outlive the courier.
  Courier(const CourierSettings& settings, queue::Queue& queue, targets::Services services, Returning& returning,
          queue::Entry entry);

  // Runs until the entry has ended, must wait, or can't go on; sleeps never, and waits for nobody but those it talks
  // to. When `stop` is requested it ends the request it is in and returns Stopped.
  Ending carry(std::stop_token stop);

  // As last recorded, with what the ending adds.
  const queue::Entry& entry() const { return entry_; }

  // What the last answer said of the service; Nothing if nobody was asked.
  Finding finding() const { return finding_; }
  // Its words, where they are an error.
  const Error& finding_error() const { return finding_error_; }

 private:
  using Halt = std::optional<Ending>;  // nullopt: go on
  class PartSink;
  class WatchedSessions;
  class WatchedDoor;

  Halt step(const std::stop_token& stop);

  Halt make_draft();
  Halt find_draft();
  Halt drafted(std::string id, bool adopted);
  Halt list_skeleton();
  Halt post_part(std::size_t part);
  Halt post_failed(std::size_t part, const Error& error);
  Halt find_part(std::size_t part);
  Halt part_posted(std::size_t part, std::string attachment_id);
  Halt upload_part(std::size_t part, const std::stop_token& stop);
  Halt upload_failed(std::size_t part, const Error& error);

  Halt compare();
  Halt rebuild(const targets::Difference& difference);
  Halt send();
  Halt wait_for_place(const Error& error);
  Halt send_refused(const Error& error);
  Halt settle_send();
  Halt settle_unsent();
  Halt settle_unknown(const Error& why);
  Halt sent(const SendProof& proof);

  Halt give_up(const Error& why, bool expired);
  Halt remove_draft();
  Halt find_leftover();
  Halt not_removed(const Error& error);
  Halt draft_gone();
  Halt give_to_mta();
  Halt keep() const;
  Halt tell_relayed();
  Halt finish();

  Halt failed(const Error& error);
  Halt refused(const Error& error);
  Halt draft_missing(const Error& error);
  Halt start_over();
  Halt hold(const Error& error);
  Halt record(queue::EntryState state);
  Halt not_recorded(const Error& error);
  Halt need_message();
  Status open_message();

  // Before an ending goes out: what has waited too long is given up instead, or its sender told.
  Halt come_back(Ending ending);
  bool is_expired(const Error& why) const;
  void warn_of_delay();

  // Passes an answer on and remembers what it says of the service.
  template <class T>
  Result<T> heard(Result<T> answer) {
    note(answer ? nullptr : &answer.error());
    return answer;
  }
  void note(const Error* error);

  void clean_up();
  void cancel_sessions();
  void forget_draft();
  std::vector<std::size_t> parts_done() const;
  TimePoint now() const { return services_.clock.now(); }
  // Of a time that was written down: the clock may have been set back since, and what lies ahead would never pass.
  void not_ahead(TimePoint& time) const;

  const CourierSettings& settings_;
  queue::Queue& queue_;
  targets::Services services_;
  Returning& returning_;
  queue::Entry entry_;
  targets::MessageTarget target_;
  std::unique_ptr<ByteSource> message_;
  Finding finding_ = Finding::Nothing;
  Error finding_error_;
  bool lease_lost_ = false;
};

}  // namespace graph_milter::delivery
