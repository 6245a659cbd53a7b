// SPDX-License-Identifier: Apache-2.0
// Whatever a message calls its attachment, the name we send on is valid, short, safe and clean already.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "core/base/text.h"
#include "core/mail/file_name.h"

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace graph_milter;
  const std::string_view given(reinterpret_cast<const char*>(data), size);
  const std::string name = mail::clean_file_name(given, "application/pdf", 1);
  require(!name.empty() && name.size() <= 255);
  require(is_valid_utf8(name));
  require(name.find_first_of("/\\:*?\"<>|") == std::string::npos);
  for (const char c : name) require(static_cast<unsigned char>(c) >= 0x20 && c != '\x7F');
  require(name.front() != '.' && name.front() != ' ' && name.back() != '.' && name.back() != ' ');
  require(mail::clean_file_name(name, "application/pdf", 1) == name);

  std::vector<std::string> names = {name, name, name};
  mail::make_names_unique(names);
  require(names[0] == name && names[1] != name && names[2] != name && names[1] != names[2]);
  require(names[1].size() <= 255 && is_valid_utf8(names[1]));
  return 0;
}
