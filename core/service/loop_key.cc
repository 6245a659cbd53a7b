// SPDX-License-Identifier: Apache-2.0
#include "core/service/loop_key.h"

#include <cerrno>
#include <span>
#include <utility>

#include "core/base/file.h"
#include "core/base/format.h"
#include "core/base/id.h"
#include "core/base/text.h"
#include "core/service/kept_file.h"

namespace graph_milter::service {

namespace {

Result<Secret> checked(Result<Secret> key, const std::string& path, const std::string& hint) {
  constexpr std::size_t kShortest = 16;
  if (!key || key->reveal().size() >= kShortest) return key;
  return fail(ErrorKind::Configuration, path,
              format("holds a key of {} bytes, and at least {} are needed", key->reveal().size(), kShortest), hint);
}

std::string make_key() {
  const std::string random = random_bytes(32);
  const void* bytes = random.data();
  return to_hex({static_cast<const unsigned char*>(bytes), random.size()});
}

}  // namespace

Result<Secret> find_loop_key(const std::string& configured_file, const std::string& spool_directory) {
  if (!configured_file.empty()) {
    auto key = read_secret_file(configured_file);
    if (!key) {
      Error error = std::move(key).error();
      error.where = "loop-key-file " + error.where;
      return fail(std::move(error));
    }
    return checked(std::move(key), "loop-key-file " + configured_file, "make one: openssl rand -hex 32");
  }
  const std::string path = spool_directory + "/loop-key";
  auto kept = read_secret_file(path);
  if (kept || kept.error().status != ENOENT) {
    return checked(std::move(kept), path, "remove it: the next start makes another one");
  }
  Secret fresh(make_key());
  GM_TRY(keep_file(path, fresh.reveal() + "\n"));
  return fresh;
}

}  // namespace graph_milter::service
