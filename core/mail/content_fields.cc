// SPDX-License-Identifier: Apache-2.0
#include "core/mail/content_fields.h"

#include <algorithm>
#include <array>
#include <utility>

#include "core/base/text.h"
#include "core/mail/parameter_list.h"

namespace graph_milter::mail {
namespace {

// Real ones stay far below; a longer one would only cost memory in each of many parts.
constexpr std::size_t kLongestContentField = 16 * 1024;
constexpr std::size_t kMostOtherFields = 8;

bool is_media_type(std::string_view head) {
  const std::size_t slash = head.find('/');
  return slash != std::string_view::npos && is_token(head.substr(0, slash)) && is_token(head.substr(slash + 1));
}

class Reader {
 public:
  Reader(const std::vector<HeaderField>& fields, FindingList& findings) : fields_(fields), findings_(findings) {}

  ContentFields read(std::string_view default_type) {
    content_.type = default_type;
    if (const HeaderField* field = the_only("content-type")) {
      read_type(*field);
    } else if (default_type != "text/plain") {
      findings_.ambiguous("digest", "a part of a digest that does not name its type", 0);
    }
    if (const HeaderField* field = the_only("content-transfer-encoding")) read_encoding(*field);
    std::string type_name = std::move(content_.name);
    content_.name.clear();
    const Raw type_raw = std::exchange(raw_, {});
    if (const HeaderField* field = the_only("content-disposition")) read_disposition(*field);
    choose_name(std::move(type_name));
    choose_raw_name(type_raw, raw_);
    for (const HeaderField& field : fields_) {
      if (field.name == "content-id") content_.content_id = without_brackets(field.value);
      if (is_other_field(field.name)) remember(field.name);
    }
    return std::move(content_);
  }

 private:
  // The names that one field gives.
  struct Raw {
    bool has_name = false;
    std::string bytes;  // if it is a raw one
  };

  const HeaderField* the_only(std::string_view name) {
    const HeaderField* found = nullptr;
    for (const HeaderField& field : fields_) {
      if (field.name != name) continue;
      if (found != nullptr) {
        findings_.ambiguous("dup-header", "the field " + std::string(name) + " is there twice", field.range.begin);
        break;
      }
      found = &field;
    }
    if (found != nullptr && found->value.size() > kLongestContentField) {
      findings_.ambiguous("param", "the field " + std::string(name) + " is longer than 16 KiB", found->range.begin);
      return nullptr;
    }
    return found;
  }

  ParameterList parameters_of(const HeaderField& field) {
    ParameterList list = read_parameter_list(field.value);
    for (const ParameterList::Oddity& oddity : list.oddities) {
      findings_.ambiguous(oddity.code, field.name + ": " + std::string(oddity.detail), field.range.begin);
    }
    if (!list.code.empty()) findings_.ambiguous(list.code, field.name + ": " + list.detail, field.range.begin);
    content_.name_is_certain = content_.name_is_certain && list.name_is_certain;
    return list;
  }

  void read_type(const HeaderField& field) {
    ParameterList list = parameters_of(field);
    if (!is_media_type(list.head)) {
      findings_.ambiguous("content-type", "the media type is not of the form type/subtype", field.range.begin);
      return;
    }
    content_.type = list.head;
    if (!list.head.starts_with("multipart/") && list.find("boundary") != nullptr) {
      findings_.ambiguous("boundary", "a boundary where there is no multipart", field.range.begin);
    }
    if (const std::string* name = list.find("name")) content_.name = *name;
    raw_ = {list.find("name") != nullptr, list.raw_name};
    content_.parameters = std::move(list.parameters);
  }

  void read_encoding(const HeaderField& field) {
    const std::string_view token = trim(field.value);
    if (const auto encoding = parse_transfer_encoding(token)) {
      content_.encoding = *encoding;
      content_.encoding_is_certain = field.is_plain;
    } else {
      read_odd_encoding(field, token);
    }
  }

  // "base64 (MIME)", "7-bit", "8bit; charset=utf-8", and what nobody knows.
  void read_odd_encoding(const HeaderField& field, std::string_view token) {
    const ParameterList list = read_parameter_list(token);
    const bool has_comment = token.find('(') != std::string_view::npos;
    const bool has_hyphen = list.head == "7-bit" || list.head == "8-bit";
    const std::string name = has_hyphen ? list.head.substr(0, 1) + "bit" : list.head;
    const auto encoding = list.code.empty() ? parse_transfer_encoding(name) : std::nullopt;
    content_.encoding = encoding.value_or(TransferEncoding::Unknown);
    if (encoding) {
      findings_.ambiguous(has_comment ? "comment" : "cte-form", "more than the transfer encoding stands in its field",
                          field.range.begin);
    } else {
      findings_.ambiguous(list.code == "comment-odd" ? "comment-odd" : "cte",
                          "the transfer encoding is not one of the five of RFC 2045", field.range.begin);
    }
  }

  void read_disposition(const HeaderField& field) {
    const ParameterList list = parameters_of(field);
    if (!is_token(list.head)) {
      findings_.ambiguous("disposition", "the disposition is not a token", field.range.begin);
      content_.name_is_certain = false;
    }
    // RFC 2183 section 2.8: what is not known is an attachment.
    content_.disposition = list.head == "inline" ? "inline" : "attachment";
    if (const std::string* name = list.find("filename")) content_.name = *name;
    raw_ = {list.find("filename") != nullptr, list.raw_name};
    for (const auto& [name, value] : list.parameters) {
      if (name != "filename" && name != "size") remember(name);
    }
  }

  // What only repeats how many bytes there are says nothing about the content.
  static bool is_other_field(std::string_view name) {
    constexpr std::array<std::string_view, 6> known = {"content-type",        "content-transfer-encoding",
                                                       "content-disposition", "content-id",
                                                       "content-length",      "content-md5"};
    return name.starts_with("content-") && std::find(known.begin(), known.end(), name) == known.end();
  }

  void remember(std::string_view name) {
    if (content_.other_fields.size() < kMostOtherFields) content_.other_fields.emplace_back(name.substr(0, 60));
  }

  // RFC 2183 section 2.3 wins over the older "name", but readers that know only one of them must see the same name.
  void choose_name(std::string type_name) {
    if (type_name.empty()) return;
    if (content_.name.empty() && content_.name_is_certain) {
      content_.name = std::move(type_name);
    } else if (content_.name != type_name) {
      content_.name_is_certain = false;
    }
  }

  // Where there are two, both must be the same bytes.
  void choose_raw_name(const Raw& of_type, const Raw& of_disposition) {
    const bool same = !of_type.has_name || !of_disposition.has_name || of_type.bytes == of_disposition.bytes;
    if (!same || !content_.encoding_is_certain) return;
    content_.raw_name = of_disposition.has_name ? of_disposition.bytes : of_type.bytes;
  }

  static std::string without_brackets(std::string_view value) {
    value = trim(value);
    if (value.starts_with('<') && value.ends_with('>')) value = value.substr(1, value.size() - 2);
    return std::string(value);
  }

  const std::vector<HeaderField>& fields_;
  FindingList& findings_;
  ContentFields content_;
  Raw raw_;  // of the field read last
};

}  // namespace

ContentFields read_content_fields(const std::vector<HeaderField>& fields, std::string_view default_type,
                                  FindingList& findings) {
  return Reader(fields, findings).read(default_type);
}

}  // namespace graph_milter::mail
