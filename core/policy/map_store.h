// SPDX-License-Identifier: Apache-2.0
// The maps of one configuration: each file is read once, however many rules name it.
#pragma once

#include <sys/types.h>

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <typeindex>
#include <utility>
#include <vector>

#include "core/base/safe_path.h"
#include "core/policy/map.h"
#include "core/policy/text_map.h"

namespace graph_milter::policy {

// The file of a map as it was when it was read.
struct MapSource {
  std::shared_ptr<const Map> map;
  FileStamp stamp;
  std::string digest;  // of its bytes
};

// One thread fills it while a configuration is read; afterwards any thread may look.
class MapStore {
 public:
  // Whose map files are believed besides root's and ours (see read_trusted_file).
  explicit MapStore(std::vector<uid_t> more_owners = {}) : more_owners_(std::move(more_owners)) {}

  // `word` is a map's name as in the conf file. Usage: at `where` for a name that is none, and for a file that can't be
  // read or that others may write; in the file's line for what is wrong in it.
  Result<std::shared_ptr<const Map>> open(std::string_view word, std::string_view where);
  Result<std::shared_ptr<const Map>> open(const MapName& name, std::string_view where);
  Result<std::shared_ptr<const TextMap>> open_text(const std::string& path, std::string_view where);

  // What `make` makes of a map, made once for all who ask with this type and path.
  template <class T, class Make>
  Result<std::shared_ptr<const T>> derive(const std::string& path, Make make) {
    std::shared_ptr<const void>& kept = derived_[{std::type_index(typeid(T)), path}];
    if (kept == nullptr) {
      GM_TRY_ASSIGN(T made, make());
      kept = std::make_shared<const T>(std::move(made));
    }
    return std::static_pointer_cast<const T>(kept);
  }

  // In the order of their names.
  const std::map<MapName, MapSource>& sources() const { return sources_; }

 private:
  Result<MapSource> read(const MapName& name) const;

  std::vector<uid_t> more_owners_;
  std::map<MapName, MapSource> sources_;
  std::map<std::pair<std::type_index, std::string>, std::shared_ptr<const void>> derived_;
};

}  // namespace graph_milter::policy
