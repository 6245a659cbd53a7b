// SPDX-License-Identifier: Apache-2.0
// What becomes of a message that does not go out through Graph: the sender is told, or the MTA gets it back. Only after
// it is proven that Graph has nothing of it any more (DraftGone).
#pragma once

#include <optional>
#include <string>

#include "core/base/bytes.h"
#include "core/base/clock.h"
#include "core/base/in_force.h"
#include "core/delivery/ending.h"
#include "core/mta/dsn.h"
#include "core/mta/smtp_client.h"
#include "core/queue/queue.h"

namespace graph_milter::delivery {

struct ReturnSettings {
  mta::SmtpSettings mta;                          // the MTA's normal port
  std::optional<mta::SmtpSettings> hand_back_to;  // a port without this milter; nullopt: originals can't be handed back
  std::string notify_address;                     // gets a copy of each DSN; empty: nobody
  Duration queue_lifetime =
      std::chrono::hours(5 * 24);                  // said in delay warnings; so long the MTA may put off a recipient
  std::string remote_mta = "graph.microsoft.com";  // in DSNs: who refused
};

// `queue` and `clock` outlive it. Any thread; one entry at a time per call.
class Returning {
 public:
  Returning(ReturnSettings settings, queue::Queue& queue, const Clock& clock);

  // For what begins from now on.
  void change(ReturnSettings settings) { settings_.put(std::move(settings)); }

  // REQUIRES: the entry is leased, in DraftGone or Returning, with give_up set and a disposal of Dsn or Mta. Records
  // Returning (return_epoch + 1) before the MTA hears anything, and Returned, with entry.outcome, once it has taken all
  // there is to give: a DSN with the same Message-ID each time, the copy to notify_address (its header only), or the
  // original with its ESMTP parameters; recipients whom the MTA refuses get a DSN. A try before which nobody knows
  // whether the MTA took the last one is logged with possible_duplicate=W5. Nobody to tell (NOTIFY=NEVER) is Returned
  // too. nullopt: Returned is recorded. Else: Retry (the MTA is not there, 4xx, or nobody knows whether it took it),
  // Hold (it refuses even the DSN; hand_back_to is not set; the message file is damaged), Stopped, TakenAway.
  std::optional<Ending> give_to_mta(queue::Entry& entry, ByteSource& message);

  // Tells the sender that it takes longer, if NOTIFY lets us. Success also if nobody wants to know. After an Unclear
  // error the sender may have been told. The copy to notify_address is a favour: if it fails, that is only logged.
  Status warn_of_delay(const queue::Entry& entry, ByteSource& message);

  // Answers NOTIFY=SUCCESS with "relayed" (RFC 3461 section 5.2.2), since nobody will know more. As above.
  Status tell_relayed(const queue::Entry& entry, ByteSource& message);

 private:
  Status tell(const queue::Entry& entry, ByteSource& message, mta::DsnAction action);

  InForce<ReturnSettings> settings_;
  queue::Queue& queue_;
  const Clock& clock_;
};

}  // namespace graph_milter::delivery
