// SPDX-License-Identifier: Apache-2.0
// The files of the queue. Names are made of entry ids only; nothing a message carries ever becomes part of a path.
//
//   DIRECTORY/lock              held by the daemon that owns the spool; its pid inside
//   DIRECTORY/journal.sqlite    and SQLite's -wal and -shm beside it; .before-N: as it was before version N
//   DIRECTORY/ballast           room that is given up when the disk is full
//   DIRECTORY/incoming/         for files without a name while a message arrives
//   DIRECTORY/messages/XX/ID.msg  XX: the first two random characters of the id
#pragma once

#include <functional>
#include <mutex>
#include <set>
#include <string>
#include <utility>

#include "core/base/file.h"
#include "core/base/result.h"

namespace graph_milter::queue {

std::string journal_path(const std::string& directory);

// The disk, or what we may have of it, is full.
bool is_full(const Error& error);

// The exclusive right to a spool; ends with the object or the process.
class SpoolLock {
 public:
  // Configuration, naming the pid that holds it, if another process (or another lock of this one) does.
  static Result<SpoolLock> take(const std::string& directory);

 private:
  explicit SpoolLock(FileDescriptor fd) : fd_(std::move(fd)) {}
  FileDescriptor fd_;
};

class Spool {
 public:
  // Makes the directories (0700) where they are missing, durably. Configuration if one is not ours alone, cannot be
  // written, or lies on a network file system.
  static Status prepare(const std::string& directory);

  explicit Spool(std::string directory) : directory_(std::move(directory)) {}

  const std::string& directory() const { return directory_; }
  std::string incoming_directory() const { return directory_ + "/incoming"; }
  // REQUIRES: is_entry_id(id).
  std::string message_path(const std::string& id) const;

  // Makes the directory of message_path(id) exist after any crash. Any thread.
  Status prepare_shard(const std::string& id);

  // Removes the file, if it is there, and makes that durable.
  Status remove_message(const std::string& id);

  // The size of the message file, without following links. NotFound if there is none; Corrupt if it is no regular file.
  Result<ByteCount> message_size(const std::string& id) const;

  struct Swept {
    std::size_t removed = 0;
    std::size_t strange = 0;  // left where they are: not regular files, or not named by us
  };
  // Removes the message files that `keep(id)` does not want, and what was left under our temporary names. Only while
  // nobody writes.
  Result<Swept> sweep(const std::function<bool(const std::string& id)>& keep);

  // System with status ENOSPC where `bytes` more would leave less than `reserve` free, or under a twentieth of the
  // inodes.
  Status check_room(ByteCount bytes, ByteCount reserve) const;

 private:
  std::string shard_path(const std::string& id) const;
  Status sweep_shard(const std::string& shard, const std::function<bool(const std::string&)>& keep, Swept& swept);

  std::string directory_;
  std::mutex mutex_;
  std::set<std::string> durable_shards_;
};

}  // namespace graph_milter::queue
