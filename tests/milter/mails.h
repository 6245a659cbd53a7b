// SPDX-License-Identifier: Apache-2.0
// Mails for the milter tests, built as an MTA sees them.
#pragma once

#include <string>
#include <string_view>

#include "tests/milter/milter_driver.h"

namespace graph_milter::test {

// From scanner@contoso.com, a short text and one PDF of `pdf_bytes` bytes in base64. `number` makes mails differ, in
// recipient (user<number>@contoso.com), Message-ID and content.
Mail scan_mail(std::size_t pdf_bytes, int number = 1);

// A short text from the same sender.
Mail text_mail(int number = 1);

// The bytes that the daemon must store for it.
std::string wire_form(const Mail& mail);

}  // namespace graph_milter::test
