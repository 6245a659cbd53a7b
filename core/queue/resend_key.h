// SPDX-License-Identifier: Apache-2.0
// By what a message that a client sends again, because it did not hear our answer, is known to be the same one. Pure.
#pragma once

#include <string>
#include <string_view>

#include "core/mail/envelope.h"

namespace graph_milter::queue {

// SHA-256, in hex, over the envelope sender, the recipients (sorted, each once), and the digest of what the author
// wrote: the body and all header fields but those that are added on the way (core/intake/content_digest.h), so over
// Message-ID and Date too. Empty if the message came without a Message-ID or without a Date: two such mails are two
// mails, and an MTA that fills them in makes every copy different anyway. Empty, too, where not all recipients were
// kept: such mail is never taken. Nobody can suppress another's mail by it, since all of envelope and content are in
// it.
std::string make_resend_key(const mail::Envelope& envelope, std::string_view message_id, std::string_view date,
                            std::string_view content_sha256);

}  // namespace graph_milter::queue
