// SPDX-License-Identifier: Apache-2.0
#include "tests/graph_emulator/blob.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <stdexcept>

#include "core/base/digest.h"
#include "core/base/text.h"

namespace graph_milter::emulator {
namespace {

constexpr std::size_t kPiece = 256 * 1024;

class BlobSource final : public ByteSource {
 public:
  explicit BlobSource(std::shared_ptr<const Blob> blob) : blob_(std::move(blob)) {}
  ByteCount size() const override { return blob_->size(); }
  Result<std::size_t> read_at(ByteCount offset, std::span<char> out) override { return blob_->read_at(offset, out); }

 private:
  std::shared_ptr<const Blob> blob_;
};

}  // namespace

Blob::Blob(std::string path) : path_(std::move(path)) {
  if (path_.empty()) return;
  auto opened = open_file(path_, O_RDWR | O_CREAT | O_TRUNC);
  if (!opened) throw std::runtime_error(opened.error().text());
  fd_ = std::move(*opened);
}

Blob::~Blob() {
  if (!path_.empty()) ::unlink(path_.c_str());
}

void Blob::reserve(ByteCount size) {
  if (path_.empty()) memory_.reserve(size);
}

void Blob::append(std::string_view bytes) {
  digest_.clear();
  if (path_.empty()) {
    memory_.append(bytes);
  } else if (auto written = write_all(fd_.get(), bytes, path_); !written) {
    throw std::runtime_error(written.error().text());
  }
  size_ += bytes.size();
}

void Blob::cut(ByteCount size) {
  digest_.clear();
  size_ = std::min(size_, size);
  if (path_.empty()) {
    memory_.resize(size_);
    return;
  }
  const auto length = static_cast<off_t>(size_);
  if (::ftruncate(fd_.get(), length) != 0 || ::lseek(fd_.get(), length, SEEK_SET) != length) {
    throw std::runtime_error("cannot cut " + path_);
  }
}

std::size_t Blob::read_at(ByteCount offset, std::span<char> out) const {
  if (offset >= size_) return 0;
  const std::size_t count = std::min<ByteCount>(out.size(), size_ - offset);
  if (path_.empty()) {
    memory_.copy(out.data(), count, offset);
    return count;
  }
  auto got = read_fully_at(fd_.get(), offset, out.first(count), path_);
  if (!got) throw std::runtime_error(got.error().text());
  return *got;
}

std::string Blob::all() const {
  std::string bytes(size_, '\0');
  bytes.resize(read_at(0, writable(bytes)));
  return bytes;
}

const std::string& Blob::sha256() const {
  if (!digest_.empty()) return digest_;
  Sha256 digest;
  std::string piece(kPiece, '\0');
  for (ByteCount at = 0; at < size_;) {
    const std::size_t count = read_at(at, writable(piece));
    digest.update({piece.data(), count});
    at += count;
  }
  const Sha256Digest sum = digest.finish();
  digest_ = to_hex(sum);
  return digest_;
}

std::unique_ptr<ByteSource> source_of(std::shared_ptr<const Blob> blob) {
  return std::make_unique<BlobSource>(std::move(blob));
}

}  // namespace graph_milter::emulator
