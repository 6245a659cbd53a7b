// SPDX-License-Identifier: Apache-2.0
#include "core/mail/message_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "core/base/failpoint.h"
#include "core/base/format.h"
#include "core/base/id.h"
#include "core/base/text.h"

namespace graph_milter::mail {

namespace {

constexpr std::size_t kGather = 64 * 1024;                // small appends become writes of this size
constexpr std::size_t kLarge = 32 * 1024;                 // appends from here on are not copied
constexpr ByteCount kWriteBackStep = 8ULL * 1024 * 1024;  // what fsync has left to do at most, about

std::string scratch_name_in(const std::string& directory) {
  const std::string random = random_bytes(12);
  return format("{}/{}{}-{}", directory, kScratchPrefix, ::getpid(),
                to_hex({reinterpret_cast<const unsigned char*>(random.data()), random.size()}));
}

std::string directory_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

}  // namespace

MessageFile::MessageFile(std::string directory, ByteCount memory_limit, ScratchFile scratch)
    : directory_(std::move(directory)), memory_limit_(memory_limit), scratch_(scratch) {}

MessageFile::~MessageFile() {
  if (!scratch_name_.empty()) ::unlink(scratch_name_.c_str());
}

Status MessageFile::failed(Error error) {
  failure_ = error;
  return fail(std::move(error));
}

Status MessageFile::append(std::string_view bytes) {
  if (failure_) return fail(*failure_);
  if (digest_) return fail(ErrorKind::System, directory_, "bytes were added to a message whose digest is taken");
  if (!fd_.is_open()) {
    if (size_ + bytes.size() <= memory_limit_) {
      memory_.append(bytes);
      size_ += bytes.size();
      return {};
    }
    GM_TRY(spill());
  }
  if (bytes.size() >= kLarge || memory_.size() + bytes.size() > kGather) GM_TRY(flush());
  if (bytes.size() >= kLarge) {
    GM_TRY(write(bytes));
  } else {
    memory_.reserve(kGather);
    memory_.append(bytes);
  }
  size_ += bytes.size();
  write_back();
  return {};
}

Result<std::size_t> MessageFile::read_at(ByteCount offset, std::span<char> out) {
  if (offset >= size_) return std::size_t{0};
  const auto length = static_cast<std::size_t>(std::min<ByteCount>(out.size(), size_ - offset));
  std::size_t done = 0;
  if (offset < on_disk()) {
    const auto take = static_cast<std::size_t>(std::min<ByteCount>(length, on_disk() - offset));
    GM_TRY_ASSIGN(done, read_fully_at(fd_.get(), offset, out.first(take), directory_));
    if (done != take)
      return fail(ErrorKind::Corrupt, directory_, "the message file is shorter than what was written to it");
  }
  if (done < length) std::memcpy(out.data() + done, memory_.data() + (offset + done - on_disk()), length - done);
  return length;
}

Result<std::string> MessageFile::sha256_hex() {
  if (digest_) return *digest_;
  if (fd_.is_open()) {
    GM_TRY(flush());
    memory_.shrink_to_fit();
    digest_ = to_hex(hash_->finish());
  } else {
    digest_ = graph_milter::sha256_hex(memory_);
  }
  return *digest_;
}

Status MessageFile::keep(const std::string& path) {
  if (failure_) return fail(*failure_);
  Status status = make_durable(path);
  // The kernel forgets dirty pages after a failed fsync, so a second try could claim what is not true.
  if (!status) return failed(std::move(status).error());
  return {};
}

Status MessageFile::make_durable(const std::string& path) {
  if (!fd_.is_open()) GM_TRY(spill());
  GM_TRY(flush());
  memory_.shrink_to_fit();
  GM_TRY(sync_descriptor(fd_.get(), path));
  GM_FAILPOINT(C3);
  const std::string directory = directory_of(path);
  if (scratch_name_.empty()) GM_TRY(link_as(scratch_name_in(directory)));
  GM_FAILPOINT(C4);
  GM_TRY(rename_file(scratch_name_, path));
  GM_FAILPOINT(C5);
  scratch_name_.clear();
  Status synced = sync_directory(directory);
  GM_FAILPOINT(C6);
  if (!synced) ::unlink(path.c_str());
  return synced;
}

Status MessageFile::link_as(const std::string& name) {
  const std::string self = format("/proc/self/fd/{}", fd_.get());
  int result = ::linkat(AT_FDCWD, self.c_str(), AT_FDCWD, name.c_str(), AT_SYMLINK_FOLLOW);
  // Where /proc is hidden from us, the descriptor itself does (with CAP_DAC_READ_SEARCH, or since Linux 6.10).
  if (result != 0 && errno == ENOENT) result = ::linkat(fd_.get(), "", AT_FDCWD, name.c_str(), AT_EMPTY_PATH);
  if (result != 0) return fail(system_error(name, "cannot link the message file", errno));
  scratch_name_ = name;
  return {};
}

Status MessageFile::open_scratch() {
  if (scratch_ == ScratchFile::Unlinked) {
    auto fd = open_file(directory_, O_TMPFILE | O_RDWR);
    if (fd) {
      fd_ = *std::move(fd);
      return {};
    }
    // EISDIR: a kernel that does not know O_TMPFILE.
    const int reason = fd.error().status;
    if (reason != EOPNOTSUPP && reason != EISDIR) return fail(std::move(fd).error());
  }
  const std::string name = scratch_name_in(directory_);
  GM_TRY_ASSIGN(fd_, open_file(name, O_CREAT | O_EXCL | O_RDWR | O_NOFOLLOW));
  scratch_name_ = name;
  return {};
}

// From here on there is a file, and memory_ gathers small appends for it.
Status MessageFile::spill() {
  Status opened = open_scratch();
  if (!opened) return failed(std::move(opened).error());
  GM_FAILPOINT(C1);
  hash_.emplace();
  GM_TRY(flush());
  memory_.shrink_to_fit();
  return {};
}

Status MessageFile::flush() {
  if (memory_.empty()) return {};
  GM_TRY(write(memory_));
  memory_.clear();
  return {};
}

Status MessageFile::write(std::string_view bytes) {
  if (failure_) return fail(*failure_);
  Status written = write_all(fd_.get(), bytes, directory_);
  if (!written) return failed(std::move(written).error());
  GM_FAILPOINT(C2);
  hash_->update(bytes);
  return {};
}

void MessageFile::write_back() {
  const ByteCount upto = on_disk();
  if (upto < written_back_ + kWriteBackStep) return;
  // Only starts the writing, and only to make a later fsync short: what fails here, fsync reports.
  ::sync_file_range(fd_.get(), static_cast<off_t>(written_back_), static_cast<off_t>(upto - written_back_),
                    SYNC_FILE_RANGE_WRITE);
  written_back_ = upto;
}

}  // namespace graph_milter::mail
