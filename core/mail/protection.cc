// SPDX-License-Identifier: Apache-2.0
#include "core/mail/protection.h"

#include <array>

#include "core/base/text.h"

namespace graph_milter::mail {
namespace {

struct Row {
  std::string_view type;
  ProtectionReason reason;
};

constexpr std::array<Row, 8> kRows = {{
    {"multipart/signed", {"signed", "signed (RFC 1847)"}},
    {"multipart/encrypted", {"encrypted", "encrypted (RFC 1847)"}},
    {"application/pkcs7-mime", {"encrypted", "S/MIME (RFC 8551)"}},
    {"application/x-pkcs7-mime", {"encrypted", "S/MIME (RFC 8551)"}},
    {"application/pgp-encrypted", {"pgp", "PGP/MIME (RFC 3156)"}},
    {"message/partial", {"partial", "a fragment of a message (RFC 2046 section 5.2.2)"}},
    {"message/external-body", {"external-body", "content that lies elsewhere (RFC 2046 section 5.2.3)"}},
    {"multipart/report", {"report", "a report about mail (RFC 6522)"}},
}};

constexpr ProtectionReason kPgpMime = {"pgp", "PGP/MIME (RFC 3156)"};
constexpr ProtectionReason kSmimeSigned = {"signed", "S/MIME (RFC 8551)"};

}  // namespace

std::optional<ProtectionReason> why_protected(const Part& part) {
  for (const Row& row : kRows) {
    if (part.type != row.type) continue;
    if (starts_with_ignoring_case(part.parameter("protocol"), "application/pgp-")) return kPgpMime;
    if (equal_ignoring_case(part.parameter("smime-type"), "signed-data")) return kSmimeSigned;
    return row.reason;
  }
  return std::nullopt;
}

bool is_pgp_armour(std::string_view line) {
  return line.starts_with("-----BEGIN PGP MESSAGE-----") || line.starts_with("-----BEGIN PGP SIGNED MESSAGE-----");
}

}  // namespace graph_milter::mail
