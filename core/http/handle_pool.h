// SPDX-License-Identifier: Apache-2.0
// libcurl easy handles, kept per origin with the one connection each of them holds.
#pragma once

#include <curl/curl.h>

#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace graph_milter::http {

struct HandleDeleter {
  void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
};
using Handle = std::unique_ptr<CURL, HandleDeleter>;  // closes its connection when it goes

// Any thread; a handle belongs to whoever took it. Connections are never shared between handles, so that no lock is
// held while bytes move.
class HandlePool {
 public:
  // The handle given back last for this origin, or a new one; null if libcurl has no memory.
  Handle take(const std::string& origin);

  // For a handle without options whose connection may be used again; the others are simply dropped.
  void give_back(const std::string& origin, Handle handle);

  // Closes every idle connection to this origin.
  void forget(const std::string& origin);

  std::size_t idle(const std::string& origin) const;

 private:
  static constexpr std::size_t kIdlePerOrigin = 8;

  mutable std::mutex mutex_;
  std::map<std::string, std::vector<Handle>> idle_;
};

}  // namespace graph_milter::http
