// SPDX-License-Identifier: Apache-2.0
// The chunking core's RangeDoor over core/http: one PUT per range to a pre-authorised URL.
#pragma once

#include <memory>
#include <string>

#include "core/base/clock.h"
#include "core/http/http.h"
#include "core/upload/ports.h"

namespace graph_milter::targets {

// `lane` is the mailbox whose lane each request takes. One thread at a time.
class HttpRangeDoor final : public upload::RangeDoor {
 public:
  HttpRangeDoor(http::UploadDoor& door, const Clock& clock, std::string lane);

  Result<upload::RangeAnswer> put(const Secret& url, ByteSource& file, ByteRange range) override;
  Result<upload::RangeAnswer> ask_position(const Secret& url) override;
  Status cancel(const Secret& url) override;

 private:
  Result<http::Response> send(http::Method method, const Secret& url, http::Request request);

  http::UploadDoor& door_;
  const Clock& clock_;
  std::string lane_;
};

}  // namespace graph_milter::targets
