// SPDX-License-Identifier: Apache-2.0
#include "core/service/instance.h"

#include <cerrno>

#include "core/base/file.h"
#include "core/base/id.h"
#include "core/base/text.h"
#include "core/service/kept_file.h"

namespace graph_milter::service {

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
  GM_TRY(keep_file(path, name + "\n"));
  return name;
}

}  // namespace graph_milter::service
