// SPDX-License-Identifier: Apache-2.0
#include "core/service/kept_file.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>

#include "core/base/file.h"

namespace graph_milter::service {

Status keep_file(const std::string& path, std::string_view text, mode_t mode) {
  const std::string fresh = path + ".new";
  GM_TRY(remove_file(fresh));  // of a crash; its mode may be anything
  {
    GM_TRY_ASSIGN(const FileDescriptor file, open_file(fresh, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600));
    if (::fchmod(file.get(), mode) != 0) return fail(system_error(fresh, "cannot set its mode", errno));
    GM_TRY(write_all(file.get(), text, fresh));
    GM_TRY(sync_descriptor(file.get(), fresh));
  }
  GM_TRY(rename_file(fresh, path));
  return sync_directory(path.substr(0, path.rfind('/')));
}

}  // namespace graph_milter::service
