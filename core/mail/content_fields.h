// SPDX-License-Identifier: Apache-2.0
// What the Content-* fields of one entity say (RFC 2045, RFC 2183), read so strictly that no two readers differ.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/mail/facts.h"
#include "core/mail/findings.h"

namespace graph_milter::mail {

struct ContentFields {
  std::string type;                                             // lower case
  std::vector<std::pair<std::string, std::string>> parameters;  // of Content-Type
  std::string disposition;                                      // "attachment", "inline", or empty
  std::string name;
  std::string raw_name;  // see Part::raw_name
  std::string content_id;
  std::vector<std::string> other_fields;  // see Part::other_fields
  TransferEncoding encoding = TransferEncoding::SevenBit;
  bool name_is_certain = true;
  bool encoding_is_certain = true;  // false: some readers do not recognise it, because of a fold or blanks beside it
};

// `fields` in order; others than Content-* are not looked at. What two readers could understand differently goes to
// `findings`, with the offset of the field. `default_type` is for an entity without Content-Type.
ContentFields read_content_fields(const std::vector<HeaderField>& fields, std::string_view default_type,
                                  FindingList& findings);

}  // namespace graph_milter::mail
