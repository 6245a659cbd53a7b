// SPDX-License-Identifier: Apache-2.0
#include "core/mail/part_source.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "core/base/format.h"
#include "core/mail/decoder.h"

namespace graph_milter::mail {

namespace {

constexpr std::size_t kBlock = 64 * 1024;
constexpr ByteCount kCheckpoints = 256;  // at most, so that a part of any size costs the same memory

Error part_error(std::string what) { return make_error(ErrorKind::Corrupt, "part", std::move(what)); }

// 7bit, 8bit and binary: the bytes are the content.
class PlainPart final : public ByteSource {
 public:
  PlainPart(ByteSource& message, const EncodedRange& encoded) : message_(message), encoded_(encoded) {}
  ByteCount size() const override { return encoded_.decoded_size; }

  Result<std::size_t> read_at(ByteCount offset, std::span<char> out) override {
    if (encoded_.decoded_size != encoded_.range.size()) {
      return fail(part_error(
          format("{} bytes that need no decoding were announced as {}", encoded_.range.size(), encoded_.decoded_size)));
    }
    if (offset >= size()) return std::size_t{0};
    const auto length = static_cast<std::size_t>(std::min<ByteCount>(out.size(), size() - offset));
    GM_TRY_ASSIGN(const std::size_t done, message_.read_at(encoded_.range.begin + offset, out.first(length)));
    if (done != length) return fail(part_error("the message ends before the part does"));
    return length;
  }

 private:
  ByteSource& message_;
  EncodedRange encoded_;
};

// base64 and quoted-printable. Output goes straight to the caller's buffer; only the last bytes of a read, for which
// the decoder has not enough room there, pass through `carry_`.
class DecodedPart final : public ByteSource {
 public:
  using AnyDecoder = std::variant<Base64Decoder, QuotedPrintableDecoder>;

  DecodedPart(ByteSource& message, const EncodedRange& encoded, AnyDecoder decoder)
      : message_(message), encoded_(encoded) {
    checkpoints_.push_back({0, encoded.range.begin, decoder});
    go_to(checkpoints_.front());
  }

  ByteCount size() const override { return encoded_.decoded_size; }

  Result<std::size_t> read_at(ByteCount offset, std::span<char> out) override {
    if (offset >= size()) {
      // A part announced as empty is proven empty here; nobody reads it anywhere else.
      if (size() == 0) GM_TRY(undo_on_failure(confirm_end()));
      return std::size_t{0};
    }
    const auto length = static_cast<std::size_t>(std::min<ByteCount>(out.size(), size() - offset));
    GM_TRY(undo_on_failure(read(offset, out.first(length))));
    return length;
  }

 private:
  struct Checkpoint {
    ByteCount decoded;
    ByteCount encoded;
    AnyDecoder decoder;
  };

  Status read(ByteCount offset, std::span<char> out) {
    GM_TRY(seek(offset));
    GM_TRY(fill(out));
    if (position() == size()) return confirm_end();
    return {};
  }

  // After a refused byte the decoder's state means nothing.
  Status undo_on_failure(Status status) {
    if (!status) go_to(checkpoints_.front());
    return status;
  }

  ByteCount carried() const { return carry_end_ - carry_begin_; }
  ByteCount position() const { return decoded_ - carried(); }  // of the next byte to give out

  void go_to(const Checkpoint& checkpoint) {
    decoder_ = checkpoint.decoder;
    decoded_ = checkpoint.decoded;
    encoded_at_ = checkpoint.encoded;
    carry_begin_ = carry_end_ = 0;
  }

  Status seek(ByteCount offset) {
    const auto after = std::upper_bound(checkpoints_.begin(), checkpoints_.end(), offset,
                                        [](ByteCount value, const Checkpoint& entry) { return value < entry.decoded; });
    const Checkpoint& nearest = *std::prev(after);
    if (position() > offset || nearest.decoded > position()) go_to(nearest);
    std::array<char, 16 * 1024> skipped;
    while (position() < offset) {
      const auto length = static_cast<std::size_t>(std::min<ByteCount>(skipped.size(), offset - position()));
      GM_TRY(fill({skipped.data(), length}));
    }
    return {};
  }

  // The next out.size() bytes. REQUIRES: the part has as many left.
  Status fill(std::span<char> out) {
    while (!out.empty()) {
      if (carried() > 0) {
        const auto take = std::min<std::size_t>(out.size(), carry_end_ - carry_begin_);
        std::memcpy(out.data(), carry_.data() + carry_begin_, take);
        carry_begin_ += take;
        out = out.subspan(take);
        continue;
      }
      if (out.size() >= kDecoderRoom) {
        GM_TRY_ASSIGN(const std::size_t length, decode_into(out));
        out = out.subspan(length);
      } else {
        GM_TRY_ASSIGN(carry_end_, decode_into(carry_));
        carry_begin_ = 0;
      }
    }
    return {};
  }

  // At least one more encoded byte, decoded to the front of `out`.
  Result<std::size_t> decode_into(std::span<char> out) {
    remember();
    GM_TRY_ASSIGN(const std::string_view text, next_encoded());
    if (text.empty()) return fail(part_error(format("decodes to {} bytes, not to {}", decoded_, size())));
    const DecodeStep step = std::visit([&](auto& decoder) { return decoder.decode(text, out); }, decoder_);
    if (!step.fault.empty()) {
      return fail(part_error(format("{} at byte {} of the message", step.fault, encoded_at_ + step.consumed)));
    }
    encoded_at_ += step.consumed;
    decoded_ += step.produced;
    if (decoded_ > size()) return fail(part_error(format("decodes to more than {} bytes", size())));
    return step.produced;
  }

  // Encoded bytes from encoded_at_ on; empty at the end of the part.
  Result<std::string_view> next_encoded() {
    if (!block_range_.contains(encoded_at_)) {
      const ByteCount left = encoded_.range.end - encoded_at_;
      if (left == 0) return std::string_view();
      block_.resize(kBlock);
      const auto wanted = static_cast<std::size_t>(std::min<ByteCount>(kBlock, left));
      block_range_ = {};
      GM_TRY_ASSIGN(const std::size_t length, message_.read_at(encoded_at_, writable(block_).first(wanted)));
      if (length != wanted) return fail(part_error("the message ends before the part does"));
      block_range_ = {encoded_at_, encoded_at_ + length};
    }
    const auto skip = static_cast<std::size_t>(encoded_at_ - block_range_.begin);
    return std::string_view(block_).substr(skip, static_cast<std::size_t>(block_range_.end - encoded_at_));
  }

  void remember() {
    const ByteCount interval = std::max<ByteCount>(kBlock, size() / kCheckpoints);
    if (carried() > 0 || decoded_ < checkpoints_.back().decoded + interval) return;
    checkpoints_.push_back({decoded_, encoded_at_, decoder_});
  }

  // What follows the last byte must decode to nothing and be a proper end.
  Status confirm_end() {
    std::array<char, 64> rest;
    while (encoded_at_ < encoded_.range.end) GM_TRY(decode_into(rest));
    const std::string_view fault = std::visit([](const auto& decoder) { return decoder.finish(); }, decoder_);
    if (!fault.empty()) return fail(part_error(format("{} at byte {} of the message", fault, encoded_.range.end)));
    return {};
  }

  ByteSource& message_;
  EncodedRange encoded_;
  AnyDecoder decoder_;
  ByteCount decoded_ = 0;     // bytes that left the decoder
  ByteCount encoded_at_ = 0;  // where in the message it goes on
  std::array<char, 64> carry_{};
  std::size_t carry_begin_ = 0;
  std::size_t carry_end_ = 0;
  std::string block_;
  ByteRange block_range_;  // of the message, held in block_
  std::vector<Checkpoint> checkpoints_;
};

class UnreadablePart final : public ByteSource {
 public:
  explicit UnreadablePart(ByteCount size) : size_(size) {}
  ByteCount size() const override { return size_; }
  Result<std::size_t> read_at(ByteCount, std::span<char>) override {
    return fail(part_error("has a transfer encoding that cannot be decoded"));
  }

 private:
  ByteCount size_;
};

}  // namespace

std::unique_ptr<ByteSource> make_part_source(ByteSource& message, const EncodedRange& encoded) {
  switch (encoded.encoding) {
    case TransferEncoding::Base64:
      return std::make_unique<DecodedPart>(message, encoded, Base64Decoder());
    case TransferEncoding::QuotedPrintable:
      return std::make_unique<DecodedPart>(message, encoded, QuotedPrintableDecoder());
    case TransferEncoding::SevenBit:
    case TransferEncoding::EightBit:
    case TransferEncoding::Binary:
      return std::make_unique<PlainPart>(message, encoded);
    case TransferEncoding::Unknown:
      break;
  }
  return std::make_unique<UnreadablePart>(encoded.decoded_size);
}

}  // namespace graph_milter::mail
