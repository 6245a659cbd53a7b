// SPDX-License-Identifier: Apache-2.0
// Whether there is room for another message: on the disk, with what commits in flight were promised, and in what the
// queue may have. Thread-safe.
#pragma once

#include <map>
#include <mutex>
#include <string>

#include "core/queue/spool.h"

namespace graph_milter::queue {

class Room {
 public:
  // `used`: bytes of all messages that wait now. `limit` 0: none. `spool` outlives it.
  Room(const Spool& spool, ByteCount reserve, ByteCount limit, ByteCount used)
      : spool_(spool), reserve_(reserve), limit_(limit), used_(used) {}
  Room(const Room&) = delete;
  Room& operator=(const Room&) = delete;

  // System with status ENOSPC if there is none for `bytes` more.
  Status check(ByteCount bytes) const;

  // Counts a commit in flight as long as it lives, and keeps one id from being committed twice at a time.
  class Promise {
   public:
    // `message`: bytes of the message; `still_needed`: what the disk must still give.
    Promise(Room& room, std::string id, ByteCount message, ByteCount still_needed);
    ~Promise();
    Promise(const Promise&) = delete;
    Promise& operator=(const Promise&) = delete;
    bool is_mine() const { return mine_; }

   private:
    Room& room_;
    const std::string id_;
    bool mine_ = false;
  };

  // A message was committed; a message has ended.
  void add(ByteCount message);
  void remove(ByteCount message);

 private:
  struct Promised {
    ByteCount message = 0;
    ByteCount still_needed = 0;
  };
  Status check_limit(ByteCount bytes, ByteCount used) const;

  const Spool& spool_;
  const ByteCount reserve_;
  const ByteCount limit_;
  mutable std::mutex mutex_;
  std::map<std::string, Promised> promised_;  // by id
  ByteCount used_;
};

}  // namespace graph_milter::queue
