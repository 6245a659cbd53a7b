// SPDX-License-Identifier: Apache-2.0
#include "core/mta/notice.h"

#include "core/base/text.h"
#include "core/mta/mime_text.h"

namespace graph_milter::mta {

std::string compose_notice(const Notice& notice) {
  MailHead head;
  head.hostname = notice.hostname;
  // "postmaster" alone is an address to SMTP (RFC 5321 section 4.5.1), but not in a header.
  head.to = notice.to.find('@') == std::string::npos ? notice.to + '@' + notice.hostname : notice.to;
  head.subject = notice.subject;
  head.message_id = notice.unique;
  head.auto_submitted = "auto-generated";
  head.now = notice.now;
  return write_head(head) + text_entity("text/plain", notice.text);
}

}  // namespace graph_milter::mta
