// SPDX-License-Identifier: Apache-2.0
// Preloaded into the daemon (LD_PRELOAD): counts, over all threads, the calls that change files below one directory,
// and at the Nth of them kills the process, stops it, or fails the call. Also moves the wall clock. What a process does
// through mapped memory (SQLite's -shm) is no call and is not seen.
//
//   GM_SHIM_DIR       the directory, without links and without a slash at the end; nothing is counted without it
//   GM_SHIM_STATE     a file of at least 4,096 zero bytes that is mapped; see State. Survives the process
//   GM_SHIM_TRACE     a file that gets a line per counted call: number, thread, name, path below GM_SHIM_DIR
//   GM_SHIM_ONLY      count only these calls: names of kNames, separated by commas
//   GM_SHIM_PATH      count only paths below GM_SHIM_DIR that contain this
//   GM_SHIM_AT        N, from 1; nothing happens without it
//   GM_SHIM_DO        kill · tear (half of a write, then kill) · short (half of a write) · stop (SIGSTOP, then goes on)
//   ·
//                     EIO · ENOSPC · EDQUOT · EINTR · EROFS · delay:MILLISECONDS
//   GM_SHIM_FOREVER   1: at the Nth and at all that follow
//   GM_SHIM_LIE       CALL:PATH, a call (fsync or fdatasync) that does nothing and says it did, on paths that contain
//   PATH:
//                     what a daemon that forgot it would do
//   GM_SHIM_REDIRECT  FROM:TO, the place of one directory: what is opened, made or removed in FROM is so in TO
//   GM_SHIM_CLOCK     a file of 8 bytes, mapped: milliseconds (signed, this machine's order) that are added to the wall
//                     clock
//
// A failed close has closed the descriptor, as Linux does.
#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdarg>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <string_view>

namespace {

enum Call {
  kOpen,
  kWrite,
  kPwrite,
  kFsync,
  kFdatasync,
  kSyncFileRange,
  kRename,
  kLink,
  kUnlink,
  kFtruncate,
  kFallocate,
  kMkdir,
  kClose,
  kCalls
};
constexpr std::array<const char*, kCalls> kNames = {
    "open",   "write",     "pwrite",    "fsync", "fdatasync", "sync_file_range", "rename", "link",
    "unlink", "ftruncate", "fallocate", "mkdir", "close"};

struct State {
  std::atomic<std::uint64_t> calls;     // counted
  std::atomic<std::uint64_t> hits;      // of them, that the fault met
  std::atomic<std::uint64_t> first;     // the kind of the first that was hit, + 1
  std::atomic<std::uint64_t> each[32];  // by kind
};

enum class Deed { None, Kill, Tear, Short, Stop, Error, Delay };

struct Orders {
  std::string_view directory, path;
  std::string_view from, to;
  std::string_view lie_path;
  std::uint32_t lies = 0;
  std::uint32_t only = ~0U;
  std::uint64_t at = 0;
  Deed deed = Deed::None;
  int error = 0;
  long delay_ms = 0;
  bool forever = false;
};

constexpr int kMostDescriptors = 4096;
constexpr std::size_t kLongestName = 120;

Orders orders;
State* state = nullptr;
std::atomic<std::int64_t>* clock_offset = nullptr;
int trace_fd = -1;
// The path below the directory of what is open; an empty one is not ours.
std::array<std::array<char, kLongestName>, kMostDescriptors> open_names;

[[noreturn]] void give_up(const char* why) {
  std::fprintf(stderr, "fault_shim: %s\n", why);
  std::_Exit(99);
}

std::string_view environment(const char* name) {
  const char* text = std::getenv(name);
  return text == nullptr ? std::string_view() : std::string_view(text);
}

void* map_file(std::string_view path, std::size_t size) {
  const auto fd = static_cast<int>(syscall(SYS_openat, AT_FDCWD, path.data(), O_RDWR | O_CLOEXEC, 0));
  if (fd < 0) give_up("a mapped file cannot be opened");
  void* place = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (place == MAP_FAILED) give_up("a mapped file cannot be mapped");
  syscall(SYS_close, fd);
  return place;
}

std::uint32_t kinds_in(std::string_view names) {
  std::uint32_t out = 0;
  while (!names.empty()) {
    const auto comma = names.find(',');
    const std::string_view name = names.substr(0, comma);
    std::uint32_t bit = 0;
    for (std::size_t i = 0; i < kNames.size(); ++i) {
      if (name == kNames[i]) bit = 1U << i;
    }
    if (bit == 0) give_up("GM_SHIM_ONLY names no call");
    out |= bit;
    names = comma == std::string_view::npos ? std::string_view() : names.substr(comma + 1);
  }
  return out;
}

void read_deed(std::string_view text) {
  struct Named {
    std::string_view name;
    Deed deed;
    int error;
  };
  constexpr std::array<Named, 9> kDeeds = {{{"kill", Deed::Kill, 0},
                                            {"tear", Deed::Tear, 0},
                                            {"short", Deed::Short, 0},
                                            {"stop", Deed::Stop, 0},
                                            {"EIO", Deed::Error, EIO},
                                            {"ENOSPC", Deed::Error, ENOSPC},
                                            {"EDQUOT", Deed::Error, EDQUOT},
                                            {"EINTR", Deed::Error, EINTR},
                                            {"EROFS", Deed::Error, EROFS}}};
  for (const Named& named : kDeeds) {
    if (named.name != text) continue;
    orders.deed = named.deed;
    orders.error = named.error;
    return;
  }
  if (text.rfind("delay:", 0) != 0) give_up("GM_SHIM_DO is not understood");
  orders.deed = Deed::Delay;
  orders.delay_ms = std::atol(text.data() + 6);
}

__attribute__((constructor)) void read_orders() {
  if (const auto path = environment("GM_SHIM_CLOCK"); !path.empty())
    clock_offset = static_cast<std::atomic<std::int64_t>*>(map_file(path, sizeof(std::int64_t)));
  orders.directory = environment("GM_SHIM_DIR");
  if (orders.directory.empty()) return;
  orders.path = environment("GM_SHIM_PATH");
  if (const auto only = environment("GM_SHIM_ONLY"); !only.empty()) orders.only = kinds_in(only);
  if (const auto at = environment("GM_SHIM_AT"); !at.empty()) {
    orders.at = std::strtoull(at.data(), nullptr, 10);
    read_deed(environment("GM_SHIM_DO"));
  }
  orders.forever = environment("GM_SHIM_FOREVER") == "1";
  if (const auto lie = environment("GM_SHIM_LIE"); !lie.empty()) {
    orders.lies = kinds_in(lie.substr(0, lie.find(':')));
    orders.lie_path = lie.substr(lie.find(':') + 1);
  }
  if (const auto redirect = environment("GM_SHIM_REDIRECT"); !redirect.empty()) {
    orders.from = redirect.substr(0, redirect.find(':'));
    orders.to = redirect.substr(orders.from.size() + 1);
  }
  if (const auto path = environment("GM_SHIM_TRACE"); !path.empty())
    trace_fd =
        static_cast<int>(syscall(SYS_openat, AT_FDCWD, path.data(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644));
  state = static_cast<State*>(map_file(environment("GM_SHIM_STATE"), sizeof(State)));
}

// --- which calls are ours

using Name = std::array<char, kLongestName>;

// The path below the directory; "." for the directory itself; empty: not below it.
std::string_view below(const char* path) {
  if (path == nullptr || orders.directory.empty()) return {};
  const std::string_view text = path;
  if (text.substr(0, orders.directory.size()) != orders.directory) return {};
  if (text.size() == orders.directory.size()) return ".";
  return text[orders.directory.size()] == '/' ? text.substr(orders.directory.size() + 1) : std::string_view();
}

bool is_known(int fd) { return fd >= 0 && fd < kMostDescriptors; }

// Of a path that is relative to a directory above ours.
std::string_view name_from_above(int directory, const char* path, Name& buffer) {
  std::array<char, 64> link{};
  std::array<char, 4096> full{};
  std::snprintf(link.data(), link.size(), "/proc/self/fd/%d", directory);
  const ssize_t length = ::readlink(link.data(), full.data(), full.size() / 2);
  if (length <= 0) return {};
  const auto used = static_cast<std::size_t>(length);
  std::snprintf(full.data() + used, full.size() - used, "/%s", path);
  std::snprintf(buffer.data(), buffer.size(), "%s", std::string(below(full.data())).c_str());
  return buffer.data();
}

// Also of a path that is relative to a directory of ours.
std::string_view name_of(int directory, const char* path, Name& buffer) {
  if (state == nullptr || path == nullptr) return {};
  if (path[0] == '/') return below(path);
  if (directory == AT_FDCWD) return {};
  if (!is_known(directory) || open_names[static_cast<std::size_t>(directory)][0] == '\0')
    return name_from_above(directory, path, buffer);
  const Name& above = open_names[static_cast<std::size_t>(directory)];
  const bool is_root = std::string_view(above.data()) == ".";
  std::snprintf(buffer.data(), buffer.size(), "%s%s%s", is_root ? "" : above.data(), is_root ? "" : "/", path);
  return buffer.data();
}

std::string_view name_of(int fd) {
  if (state == nullptr || !is_known(fd)) return {};
  return open_names[static_cast<std::size_t>(fd)].data();
}

void remember(int fd, std::string_view name) {
  if (!is_known(fd)) return;
  Name& place = open_names[static_cast<std::size_t>(fd)];
  std::snprintf(place.data(), place.size(), "%.*s", static_cast<int>(name.size()), name.data());
}

void forget(int fd) {
  if (is_known(fd)) open_names[static_cast<std::size_t>(fd)][0] = '\0';
}

void trace(std::uint64_t number, Call call, std::string_view name) {
  if (trace_fd < 0) return;
  char line[kLongestName + 80];
  const int length = std::snprintf(line, sizeof line, "%llu %ld %s %.*s\n", static_cast<unsigned long long>(number),
                                   syscall(SYS_gettid), kNames[call], static_cast<int>(name.size()), name.data());
  if (length > 0) syscall(SYS_write, trace_fd, line, static_cast<std::size_t>(length));
}

[[noreturn]] void die() {
  syscall(SYS_kill, getpid(), SIGKILL);
  for (;;) pause();
}

// What is to be done about a call: None, Short, Tear or Error; the rest is done here.
Deed meet(Call call, std::string_view name) {
  if (state == nullptr || name.empty() || (orders.only & (1U << call)) == 0) return Deed::None;
  if (!orders.path.empty() && name.find(orders.path) == std::string_view::npos) return Deed::None;
  const std::uint64_t number = state->calls.fetch_add(1) + 1;
  state->each[call].fetch_add(1);
  trace(number, call, name);
  if (orders.at == 0 || number < orders.at || (number > orders.at && !orders.forever)) return Deed::None;
  if (state->hits.fetch_add(1) == 0) state->first.store(static_cast<std::uint64_t>(call) + 1);
  switch (orders.deed) {
    case Deed::Kill:
      die();
    case Deed::Stop:
      syscall(SYS_kill, getpid(), SIGSTOP);
      return Deed::None;
    case Deed::Delay: {
      const timespec pause{orders.delay_ms / 1000, orders.delay_ms % 1000 * 1'000'000};
      nanosleep(&pause, nullptr);
      return Deed::None;
    }
    case Deed::Tear:
      if (call != kWrite && call != kPwrite) die();
      return Deed::Tear;
    case Deed::Short:
      return call == kWrite || call == kPwrite ? Deed::Short : Deed::None;
    default:
      return orders.deed;
  }
}

int failed() {
  errno = orders.error;
  return -1;
}

// --- the calls

// FROM/x becomes TO/x in `buffer`.
const char* placed(const char* path, std::array<char, 4096>& buffer) {
  if (orders.from.empty() || path == nullptr || std::string_view(path).rfind(orders.from, 0) != 0) return path;
  const char* rest = path + orders.from.size();
  if (*rest != '\0' && *rest != '/') return path;
  std::snprintf(buffer.data(), buffer.size(), "%.*s%s", static_cast<int>(orders.to.size()), orders.to.data(), rest);
  return buffer.data();
}

int do_open(int directory, const char* path, int flags, mode_t mode) {
  std::array<char, 4096> moved{};
  Name buffer{};
  const char* where = placed(path, moved);
  const std::string_view name = name_of(directory, where, buffer);
  if (meet(kOpen, name) == Deed::Error) return failed();
  const auto fd = static_cast<int>(syscall(SYS_openat, directory, where, flags, mode));
  if (fd >= 0 && !name.empty()) remember(fd, name);
  return fd;
}

mode_t mode_argument(int flags, va_list& arguments) {
  const bool used = (flags & O_CREAT) != 0 || (flags & O_TMPFILE) == O_TMPFILE;
  return used ? static_cast<mode_t>(va_arg(arguments, int)) : 0;
}

ssize_t do_write(int fd, const void* bytes, std::size_t size) {
  const Deed deed = meet(kWrite, name_of(fd));
  if (deed == Deed::Error) return failed();
  const bool half = (deed == Deed::Short || deed == Deed::Tear) && size > 1;
  const auto written = static_cast<ssize_t>(syscall(SYS_write, fd, bytes, half ? size / 2 : size));
  if (deed == Deed::Tear) die();
  return written;
}

ssize_t do_pwrite(int fd, const void* bytes, std::size_t size, off_t offset) {
  const Deed deed = meet(kPwrite, name_of(fd));
  if (deed == Deed::Error) return failed();
  const bool half = (deed == Deed::Short || deed == Deed::Tear) && size > 1;
  const auto written = static_cast<ssize_t>(syscall(SYS_pwrite64, fd, bytes, half ? size / 2 : size, offset));
  if (deed == Deed::Tear) die();
  return written;
}

// Writes of several pieces are passed on whole: nothing here makes them, and strace would show if that changed.
template <class... Arguments>
ssize_t do_vector(long number, int fd, Arguments... arguments) {
  if (meet(kWrite, name_of(fd)) == Deed::Error) return failed();
  return static_cast<ssize_t>(syscall(number, fd, arguments...));
}

int do_sync(Call call, long number, int fd) {
  const std::string_view name = name_of(fd);
  if (meet(call, name) == Deed::Error) return failed();
  const bool lie = (orders.lies & (1U << call)) != 0 && name.find(orders.lie_path) != std::string_view::npos;
  return lie ? 0 : static_cast<int>(syscall(number, fd));
}

int do_rename(int from_directory, const char* from, int to_directory, const char* to, unsigned flags) {
  Name buffer{};
  if (meet(kRename, name_of(to_directory, to, buffer)) == Deed::Error) return failed();
  std::array<char, 4096> moved{};
  return static_cast<int>(syscall(SYS_renameat2, from_directory, placed(from, moved), to_directory, to, flags));
}

int do_link(int from_directory, const char* from, int to_directory, const char* to, int flags) {
  Name buffer{};
  if (meet(kLink, name_of(to_directory, to, buffer)) == Deed::Error) return failed();
  return static_cast<int>(syscall(SYS_linkat, from_directory, from, to_directory, to, flags));
}

int do_unlink(int directory, const char* path, int flags) {
  std::array<char, 4096> moved{};
  Name buffer{};
  const char* where = placed(path, moved);
  if (meet(kUnlink, name_of(directory, where, buffer)) == Deed::Error) return failed();
  return static_cast<int>(syscall(SYS_unlinkat, directory, where, flags));
}

int do_mkdir(int directory, const char* path, mode_t mode) {
  Name buffer{};
  if (meet(kMkdir, name_of(directory, path, buffer)) == Deed::Error) return failed();
  return static_cast<int>(syscall(SYS_mkdirat, directory, path, mode));
}

int do_truncate(int fd, off_t size) {
  if (meet(kFtruncate, name_of(fd)) == Deed::Error) return failed();
  return static_cast<int>(syscall(SYS_ftruncate, fd, size));
}

int do_fallocate(int fd, int mode, off_t offset, off_t length) {
  if (meet(kFallocate, name_of(fd)) == Deed::Error) return failed();
  return static_cast<int>(syscall(SYS_fallocate, fd, mode, offset, length));
}

void move_clock(timespec& time) {
  if (clock_offset == nullptr) return;
  const std::int64_t offset = clock_offset->load();
  std::int64_t nanoseconds = time.tv_nsec + offset % 1000 * 1'000'000;
  time.tv_sec += offset / 1000 + (nanoseconds >= 1'000'000'000 ? 1 : nanoseconds < 0 ? -1 : 0);
  nanoseconds += nanoseconds < 0 ? 1'000'000'000 : nanoseconds >= 1'000'000'000 ? -1'000'000'000 : 0;
  time.tv_nsec = nanoseconds;
}

}  // namespace

extern "C" {

int open(const char* path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = mode_argument(flags, arguments);
  va_end(arguments);
  return do_open(AT_FDCWD, path, flags, mode);
}
int open64(const char* path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = mode_argument(flags, arguments);
  va_end(arguments);
  return do_open(AT_FDCWD, path, flags, mode);
}
int openat(int directory, const char* path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = mode_argument(flags, arguments);
  va_end(arguments);
  return do_open(directory, path, flags, mode);
}
int openat64(int directory, const char* path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = mode_argument(flags, arguments);
  va_end(arguments);
  return do_open(directory, path, flags, mode);
}
// What glibc calls where it fortifies open(); the names are its own.
// NOLINTBEGIN(bugprone-reserved-identifier)
int __open_2(const char* path, int flags) { return do_open(AT_FDCWD, path, flags, 0); }
int __open64_2(const char* path, int flags) { return do_open(AT_FDCWD, path, flags, 0); }
int __openat_2(int directory, const char* path, int flags) { return do_open(directory, path, flags, 0); }
int __openat64_2(int directory, const char* path, int flags) { return do_open(directory, path, flags, 0); }
// NOLINTEND(bugprone-reserved-identifier)
int creat(const char* path, mode_t mode) { return do_open(AT_FDCWD, path, O_CREAT | O_WRONLY | O_TRUNC, mode); }
int creat64(const char* path, mode_t mode) { return do_open(AT_FDCWD, path, O_CREAT | O_WRONLY | O_TRUNC, mode); }

ssize_t write(int fd, const void* bytes, size_t size) { return do_write(fd, bytes, size); }
ssize_t pwrite(int fd, const void* bytes, size_t size, off_t offset) { return do_pwrite(fd, bytes, size, offset); }
ssize_t pwrite64(int fd, const void* bytes, size_t size, off64_t offset) { return do_pwrite(fd, bytes, size, offset); }
ssize_t writev(int fd, const iovec* pieces, int count) { return do_vector(SYS_writev, fd, pieces, count); }
ssize_t pwritev(int fd, const iovec* pieces, int count, off_t offset) {
  return do_vector(SYS_pwritev, fd, pieces, count, offset, 0L);
}
ssize_t pwritev64(int fd, const iovec* pieces, int count, off64_t offset) {
  return do_vector(SYS_pwritev, fd, pieces, count, offset, 0L);
}

int fsync(int fd) { return do_sync(kFsync, SYS_fsync, fd); }
int fdatasync(int fd) { return do_sync(kFdatasync, SYS_fdatasync, fd); }
int sync_file_range(int fd, off64_t offset, off64_t length, unsigned flags) {
  if (meet(kSyncFileRange, name_of(fd)) == Deed::Error) return failed();
  return static_cast<int>(syscall(SYS_sync_file_range, fd, offset, length, flags));
}

int rename(const char* from, const char* to) { return do_rename(AT_FDCWD, from, AT_FDCWD, to, 0); }
int renameat(int from_directory, const char* from, int to_directory, const char* to) {
  return do_rename(from_directory, from, to_directory, to, 0);
}
int renameat2(int from_directory, const char* from, int to_directory, const char* to, unsigned flags) {
  return do_rename(from_directory, from, to_directory, to, flags);
}
int link(const char* from, const char* to) { return do_link(AT_FDCWD, from, AT_FDCWD, to, 0); }
int linkat(int from_directory, const char* from, int to_directory, const char* to, int flags) {
  return do_link(from_directory, from, to_directory, to, flags);
}
int unlink(const char* path) { return do_unlink(AT_FDCWD, path, 0); }
int unlinkat(int directory, const char* path, int flags) { return do_unlink(directory, path, flags); }
int rmdir(const char* path) { return do_unlink(AT_FDCWD, path, AT_REMOVEDIR); }

int ftruncate(int fd, off_t size) { return do_truncate(fd, size); }
int ftruncate64(int fd, off64_t size) { return do_truncate(fd, size); }
int fallocate(int fd, int mode, off_t offset, off_t length) { return do_fallocate(fd, mode, offset, length); }
int fallocate64(int fd, int mode, off64_t offset, off64_t length) { return do_fallocate(fd, mode, offset, length); }
int posix_fallocate(int fd, off_t offset, off_t length) { return do_fallocate(fd, 0, offset, length) == 0 ? 0 : errno; }
int posix_fallocate64(int fd, off64_t offset, off64_t length) {
  return do_fallocate(fd, 0, offset, length) == 0 ? 0 : errno;
}
int mkdir(const char* path, mode_t mode) { return do_mkdir(AT_FDCWD, path, mode); }
int mkdirat(int directory, const char* path, mode_t mode) { return do_mkdir(directory, path, mode); }

int close(int fd) {
  const Deed deed = meet(kClose, name_of(fd));
  forget(fd);
  const auto closed = static_cast<int>(syscall(SYS_close, fd));
  return deed == Deed::Error ? failed() : closed;
}

// The C library closes the descriptor from inside.
int closedir(DIR* directory) {
  using Function = int (*)(DIR*);
  static const auto real = reinterpret_cast<Function>(dlsym(RTLD_NEXT, "closedir"));
  const int fd = dirfd(directory);
  const Deed deed = meet(kClose, name_of(fd));
  forget(fd);
  const int closed = real(directory);
  return deed == Deed::Error ? failed() : closed;
}

int clock_gettime(clockid_t which, timespec* time) {
  const auto result = static_cast<int>(syscall(SYS_clock_gettime, which, time));
  if (result == 0 && (which == CLOCK_REALTIME || which == CLOCK_REALTIME_COARSE)) move_clock(*time);
  return result;
}
int gettimeofday(timeval* __restrict time, void* __restrict) {
  timespec now{};
  syscall(SYS_clock_gettime, CLOCK_REALTIME, &now);
  move_clock(now);
  *time = {now.tv_sec, now.tv_nsec / 1000};
  return 0;
}
time_t time(time_t* place) {
  timespec now{};
  syscall(SYS_clock_gettime, CLOCK_REALTIME, &now);
  move_clock(now);
  if (place != nullptr) *place = now.tv_sec;
  return now.tv_sec;
}

}  // extern "C"
