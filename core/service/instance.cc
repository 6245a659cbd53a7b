// SPDX-License-Identifier: Apache-2.0
#include "core/service/instance.h"

#include <fcntl.h>

#include <cerrno>

#include "core/base/file.h"
#include "core/base/id.h"
#include "core/base/text.h"

namespace graph_milter::service {

namespace {

Status keep_instance(const std::string& directory, const std::string& name) {
  const std::string path = directory + "/instance";
  const std::string fresh = path + ".new";
  {
    GM_TRY_ASSIGN(const FileDescriptor file, open_file(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, 0600));
    GM_TRY(write_all(file.get(), name + "\n", fresh));
    GM_TRY(sync_descriptor(file.get(), fresh));
  }
  GM_TRY(rename_file(fresh, path));
  return sync_directory(directory);
}

}  // namespace

bool is_instance_name(std::string_view text) {
  constexpr std::size_t kLongest = 64;
  if (text.empty() || text.size() > kLongest) return false;
  for (const char c : text) {
    const char lower = ascii_lower(c);
    if (!is_ascii_digit(c) && !(lower >= 'a' && lower <= 'z') && c != '-' && c != '_' && c != '.') return false;
  }
  return true;
}

Result<std::string> find_instance(const std::string& configured, const std::string& spool_directory) {
  if (!configured.empty()) {
    if (is_instance_name(configured)) return configured;
    return fail(ErrorKind::Usage, "instance", "\"" + escape_for_log(configured) + "\" is not a name",
                "use 1 to 64 letters, digits, '-', '_' or '.'");
  }
  const std::string path = spool_directory + "/instance";
  constexpr ByteCount kLimit = 256;
  auto kept = read_small_file(path, kLimit);
  if (kept) {
    const std::string name(trim(*kept));
    if (is_instance_name(name)) return name;
    return fail(ErrorKind::Corrupt, path, "does not hold the name of an instance",
                "put the name back that the markers in Drafts begin with, or remove the file while the queue is empty");
  }
  if (kept.error().status != ENOENT) return fail(std::move(kept).error());
  const std::string name = make_uuid();
  GM_TRY(keep_instance(spool_directory, name));
  return name;
}

}  // namespace graph_milter::service
