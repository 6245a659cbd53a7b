// SPDX-License-Identifier: Apache-2.0
// What is read as a list of parameters must be readable again in its plainest form, and a name that is called certain
// must be what GMime reads, too.
#include <algorithm>
#include <cstdlib>
#include <string>
#include <string_view>

#include "core/base/text.h"
#include "core/mail/gmime_ref.h"
#include "core/mail/parameter_list.h"

namespace {

using graph_milter::mail::ParameterList;

void require(bool holds) {
  if (!holds) std::abort();
}

std::string quoted(std::string_view value) {
  std::string out = "\"";
  for (const char c : value) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

void check_plain_form(const ParameterList& list) {
  std::string text = list.head;
  for (const auto& [name, value] : list.parameters) {
    if (name != "name" && name != "filename") text += "; " + name + "=" + quoted(value);
  }
  const ParameterList again = graph_milter::mail::read_parameter_list(text);
  require(again.code.empty() && again.head == list.head);
  for (const auto& [name, value] : again.parameters) require(list.find(name) != nullptr && *list.find(name) == value);
}

// GMime takes the place of a reader that has never heard of us.
void check_file_name(const std::string& text, const ParameterList& list) {
  const std::string* name = list.find("filename");
  if (!list.name_is_certain || name == nullptr) return;
  graph_milter::mail::start_gmime();
  const graph_milter::mail::GRef<GMimeContentDisposition> theirs(
      g_mime_content_disposition_parse(nullptr, text.c_str()));
  const char* value = g_mime_content_disposition_get_parameter(theirs.get(), "filename");
  require(value != nullptr && *name == value);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  std::string text(reinterpret_cast<const char*>(data), size);
  // The value of a field, unfolded: line ends and NUL never come so far.
  std::replace_if(
      text.begin(), text.end(), [](char c) { return c == '\r' || c == '\n' || c == '\0'; }, ' ');
  const ParameterList list = graph_milter::mail::read_parameter_list(text);
  require(list.head == graph_milter::to_lower(list.head));
  for (const auto& [name, value] : list.parameters) {
    require(!name.empty() && name == graph_milter::to_lower(name) && graph_milter::mail::is_token(name));
    if (name == "name" || name == "filename") require(graph_milter::is_valid_utf8(value));
    if (name == "boundary") require(!value.empty() && value.size() <= 70);
  }
  if (!list.code.empty() || !list.oddities.empty()) return 0;  // readers may differ, as it says
  if (graph_milter::mail::is_token(list.head)) {
    check_plain_form(list);
    check_file_name(text, list);
  }
  return 0;
}
