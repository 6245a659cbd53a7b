// SPDX-License-Identifier: Apache-2.0
// How many messages are open, how much room they were promised, and how many ends of message are being worked on:
// bounds the first, lets the daemon wait for the last when it stops. libmilter bounds neither its threads nor our work,
// and abandons open sessions at SIGTERM.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <optional>
#include <utility>

#include "core/base/bytes.h"
#include "core/base/clock.h"

namespace graph_milter::milter {

// Any thread. Must outlive its tickets.
class Traffic {
 public:
  // One message or one end of message; gives its place back when it goes.
  class Ticket {
   public:
    ~Ticket() { give_back(); }
    Ticket(Ticket&& other) noexcept;
    Ticket& operator=(Ticket&& other) noexcept;

    // Counts `bytes` as promised to this message, instead of what it was promised before, until the ticket goes; the
    // sum of what all messages are promised, this one included.
    ByteCount promise(ByteCount bytes);

   private:
    friend class Traffic;
    using Count = std::size_t Traffic::*;
    Ticket(Traffic& traffic, Count count);  // the caller holds the mutex
    void give_back();

    Traffic* traffic_;
    Count count_;
    ByteCount promised_ = 0;
  };

  explicit Traffic(std::size_t most_messages) : most_messages_(most_messages) {}

  // Nothing while `most_messages` are open, or after drain().
  std::optional<Ticket> open_message();

  // Nothing after drain().
  std::optional<Ticket> begin_end_of_message();

  // An end of message is being worked on.
  bool is_at_an_end() const;

  // Lets nothing begin any more.
  void drain();
  bool draining() const;

  // Waits until no end of message is being worked on, at most `patience`. False if some still is.
  bool wait_for_ends(Duration patience);

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  const std::size_t most_messages_;
  std::size_t messages_ = 0;
  std::size_t ends_ = 0;
  ByteCount promised_ = 0;
  bool draining_ = false;
};

}  // namespace graph_milter::milter
