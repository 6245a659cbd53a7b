// SPDX-License-Identifier: Apache-2.0
#include "core/queue/resend_key.h"

#include <set>

#include "core/base/digest.h"
#include "core/base/format.h"
#include "core/base/text.h"

namespace graph_milter::queue {

namespace {

// With its length in front, so that no two lists of texts make the same bytes.
void add(Sha256& hash, std::string_view text) {
  hash.update(format("{}:", text.size()));
  hash.update(text);
}

}  // namespace

std::string make_resend_key(const mail::Envelope& envelope, std::string_view message_id, std::string_view date,
                            std::string_view content_sha256) {
  if (trim(message_id).empty() || trim(date).empty()) return {};
  std::set<std::string_view> recipients;
  for (const mail::EnvelopePath& path : envelope.recipients) recipients.insert(path.address);
  Sha256 hash;
  add(hash, envelope.sender.address);
  add(hash, format("{}", recipients.size()));
  for (const std::string_view address : recipients) add(hash, address);
  add(hash, content_sha256);
  return to_hex(hash.finish());
}

}  // namespace graph_milter::queue
