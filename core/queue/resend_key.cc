// SPDX-License-Identifier: Apache-2.0
#include "core/queue/resend_key.h"

#include <set>

#include "core/base/digest.h"
#include "core/base/format.h"
#include "core/base/text.h"
#include "core/mail/address.h"

namespace graph_milter::queue {

namespace {

// With its length in front, so that no two lists of texts make the same bytes.
void add(Sha256& hash, std::string_view text) {
  hash.update(format("{}:", text.size()));
  hash.update(text);
}

// What is no address stays as it is.
std::string comparable(const std::string& address) { return mail::canonical_address(address).value_or(address); }

}  // namespace

std::string make_resend_key(const mail::Envelope& envelope, std::string_view message_id, std::string_view date,
                            std::string_view content_sha256) {
  if (trim(message_id).empty() || trim(date).empty()) return {};
  if (envelope.further_recipients > 0) return {};  // those that were kept may be all that another message had
  std::set<std::string> recipients;
  for (const mail::EnvelopePath& path : envelope.recipients) recipients.insert(comparable(path.address));
  Sha256 hash;
  add(hash, comparable(envelope.sender.address));
  add(hash, format("{}", recipients.size()));
  for (const std::string& address : recipients) add(hash, address);
  add(hash, content_sha256);
  return to_hex(hash.finish());
}

}  // namespace graph_milter::queue
