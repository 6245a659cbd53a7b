// SPDX-License-Identifier: Apache-2.0
// Whatever is read as an address is canonical, and reading it again yields the same.
#include <cstdlib>
#include <string>

#include "core/mail/address.h"
#include "core/mail/encoded_word.h"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  (void)graph_milter::mail::decode_encoded_words(text);
  const auto list = graph_milter::mail::parse_mailbox_list(text);
  if (!list) return 0;
  for (const auto& mailbox : *list) {
    if (graph_milter::mail::canonical_address(mailbox.address) != mailbox.address) std::abort();
    const auto again = graph_milter::mail::parse_mailbox_list("<" + mailbox.address + ">");
    if (!again || again->size() != 1 || again->front().address != mailbox.address) std::abort();
  }
  return 0;
}
