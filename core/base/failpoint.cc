// SPDX-License-Identifier: Apache-2.0
#include "core/base/failpoint.h"

#ifdef GM_FAILPOINTS

#include <fcntl.h>
#include <unistd.h>

#include <charconv>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

namespace graph_milter {
namespace {

class Orders {
 public:
  Orders() {
    const char* trace = std::getenv("GM_FAILPOINT_TRACE");
    if (trace != nullptr && *trace != '\0') trace_ = ::open(trace, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    const char* text = std::getenv("GM_FAILPOINT");
    std::string_view rest = text != nullptr ? text : "";
    while (!rest.empty()) {
      const std::size_t comma = rest.find(',');
      take(rest.substr(0, comma));
      rest = comma == std::string_view::npos ? std::string_view() : rest.substr(comma + 1);
    }
  }

  // True: this is the passage to die at.
  bool pass(const std::string& name) {
    const std::lock_guard lock(mutex_);
    if (trace_ >= 0) note(name + "\n");
    const bool by_name = is_due(name);
    const bool by_count = is_due("*");
    return by_name || by_count;
  }

 private:
  bool is_due(const std::string& name) {
    const auto order = left_.find(name);
    return order != left_.end() && --order->second == 0;
  }

  void take(std::string_view order) {
    const std::size_t colon = order.find(':');
    int passage = 1;
    if (colon != std::string_view::npos) {
      const char* end = order.data() + order.size();
      const auto read = std::from_chars(order.data() + colon + 1, end, passage);
      if (read.ptr != end || read.ec != std::errc() || passage < 1) refuse(order);
    }
    if (order.substr(0, colon).empty()) refuse(order);
    left_[std::string(order.substr(0, colon))] = passage;
  }

  [[noreturn]] static void refuse(std::string_view order) {
    std::fprintf(stderr, "GM_FAILPOINT: '%.*s' is not NAME or NAME:PASSAGE\n", static_cast<int>(order.size()),
                 order.data());
    std::abort();
  }

  void note(const std::string& line) const {
    if (::write(trace_, line.data(), line.size()) < 0) std::perror("GM_FAILPOINT_TRACE");
  }

  std::mutex mutex_;
  std::map<std::string, int> left_;  // passages until death
  int trace_ = -1;
};

}  // namespace

void failpoint(const char* name) {
  static Orders orders;
  if (!orders.pass(name)) return;
  kill(getpid(), SIGKILL);
  for (;;) pause();  // the signal may be delivered to another thread a moment later
}

}  // namespace graph_milter

#endif
