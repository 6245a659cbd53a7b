// SPDX-License-Identifier: Apache-2.0
#include "core/queue/wal_sync_point.h"

#ifdef GM_FAILPOINTS

#include <sqlite3.h>

#include <mutex>

#include "core/base/failpoint.h"

namespace graph_milter::queue {

namespace {

constexpr const char* kName = "graph-milter";

std::once_flag methods_known;
sqlite3_io_methods below;  // of every log, since SQLite opens them all alike
sqlite3_io_methods ours;

int sync_log(sqlite3_file* file, int flags) {
  GM_FAILPOINT(C8);
  return below.xSync(file, flags);
}

int open_file(sqlite3_vfs*, const char* name, sqlite3_file* file, int flags, int* flags_out) {
  sqlite3_vfs* system = sqlite3_vfs_find("unix");
  const int result = system->xOpen(system, name, file, flags, flags_out);
  if (result != SQLITE_OK || (flags & SQLITE_OPEN_WAL) == 0) return result;
  std::call_once(methods_known, [&] {
    below = *file->pMethods;
    ours = below;
    ours.xSync = sync_log;
  });
  file->pMethods = &ours;
  return result;
}

bool register_layer() {
  static sqlite3_vfs layer;
  const sqlite3_vfs* system = sqlite3_vfs_find("unix");
  if (system == nullptr) return false;
  layer = *system;
  layer.pNext = nullptr;
  layer.zName = kName;
  layer.xOpen = open_file;
  return sqlite3_vfs_register(&layer, 0) == SQLITE_OK;
}

}  // namespace

std::string wal_sync_point() {
  static const bool registered = register_layer();
  return registered ? std::string("&vfs=") + kName : std::string();
}

}  // namespace graph_milter::queue

#else

namespace graph_milter::queue {
std::string wal_sync_point() { return {}; }
}  // namespace graph_milter::queue

#endif
